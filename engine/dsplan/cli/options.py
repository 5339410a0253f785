"""Options that commands share; they mean what they mean in kubectl."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .sinks import tell
from .sources import cluster_options, read_world

if TYPE_CHECKING:
    from ..document.types import PlanDocument
    from ..errors import InputError
    from ..model.world import World
    from ..planner import Plan
    from ..report.style import Style

__all__ = [
    "Moment",
    "fresh_document",
    "gate_option",
    "input_options",
    "load_world",
    "moment",
    "narrowed",
    "output_option",
    "reading_options",
    "shows",
    "solved",
    "style_for",
]

F = TypeVar("F", bound=Callable[..., Any])

NOW_HELP = "Plan for this moment (RFC 3339); default: when the input was taken, else now."


_FIRST_YEAR, _LAST_YEAR = 1000, 9000
"""Roll-outs are played from --now on, and at the ends of the calendar there is no time to play them in."""


class Moment(click.ParamType[datetime]):
    """An RFC 3339 time; one without an offset is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time, or fail with what is accepted."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an RFC 3339 time, for example 2026-05-01T12:00:00Z", param, ctx)
        if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
            self.fail(
                f"{value!r} is out of range: only the years {_FIRST_YEAR} to {_LAST_YEAR} are planned", param, ctx
            )
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def input_options(function: F) -> F:
    """Add FILES, and what `reading_options` adds."""
    return click.argument("files", nargs=-1, metavar="FILE|DIR|-...")(reading_options(function))


def reading_options(function: F) -> F:
    """Add -f, -n, -A, -l, --now and where the cluster comes from, for a command whose words are not all files."""
    function = cluster_options()(function)
    for decorator in (
        click.option(
            "--now",
            type=Moment(),
            metavar="TIME",
            help=NOW_HELP,
        ),
        click.option("-l", "--selector", metavar="LABELS", help="Only DaemonSets with these labels."),
        click.option("-A", "--all-namespaces", is_flag=True, help="All namespaces (the default)."),
        click.option("-n", "--namespace", metavar="NAME", help="Only DaemonSets of this namespace."),
        click.option("-f", "--filename", "more", multiple=True, metavar="FILE", help="Another FILE; repeatable."),
    ):
        function = decorator(function)
    return function


def output_option(*choices: str, default: str = "table") -> Callable[[F], F]:
    """Add -o with the given formats."""
    return click.option("-o", "--output", type=click.Choice(choices), default=default, show_default=True)


def gate_option(function: F) -> F:
    """Add --gate: what is assumed of gates that wait for somebody."""
    return click.option(
        "--gate",
        type=click.Choice(("pass", "wait")),
        default="pass",
        show_default=True,
        help="Take gates of RolloutPolicies that wait for somebody as passed, or stop there.",
    )(function)


def load_world(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    selector: str | None,
    *,
    nodes_needed: bool = True,
) -> World:
    """Return the world that the command line names, its DaemonSets narrowed to a namespace and labels.

    Raises InputError where it has no nodes and none join, unless the command can do without.
    """
    if selector:
        from ..model.selectors import parse_selector

        parse_selector(selector)  # What cannot be read is said before anything is.
    world = read_world((*files, *more), namespace, selector)
    if nodes_needed and not world.nodes and not _pools_join():
        raise _no_nodes(world)
    chosen = narrowed(world, namespace, selector)
    has_others = any(deployment.metadata.namespace == namespace for deployment in world.deployments)
    if world.daemonsets and not chosen.daemonsets and not has_others:
        raise _none_chosen(world, namespace, selector)
    return chosen


def _none_chosen(world: World, namespace: str | None, selector: str | None) -> InputError:
    """Return that -n and -l leave no DaemonSet, with the namespaces that have some."""
    import difflib

    from ..errors import InputError, Problem, printable

    known = sorted({daemonset.metadata.namespace for daemonset in world.daemonsets})
    where = f' in namespace "{printable(namespace)}"' if namespace is not None else ""
    labels = f' with the labels "{printable(selector)}"' if selector else ""
    close = difflib.get_close_matches(namespace or "", known, 1) if namespace not in known else []
    hint = f'did you mean "{printable(close[0])}"? ' if close else ""
    shown = ", ".join(map(printable, known[:10])) + (f" and {len(known) - 10:,} more" if len(known) > 10 else "")
    count = f"{len(world.daemonsets):,} DaemonSet{'s' * (len(world.daemonsets) != 1)}"
    text = f"no DaemonSet{where}{labels}; {hint}the input has {count} in: {shown}"
    return InputError.of([Problem(reason="NotFound", message=text)])


