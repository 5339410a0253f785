"""The problems of a plan, worst first, one line each: what somebody should look at before anything else."""

from __future__ import annotations

from collections.abc import Iterator

from ...document.types import DaemonSetEntry, PlanDocument
from ..flow import counted, wrapped
from ..places import Places
from ..style import COLOURS, Style
from .account import Line, changes_of, problems_of, rest_of

__all__ = ["RANKS", "problem_lines", "quiet", "title_of"]

RANKS = {"pass fails": 0, "stalled": 1, "impossible": 2, "failing": 3, "evicts": 4, "delete": 5, "may stall": 6}
"""The order of problems by verb; any other comes last."""
_SHOWN = 12


def title_of(entry: DaemonSetEntry) -> str:
    """Return `namespace/name`."""
    return f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name


def quiet(entry: DaemonSetEntry, plan: PlanDocument) -> bool:
    """Return whether there is nothing to say of a DaemonSet but that some of its nodes are down."""
    rolls_out = entry.course is not None and bool(entry.course.waves or entry.summary.update)
    problems = any(line.verb != "down" for line in problems_of(entry, plan))
    lines = next(changes_of(entry, plan), None) or next(rest_of(entry, plan), None)
    return not (entry.untouched or rolls_out or problems or lines or any(entry.deferred))


def problem_lines(plan: PlanDocument, places: Places, style: Style) -> Iterator[str]:
    """Yield the problems of all DaemonSets, nodes that are down for several of them once."""
    found = list(_problems(plan))
    found.sort(key=lambda item: RANKS.get(item[1].verb, len(RANKS)))
    shown = found if style.limit is None else found[:_SHOWN]
    for name, line in shown:
        yield from _problem(name, line, places, style)
    if len(shown) < len(found):
        yield f"  ... and {counted(len(found) - len(shown), 'more problem')}; -o wide shows all"


def _problems(plan: PlanDocument) -> Iterator[tuple[str, Line]]:
    down: dict[str, list[tuple[str, Line]]] = {}
    for entry in plan.daemonsets:
        if entry.untouched:
            yield title_of(entry), Line("!", "pass fails", 0, f"nothing is done: {entry.untouched}", ())
            continue
        for line in problems_of(entry, plan):
            if line.verb == "down":
                down.setdefault(line.why, []).append((title_of(entry), line))
            else:
                yield title_of(entry), line
    for why, lines in down.items():
        names = dict.fromkeys(name for _, line in lines for name in line.where)
        who = lines[0][0] if len(lines) == 1 else counted(len(lines), "DaemonSet")
        yield who, Line("!", "down", len(names), why, tuple(sorted(names)))


def _problem(name: str, line: Line, places: Places, style: Style) -> Iterator[str]:
    wide = style.limit is None
    head = f"  {line.symbol} {line.verb}" + (f" {line.count:,}" if line.count else "")
    why = line.why if wide or not line.brief else line.brief
    where = line.where if wide or not line.brief else ()
    first, *others = places.lines(f"{head}  {name}: {why}", where, style, important=True)
    yield style.paint(head, COLOURS[line.symbol]) + first.removeprefix(head)
    yield from others
    if line.example:
        yield from wrapped(f"      on {line.where[0]}: {line.example}", style.width, 8)
    hidden = 0
    for command in line.commands:
        if wide or len(command) + 11 <= style.width:
            yield f"      run: {command}"
        else:
            hidden += 1
    if hidden:
        yield f"      -o wide shows {counted(hidden, 'command')} to run"
