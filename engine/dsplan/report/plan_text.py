"""A plan as text: the status kubectl users know, DESIRED accounted for, actions, waves, the last line."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ..diff import ActionReason
from ..diff.order import ORDER_TEXT
from ..model.selectors import LabelSelector, selector_text
from ..planner import DaemonSetPlan, Plan
from ..planner.plan import DeploymentContrast
from ..waves.forecast import Rollout
from .style import PLAIN, Style
from .table import listing, table

__all__ = ["plan_text", "status_rows"]

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


def plan_text(plan: Plan, style: Style = PLAIN) -> str:
    """Return the whole plan; `style.limit` bounds every list of names and says how many it left out."""
    lines = table(_HEADER, status_rows(plan)) if plan.daemonsets else ["No DaemonSets."]
    for entry in plan.daemonsets:
        lines += ["", *_section(entry, plan, style)]
    for contrast in plan.deployments:
        lines += ["", *_deployment(contrast)]
    if plan.notes:
        lines += ["", *(f"Note: {note.subject}: {note.text}" for note in plan.notes)]
    return "\n".join([*lines, "", str(plan.summary)]) + "\n"


def status_rows(plan: Plan) -> list[Sequence[object]]:
    """Return one row a DaemonSet: the status as this pass computes it (S4-S8)."""
    rows: list[Sequence[object]] = []
    for entry in plan.daemonsets:
        status = entry.step.status or entry.step.daemonset.status
        rows.append(
            (
                entry.identity.namespace,
                entry.identity.name,
                status.desired_number_scheduled,
                status.current_number_scheduled,
                status.number_ready,
                status.updated_number_scheduled,
                status.number_available,
                status.number_misscheduled,
                selector_text(LabelSelector(match_labels=entry.step.daemonset.pod.spec.node_selector)),
            )
        )
    return rows


def _section(entry: DaemonSetPlan, plan: Plan, style: Style) -> Iterator[str]:
    yield style.paint(str(entry.identity), "bold")
    if entry.step.error is not None:
        yield style.paint(f"  ! the pass fails: {entry.step.error}", "red")
    for event in entry.step.events:
        if event.reason == "SelectingAll":
            yield f"  ! {event.message}"
    if entry.step.observed is None:
        yield "  nothing is done: " + _why_nothing(entry)
        return
    yield from _account(entry, plan, style)
    yield from _creations(entry, style)
    yield from _deletions(entry, style)
    if entry.garbage:
        head = style.paint(f"  - delete {len(entry.garbage):,}", "red")
        names = [f"{pod.name}@{node}" for node, pod in entry.garbage]
        yield f"{head}  NodeVanished (garbage collector of pods, after about 40 s): {listing(names, style.limit)}"
    if entry.rollout is not None:
        yield from _rollout(entry.rollout, style)
    yield from _held(entry, style)
    yield from _burst(entry)


def _why_nothing(entry: DaemonSetPlan) -> str:
    if entry.step.daemonset.metadata.deletion_timestamp is not None:
        return "the DaemonSet is being deleted (C4)"
    return "its selector cannot be used" if entry.step.error else "an empty selector selects all pods (C3)"


def _account(entry: DaemonSetPlan, plan: Plan, style: Style) -> Iterator[str]:
    excluded = entry.nodes - entry.desired
    sum_ = f" = {entry.nodes:,} nodes - {excluded:,} excluded" if excluded else f" = all {entry.nodes:,} nodes"
    yield f"  desired {entry.desired:,}{sum_}"
    rows = [
        (
            f"{len(part.nodes):,}",
            part.code,
            part.summary,
            listing([plan.index.names[i] for i in part.nodes], style.limit),
        )
        for part in entry.exclusions
    ]
    yield from table((), rows, indent="    - ", gap=2)


def _creations(entry: DaemonSetPlan, style: Style) -> Iterator[str]:
    if entry.step.manage is None:
        return
    by_reason: dict[ActionReason, list[str]] = defaultdict(list)
    for node, reason in entry.step.manage.create:
        by_reason[reason].append(node)
    for reason, nodes in by_reason.items():
        head = style.paint(f"  + create {len(nodes):,}", "green")
        yield from _wrapped(f"{head}  {reason} (controller): {listing(nodes, style.limit)}", style)


def _deletions(entry: DaemonSetPlan, style: Style) -> Iterator[str]:
    if entry.step.manage is None:
        return
    by_reason: dict[ActionReason, list[str]] = defaultdict(list)
    for node, pod, reason in entry.step.manage.delete:
        by_reason[reason].append(f"{pod.name}@{node}")
    for reason, pods in by_reason.items():
        beyond = "; outside any budget" if reason is ActionReason.NOT_ELIGIBLE else ""
        head = style.paint(f"  - delete {len(pods):,}", "red")
        yield from _wrapped(f"{head}  {reason} (controller{beyond}): {listing(pods, style.limit)}", style)


def _rollout(rollout: Rollout, style: Style) -> Iterator[str]:
    if rollout.nodes:
        head = style.paint(f"  ~ update {len(rollout.nodes):,}", "yellow")
        waves = f"{rollout.wave_count:,} wave{'s' * (rollout.wave_count != 1)}"
        arithmetic = f"; {rollout.budget.arithmetic}" if rollout.budget else ""
        yield f"{head}  Outdated (controller) in {waves}{arithmetic}"
        yield f"    order: {ORDER_TEXT}"
        yield from _waves(rollout, style)
    if rollout.leaving:
        head = style.paint(f"  - delete {len(rollout.leaving):,}", "red")
        yield f"{head}  OutdatedNotEligible (controller), not created again: {listing(rollout.leaving, style.limit)}"


def _waves(rollout: Rollout, style: Style) -> Iterator[str]:
    number, start = 1, 0
    for run in rollout.waves:
        for _ in range(run.repeat):
            if number > _WAVES_SHOWN and style.limit is not None:
                left = rollout.wave_count - number + 1
                yield f"    ... and {left:,} more wave{'s' * (left != 1)}; -o wide shows all"
                return
            nodes = rollout.nodes[start : start + run.size]
            yield from _wrapped(f"    wave {number}: {run.size:,}  {listing(nodes, style.limit)}", style)
            number, start = number + 1, start + run.size


def _held(entry: DaemonSetPlan, style: Style) -> Iterator[str]:
    by_text: dict[tuple[str, str], list[str]] = defaultdict(list)
    for held in entry.held:
        by_text[held.reason, held.text].append(held.node)
    if len(by_text) > 5 and style.limit is not None:
        counts: dict[str, list[str]] = defaultdict(list)
        for held in entry.held:
            counts[held.reason].append(held.node)
        by_text = {(reason, ""): nodes for reason, nodes in counts.items()}
    for (reason, text), nodes in by_text.items():
        head = style.paint(f"  ! blocked {len(nodes):,}", "yellow")
        said = f": {text}" if text else ""
        yield from _wrapped(f"{head}  {reason}{said}: {listing(nodes, style.limit)}", style)


def _burst(entry: DaemonSetPlan) -> Iterator[str]:
    creates, deletes = entry.step.deferred
    if creates or deletes:
        yield f"    at most 250 creations and 250 deletions a pass: {creates + deletes:,} of these come in later passes"


def _deployment(contrast: DeploymentContrast) -> Iterator[str]:
    yield f"{contrast.identity} (Deployment)"
    yield f"  {contrast.replicas:,} replicas on {contrast.eligible:,} eligible of {contrast.nodes:,} nodes"
    least, most = contrast.without_at_least, contrast.without_at_most
    span = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    yield f"  no coverage guarantee: {span} eligible nodes are left without a pod; a DaemonSet would leave 0"


def _wrapped(line: str, style: Style) -> list[str]:
    if len(line) <= style.width or style.colour:
        return [line]
    return textwrap.wrap(line, style.width, subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
