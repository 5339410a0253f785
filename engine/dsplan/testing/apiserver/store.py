"""What etcd and the watch cache hold: objects, one version for all of them, and the changes that watches replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from ...model.meta import RawTree
from .gojson import handed_on
from .kinds import Kind

__all__ = ["Change", "Item", "Place", "Store"]

Place = tuple[str, str, str]
"""(plural with group, namespace, name)."""


class Item:
    """One stored object; never changed, only replaced. `data` are the stored bytes of a ControllerRevision's data."""

    __slots__ = ("_encoded", "data", "tree")

    def __init__(self, tree: RawTree, data: bytes = b"") -> None:
        self.tree = tree
        self.data = data
        self._encoded = b""

    @property
    def version(self) -> int:
        """The resourceVersion."""
        return int(self.tree["metadata"]["resourceVersion"])

    @property
    def encoded(self) -> bytes:
        """The object as JSON, made once."""
        if not self._encoded:
            raw = {"data": msgspec.Raw(handed_on(self.data))} if self.data else {}
            self._encoded = msgspec.json.encode({**self.tree, **raw})
        return self._encoded


class Change(msgspec.Struct, frozen=True):
    """One write: `before` is None for a creation, `after` None for a removal, whose last state is `last`."""

    version: int
    place: Place
    before: Item | None
    after: Item | None
    last: Item


class Store:
    """Objects by place. One writer at a time; every change gets the next version."""

    def __init__(self) -> None:
        self.version = 1
        self.compacted = 0
        self._objects: dict[str, dict[tuple[str, str], Item]] = {}
        self._changes: list[Change] = []
        self.on_change: Callable[[Change], None] = lambda change: None

    def get(self, kind: Kind, namespace: str, name: str) -> Item | None:
        """Return an object, None where there is none."""
        return self._objects.get(kind.resource, {}).get((namespace, name))

    def put(self, kind: Kind, tree: RawTree, data: bytes = b"") -> Item:
        """Store an object as the next version, and return it as it is stored."""
        metadata = tree["metadata"]
        key = metadata.get("namespace", ""), metadata["name"]
        shelf = self._objects.setdefault(kind.resource, {})
        before = shelf.get(key)
        item = shelf[key] = self._stamped(tree, data)
        self._note(Change(self.version, (kind.resource, *key), before, item, item))
        return item

    def remove(self, kind: Kind, namespace: str, name: str) -> Item:
        """Take an object out; return its last state, which carries the version of its removal."""
        before = self._objects[kind.resource].pop((namespace, name))
        last = self._stamped(before.tree, before.data)
        self._note(Change(self.version, (kind.resource, namespace, name), before, None, last))
        return last

    def items(self, kind: Kind, namespace: str = "", at: int | None = None) -> list[Item]:
        """Return the objects of a kind by namespace and name, now or as of an earlier version."""
        shelf: Mapping[tuple[str, str], Item] = self._objects.get(kind.resource, {})
        if at is not None and at < self.version:
            shelf = self._as_of(kind, dict(shelf), at)
        return [shelf[key] for key in sorted(shelf) if not namespace or key[0] == namespace]

    def changes(self, after: int) -> Iterator[Change]:
        """Yield what happened after a version, the oldest first."""
        first = self._changes[0].version if self._changes else self.version + 1
        yield from self._changes[max(0, after + 1 - first) :]

    def compact(self, version: int | None = None) -> None:
        """Forget what happened up to a version (all, if none is given): watches from before it are too old."""
        self.compacted = self.version if version is None else version
        self._changes = [change for change in self._changes if change.version > self.compacted]

    def _as_of(self, kind: Kind, shelf: dict[tuple[str, str], Item], at: int) -> dict[tuple[str, str], Item]:
        for change in reversed(self._changes):
            if change.version <= at:
                break
            if change.place[0] == kind.resource:
                if change.before is None:
                    shelf.pop(change.place[1:], None)
                else:
                    shelf[change.place[1:]] = change.before
        return shelf

    def _stamped(self, tree: RawTree, data: bytes) -> Item:
        self.version += 1
        metadata: dict[str, Any] = {**tree["metadata"], "resourceVersion": str(self.version)}
        return Item({**tree, "metadata": metadata}, data)

    def _note(self, change: Change) -> None:
        self._changes.append(change)
        self.on_change(change)
