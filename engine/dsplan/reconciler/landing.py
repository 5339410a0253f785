"""Which writes in flight an event shows to have landed (C7, C8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..diff import Action
from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet
from ..model.meta import Identity, ObjectMeta, controller_of
from ..model.pod import Pod, target_node
from .flights import Flights
from .store import Store

__all__ = ["has_landed", "nodes_in_flight", "note_landings", "note_list"]


def note_landings(flights: Flights, before: Any, after: Any) -> list[Identity]:
    """Note what the change of one object shows; return the DaemonSets that waited for it."""
    if not flights.flying and not flights.expectations:
        return []
    item = after if after is not None else before
    if isinstance(item, Pod):
        return _pod(flights, before, after)
    if isinstance(item, ControllerRevision):
        return _revision(flights, before, after)
    if isinstance(item, DaemonSet):
        return _landed(flights, [item.identity], ("update", "DaemonSet", item.name, ""))
    return []


def _pod(flights: Flights, before: Pod | None, after: Pod | None) -> list[Identity]:
    owners = [owner for pod in (before, after) if pod is not None and (owner := _owner(pod.metadata)) is not None]
    found: list[Identity] = []
    born = after is not None and (before is None or before.metadata.uid != after.metadata.uid)
    if after is not None and born and not after.terminating:
        found += _born(flights, owners[-1:], after) or _counted(flights, owners[-1:], "create")
    ended = after is None or born or after.terminating
    if before is not None and not before.terminating and ended:
        key = "delete", "Pod", before.metadata.name, before.metadata.uid
        found += _landed(flights, owners[:1], key) or _counted(flights, owners[:1], "delete")
    if before is not None:
        key = "patch", "Pod", before.metadata.name, before.metadata.uid
        found += _landed(flights, list(dict.fromkeys(owners)), key)
    return found


def _born(flights: Flights, owners: list[Identity], pod: Pod) -> list[Identity]:
    node, label = target_node(pod) or "", pod.metadata.labels.get(HASH_LABEL, "")
    return [owner for owner in owners if flights.created(owner, node, label, pod.metadata.resource_version)]


def note_list(flights: Flights, store: Store, kind: str) -> list[Identity]:
    """Note what a complete list shows of writes that were in flight before a restart."""
    shelf = store.shelves[kind]
    found: list[Identity] = []
    for daemonset, keys in list(flights.flying.items()):
        for key in [key for key in keys if key[1] == kind]:
            item = shelf.get((daemonset.namespace, key[2]))
            if _is_listed(key, item):
                found += _landed(flights, [daemonset], key)
    return found


def nodes_in_flight(flights: Flights, store: Store, daemonset: Identity) -> Iterator[str]:
    """Yield the nodes about whose pods something was issued and is not seen yet."""
    for verb, kind, name, _ in flights.flying.get(daemonset, ()):
        if kind == "Pod" and verb == "create":
            yield name
        elif kind == "Pod" and verb == "delete":
            pod = store.shelves["Pod"].get((daemonset.namespace, name))
            if pod is not None and (node := target_node(pod)) is not None:
                yield node


def _is_listed(key: tuple[str, str, str, str], item: Any) -> bool:
    verb, kind, _, uid = key
    if verb == "delete":
        return item is None or (uid and item.metadata.uid != uid) or item.metadata.deletion_timestamp is not None
    return verb == "create" and kind == "ControllerRevision" and item is not None


def _revision(flights: Flights, before: ControllerRevision | None, after: ControllerRevision | None) -> list[Identity]:
    owners = [owner for item in (before, after) if item is not None and (owner := _owner(item.metadata)) is not None]
    item = after if after is not None else before
    assert item is not None
    verbs = ("delete",) if after is None else ("create",) if before is None else ("update",)
    return [
        found
        for verb in verbs
        for found in _landed(flights, list(dict.fromkeys(owners)), (verb, "ControllerRevision", item.name, ""))
    ]


def _landed(flights: Flights, daemonsets: list[Identity], key: tuple[str, str, str, str]) -> list[Identity]:
    return [daemonset for daemonset in daemonsets if flights.landed(daemonset, key)]


def _counted(flights: Flights, daemonsets: list[Identity], verb: str) -> list[Identity]:
    return [daemonset for daemonset in daemonsets if flights.counted(daemonset, verb)]


def _owner(metadata: ObjectMeta) -> Identity | None:
    owner = controller_of(metadata)
    if owner is None or owner.kind != "DaemonSet":
        return None
    return Identity("DaemonSet", metadata.namespace, owner.name)


def has_landed(action: Action, store: Store, owned: tuple[Pod, ...]) -> bool:
    """Return whether the effect of an action is to be seen already: its event was faster than the host's word.

    `owned` are the pods on the action's node.
    """
    known = store.shelves[action.kind].get((action.namespace, action.name)) if action.name else None
    if action.kind == "DaemonSet":
        return known is not None and bool(action.change == msgspec.to_builtins(known.status))
    if action.verb == "create":
        return known is not None or _has_pod(action, owned)
    if known is None:
        return True
    if action.kind == "ControllerRevision":
        return action.verb == "update" and _wears(known, action)
    assert action.precondition is not None
    if known.metadata.uid != action.precondition.uid:
        return True
    newer = known.metadata.resource_version != action.precondition.resource_version
    return bool(known.terminating) if action.verb == "delete" else newer


def _wears(revision: ControllerRevision, action: Action) -> bool:
    label = revision.metadata.labels.get(HASH_LABEL)
    return (revision.revision, label) == (action.change["revision"], action.change["hash"])


def _has_pod(action: Action, owned: tuple[Pod, ...]) -> bool:
    if action.blueprint is None:
        return False
    wanted = action.blueprint.metadata["labels"].get(HASH_LABEL)
    return any(not pod.terminating and pod.metadata.labels.get(HASH_LABEL) == wanted for pod in owned)
