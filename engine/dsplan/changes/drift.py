"""Which actions of a plan still hold for the cluster as it is now, and why the others do not."""

from __future__ import annotations

from ..document.idsets import ids_of
from ..document.types import ActionEntry, DaemonSetEntry, PlanDocument
from .between import Changes, _Value, between, wanted_nodes

__all__ = ["BrokenAction", "Drift", "drift"]


class BrokenAction(_Value, frozen=True, kw_only=True):
    """An action of the old plan that must not be carried out any more, and why."""

    verb: str
    kind: str
    name: str
    node: str
    daemonset: str
    why: str


class Drift(_Value, frozen=True, kw_only=True):
    """What changed since a plan was made. `holding` of its actions on pods still hold; `broken` are the others."""

    same_inputs: bool
    changes: Changes
    holding: int = 0
    broken: tuple[BrokenAction, ...] = ()


def drift(plan: PlanDocument, fresh: PlanDocument) -> Drift:
    """Return how a plan fares against a fresh one for the cluster as it is now, made for the plan's own moment."""
    now = {(entry.namespace, entry.name): entry for entry in fresh.daemonsets}
    holding, broken = 0, []
    wanted: dict[tuple[str, str], tuple[set[str], dict[str, str], set[str], set[str]]] = {}
    for action in plan.actions:
        if action.kind != "Pod" or action.verb not in ("create", "delete"):
            continue
        old = plan.daemonsets[action.daemonset]
        key = (old.namespace, old.name)
        entry = now.get(key)
        if entry is not None and key not in wanted:
            wanted[key] = _wants(fresh, entry)
        why = _why_broken(action, old, entry, fresh, wanted.get(key))
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
    return Drift(same_inputs=same, changes=between(plan, fresh), holding=holding, broken=tuple(broken))


def _wants(fresh: PlanDocument, entry: DaemonSetEntry) -> tuple[set[str], dict[str, str], set[str], set[str]]:
    """Return the nodes to create on, the uids of pods to delete by name, the nodes to update, the nodes wanted."""
    place = fresh.daemonsets.index(entry)
    create = {fresh.nodes[node] for part in entry.create for node in ids_of(part.nodes)}
    delete = {pod: "" for part in entry.delete for _, pod in part.pods}
    for action in fresh.actions:
        if (action.daemonset, action.kind) != (place, "Pod"):
            continue
        if action.verb == "delete":
            delete[action.name] = action.uid
        elif action.verb == "create":
            create.add(action.node)
    rollout = entry.rollout
    order = fresh.orders[rollout.order] if rollout is not None and rollout.order is not None else ()
    return create, delete, {fresh.nodes[node] for node in order}, wanted_nodes(fresh, entry)


def _why_broken(
    action: ActionEntry,
    old: DaemonSetEntry,
    entry: DaemonSetEntry | None,
    fresh: PlanDocument,
    wants: tuple[set[str], dict[str, str], set[str], set[str]] | None,
) -> str:
    """Return why an action does not hold; empty if it does."""
    if entry is None or wants is None:
        return "the DaemonSet is gone"
    if entry.uid != old.uid:
        return "the DaemonSet was deleted and made anew"
    create, delete, update, wanted = wants
    if action.verb == "create":
        if action.node in create:
            return ""
        if action.node not in fresh.nodes:
            return "the node is gone"
        return "a pod is there already" if action.node in wanted else "the node is no longer wanted"
    if action.name in delete:
        same = not delete[action.name] or not action.uid or delete[action.name] == action.uid
        return "" if same else "another pod has taken the name"
    if action.stage == "rolling-update":
        return "the budget is spent or its turn comes later" if action.node in update else "the pod is not out of date"
    return "the pod is gone, or what was wrong with it is"