def _pools_join() -> bool:
    """Return whether --add-pool of the current command line brings nodes."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and bool(ctx.params.get("what_if_add_pool"))


def _no_nodes(world: World) -> InputError:
    """Return what is said of input without nodes, with the command that gets them."""
    from ..errors import InputError, Problem
    from ..model.world import FIELDS
    from ..reading.resources import HOW_TO_GET_ALL

    objects = any(getattr(world, field) for field in FIELDS.values())
    what = "there are no nodes in the input" if objects else "the input is empty: there are no objects in it"
    told = "".join(f" ({note.subject}: {note.text})" for note in world.notes[:1])
    hint = " (manifests alone? name the cluster with --cluster FILE or --live)" if objects else told
    return InputError.of([Problem(reason="NotFound", message=f"{what}{hint}; {HOW_TO_GET_ALL}")])


def narrowed(world: World, namespace: str | None, selector: str | None) -> World:
    """Return the world with only the DaemonSets of a namespace and with labels."""
    import msgspec

    from ..model.selectors import parse_selector, selector_matches

    wanted = parse_selector(selector) if selector else None
    kept = tuple(
        daemonset
        for daemonset in world.daemonsets
        if (namespace is None or daemonset.metadata.namespace == namespace)
        and (wanted is None or selector_matches(wanted, daemonset.metadata.labels))
    )
    return world if len(kept) == len(world.daemonsets) else msgspec.structs.replace(world, daemonsets=kept)


def solved(world: World, now: datetime) -> Plan:
    """Return the plan for a world, with a progress bar if it takes long."""
    from ..planner import solve
    from .progress import progress_bar

    with progress_bar("planning") as bar:
        return solve(world, now=now, observer=bar, forecast=True)


def fresh_document(world: World, now: datetime) -> PlanDocument:
    """Return the plan for a world as a document."""
    from ..report.documents.plan import plan_document
    from ..report.inputs import inputs_digest

    return plan_document(solved(world, now), inputs=inputs_digest(world))


_FRESH = timedelta(minutes=10)
"""How old the newest time in files may be for them to count as read just now: nodes report every five minutes."""


def moment(now: datetime | None, world: World | None = None) -> datetime:
    """Return the moment to plan for: as given; else when the files were taken; else now. Nothing else asks the clock.

    A dump is planned at its own time, the newest that its objects mention: a day later nothing in it is a day older.
    """
    if now is not None:
        return now
    clock = datetime.now(UTC)
    taken = _taken(world)
    if taken is None or abs(clock - taken) < _FRESH:
        return clock
    told = taken.isoformat(timespec="seconds").replace("+00:00", "Z")
    tell(f"note: planned at {told}, the newest time in the input; --now chooses another")
    return taken


def _taken(world: World | None) -> datetime | None:
    """Return when the files that the world was read from were taken, as far as they tell; None for a live cluster."""
    from ..observe.captured import captured_at
    from .sources import choice_of

    return None if world is None or choice_of().wants_live else captured_at(world)


def shows(text: str) -> bool:
    """Return whether standard output has all the characters of a text."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def style_for(*, wide: bool = False) -> Style:
    """Return how to print on this terminal: colour only there, and not with NO_COLOR or TERM=dumb."""
    from ..report.style import Style

    terminal = sys.stdout.isatty()
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    fixed = terminal or "COLUMNS" in os.environ
    width = _terminal_width() if fixed else 120
    return Style(colour=colour, width=max(60, width), limit=None if wide else 10, fixed=fixed)


def _terminal_width() -> int:
    import shutil

    return shutil.get_terminal_size((120, 24)).columns
