"""A plan as text: the status kubectl users know, DESIRED accounted for, actions, waves, the last line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from ...document.account import CourseEntry
from ...document.idsets import ids_of
from ...document.types import DaemonSetEntry, DeploymentEntry, PlanDocument, SummaryEntry
from ...planner.account import Sums
from ..documents.edit import edit_of
from ..style import PLAIN, Style
from ..table import listing, table
from .account import Line, changes_of, problems_of, rest_of
from .edit import edit_lines

__all__ = ["action_names", "plan_text", "summary_line"]

_HEADER = (
    "NAMESPACE",
    "NAME",
    "DESIRED",
    "CURRENT",
    "READY",
    "UP-TO-DATE",
    "AVAILABLE",
    "MISSCHEDULED",
    "NODE-SELECTOR",
)
_WAVES_SHOWN = 5


def plan_text(plan: PlanDocument, style: Style = PLAIN) -> str:
    """Return the whole plan; `style.limit` bounds every list of names and says how many it left out."""
    edit = edit_lines(edit_of(plan.edit), style)
    lines = [*edit, ""] if edit else []
    lines += table(_HEADER, [_status(entry) for entry in plan.daemonsets]) if plan.daemonsets else ["No DaemonSets."]
    for entry in plan.daemonsets:
        lines += ["", *_section(entry, plan, style)]
    for deployment in plan.deployments:
        lines += ["", *_deployment(deployment)]
    if plan.placement is not None:
        from .placement import placement_lines

        lines += placement_lines(plan, style)
    if plan.policies is not None:
        from .policies import policy_lines

        lines += policy_lines(plan, style)
    if plan.notes:
        lines.append("")
        for note in plan.notes:
            lines += _wrapped(f"Note: {note.subject}: {note.text}", style)
    return "\n".join([*lines, "", style.paint(summary_line(plan.summary), "bold")]) + "\n"


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
            yield f"pod/{action.name}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _status(entry: DaemonSetEntry) -> Sequence[object]:
    status = entry.status
    return (
        entry.namespace,
        entry.name,
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_ready,
        status.updated_number_scheduled,
        status.number_available,
        status.number_misscheduled,
        entry.node_selector,
    )


def _section(entry: DaemonSetEntry, plan: PlanDocument, style: Style) -> Iterator[str]:
    yield style.paint(f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name, "bold")
    if entry.untouched:
        yield f"  ! nothing is done: {entry.untouched}"
        return
    for line in problems_of(entry, plan):
        yield from _line(line, style)
    yield from _account(entry, plan, style)
    for line in changes_of(entry, plan):
        yield from _line(line, style)
    if entry.course is not None:
        yield from _course(entry.course, entry.summary.update, plan, style)
    for line in rest_of(entry, plan):
        yield from _line(line, style)
    if any(entry.deferred):
        later = sum(entry.deferred)
        yield f"    at most 250 creations and 250 deletions a pass: {later:,} of these come in later passes"


def _line(line: Line, style: Style) -> Iterator[str]:
    colour = {"+": "green", "-": "red", "~": "yellow", "!": "yellow", "x": "red", ".": "dim"}[line.symbol]
    head = f"  {line.symbol} {line.verb}" + (f" {line.count:,}" if line.count else "")
    where = f": {listing(line.where, style.limit)}" if line.where else ""
    text, *others = _wrapped(f"{head}  {line.why}{where}", style)
    yield style.paint(head, colour) + text.removeprefix(head)
    yield from others
    if line.example:
        yield from _wrapped(f"      on {line.where[0]}: {line.example}", style, indent=8)
    yield from (f"      run: {command}" for command in line.commands)


def _account(entry: DaemonSetEntry, plan: PlanDocument, style: Style) -> Iterator[str]:
    total, excluded = len(plan.nodes), len(plan.nodes) - entry.desired
    yield f"  desired {entry.desired:,} = " + (
        f"{_count(total, 'node')} - {excluded:,} excluded" if excluded else f"all {_count(total, 'node')}"
    )
    parts = [(part, [plan.nodes[position] for position in ids_of(part.nodes)]) for part in entry.excluded]
    rows = [(f"{len(names):,}".rjust(5), part.code, part.summary) for part, names in parts]
    for text, (_, names) in zip(table((), rows, gap=2), parts, strict=True):
        yield from _wrapped(f"  {text}  {listing(names, style.few)}", style, indent=13)


def _course(course: CourseEntry, update: int, plan: PlanDocument, style: Style) -> Iterator[str]:
    if not course.waves and not update:
        return
    waves = sum(repeat for _, repeat in course.waves)
    arithmetic = f"; {course.budget.arithmetic}" if course.budget else ""
    head = style.paint(f"  ~ update {update:,}", "yellow")
    if not waves:
        yield f"{head}  Outdated (controller), under way{arithmetic}"
        return
    bound = f"; at least {course.lower_bound:,}" if course.lower_bound < waves else ", the fewest possible"
    later = "" if course.begins else "; from a later pass on"
    yield f"{head}  Outdated (controller) in {_count(waves, 'wave')}{bound}{arithmetic}{later}"
    if course.order is None:
        return
    yield f"    order: {plan.order}"
    yield from _waves(course, [plan.nodes[position] for position in plan.orders[course.order]], waves, style)


def _waves(course: CourseEntry, nodes: Sequence[str], total: int, style: Style) -> Iterator[str]:
    number, start = 1, 0
    for size, repeat in course.waves:
        for _ in range(repeat):
            if number > _WAVES_SHOWN and style.limit is not None:
                yield f"    ... and {_count(total - number + 1, 'more wave')}; -o wide shows all"
                return
            yield from _wrapped(
                f"    wave {number}: {size:,}  {listing(nodes[start : start + size], style.limit)}", style
            )
            number, start = number + 1, start + size


def _deployment(entry: DeploymentEntry) -> Iterator[str]:
    yield f"{entry.namespace}/{entry.name} (Deployment)"
    yield f"  {_count(entry.replicas, 'replica')} on {entry.eligible:,} eligible of {_count(entry.nodes, 'node')}"
    least, most = entry.without_at_least, entry.without_at_most
    span = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    yield f"  no coverage guarantee: {span} eligible nodes are left without a pod; a DaemonSet would leave 0"


def _wrapped(line: str, style: Style, indent: int = 6) -> list[str]:
    if len(line) <= style.width:
        return [line]
    return textwrap.wrap(
        line, style.width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
