"""Which actions of a plan still hold for the cluster as it is now, and why the others do not."""

from __future__ import annotations

import msgspec

from ..document.account import RowEntry
from ..document.idsets import ids_of
from ..document.types import ActionEntry, DaemonSetEntry, PlanDocument
from ..model.brief import Brief
from .between import Changes, plan_changes

__all__ = ["BrokenAction", "Drift", "drift"]


class BrokenAction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An action of the old plan that must not be carried out any more, and why."""

    verb: str
    kind: str
    name: str
    node: str
    daemonset: str
    why: str


class Drift(Brief, msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What changed since a plan was made. `holding` of its actions on pods still hold; `broken` are the others."""

    same_inputs: bool
    changes: Changes
    holding: int = 0
    broken: tuple[BrokenAction, ...] = ()


def drift(plan: PlanDocument, fresh: PlanDocument) -> Drift:
    """Return how a plan fares against a fresh one for the cluster as it is now, made for the plan's own moment.

    Whether an action still holds, and why not, is what the fresh plan's account says of its node and pod.
    """
    now = {(entry.namespace, entry.name): _Now(entry, place, fresh) for place, entry in enumerate(fresh.daemonsets)}
    holding, broken = 0, []
    for action in plan.actions:
        if action.kind != "Pod" or action.verb not in ("create", "delete"):
            continue
        old = plan.daemonsets[action.daemonset]
        why = _why_broken(action, old, now.get((old.namespace, old.name)))
        if not why:
            holding += 1
            continue
        name = f"{old.namespace}/{old.name}"
        broken.append(
            BrokenAction(
                verb=action.verb, kind=action.kind, name=action.name, node=action.node, daemonset=name, why=why
            )
        )
    same = bool(plan.inputs) and plan.inputs == fresh.inputs
    return Drift(same_inputs=same, changes=plan_changes(plan, fresh), holding=holding, broken=tuple(broken))


class _Now:
    """One DaemonSet of the fresh plan: what becomes of each node, and which pods the next pass deletes."""

    def __init__(self, entry: DaemonSetEntry, place: int, plan: PlanDocument) -> None:
        self.entry = entry
        self.rows = {plan.nodes[position]: row for row in entry.rows for position in ids_of(row.nodes)}
        self.rows.update((name, row) for row in entry.rows for name in row.vanished)
        mine = [action for action in plan.actions if (action.daemonset, action.kind) == (place, "Pod")]
        self.deleted = {action.name: action.uid for action in mine if action.verb == "delete"}


def _why_broken(action: ActionEntry, old: DaemonSetEntry, now: _Now | None) -> str:
    """Return why an action does not hold; empty if it does."""
    if now is None:
        return "the DaemonSet is gone"
    if now.entry.uid != old.uid:
        return "the DaemonSet was deleted and made anew"
    row = now.rows.get(action.node)
    if action.verb == "create":
        return _why_not_created(row)
    if action.name in now.deleted:
        uid = now.deleted[action.name]
        return "" if not uid or not action.uid or uid == action.uid else "another pod has taken the name"
    if action.stage == "rolling-update":
        if row is not None and row.fate in ("replaced", "stalled", "parked"):
            return "the budget is spent or its turn comes later" if row.fate == "replaced" else row.text
        return "the pod is not out of date"
    return "the pod is gone, or what was wrong with it is"


def _why_not_created(row: RowEntry | None) -> str:
    """Return why no pod is created on a node any more; empty if one is."""
    if row is None or row.vanished:
        return "the node is gone"
    if any(lot.kind == "comes" and lot.moment.when in ("now", "pass") for lot in row.lots):
        return ""
    return "a pod is there already" if row.verdict == "R" else f"the node is no longer wanted ({row.text})"
