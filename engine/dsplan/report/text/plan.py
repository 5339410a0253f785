"""A plan as text: problems first, then DaemonSets with changes, one line for all others, the summary last.

What is cut is counted, and `-o wide` has all of it: every name, every wave, exclusions and the status of all.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

import msgspec

from ...document.account import CourseEntry
from ...document.idsets import ids_of
from ...document.types import DaemonSetEntry, DeploymentEntry, PlanDocument, SummaryEntry
from ...planner.account import Sums
from ..documents.edit import edit_of
from ..flow import counted, fitting, wrapped
from ..inert import joined
from ..places import Places
from ..style import COLOURS, PLAIN, Style
from .account import Line, changes_of, rest_of
from .edit import edit_lines
from .problems import problem_lines, quiet, title_of

__all__ = ["action_names", "plan_text", "summary_line"]

_WAVES_SHOWN = 5
_NAMES_SHOWN = 3


def plan_text(plan: PlanDocument, style: Style = PLAIN) -> str:
    """Return the whole plan; `style.limit` bounds every list of names and says how many it left out."""
    places = Places(plan)
    parts = [edit_lines(edit_of(plan.edit), style), list(problem_lines(plan, places, style))]
    sections = [line for entry in plan.daemonsets for line in _section(entry, plan, places, style)]
    parts.append([*sections, *_unchanged(plan, style)])
    parts += [list(_deployment(deployment)) for deployment in plan.deployments]
    if plan.placement is not None:
        from .placement import placement_lines

        parts.append(list(placement_lines(plan, style)))
    if plan.policies is not None:
        from .policies import policy_lines

        parts.append(list(policy_lines(plan, style)))
    if style.limit is None and plan.daemonsets:
        from .status import status_lines

        parts.append(status_lines(plan.daemonsets, style))
    notes = [wrapped(f"Note: {note.subject}: {note.text}", style.width, 6) for note in plan.notes]
    parts.append([line for note in notes for line in note])
    parts.append(_last_line(plan, style))
    blocks = [joined(part, colour=style.colour).strip("\n") for part in parts]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _last_line(plan: PlanDocument, style: Style) -> list[str]:
    line = summary_line(plan.summary)
    return [style.paint(part, "bold") for part in (wrapped(line, style.width, 6) if style.fixed else [line])]


def summary_line(summary: SummaryEntry) -> str:
    """Return the last line of every output.

    >>> summary_line(SummaryEntry(create=3))
    'Plan: 3 to create, 0 to delete, 0 to update; 0 blocked, 0 excluded by design.'
    """
    return str(Sums(**msgspec.structs.asdict(summary)))


def action_names(plan: PlanDocument) -> Iterator[str]:
    """Yield `pod/NAME` for every pod that the next pass deletes: one word a line, as xargs and kubectl take it.

    Pods that are created have no name yet.
    """
    for action in plan.actions:
        if action.kind == "Pod" and action.verb == "delete":
            yield shlex.quote(f"pod/{action.name}")


def _unchanged(plan: PlanDocument, style: Style) -> Iterator[str]:
    """Yield one line for all DaemonSets of which there is nothing else to say."""
    if not plan.daemonsets:
        yield "No DaemonSets."
    names = [title_of(entry) for entry in plan.daemonsets if quiet(entry, plan)]
    if names:
        head = f"unchanged: {counted(len(names), 'DaemonSet')}"
        yield fitting(f"{head}: ", names, style.width, _NAMES_SHOWN) if style.limit is not None else head


def _section(entry: DaemonSetEntry, plan: PlanDocument, places: Places, style: Style) -> Iterator[str]:
    """Yield what changes and waits of one DaemonSet, after its name and the sum of its nodes; or nothing."""
    wide = style.limit is None
    body = [line for change in changes_of(entry, plan) for line in _line(change, places, style)]
    if entry.course is not None:
        body += _course(entry.course, entry.summary.update, plan, places, style)
    body += [line for rest in rest_of(entry, plan) for line in _line(rest, places, style)]
    if any(entry.deferred):
        later = sum(entry.deferred)
        body.append(f"    at most 250 creations and 250 deletions a pass: {later:,} of these come in later passes")
    if not entry.untouched and (body or wide):
        title = title_of(entry)
        first, *others = wrapped(f"{title}  {_desired(entry, plan)}", style.width, 6)
        yield style.paint(title, "bold") + first.removeprefix(title)
        yield from others
        yield from _excluded(entry, plan, style) if wide else ()
        yield from body


def _line(line: Line, places: Places, style: Style) -> Iterator[str]:
    head = f"  {line.symbol} {line.verb}" + (f" {line.count:,}" if line.count else "")
    first, *others = places.lines(f"{head}  {line.why}", line.where, style)
    yield style.paint(head, COLOURS[line.symbol]) + first.removeprefix(head)
    yield from others
    if line.example:
        yield from wrapped(f"      on {line.where[0]}: {line.example}", style.width, 8)
    yield from (f"      run: {command}" for command in line.commands)


def _desired(entry: DaemonSetEntry, plan: PlanDocument) -> str:
    nodes, excluded = counted(len(plan.nodes), "node"), len(plan.nodes) - entry.desired
    return f"desired {entry.desired:,} = " + (f"{nodes} - {excluded:,} excluded" if excluded else f"all {nodes}")


def _excluded(entry: DaemonSetEntry, plan: PlanDocument, style: Style) -> Iterator[str]:
    for part in entry.excluded:
        names = [plan.nodes[position] for position in ids_of(part.nodes)]
        text = f"  {len(names):>7,}  {part.code}  {part.summary}: {' '.join(names)}"
        yield from wrapped(text, style.width, 11)


def _course(course: CourseEntry, update: int, plan: PlanDocument, places: Places, style: Style) -> Iterator[str]:
    if not course.waves and not update:
        return
    waves = sum(repeat for _, repeat in course.waves)
    arithmetic = f"; {course.budget.arithmetic}" if course.budget else ""
    head = f"  ~ update {update:,}"
    if waves:
        bound = f"; at least {course.lower_bound:,}" if course.lower_bound < waves else ", the fewest possible"
        later = "" if course.begins else "; from a later pass on"
        text = f"{head}  Outdated (controller) in {counted(waves, 'wave')}{bound}{arithmetic}{later}"
    else:
        text = f"{head}  Outdated (controller), under way{arithmetic}"
    first, *others = wrapped(text, style.width, 6)
    yield style.paint(head, "yellow") + first.removeprefix(head)
    yield from others
    if waves and course.order is not None:
        if style.limit is None:
            yield f"    order: {plan.order}"
        nodes = [plan.nodes[position] for position in plan.orders[course.order]]
        yield from _waves(course, nodes, places, style)


def _waves(course: CourseEntry, nodes: Sequence[str], places: Places, style: Style) -> Iterator[str]:
    """Yield the waves, of a long roll-out the first alone: the others are counted above."""
    sizes = [size for size, repeat in course.waves for _ in range(repeat)]
    shown = len(sizes) if style.limit is None else _WAVES_SHOWN if len(nodes) <= style.limit else 1
    start = 0
    for number, size in enumerate(sizes[:shown], 1):
        yield from places.lines(f"    wave {number}: {size:,}", nodes[start : start + size], style, mark="  ")
        start += size
    if 1 < shown < len(sizes):
        yield f"    ... and {counted(len(sizes) - shown, 'more wave')}; -o wide shows all"


def _deployment(entry: DeploymentEntry) -> Iterator[str]:
    yield f"{entry.namespace}/{entry.name} (Deployment)"
    yield f"  {counted(entry.replicas, 'replica')} on {entry.eligible:,} eligible of {counted(entry.nodes, 'node')}"
    least, most = entry.without_at_least, entry.without_at_most
    span = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    yield f"  a Deployment does not guarantee one pod per node: {span} nodes uncovered"
