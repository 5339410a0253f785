"""An API server in miniature: objects with uids and resourceVersions, and the watch events of every change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ..diff import Action
from ..manifests.decode import decode_object
from ..model.meta import RawTree
from ..model.state import State
from ..model.world import FIELDS, World

if TYPE_CHECKING:
    from ..model.world import KubernetesObject
from ..reconciler import WatchEvent
from .merging import merged

__all__ = ["Conflict", "Journal", "NotFound"]

Key = tuple[str, str, str]
"""(kind, namespace, name)."""


class NotFound(Exception):
    """The object of a write does not exist."""

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
        for kind, field in FIELDS.items():
            for item in getattr(world, field) if world else ():
                self.objects[kind, item.metadata.namespace, item.metadata.name] = item

    def world(self, state: State | None = None) -> World:
        """Return all objects as a World."""
        fields: dict[str, Any] = {
            field: tuple(item for key, item in self.objects.items() if key[0] == kind) for kind, field in FIELDS.items()
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
        """Send what an action says as a host would: `create`, `patch` or `delete` with its body."""
        if action.verb == "create":
            return self.create(action.body, now)
        if action.verb == "delete":
            return self.remove(action.kind, action.namespace, action.name, action.body, now)
        return self.patch(action.kind, action.namespace, action.name, action.body)

    def create(self, body: RawTree, now: datetime) -> WatchEvent:
        """Create an object; one with `generateName` gets a name, a pod begins Pending. Raises Conflict."""
        metadata = {**body["metadata"], "creationTimestamp": now.isoformat()}
        prefix = metadata.pop("generateName", "")
        if not metadata.get("name"):
            self._births += 1
            metadata["name"] = f"{prefix}{self._births}"
        made = decode_object({"status": {"phase": "Pending"}, **body, "metadata": metadata})
        if made is None or _key(made) in self.objects:
            raise Conflict(f"{body['kind']} {metadata['name']}")
        return self.put(made)

    def patch(self, kind: str, namespace: str, name: str, body: RawTree) -> WatchEvent:
        """Apply a strategic merge patch. Raises NotFound, and Conflict where its uid or resourceVersion are others."""
        before = self._existing(kind, namespace, name)
        self._check(before, body.get("metadata", {}))
        tree = merged({"kind": kind, **msgspec.to_builtins(before)}, body)
        after = decode_object(tree)
        assert after is not None
        return self.put(after)

    def remove(self, kind: str, namespace: str, name: str, options: RawTree, now: datetime) -> WatchEvent:
        """Delete an object; a pod is terminating from now on, until `delete`. Raises NotFound and Conflict."""
        before = self._existing(kind, namespace, name)
        self._check(before, options.get("preconditions", {}))
        if kind != "Pod":
            return self.delete(kind, namespace, name)
        metadata = msgspec.structs.replace(before.metadata, deletion_timestamp=now)
        return self.put(msgspec.structs.replace(before, metadata=metadata))

    def _existing(self, kind: str, namespace: str, name: str) -> Any:
        found = self.objects.get((kind, namespace, name))
        if found is None:
            raise NotFound(f"{kind} {namespace}/{name}")
        return found

    @staticmethod
    def _check(item: Any, wanted: RawTree) -> None:
        if wanted.get("uid") not in (None, "", item.metadata.uid):
            raise Conflict(f"{item.metadata.name} is another object")
        if wanted.get("resourceVersion") not in (None, "", item.metadata.resource_version):
            raise Conflict(f"{item.metadata.name} is another version")

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
