"""An API server in miniature: objects with uids and resourceVersions, and the watch events of every change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from ..diff import Action, ActionReason
from ..manifests.decode import decode_object
from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet, DaemonSetStatus
from ..model.meta import OwnerReference
from ..model.pod import Pod
from ..model.state import State
from ..model.world import KINDS, KubernetesObject, World
from ..reconciler import WatchEvent

__all__ = ["Conflict", "Journal", "NotFound"]

Key = tuple[str, str, str]
"""(kind, namespace, name)."""


class NotFound(Exception):
    """The object of a write does not exist, or not under that uid."""

    status = 404


class Conflict(Exception):
    """The precondition of a write does not hold."""

    status = 409


class Journal:
    """Objects by key; every change gives one a new resourceVersion, every new object a new uid.

    >>> from .builders import a_node
    >>> journal = Journal()
    >>> [event.type for event in (journal.put(a_node("n1")), journal.put(a_node("n1", zone="a")))]
    ['ADDED', 'MODIFIED']
    """

    def __init__(self, world: World | None = None) -> None:
        self.version = 0
        self._births = 0
        self.objects: dict[Key, Any] = {}
        self.events: list[WatchEvent] = []
        for kind, (field, _) in KINDS.items():
            for item in getattr(world, field) if world else ():
                self.objects[kind, item.metadata.namespace, item.metadata.name] = item

    def world(self, state: State | None = None) -> World:
        """Return all objects as a World."""
        fields: dict[str, Any] = {
            field: tuple(item for key, item in self.objects.items() if key[0] == kind)
            for kind, (field, _) in KINDS.items()
        }
        return World(**fields, state=state or State())

    def put(self, item: KubernetesObject) -> WatchEvent:
        """Create or change an object; its uid is kept, or is new; return the event."""
        key = _key(item)
        before = self.objects.get(key)
        uid = before.metadata.uid if before is not None else self._new_uid()
        stored = self._stamped(item, uid)
        self.objects[key] = stored
        return self._emit("ADDED" if before is None else "MODIFIED", stored)

    def delete(self, kind: str, namespace: str, name: str) -> WatchEvent:
        """Remove an object; return the event, with the version of the deletion. Raises NotFound."""
        before = self.objects.pop((kind, namespace, name), None)
        if before is None:
            raise NotFound(f"{kind} {namespace}/{name}")
        return self._emit("DELETED", self._stamped(before, before.metadata.uid))

    def get(self, kind: str, namespace: str, name: str) -> Any:
        """Return an object, None where there is none."""
        return self.objects.get((kind, namespace, name))

    def of_kind(self, kind: str) -> Iterator[Any]:
        """Yield the objects of a kind in the order they were created."""
        return (item for key, item in self.objects.items() if key[0] == kind)

    def carry_out(self, action: Action, now: datetime) -> WatchEvent:
        """Do what an action says, as an API server would. Raises NotFound and Conflict.

        Deleting a pod makes it terminating; a second deletion of the same pod removes it.
        """
        if action.kind == "Pod":
            return self._on_pod(action, now)
        if action.kind == "ControllerRevision":
            return self._on_revision(action)
        daemonset = self.get("DaemonSet", action.namespace, action.name)
        if daemonset is None:
            raise NotFound(str(action.daemonset))
        status = msgspec.convert(action.change, DaemonSetStatus)
        return self.put(msgspec.structs.replace(daemonset, status=status))

    def _on_pod(self, action: Action, now: datetime) -> WatchEvent:
        if action.verb == "create":
            return self._create_pod(action, now)
        pod = self.get("Pod", action.namespace, action.name)
        wanted = action.precondition
        if pod is None or (wanted is not None and wanted.uid != pod.metadata.uid):
            raise NotFound(f"pod {action.name}")
        if action.verb == "delete":
            return self._with_metadata(pod, deletion_timestamp=now)
        if wanted is not None and wanted.resource_version != pod.metadata.resource_version:
            raise Conflict(f"pod {action.name}")
        if action.reason is ActionReason.RELABELLED:
            return self._with_metadata(pod, labels={**pod.metadata.labels, HASH_LABEL: action.change["hash"]})
        if action.reason is ActionReason.RELEASED:
            others = tuple(owner for owner in pod.metadata.owner_references if not owner.controller)
            return self._with_metadata(pod, owner_references=others)
        owner = self.get("DaemonSet", action.namespace, action.daemonset.name)
        if owner is None:
            raise NotFound(str(action.daemonset))
        return self._with_metadata(pod, owner_references=(*pod.metadata.owner_references, _owner(owner)))

    def _create_pod(self, action: Action, now: datetime) -> WatchEvent:
        body = action.body
        assert body is not None
        self._births += 1
        metadata = {**body["metadata"], "name": f"{action.daemonset.name}-{self._births}", "creationTimestamp": now}
        pod = decode_object({**body, "metadata": metadata, "status": {"phase": "Pending"}})
        assert isinstance(pod, Pod)
        return self.put(pod)

    def _on_revision(self, action: Action) -> WatchEvent:
        if action.verb == "delete":
            return self.delete("ControllerRevision", action.namespace, action.name)
        known: ControllerRevision | None = self.get("ControllerRevision", action.namespace, action.name)
        change = action.change
        if action.verb == "create":
            daemonset: DaemonSet | None = self.get("DaemonSet", action.namespace, action.daemonset.name)
            if known is not None or daemonset is None:
                raise Conflict(f"revision {action.name}")
            labels = {**daemonset.pod.metadata.labels, HASH_LABEL: change["hash"]}
            tree = {
                "kind": "ControllerRevision",
                "metadata": {"name": action.name, "namespace": action.namespace, "labels": labels},
                "data": {"spec": {"template": {**daemonset.spec.template, "$patch": "replace"}}},
                "revision": change["revision"],
            }
            made = decode_object(tree)
            assert isinstance(made, ControllerRevision)
            owned = msgspec.structs.replace(made.metadata, owner_references=(_owner(daemonset),))
            return self.put(msgspec.structs.replace(made, metadata=owned))
        if known is None:
            raise NotFound(f"revision {action.name}")
        labels = {**known.metadata.labels, HASH_LABEL: change["hash"]}
        metadata = msgspec.structs.replace(known.metadata, labels=labels)
        return self.put(msgspec.structs.replace(known, revision=change["revision"], metadata=metadata))

    def _with_metadata(self, item: Any, **changes: Any) -> WatchEvent:
        metadata = msgspec.structs.replace(item.metadata, **changes)
        return self.put(msgspec.structs.replace(item, metadata=metadata))

    def _stamped(self, item: Any, uid: str) -> Any:
        self.version += 1
        metadata = msgspec.structs.replace(item.metadata, uid=uid, resource_version=str(self.version))
        return msgspec.structs.replace(item, metadata=metadata)

    def _new_uid(self) -> str:
        self._births += 1
        return f"uid-{self._births}"

    def _emit(self, type_of_event: str, item: Any) -> WatchEvent:
        event = WatchEvent(type_of_event, item)
        self.events.append(event)
        return event


def _key(item: Any) -> Key:
    return type(item).__name__, item.metadata.namespace, item.metadata.name


def _owner(daemonset: DaemonSet) -> OwnerReference:
    metadata = daemonset.metadata
    return OwnerReference(
        api_version="apps/v1", kind="DaemonSet", name=metadata.name, uid=metadata.uid, controller=True
    )
