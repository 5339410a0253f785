"""Which events are news: resourceVersion, uid, tombstones.

A resourceVersion is compared as a number where it is one, as API servers hand them out; any other text is only equal or
not. A uid never comes back: whatever arrives of an object that was deleted is stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterator
from enum import StrEnum
from typing import Generic, TypeVar

from ..model.meta import ObjectMeta

__all__ = ["MOST_TOMBSTONES", "EventOutcome", "Key", "KindStore", "is_older"]

MOST_TOMBSTONES = 100_000
"""Deleted objects remembered per kind; the oldest are forgotten first."""

Key = tuple[str, str]
"""(namespace, name)."""


class EventOutcome(StrEnum):
    """What an event was worth."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    EARLY = "early"  # a deletion that overtook the addition; remembered
    UNREAD = "unread"  # of a kind that planning does not read


O = TypeVar("O")  # noqa: E741


def _number(resource_version: str) -> int | None:
    plain = len(resource_version) <= 20 and resource_version.isascii() and resource_version.isdigit()
    return int(resource_version) if plain else None


def is_older(one: str, other: str) -> bool:
    """Return whether a resourceVersion is older than another; False where that cannot be told.

    >>> is_older("9", "10"), is_older("10", "10"), is_older("", "10")
    (True, False, False)
    """
    first, second = _number(one), _number(other)
    return first is not None and second is not None and first < second


class KindStore(Generic[O]):
    """The objects of one kind, and what is remembered of deleted ones.

    Every object comes with the metadata to judge it by, since those of policies are of a type of their own.
    """

    def __init__(self) -> None:
        self._objects: dict[Key, tuple[O, ObjectMeta]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._tombstones: OrderedDict[Key, str] = OrderedDict()
        self.newest = ""
        self.listed_at = ""

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self._objects)

    def __iter__(self) -> Iterator[O]:
        """Yield every object, in no particular order."""
        return (item for item, _ in self._objects.values())

    def get(self, key: Key) -> O | None:
        """Return the object of that name."""
        found = self._objects.get(key)
        return None if found is None else found[0]

    def missing(self, listed: Container[Key]) -> list[tuple[O, ObjectMeta]]:
        """Return the objects that a list does not have."""
        return [entry for key, entry in self._objects.items() if key not in listed]

    def judge(self, item: O, metadata: ObjectMeta) -> EventOutcome:
        """Return what an added or modified object is worth: APPLIED where it is news. Nothing is changed."""
        if metadata.uid in self._ended:
            return EventOutcome.STALE
        key, version = (metadata.namespace, metadata.name), metadata.resource_version
        entry = self._objects.get(key)
        if entry is None:
            deleted_version = self._tombstones.get(key, "")
            past = (
                version == deleted_version != "" or is_older(version, deleted_version) or self._precedes_list(version)
            )
            return EventOutcome.STALE if past else EventOutcome.APPLIED
        known = entry[1]
        if is_older(version, known.resource_version):
            return EventOutcome.STALE
        if metadata.uid == known.uid and version == known.resource_version:
            return EventOutcome.DUPLICATE if version or item == entry[0] else EventOutcome.APPLIED
        return EventOutcome.APPLIED

    def judge_deletion(self, metadata: ObjectMeta) -> EventOutcome:
        """Return what the deletion of an object is worth. Nothing is changed.

        A client may report a deletion with the last version it saw, so that of the same uid always counts. That of
        another uid counts if it is newer: then the object known here must be gone, too.
        """
        if metadata.uid in self._ended:
            return EventOutcome.DUPLICATE
        entry = self._objects.get((metadata.namespace, metadata.name))
        if entry is None:
            return EventOutcome.EARLY
        known = entry[1]
        if metadata.uid and metadata.uid == known.uid:
            return EventOutcome.APPLIED
        same = not metadata.uid or not known.uid
        newer = is_older(known.resource_version, metadata.resource_version)
        if newer or (same and not is_older(metadata.resource_version, known.resource_version)):
            return EventOutcome.APPLIED
        return EventOutcome.STALE

    def put(self, item: O, metadata: ObjectMeta) -> O | None:
        """Enter an object; return the one of that name that was there. Another uid ends the one before."""
        key = metadata.namespace, metadata.name
        before = self._objects.get(key)
        if before is not None and before[1].uid != metadata.uid:
            self._remember_deleted(before[1])
        self._objects[key] = item, metadata
        self._tombstones.pop(key, None)
        self._note_version(metadata.resource_version)
        return None if before is None else before[0]

    def remove(self, metadata: ObjectMeta) -> O | None:
        """Take out the object of that name and remember it and what is told here as deleted; return what was there."""
        before = self._objects.pop((metadata.namespace, metadata.name), None)
        if before is not None:
            self._remember_deleted(before[1])
        self.end(metadata)
        return None if before is None else before[0]

    def end(self, metadata: ObjectMeta) -> None:
        """Remember an incarnation as deleted, whatever is there under its name."""
        self._remember_deleted(metadata)
        self._note_version(metadata.resource_version)

    def _precedes_list(self, version: str) -> bool:
        """Return whether the last list would have held an object of this version, were it still there."""
        return version == self.listed_at != "" or is_older(version, self.listed_at)

    def _remember_deleted(self, metadata: ObjectMeta) -> None:
        if metadata.uid:
            self._ended[metadata.uid] = None
        key = metadata.namespace, metadata.name
        if not is_older(metadata.resource_version, self._tombstones.get(key, "")):
            self._tombstones[key] = metadata.resource_version
            self._tombstones.move_to_end(key)
        for remembered in (self._ended, self._tombstones):
            if len(remembered) > MOST_TOMBSTONES:
                remembered.popitem(last=False)

    def _note_version(self, resource_version: str) -> None:
        if is_older(self.newest, resource_version) or not self.newest:
            self.newest = resource_version
