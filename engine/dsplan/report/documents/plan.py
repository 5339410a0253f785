"""A plan to its document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ..._version import __version__
from ...constraints import Constraint
from ...diff import Action
from ...diff.order import ORDER_TEXT, ZONE_LABEL
from ...document.encoding import sealed
from ...document.idsets import ranges_of
from ...document.origin import MadeFrom
from ...document.policies import PoliciesEntry
from ...document.types import (
    API_VERSION,
    PLAN_VERSION,
    ActionEntry,
    DaemonSetEntry,
    DeploymentEntry,
    ExclusionEntry,
    NodeClass,
    NoteEntry,
    PlacementEntry,
    PlanDocument,
    StatusEntry,
    SummaryEntry,
)
from ...eligibility import NodeIndex
from ...eligibility.index import as_bitmap
from ...manifests.world_changes import ObjectChange
from ...model.meta import Identity
from ...model.selectors import LabelSelector, selector_text
from ...model.state import State
from ...planner import DaemonSetPlan, Plan
from ...planner.account import Sums
from ...planner.plan import SEMANTICS_VERSION, DeploymentContrast
from .account import Orders, course_entry, eviction_entry, row_entry, stall_entry
from .edit import edit_entries

__all__ = ["action_entry", "plan_document", "summary_entry"]


def plan_document(
    plan: Plan,
    *,
    inputs: str = "",
    bodies: bool = False,
    digests: bool = True,
    made_from: MadeFrom = MadeFrom(),  # noqa: B008
    edit: Iterable[ObjectChange] = (),
) -> PlanDocument:
    """Return the document of a plan.

    `inputs` is the digest of the world it was made from, `made_from` what else is known of that, `edit` what its
    manifests change in the cluster. Bodies of created
    pods, which hold environment values and arguments, are left out unless `bodies` is asked for. Without `digests`, the
    check sum of every node is left out: enough to be printed, not for verify and drift.
    """
    reads = _reads(plan)
    groups = [(projection, as_bitmap(ids)) for projection, ids in plan.index.groups(reads)] if plan.index.names else []
    firsts = [nodes.min() for _, nodes in groups]
    orders = Orders(plan.index)
    entries = tuple(_daemonset(entry, plan, firsts, orders) for entry in plan.daemonsets)
    places = {entry.identity: place for place, entry in enumerate(plan.daemonsets)}
    found = PlanDocument(
        api_version=API_VERSION,
        version=PLAN_VERSION,
        dsplan_version=__version__,
        semantics=SEMANTICS_VERSION,
        now=plan.now,
        inputs=inputs,
        made_from=made_from,
        edit=edit_entries(edit),
        foreseen=plan.foreseen,
        unplayed=tuple(places[identity] for identity in plan.unplayed),
        order=ORDER_TEXT,
        complete=plan.complete,
        applyable=plan.applyable,
        errored=plan.errored,
        conflicts=plan.conflicts,
        requeue_after_seconds=plan.requeue_after,
        summary=summary_entry(plan.summary),
        reads=reads,
        nodes=tuple(plan.index.names),
        digests=_digests(plan, reads) if digests and not plan.is_light else (),
        zones=_zones(plan.index),
        sick=ranges_of(position for position, node in enumerate(plan.index.nodes) if not node.ready),
        classes=tuple(NodeClass(nodes=ranges_of(ids), fields=_fields(reads, values)) for values, ids in groups),
        orders=orders.found(),
        daemonsets=entries,
        deployments=tuple(_deployment(contrast) for contrast in plan.deployments),
        actions=tuple(action_entry(action, places[action.daemonset], bodies=bodies) for action in plan.actions),
        notes=tuple(NoteEntry(subject=note.subject, text=note.text) for note in plan.notes),
        policies=_policies(plan, places),
        placement=_placement(plan),
        state=_state(plan),
    )
    return sealed(found)


def _state(plan: Plan) -> dict[str, Any]:
    """Return the State of the next call as JSON has it; nothing where there is nothing to remember."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plan.state))
    return plain if plan.state != State() else {}


def _digests(plan: Plan, reads: tuple[str, ...]) -> tuple[str, ...]:
    from ..inputs import node_digests

    return node_digests(plan, reads)


def _placement(plan: Plan) -> PlacementEntry | None:
    if plan.placement is None:
        return None
    from .placement import placement_entry

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


def _daemonset(entry: DaemonSetPlan, plan: Plan, firsts: list[int], orders: Orders) -> DaemonSetEntry:
    step, account = entry.step, entry.account
    daemonset = step.daemonset
    verdicts = "".join(step.verdicts.of(first)[0] for first in firsts) if step.verdicts else ""
    observed = step.observed
    return DaemonSetEntry(
        namespace=entry.identity.namespace,
        name=entry.identity.name,
        uid=daemonset.metadata.uid,
        generation=daemonset.metadata.generation,
        node_selector=selector_text(LabelSelector(match_labels=daemonset.pod.spec.node_selector)),
        verdicts=verdicts,
        constraints=tuple(f"{constraint.id}/{constraint.version}" for constraint in _constraints(entry)),
        hash=observed.history.hash if observed else "",
        hash_learned=observed.history.learned if observed else False,
        desired=entry.desired,
        status=StatusEntry(**msgspec.structs.asdict(step.status or daemonset.status)),
        status_written=step.status_written,
        excluded=tuple(
            ExclusionEntry(code=part.code, summary=part.summary, nodes=ranges_of(part.nodes), also=part.also)
            for part in entry.exclusions
        ),
        rows=tuple(map(row_entry, account.rows)),
        course=course_entry(account.course, orders) if observed else None,
        otherwise=course_entry(account.otherwise, orders) if account.otherwise else None,
        evictions=tuple(map(eviction_entry, account.evictions)),
        stall=next((stall_entry(stall) for stall in plan.stalls if stall.identity == entry.identity), None),
        spends=account.spends,
        adrift=account.adrift,
        gone=account.gone,
        adopted=account.adopted,
        released=account.released,
        deferred=step.deferred,
        in_flight=observed is not None and step.manage is None,
        untouched=account.rows[0].text if observed is None and account.rows else "",
        error=step.error or "",
        requeue_after_seconds=step.requeue_after,
        summary=summary_entry(account.sums),
    )


def summary_entry(sums: Sums) -> SummaryEntry:
    """Return the sums of an account as the document has them."""
    return SummaryEntry(**msgspec.structs.asdict(sums))


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
