"""A plan as markdown, for a pull request or a page: the status, then only what happens or cannot happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..document.idsets import ids_of
from ..document.types import DaemonSetEntry, PlanDocument
from .flow import counted
from .markdown.policies import policy_markdown
from .plan_text import summary_line
from .table import listing

__all__ = ["plan_markdown"]

_HEADER = "| DaemonSet | desired | current | ready | up to date | available | misscheduled |"


def plan_markdown(plan: PlanDocument, limit: int = 10) -> str:
    """Return the plan as markdown; lists of names longer than `limit` are counted."""
    lines = ["### Plan", "", f"**{summary_line(plan.summary)}**", "", _HEADER, "|---|" + "---:|" * 6]
    for entry in plan.daemonsets:
        status = entry.status
        counters = (
            status.desired_number_scheduled,
            status.current_number_scheduled,
            status.number_ready,
            status.updated_number_scheduled,
            status.number_available,
            status.number_misscheduled,
        )
        lines.append(f"| {_name(entry)} | {' | '.join(f'{counter:,}' for counter in counters)} |")
    for entry in plan.daemonsets:
        rows = list(_rows(entry, plan, limit))
        if rows:
            lines += ["", f"#### {_name(entry)}", "", "| what | count | why | where |", "|---|---:|---|---|", *rows]
    lines += policy_markdown(plan, limit)
    lines += ["", *(f"> {note.subject}: {note.text}" for note in plan.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _name(entry: DaemonSetEntry) -> str:
    return f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name


def _rows(entry: DaemonSetEntry, plan: PlanDocument, limit: int) -> Iterator[str]:
    """Yield one row for each thing that happens, waits, cannot be, or is not wanted."""
    if entry.error or entry.untouched:
        yield f"| nothing | | {entry.error or entry.untouched} | |"
    for what, why, names in (*_work(entry, plan), *_rollout(entry, plan), *_rest(entry, plan)):
        yield f"| {what} | {len(names):,} | {why.replace('|', chr(92) + '|')} | {listing(names, limit)} |"


_Row = tuple[str, str, Sequence[str]]


def _work(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[_Row]:
    for created in entry.create:
        yield "+ create", created.reason, _names(created.nodes, plan)
    for deleted in entry.delete:
        yield "- delete", deleted.reason, [f"{pod}@{node}" for node, pod in deleted.pods]
    if entry.garbage:
        yield "- delete", "NodeVanished", [f"{pod}@{node}" for node, pod in entry.garbage]


def _rollout(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[_Row]:
    rollout = entry.rollout
    if rollout is None:
        return
    if rollout.order is not None:
        waves = counted(sum(repeat for _, repeat in rollout.waves), "wave")
        yield "~ update", f"out of date, in {waves}", [plan.nodes[position] for position in plan.orders[rollout.order]]
    if rollout.leaving:
        yield "- delete", "out of date and not created again", rollout.leaving


def _rest(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[_Row]:
    for part in entry.impossible:
        yield "x impossible", f"{part.kind}: {part.reason}", _names(part.nodes, plan)
    for held in entry.held:
        yield "! blocked", f"{held.reason}: {held.text}", held.nodes
    for excluded in entry.excluded:
        yield "excluded", f"{excluded.code}: {excluded.summary}", _names(excluded.nodes, plan)


def _names(ids: str, plan: PlanDocument) -> list[str]:
    return [plan.nodes[position] for position in ids_of(ids)]
