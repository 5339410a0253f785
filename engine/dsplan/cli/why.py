"""`dsplan why`: why there is a pod on a node, or not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ..model.world import World
from .completers import complete_names, is_file
from .options import load_world, moment, output_option, reading_options, style_for
from .progress import progress_bar
from .sinks import say, write
from .what_if import WhatIf, what_if_options

if TYPE_CHECKING:
    from ..explain.answers import Explanation
    from ..explain.counterfactual import Counterfactual
    from ..explain.difference import Difference


@click.command()
@click.argument("names", nargs=-1, metavar="[FILE|DIR|-]... [DAEMONSET] [NODE]", shell_complete=complete_names)
@click.option("--edits/--no-edits", default=True, help="Search for the smallest edits that turn a no into a yes.")
@output_option("table", "wide", "json", "yaml", "markdown")
@reading_options
@what_if_options
def command(
    names: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    edits: bool,
    what_if: WhatIf,
    **reading: Any,
) -> None:
    """Say why there is, or is not, a pod: of a DaemonSet on a node, on all nodes, or of all DaemonSets on a node.

    Arguments that are files, or look like manifest names, are read as input; `ds/NAME` and `node/NAME` say which of the
    two a name is. With a what-if option the answer is for the edited cluster, and the difference between the two plans
    comes first.
    """
    files = tuple(word for word in names if is_file(word))
    asked = [word for word in names if not is_file(word)]
    if len(asked) > 2:
        raise click.UsageError(f"one DaemonSet and one node at most, not {' '.join(asked)}")
    world = load_world(files, more, None if all_namespaces else namespace, selector, **reading)
    daemonset, node = _resolve(world, asked)
    at = moment(now, world)
    changes = None
    if what_if:
        from ..explain.difference import what_if as compare
        from ..explain.edits import apply_edits

        with progress_bar("planning twice"):
            made = what_if.edits(world)
            changes = compare(_narrowed(world, daemonset), made, now=at)
            world = apply_edits(world, made)
    with progress_bar("explaining"):
        explanations = _explanations(world, daemonset, node, at)
        found = _counterfactuals(world, explanations, at) if edits else ()
    _print(world, explanations, found, changes, output)


def _resolve(world: World, asked: list[str]) -> tuple[str | None, str | None]:
    """Return which of the names is the DaemonSet and which the node; two names may come in either order."""
    from ..explain.names import which_is_which

    return which_is_which(world, asked)


def _narrowed(world: World, daemonset: str | None) -> World:
    from ..explain.names import find_daemonset

    if daemonset is None:
        return world
    return msgspec.structs.replace(world, daemonsets=(find_daemonset(world, daemonset),))


def _explanations(world: World, daemonset: str | None, node: str | None, now: datetime) -> tuple[Explanation, ...]:
    from ..explain.why import why, why_all

    if daemonset is not None or node is not None:
        return (why(world, daemonset, node, now=now),)
    return why_all(world, now=now)


def _counterfactuals(
    world: World, explanations: tuple[Explanation, ...], now: datetime
) -> tuple[Counterfactual, ...] | None:
    """Return the edits for a single no; None where a yes or several answers were given."""
    from ..explain.answers import Kind
    from ..explain.counterfactual import counterfactuals

    if len(explanations) != 1 or explanations[0].total != 1:
        return None
    answer = explanations[0].answer
    if answer.kind is Kind.YES and answer.wave <= 1:
        return None
    return counterfactuals(world, str(answer.daemonset), answer.node, now=now)


def _print(
    world: World,
    explanations: tuple[Explanation, ...],
    found: tuple[Counterfactual, ...] | None,
    changes: Difference | None,
    output: str,
) -> None:
    if output in ("json", "yaml"):
        from ..document.encoding import as_json, as_yaml
        from ..report.documents.explanation import explanation_document

        document = explanation_document(explanations, found or (), changes)
        write(as_json(document) if output == "json" else as_yaml(document), output)
        return
    parts = _markdown(explanations, found, changes) if output == "markdown" else None
    if parts is None:
        parts = _text(world, explanations, found, changes, wide=output == "wide")
    say("\n".join(parts))


def _markdown(
    explanations: tuple[Explanation, ...], found: tuple[Counterfactual, ...] | None, changes: Difference | None
) -> list[str]:
    from ..report.markdown.difference import difference_markdown
    from ..report.markdown.why import counterfactuals_markdown, why_markdown

    parts = [] if changes is None else [difference_markdown(changes)]
    parts += [why_markdown(explanation) for explanation in explanations]
    return parts if found is None else [*parts, counterfactuals_markdown(found)]


def _text(
    world: World,
    explanations: tuple[Explanation, ...],
    found: tuple[Counterfactual, ...] | None,
    changes: Difference | None,
    *,
    wide: bool,
) -> list[str]:
    from ..explain.names import find_daemonset
    from ..report.text.difference import difference_text
    from ..report.text.why import counterfactuals_text, why_text

    style = style_for(wide=wide)
    parts = [] if changes is None else [difference_text(changes, style)]
    parts += [why_text(explanation, style) for explanation in explanations]
    if found is None:
        return parts or ["No DaemonSets.\n"]
    asked = find_daemonset(world, str(explanations[0].answer.daemonset))
    return [*parts, counterfactuals_text(found, asked, style)]
