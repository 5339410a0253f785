"""A plan to its document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..constraints import Constraint
from ..diff import Action, Budget
from ..diff.order import ORDER_TEXT, ZONE_LABEL
from ..document.idsets import ranges_of
from ..document.policies import PoliciesEntry
from ..document.types import (
    API_VERSION,
    PLAN_VERSION,
    ActionEntry,
    BudgetEntry,
    DaemonSetEntry,
    DeletionEntry,
    DeploymentEntry,
    EvictionEntry,
    ExclusionEntry,
    HeldEntry,
    ImpossibleEntry,
    NodeClass,
    NodeSet,
    NoteEntry,
    PlacementEntry,
    PlanDocument,
    RolloutEntry,
    SummaryEntry,
)
from ..eligibility import NodeIndex
from ..eligibility.index import as_bitmap
from ..model.meta import Identity
from ..model.selectors import LabelSelector, selector_text
from ..passes.forecast import Rollout
from ..planner import DaemonSetPlan, Plan, Summary
from ..planner.plan import SEMANTICS_VERSION, DeploymentContrast

__all__ = ["action_entry", "plan_document"]


_NO_STALLS: Mapping[Identity, str] = {}


def plan_document(
    plan: Plan,
    *,
    inputs: str = "",
    bodies: bool = False,
    digests: bool = True,
    stalls: Mapping[Identity, str] = _NO_STALLS,
) -> PlanDocument:
    """Return the document of a plan; `stalls` say which roll-outs would not get to their end, and why.

    `inputs` is the digest of the world it was made from. Bodies of created pods, which hold environment values and
    arguments, are left out unless `bodies` is asked for. Without `digests`, the check sum of every node is left out:
    enough to be printed, not for verify and drift.
    """
    reads = _reads(plan)
    groups = [(projection, as_bitmap(ids)) for projection, ids in plan.index.groups(reads)] if plan.index.names else []
    firsts = [nodes.min() for _, nodes in groups]
    orders: dict[tuple[int, ...], int] = {}
    entries = tuple(
        _daemonset(entry, plan.index, firsts, orders, stalls.get(entry.identity, "")) for entry in plan.daemonsets
    )
    places = {entry.identity: place for place, entry in enumerate(plan.daemonsets)}
    return PlanDocument(
        api_version=API_VERSION,
        version=PLAN_VERSION,
        dsplan_version=__version__,
        semantics=SEMANTICS_VERSION,
        now=plan.now,
        inputs=inputs,
        order=ORDER_TEXT,
        complete=plan.complete,
        applyable=plan.applyable,
        errored=plan.errored,
        conflicts=plan.conflicts,
        requeue_after_seconds=plan.requeue_after,
        summary=_summary(plan.summary),
        reads=reads,
        nodes=tuple(plan.index.names),
        digests=_digests(plan, reads) if digests else (),
        zones=_zones(plan.index),
        sick=ranges_of(position for position, node in enumerate(plan.index.nodes) if not node.ready),
        classes=tuple(NodeClass(nodes=ranges_of(ids), fields=_fields(reads, values)) for values, ids in groups),
        orders=tuple(orders),
        daemonsets=entries,
        deployments=tuple(_deployment(contrast) for contrast in plan.deployments),
        actions=tuple(action_entry(action, places[action.daemonset], bodies=bodies) for action in plan.actions),
        notes=tuple(NoteEntry(subject=note.subject, text=note.text) for note in plan.notes),
        policies=_policies(plan, places),
        placement=_placement(plan),
        state=plan.state,
    )


def _digests(plan: Plan, reads: tuple[str, ...]) -> tuple[str, ...]:
    from .inputs import node_digests

    return node_digests(plan, reads)


def _placement(plan: Plan) -> PlacementEntry | None:
    if plan.placement is None:
        return None
    from .documents.placement import placement_entry

    return placement_entry(plan.placement)


def _policies(plan: Plan, places: Mapping[Identity, int]) -> PoliciesEntry | None:
    if plan.policies is None:
        return None
    from .policies import policies_entry

    return policies_entry(plan.policies, places)


def action_entry(action: Action, daemonset: int, *, bodies: bool = False) -> ActionEntry:
    """Return one action as an entry that refers to its DaemonSet by place."""
    precondition = action.precondition
    return ActionEntry(
        verb=action.verb,
        api_version=action.api_version,
        kind=action.kind,
        namespace=action.namespace,
        name=action.name,
        node=action.node,
        daemonset=daemonset,
        reason=str(action.reason),
        stage=str(action.stage),
        actor=str(action.actor),
        uid=precondition.uid if precondition else "",
        resource_version=precondition.resource_version if precondition else "",
        change=action.change,
        body=action.body if bodies and action.blueprint else None,
    )


def _zones(index: NodeIndex) -> dict[str, str]:
    return {zone: ranges_of(as_bitmap(ids)) for zone, ids in sorted(index.column(ZONE_LABEL).items())}


def _reads(plan: Plan) -> tuple[str, ...]:
    """Return every node field that some constraint reads, sorted."""
    return tuple(sorted({field for entry in plan.daemonsets for one in _constraints(entry) for field in one.reads}))


def _constraints(entry: DaemonSetPlan) -> list[Constraint]:
    return [constraint for constraint, _ in entry.step.verdicts.failing] if entry.step.verdicts else []


def _fields(reads: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    """Return what the nodes of a class have, absent labels left out, taints as kubectl writes them."""
    found = {}
    for name, value in zip(reads, values, strict=True):
        if name == "taints":
            found[name] = [str(taint) for taint in value]
        elif value is not None:
            found[name] = value
    return found


def _daemonset(
    entry: DaemonSetPlan, index: NodeIndex, firsts: list[int], orders: dict[tuple[int, ...], int], stall: str
) -> DaemonSetEntry:
    step = entry.step
    daemonset = step.daemonset
    verdicts = "".join(step.verdicts.of(first)[0] for first in firsts) if step.verdicts else ""
    return DaemonSetEntry(
        namespace=entry.identity.namespace,
        name=entry.identity.name,
        uid=daemonset.metadata.uid,
        generation=daemonset.metadata.generation,
        node_selector=selector_text(LabelSelector(match_labels=daemonset.pod.spec.node_selector)),
        verdicts=verdicts,
        constraints=tuple(f"{constraint.id}/{constraint.version}" for constraint in _constraints(entry)),
        hash=step.observed.history.hash if step.observed else "",
        hash_learned=step.observed.history.learned if step.observed else False,
        desired=entry.desired,
        status=step.status or daemonset.status,
        status_written=step.status_written,
        excluded=tuple(
            ExclusionEntry(code=part.code, summary=part.summary, nodes=ranges_of(part.nodes), also=part.also)
            for part in entry.exclusions
        ),
        create=_creations(entry, index),
        delete=_deletions(entry),
        garbage=tuple((node, pod.name) for node, pod in entry.garbage),
        rollout=_rollout(entry.rollout, index, orders) if entry.rollout else None,
        held=_held(entry),
        impossible=tuple(
            ImpossibleEntry(kind=part.kind, reason=part.reason, nodes=ranges_of(part.nodes), example=part.example)
            for part in entry.impossible
        ),
        evictions=tuple(EvictionEntry(evicts=part.evicts, nodes=ranges_of(part.nodes)) for part in entry.evictions),
        deferred=step.deferred,
        in_flight=step.observed is not None and step.manage is None,
        untouched=_untouched(entry),
        error=step.error or "",
        stall=stall,
        requeue_after_seconds=step.requeue_after,
        summary=_summary(entry.summary),
    )


def _untouched(entry: DaemonSetPlan) -> str:
    """Return why a pass ends before it looks at any node; empty where it does not."""
    if entry.step.observed is not None:
        return ""
    if entry.step.daemonset.metadata.deletion_timestamp is not None:
        return "the DaemonSet is being deleted (C4)"
    return "its selector cannot be used" if entry.step.error else "an empty selector selects all pods (C3)"


def _creations(entry: DaemonSetPlan, index: NodeIndex) -> tuple[NodeSet, ...]:
    by_reason: dict[str, list[int]] = defaultdict(list)
    for node, reason in entry.step.manage.create if entry.step.manage else ():
        by_reason[reason].append(index.ids[node])
    return tuple(NodeSet(reason=str(reason), nodes=ranges_of(ids)) for reason, ids in by_reason.items())


def _deletions(entry: DaemonSetPlan) -> tuple[DeletionEntry, ...]:
    by_reason: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for node, pod, reason in entry.step.manage.delete if entry.step.manage else ():
        by_reason[reason].append((node, pod.name))
    return tuple(DeletionEntry(reason=str(reason), pods=tuple(pods)) for reason, pods in by_reason.items())


def _rollout(rollout: Rollout, index: NodeIndex, orders: dict[tuple[int, ...], int]) -> RolloutEntry:
    ids = tuple(index.ids[name] for name in rollout.nodes)
    return RolloutEntry(
        strategy=str(rollout.strategy),
        order=orders.setdefault(ids, len(orders)) if ids else None,
        waves=tuple((run.size, run.repeat) for run in rollout.waves),
        beyond_budget=rollout.beyond_budget,
        lower_bound=rollout.lower_bound,
        stalled=ranges_of(index.ids[name] for name in rollout.stalled),
        blockers=ranges_of(index.ids[name] for name in rollout.blockers),
        leaving=rollout.leaving,
        budget=None if rollout.budget is None else _budget(rollout.budget),
    )


def _budget(budget: Budget) -> BudgetEntry:
    return BudgetEntry(
        max_unavailable=budget.max_unavailable,
        max_surge=budget.max_surge,
        desired=budget.desired,
        arithmetic=budget.arithmetic,
    )


def _held(entry: DaemonSetPlan) -> tuple[HeldEntry, ...]:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for held in entry.held:
        grouped[held.reason, held.text].append(held.node)
    return tuple(
        HeldEntry(reason=str(reason), text=text, nodes=tuple(nodes))
        for (reason, text), nodes in sorted(grouped.items())
    )


def _summary(summary: Summary) -> SummaryEntry:
    return SummaryEntry(
        create=summary.create,
        delete=summary.delete,
        update=summary.update,
        waves=summary.waves,
        blocked=summary.blocked,
        excluded=summary.excluded,
    )


def _deployment(contrast: DeploymentContrast) -> DeploymentEntry:
    return DeploymentEntry(
        namespace=contrast.identity.namespace,
        name=contrast.identity.name,
        replicas=contrast.replicas,
        nodes=contrast.nodes,
        eligible=contrast.eligible,
        without_at_least=contrast.without_at_least,
        without_at_most=contrast.without_at_most,
    )
