"""`dsplan status`: how far roll-outs have got, and whether they get there."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from .completers import complete_names, is_file
from .durations import Seconds
from .failures import CHANGES_PENDING, CONFLICTS
from .options import load_world, moment, output_option, reading_options, solved, style_for
from .sinks import say, tell, write
from .what_if import WhatIf, what_if_options

if TYPE_CHECKING:
    from ..model.meta import Identity
    from ..model.world import World
    from ..planner.progress import Goal, Progress

_LOOKS_UNTIL_STALLED = 3
"""A node that is not ready for a moment is no stall: so many looks in a row have to agree, also on whom to blame."""


class Until(click.ParamType["Goal"]):
    """`updated`, `available`, or a percentage of the nodes that are available."""

    name = "goal"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Goal:
        """Return the goal, or fail with what is accepted."""
        from ..planner.progress import Goal

        if isinstance(value, Goal):
            return value
        text = str(value).strip()
        if text in ("updated", "available"):
            return Goal(available=text == "available")
        percent = re.fullmatch("([1-9][0-9]?|100)%", text)
        if percent:
            return Goal(percent=int(percent[1]))
        return self.fail(f"{value!r}: expected updated, available, or a percentage from 1% to 100%", param, ctx)


@click.command()
@click.argument("names", nargs=-1, metavar="[FILE|DIR|-]... [DAEMONSET]...", shell_complete=complete_names)
@output_option("table", "jsonl")
@click.option("-w", "--watch", is_flag=True, help="Look again and again until the goal is reached or will not be.")
@click.option("--until", type=Until(), metavar="updated|available|95%", help="The goal (default with -w: available).")
@click.option("--timeout", type=Seconds(), default="10m", show_default=True, metavar="TIME", help="Watch so long.")
@click.option("--every", type=Seconds(), default="5s", show_default=True, metavar="TIME", help="How often to look.")
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
    what_if: WhatIf,
    watch: bool,
    until: Goal | None,
    timeout: float,
    every: float,
) -> None:
    """Print how many nodes have a current pod, how many of those serve, and whether the rest will come. Only reads.

    With --watch it ends when the goal is reached, as soon as it is clear that it will not be, and after --timeout. Only
    the nodes that were there at the first look count, so that it ends on fleets that change all the time.

    Exit codes with --watch or --until: 0 reached, 3 not yet, 4 stalled.
    """
    from ..planner.progress import Goal

    files = tuple(word for word in names if is_file(word))
    asked = tuple(word for word in names if not is_file(word))
    if watch and "-" in (*files, *more):
        raise click.UsageError("standard input can be read once: --watch needs files or a live cluster")

    def read() -> tuple[World, datetime]:
        world = load_world(files, more, None if all_namespaces else namespace, selector)
        if what_if:
            from ..explain.edits import apply_edits

            world = apply_edits(world, what_if.edits(world))
        return world, moment(now, world)

    looking = _Looking(read, asked, until or Goal())
    code = _watched(looking, output, timeout, max(every, 0.05)) if watch else _once(looking, output)
    if watch or until is not None:
        sys.exit(code)


class _Looking:
    """Looks at the same DaemonSets and nodes each time."""

    def __init__(self, read: Callable[[], tuple[World, datetime]], names: tuple[str, ...], goal: Goal) -> None:
        self._read, self._names, self._goal = read, names, goal
        self._among: dict[Identity, frozenset[str]] | None = None

    def look(self) -> list[Progress]:
        """Return how far each DaemonSet is; one that is gone since the first look is left out."""
        from ..planner.progress import progress_of, wanted_nodes
        from ..rollouts.edits import find_daemonsets

        world, at = self._read()
        if self._among is None:
            chosen = find_daemonsets(world, self._names) if self._names else [one.identity for one in world.daemonsets]
        else:
            chosen = list(self._among)
        plan = solved(world, at)
        known = {one.identity: one for one in world.daemonsets}
        present = [identity for identity in chosen if identity in known]
        if self._among is None:
            self._among = {identity: wanted_nodes(plan, identity) for identity in present}
        return [progress_of(plan, known[identity], self._goal, self._among[identity]) for identity in present]


def _once(looking: _Looking, output: str) -> int:
    found = looking.look()
    _print(found, output)
    return _code(found, {})


def _watched(looking: _Looking, output: str, timeout: float, every: float) -> int:
    """Look until it is clear how it ends; print what is another than before."""
    deadline = time.monotonic() + timeout
    looks: dict[tuple[Identity, str], int] = {}
    before: list[Progress] = []
    while True:
        found = looking.look()
        looks = {_blamed(one): looks.get(_blamed(one), 0) + 1 for one in found if one.outlook == "stalled"}
        _print_lines([one for one in found if one not in before], output)
        before = found
        code = _code(found, looks)
        if code != CHANGES_PENDING:
            return code
        left = deadline - time.monotonic()
        if left <= 0:
            tell("the time is up: --timeout gives more")
            return CONFLICTS if any(one.outlook == "stalled" for one in found) else CHANGES_PENDING
        time.sleep(min(every, left))


def _blamed(one: Progress) -> tuple[Identity, str]:
    """Return a stall and whom it is blamed on: one that is blamed on others at each look passes."""
    return one.daemonset, one.text


def _code(found: list[Progress], looks: Mapping[tuple[Identity, str], int]) -> int:
    """Return the exit code; a stall counts once enough looks agree on it."""
    stalled = [one for one in found if one.outlook == "stalled"]
    if any(looks.get(_blamed(one), _LOOKS_UNTIL_STALLED) >= _LOOKS_UNTIL_STALLED for one in stalled):
        return CONFLICTS
    return 0 if all(one.outlook == "reached" for one in found) else CHANGES_PENDING


def _print(found: list[Progress], output: str) -> None:
    from ..report.text.progress import progress_text

    if output == "jsonl":
        _print_lines(found, output)
    elif found:
        say(progress_text(found, style_for()))
    else:
        tell("No resources found")


def _print_lines(found: list[Progress], output: str) -> None:
    import msgspec

    from ..document.encoding import inert_json
    from ..report.inert import inert
    from ..report.text.progress import progress_line

    for one in found:
        line = inert_json(msgspec.json.encode(one).decode()) if output == "jsonl" else inert(progress_line(one))
        write(f"{line}\n", output)
    sys.stdout.flush()
