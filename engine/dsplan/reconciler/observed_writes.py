"""Which writes in flight an event shows to have taken effect (C7, C8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..diff import Action
from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet
from ..model.meta import Identity, ObjectMeta, controller_of
from ..model.pod import Pod, target_node
from .live_state import LiveState
from .store import Store

__all__ = ["is_write_visible", "nodes_in_flight", "note_list", "note_observed_write"]


def note_observed_write(live_state: LiveState, before: Any, after: Any) -> list[Identity]:
    """Note what the change of one object shows; return the DaemonSets that waited for it."""
    if not live_state.in_flight and not live_state.expectations:
        return []
    item = after if after is not None else before
    if isinstance(item, Pod):
        return _pod(live_state, before, after)
    if isinstance(item, ControllerRevision):
        return _revision(live_state, before, after)
    if isinstance(item, DaemonSet):
        return _write_seen(live_state, [item.identity], ("update", "DaemonSet", item.name, ""))
    return []


def _pod(live_state: LiveState, before: Pod | None, after: Pod | None) -> list[Identity]:
    owners = [owner for pod in (before, after) if pod is not None and (owner := _owner(pod.metadata)) is not None]
    found: list[Identity] = []
    is_new = after is not None and (before is None or before.metadata.uid != after.metadata.uid)
    if after is not None and is_new and not after.terminating:
        found += _created(live_state, owners[-1:], after) or _expected_seen(live_state, owners[-1:], "create")
    ended = after is None or is_new or after.terminating
    if before is not None and not before.terminating and ended:
        key = "delete", "Pod", before.metadata.name, before.metadata.uid
        found += _write_seen(live_state, owners[:1], key) or _expected_seen(live_state, owners[:1], "delete")
    if before is not None:
        key = "patch", "Pod", before.metadata.name, before.metadata.uid
        found += _write_seen(live_state, list(dict.fromkeys(owners)), key)
    return found


def _created(live_state: LiveState, owners: list[Identity], pod: Pod) -> list[Identity]:
    node, label = target_node(pod) or "", pod.metadata.labels.get(HASH_LABEL, "")
    return [owner for owner in owners if live_state.creation_seen(owner, node, label, pod.metadata.resource_version)]


def note_list(live_state: LiveState, store: Store, kind: str) -> list[Identity]:
    """Note what a complete list shows of writes that were in flight before a restart."""
    kind_store = store.kind_stores[kind]
    found: list[Identity] = []
    for daemonset, keys in list(live_state.in_flight.items()):
        for key in [key for key in keys if key[1] == kind]:
            item = kind_store.get((daemonset.namespace, key[2]))
            if _is_listed(key, item):
                found += _write_seen(live_state, [daemonset], key)
    return found


def nodes_in_flight(live_state: LiveState, store: Store, daemonset: Identity) -> Iterator[str]:
    """Yield the nodes about whose pods something was issued and is not seen yet."""
    for verb, kind, name, _ in live_state.in_flight.get(daemonset, ()):
        if kind == "Pod" and verb == "create":
            yield name
        elif kind == "Pod" and verb == "delete":
            pod = store.kind_stores["Pod"].get((daemonset.namespace, name))
            if pod is not None and (node := target_node(pod)) is not None:
                yield node


def _is_listed(key: tuple[str, str, str, str], item: Any) -> bool:
    verb, kind, _, uid = key
    if verb == "delete":
        return item is None or (uid and item.metadata.uid != uid) or item.metadata.deletion_timestamp is not None
    return verb == "create" and kind == "ControllerRevision" and item is not None


def _revision(
    live_state: LiveState, before: ControllerRevision | None, after: ControllerRevision | None
) -> list[Identity]:
    owners = [owner for item in (before, after) if item is not None and (owner := _owner(item.metadata)) is not None]
    item = after if after is not None else before
    assert item is not None
    verbs = ("delete",) if after is None else ("create",) if before is None else ("update",)
    return [
        found
        for verb in verbs
        for found in _write_seen(live_state, list(dict.fromkeys(owners)), (verb, "ControllerRevision", item.name, ""))
    ]


def _write_seen(live_state: LiveState, daemonsets: list[Identity], key: tuple[str, str, str, str]) -> list[Identity]:
    return [daemonset for daemonset in daemonsets if live_state.write_seen(daemonset, key)]


def _expected_seen(live_state: LiveState, daemonsets: list[Identity], verb: str) -> list[Identity]:
    return [daemonset for daemonset in daemonsets if live_state.expected_seen(daemonset, verb)]


def _owner(metadata: ObjectMeta) -> Identity | None:
    owner = controller_of(metadata)
    if owner is None or owner.kind != "DaemonSet":
        return None
    return Identity("DaemonSet", metadata.namespace, owner.name)


def is_write_visible(action: Action, store: Store, owned: tuple[Pod, ...]) -> bool:
    """Return whether the effect of an action is to be seen already: its event came before the host reported the write.

    `owned` are the pods on the action's node.
    """
    known = store.kind_stores[action.kind].get((action.namespace, action.name)) if action.name else None
    if action.kind == "DaemonSet":
        return known is not None and bool(action.change == msgspec.to_builtins(known.status))
    if action.verb == "create":
        return known is not None or _has_pod(action, owned)
    if known is None:
        return True
    if action.kind == "ControllerRevision":
        return action.verb == "update" and _has_content(known, action)
    assert action.precondition is not None
    if known.metadata.uid != action.precondition.uid:
        return True
    newer = known.metadata.resource_version != action.precondition.resource_version
    return bool(known.terminating) if action.verb == "delete" else newer


def _has_content(revision: ControllerRevision, action: Action) -> bool:
    label = revision.metadata.labels.get(HASH_LABEL)
    return (revision.revision, label) == (action.change["revision"], action.change["hash"])


def _has_pod(action: Action, owned: tuple[Pod, ...]) -> bool:
    if action.blueprint is None:
        return False
    wanted = action.blueprint.metadata["labels"].get(HASH_LABEL)
    return any(not pod.terminating and pod.metadata.labels.get(HASH_LABEL) == wanted for pod in owned)
