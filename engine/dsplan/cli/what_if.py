"""What-if options: any command that reads a cluster can answer with the difference that some edits would make."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from .check_reports import CI_FORMATS
from .failures import CHANGES_PENDING, CONFLICTS
from .options import load_world, moment, style_for
from .progress import progress_bar
from .sinks import say, tell, write
from .sources import choice_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..errors import Problem
    from ..explain.difference import Difference
    from ..explain.edits import Edit
    from ..model.node import Node
    from ..model.world import World
    from .shown import ShownFunction

__all__ = ["WhatIf", "what_if_options", "with_what_if"]

_NEEDED = {"files", "more", "namespace", "selector", "now"}


class WhatIf:
    """The edits of one command line, applied in one written order: nodes leave, pools join, undo, then the rest."""

    def __init__(self, values: dict[str, tuple[str, ...]]) -> None:
        self._values = values

    def __bool__(self) -> bool:
        """Return whether any edit was given."""
        return any(values for option, values in self._values.items() if option != "what_if_instance_types")

    def edits(self, world: World) -> tuple[Edit, ...]:
        """Return the edits; raises InputError with every one that cannot be read or names what is not there."""
        from ..errors import InputError
        from ..explain import edit_text
        from ..explain.edit_checks import refused_edits
        from ..explain.edits import apply_edits

        parsers = {
            "remove_node": edit_text.parse_remove_node,
            "replace_pool": _parse_replacement,
            "add_pool": _parse_pool,
            "undo": edit_text.parse_undo,
            "set": edit_text.parse_set,
            "untaint": edit_text.parse_untaint,
            "taint": edit_text.parse_taint,
            "cordon": edit_text.parse_cordon,
            "drain": edit_text.parse_drain,
        }
        before = world
        edits: list[Edit] = []
        problems: list[Problem] = []
        for option, parse in parsers.items():
            for text in self._values.get(f"what_if_{option}", ()):
                try:
                    found = parse(text, world)
                    world = apply_edits(world, found)
                    edits.extend(found)
                except InputError as error:
                    problems.extend(error.problems)
        problems += _told(refused_edits(before, world))
        if problems:
            raise InputError.of(problems)
        return tuple(edits)


def _told(refused: Sequence[Problem]) -> Sequence[Problem]:
    """Return what an API server would refuse as --validate wants it; with `warn` it is told on stderr."""
    level = choice_of().validate
    for problem in refused if level == "warn" else ():
        tell(f"warning: {problem}")
    return refused if level == "strict" else ()


def _parse_pool(path: str, world: World) -> tuple[Edit, ...]:
    from ..explain.edits import AddNodes

    return (AddNodes(_nodes_of(path, world), path),)


def _parse_replacement(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edit of `POOL=FILE` or `POOL=FILE,AT_ONCE`."""
    from ..errors import InputError, Problem
    from ..explain.edits import ReplacePool

    pool, _, rest = text.partition("=")
    path, comma, number = rest.rpartition(",")
    path, at_once = (path, number) if comma and number.isdigit() else (rest, "1")
    if not pool or not path or int(at_once[:9]) < 1:
        accepted = ("POOL=FILE or POOL=FILE,AT_ONCE, such as blue=green.yaml,3",)
        problem = Problem(reason="FieldValueInvalid", message="cannot parse it", value=text, accepted=accepted)
        raise InputError.of([problem])
    return (ReplacePool(pool, _nodes_of(path, world), int(at_once[:9]), path),)


def _nodes_of(path: str, world: World) -> tuple[Node, ...]:
    """Return the nodes that join with a file; raises InputError where there are none."""
    from ..errors import InputError, Problem
    from ..manifests.load import joining_nodes

    nodes, notes = joining_nodes([path, *_catalogues()], world.nodes)
    for note in notes:
        tell(f"note: {note.subject}: {note.text}")
    if not nodes:
        message = "the file holds no Node and no pool of nodes (NodePool, Cluster API, eksctl, kops, a cloud's JSON)"
        raise InputError.of([Problem(reason="NotFound", message=message, source=path)])
    return nodes


def _catalogues() -> tuple[str, ...]:
    """Return the files that tell sizes of machines."""
    found: tuple[str, ...] = click.get_current_context().params.get("what_if_instance_types") or ()
    return found


