"""The same object twice: once if it is the same version, else the newer one; without versions nobody can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dsplan.model.meta import Identity, ObjectMeta
from dsplan.model.selectors import parse_int64
from dsplan.model.world import Note

if TYPE_CHECKING:
    from dsplan.model.policy import PolicyMeta
    from dsplan.model.world import KubernetesObject

__all__ = ["Doubles"]

_NAMED: Final = 5
_Meta: TypeAlias = "ObjectMeta | PolicyMeta"


class Doubles:
    """Which of two objects of one identity counts, and what is said of that.

    Bundles hold objects several times: must-gather every pod in a list and alone, a stream of `kubectl get --watch`
    every version. Where versions are on both, equal ones are one object and the newer of different ones counts.

    >>> from dsplan.model.node import Node
    >>> old, new = (Node(metadata=ObjectMeta(name="n", uid="u", resource_version=version)) for version in ("9", "10"))
    >>> doubles, entries = Doubles(), [old]
    >>> doubles.newest(Identity("Node", "", "n"), new, entries) is new, entries == [new]
    (True, True)
    >>> print(*(note.text for note in doubles.notes()))
    is there in 2 versions; the newest one (resourceVersion 10) counts
    """

    def __init__(self) -> None:
        self._places: dict[str, dict[Identity, int]] = {}
        self._newer: dict[Identity, tuple[int, str]] = {}

    def added(self, identity: Identity, entries: list[Any]) -> None:
        """Know that the next object of its kind is put at the end of `entries`."""
        if (places := self._places.get(identity.kind)) is not None:
            places[identity] = len(entries)

    def newest(self, identity: Identity, item: KubernetesObject, entries: list[Any]) -> KubernetesObject | None:
        """Return which of `item` and the one in `entries` counts, and put it there; None where nobody can tell."""
        places = self._places.get(identity.kind)
        if places is None:
            places = {Identity(identity.kind, entry.metadata.namespace, entry.metadata.name): place
                      for place, entry in enumerate(entries)}  # fmt: skip
            self._places[identity.kind] = places
        known: KubernetesObject = entries[places[identity]]
        if _version(known.metadata) == _version(item.metadata) and all(_version(item.metadata)):
            return known
        newer = _is_newer(item.metadata, known.metadata)
        if newer is None:
            return None
        if newer:
            entries[places[identity]] = item
        found = item if newer else known
        count = self._newer.get(identity, (1, ""))[0]
        self._newer[identity] = count + 1, found.metadata.resource_version
        return found

    def notes(self) -> list[Note]:
        """Return what is said of objects that were there in several versions; of many only the first are named."""
        named = [
            Note(
                subject=f"{identity.kind} {identity}",
                text=f"is there in {count} versions; the newest one (resourceVersion {version}) counts",
            )
            for identity, (count, version) in list(self._newer.items())[:_NAMED]
        ]
        more = len(self._newer) - _NAMED
        text = f"{more:,} more objects are there in several versions; the newest ones count"
        return [*named, Note(subject="input", text=text)] if more > 0 else named


def _version(metadata: _Meta) -> tuple[str, str]:
    return metadata.uid, metadata.resource_version


def _is_newer(one: _Meta, other: _Meta) -> bool | None:
    """Return whether `one` is newer than `other`; None where versions are missing or cannot be of one cluster.

    Another uid is another incarnation of the object, made after the former was gone: in one cluster it is both younger
    and of a higher resourceVersion.
    """
    if not all(_version(one)) or not all(_version(other)):
        return None
    versions = parse_int64(one.resource_version), parse_int64(other.resource_version)
    if versions[0] is None or versions[1] is None or versions[0] == versions[1]:
        return None
    newer = versions[0] > versions[1]
    if one.uid != other.uid:
        created = one.creation_timestamp, other.creation_timestamp
        if (
            created[0] is None
            or created[1] is None
            or (created[0] != created[1] and (created[0] > created[1]) != newer)
        ):
            return None
    return newer
