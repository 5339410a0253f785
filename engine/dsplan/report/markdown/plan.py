"""A plan as markdown for a pull request: problems first, then what changes, then counts; never more than a screen.

Nodes are counted by pool and zone with a few examples, so that a plan for 10,000 nodes is as long as one for ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...document.types import DaemonSetEntry, PlanDocument
from ..documents.edit import edit_of
from ..flow import counted
from ..inert import joined
from ..places import Places
from ..text.account import Line, changes_of, problems_of, rest_of
from ..text.edit import edit_markdown
from ..text.plan import summary_line
from ..text.problems import RANKS
from .cells import code, text_cell
from .policies import policy_markdown

__all__ = ["MOST_LINES", "plan_markdown"]

MOST_LINES = 60
"""Lines that a plan has at the most, whatever its size."""
_HEADER = "| DaemonSet | desired | current | ready | up to date | available | misscheduled |"
_NOTES, _EDITS = 5, 3


def plan_markdown(plan: PlanDocument, limit: int = 3) -> str:
    """Return the plan as markdown of at most 60 lines; `limit` is how many nodes are named as examples."""
    places = Places(plan)
    edit = edit_markdown(edit_of(plan.edit))
    head = ["### Plan", "", *([*edit, ""] if edit else []), f"**{text_cell(summary_line(plan.summary))}**"]
    found = [(entry, line) for entry in plan.daemonsets for line in problems_of(entry, plan)]
    found.sort(key=lambda item: RANKS.get(item[1].verb, len(RANKS)))
    problems = [_row(entry, line, places, limit) for entry, line in found]
    edits = [f"- {text_cell(edit)}" for edit in plan.made_from.edits[:_EDITS]]
    changes = [row for entry in plan.daemonsets for row in _changes(entry, plan, places, limit)]
    rest = [_row(entry, line, places, limit) for entry in plan.daemonsets for line in rest_of(entry, plan)]
    excluded = [row for entry in plan.daemonsets for row in _excluded(entry, plan, places, limit)]
    parts = [
        _table("Problems", problems, 13),
        ["", *edits] if edits else [],
        _table("Changes", changes, 10),
        _table("Waiting and not wanted", [*rest, *excluded], 5),
        _status(plan.daemonsets, 6),
    ]
    lines = head + [line for part in parts if part for line in part]
    policies = list(policy_markdown(plan, limit))
    room = MOST_LINES - len(lines) - _NOTES - 2
    lines += policies if len(policies) <= room else _cut(policies, room)
    notes = [f"> {text_cell(note.subject)}: {text_cell(note.text)}" for note in plan.notes]
    room = MOST_LINES - len(lines) - 1
    lines += ["", *(notes if len(notes) <= room else _cut(notes, room))] if notes and room > 1 else []
    kept = lines if len(lines) <= MOST_LINES else _cut(lines, MOST_LINES)
    return joined(kept).rstrip() + "\n"


def _cut(lines: Sequence[str], room: int) -> list[str]:
    kept = max(0, room - 1)
    return [*lines[:kept], f"... and {len(lines) - kept:,} more lines"] if room > 0 else []


def _table(title: str, rows: Sequence[str], most: int) -> list[str]:
    if not rows:
        return []
    shown = list(rows) if len(rows) <= most else [*rows[: most - 1], _more(len(rows) - most + 1)]
    return ["", f"#### {title}", "", "| DaemonSet | what | count | why | where |", "|---|---|---:|---|---|", *shown]


def _more(count: int) -> str:
    return f"| ... and {count:,} more | | | | |"


def _row(entry: DaemonSetEntry, line: Line, places: Places, limit: int) -> str:
    count = f"{line.count:,}" if line.count else ""
    why = text_cell(f"{line.why} ({line.example})" if line.example else line.why)
    where = text_cell(places.words(line.where, limit))
    return f"| {code(_name(entry))} | {line.symbol} {line.verb} | {count} | {why} | {where} |"


def _changes(entry: DaemonSetEntry, plan: PlanDocument, places: Places, limit: int) -> Iterator[str]:
    for line in changes_of(entry, plan):
        yield _row(entry, line, places, limit)
    course = entry.course
    if course is None or not (course.waves or entry.summary.update):
        return
    order = plan.orders[course.order] if course.order is not None else ()
    waves = counted(entry.summary.waves, "wave") if course.waves else ""
    why = f"out of date, in {waves}" if waves else "out of date, under way"
    names = tuple(plan.nodes[place] for place in order)
    yield _row(entry, Line("~", "update", entry.summary.update, why, names), places, limit)


def _excluded(entry: DaemonSetEntry, plan: PlanDocument, places: Places, limit: int) -> Iterator[str]:
    counts: Counter[tuple[str, str]] = Counter()
    names: dict[tuple[str, str], tuple[str, ...]] = {}
    for part in entry.excluded:
        key = part.code, part.summary
        names[key] = places.named(part.nodes)
        counts[key] = len(names[key])
    for (reason, summary), count in counts.items():
        line = Line("", "excluded", count, f"{reason}: {summary}", names[reason, summary])
        yield _row(entry, line, places, limit).replace("|  excluded", "| excluded")


def _status(entries: Sequence[DaemonSetEntry], most: int) -> list[str]:
    rows = [
        f"| {code(_name(entry))} | {' | '.join(f'{number:,}' for number in _counters(entry))} |" for entry in entries
    ]
    if not rows:
        return []
    shown = rows if len(rows) <= most else [*rows[: most - 1], f"| ... and {len(rows) - most + 1:,} more |"]
    return ["", "#### Status", "", _HEADER, "|---|" + "---:|" * 6, *shown]


def _counters(entry: DaemonSetEntry) -> tuple[int, ...]:
    status = entry.status
    return (
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_ready,
        status.updated_number_scheduled,
        status.number_available,
        status.number_misscheduled,
    )


def _name(entry: DaemonSetEntry) -> str:
    return f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name