def _complete_edit(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from .completers import complete_edit

    return complete_edit(ctx, param, incomplete)


def _complete_nodes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from .completers import complete_nodes

    return complete_nodes(ctx, param, incomplete)


def _options() -> list[click.Option]:
    def option(name: str, metavar: str, text: str, complete: Any = None) -> click.Option:
        parameter = f"what_if_{name.removeprefix('--').replace('-', '_')}"
        return click.Option(
            [name, parameter], multiple=True, metavar=metavar, help=f"What if: {text}", shell_complete=complete
        )

    return [
        option(
            "--set", "node/NAME:LABEL=VALUE|ds/NAME:PATH=VALUE", "a label or field is set; `-` removes.", _complete_edit
        ),
        option("--taint", "node/NAME:KEY=VALUE:EFFECT", "a node has this taint.", _complete_edit),
        option("--untaint", "node/NAME:KEY[:EFFECT]", "this taint is removed from a node.", _complete_edit),
        option("--cordon", "NAME", "a node is cordoned.", _complete_nodes),
        option("--drain", "NAME", "a node is drained; daemon pods stay.", _complete_nodes),
        option("--remove-node", "NAME", "a node is gone.", _complete_nodes),
        option("--add-pool", "FILE", "the nodes of a pool join: of dsplan, Karpenter, a cloud, Cluster API, eksctl."),
        option("--instance-types", "FILE", "sizes of machines for --add-pool, from a catalogue."),
        option("--replace-pool", "POOL=FILE[,AT_ONCE]", "the nodes of a NodePool take the places of a pool's nodes."),
        option("--undo", "ds/NAME[:REVISION]", "a DaemonSet goes back, as kubectl rollout undo.", _complete_edit),
    ]


def what_if_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the what-if options to a command; its function gets them as `what_if`, a WhatIf."""

    @functools.wraps(function)
    def collecting(**arguments: Any) -> Any:
        return function(what_if=_taken(arguments), **arguments)

    params = getattr(collecting, "__click_params__", [])
    collecting.__click_params__ = [*reversed(_options()), *params]  # type: ignore[attr-defined]
    return collecting


def _taken(arguments: dict[str, Any]) -> WhatIf:
    names = [name for name in arguments if name.startswith("what_if_")]
    return WhatIf({name: arguments.pop(name) for name in names})


def with_what_if(command: click.Command, shown: ShownFunction | None = None) -> click.Command:
    """Return the command, answering with the difference of the two plans where a what-if option is given.

    A command with `shown` answers with its own output for both worlds.

    A command that reads no cluster, or has these options already, stays as it is.
    """
    names = {param.name for param in command.params}
    callback = command.callback
    if callback is None or not names >= _NEEDED or "what_if_set" in names:
        return command
    command.params.extend(_options())

    @functools.wraps(callback)
    def answering(**arguments: Any) -> Any:
        what_if = _taken(arguments)
        if what_if and shown is not None:
            return _print_both(shown, what_if, arguments)
        return _print_difference(what_if, arguments) if what_if else callback(**arguments)

    command.callback = answering
    return command


def _print_both(shown: ShownFunction, what_if: WhatIf, arguments: dict[str, Any]) -> None:
    from .shown import before_and_after

    world, output = _loaded(arguments), arguments.pop("output")
    at = moment(arguments.pop("now"), world)
    for name in ("files", "more", "namespace", "all_namespaces", "selector"):
        arguments.pop(name, None)
    found = before_and_after(shown, world, what_if.edits(world), at, output, arguments)
    write(found.text, output)
    sys.exit(found.code)


def _loaded(arguments: dict[str, Any]) -> World:
    if arguments.get("all_namespaces"):
        arguments["namespace"] = None
    wanted = inspect.signature(load_world).parameters
    return load_world(**{name: arguments[name] for name in wanted if name in arguments})


def _print_difference(what_if: WhatIf, arguments: dict[str, Any]) -> None:
    from ..explain.difference import what_if as compare

    if arguments.get("out"):
        raise click.UsageError("--out keeps a plan; with a what-if option there are two")
    if arguments.get("output") in CI_FORMATS:
        raise click.UsageError(f"-o {arguments['output']} does not go with a what-if option")
    world = _loaded(arguments)
    now: datetime | None = arguments.get("now")
    with progress_bar("planning twice"):
        found = compare(world, what_if.edits(world), now=moment(now, world))
    print_difference(found, arguments.get("output", "table"))
    if arguments.get("exit_code"):
        changed = CONFLICTS if found.account.has_new_problems else CHANGES_PENDING
        sys.exit(changed if found else 0)


def print_difference(found: Difference, output: str) -> None:
    """Print a difference in one of the formats of -o; one that it has not prints the table."""
    if output in ("json", "yaml"):
        from ..document.encoding import as_json, as_yaml
        from ..report.documents.explanation import difference_document

        document = difference_document(found)
        write(as_json(document) if output == "json" else as_yaml(document), output)
    elif output == "markdown":
        from ..report.markdown.difference import difference_markdown

        say(difference_markdown(found))
    else:
        from ..report.text.difference import difference_text

        say(difference_text(found, style_for(wide=output == "wide")))
