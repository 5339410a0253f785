"""The objects of a simulated cluster, arranged so that one change costs one lookup.

A store is an OwnedIndex that can be written to: claiming reads it as it reads the index of a World.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet
from ..model.meta import controller_of
from ..model.pod import Pod, target_node
from ..observe.ownership import OwnedIndex, P

__all__ = ["Key", "Owner", "PodStore", "RevisionStore", "key_of", "owner_of"]

Key = tuple[str, str]
"""(namespace, name)."""

Owner = tuple[str, str, str, str]
"""(namespace, kind, name, uid) of a controller; an orphan's is ("namespace", "", "", "")."""


def key_of(item: Pod | ControllerRevision | DaemonSet) -> Key:
    """Return (namespace, name)."""
    return item.metadata.namespace, item.metadata.name


def owner_of(item: Pod | ControllerRevision) -> Owner:
    """Return whose it is."""
    reference = controller_of(item.metadata)
    if reference is None:
        return item.metadata.namespace, "", "", ""
    return item.metadata.namespace, reference.kind, reference.name, reference.uid


class _Store(OwnedIndex[P]):
    """Objects by key and by owner."""

    def __init__(self, objects: Iterable[P]) -> None:
        super().__init__(())
        self._by_key: dict[Key, P] = {}
        self._by_owner: dict[Owner, dict[Key, P]] = defaultdict(dict)
        for item in objects:
            self.put(item)

    def __iter__(self) -> Iterator[P]:
        """Yield every object."""
        return iter(self._by_key.values())

    def get(self, key: Key) -> P | None:
        """Return an object, None where there is none of that name."""
        return self._by_key.get(key)

    def put(self, item: P) -> P | None:
        """Enter an object; return the one it replaces."""
        before = self.remove(key_of(item))
        self._by_key[key_of(item)] = item
        self._by_owner[owner_of(item)][key_of(item)] = item
        return before

    def remove(self, key: Key) -> P | None:
        """Take an object out and return it, None where there is none of that name."""
        item = self._by_key.pop(key, None)
        if item is not None:
            del self._by_owner[owner_of(item)][key]
        return item

    def owned_by(self, daemonset: DaemonSet) -> Sequence[P]:
        """Return what the DaemonSet controls, by name; one without a uid owns by kind and name."""
        return _by_name(item for owner in self.owners(daemonset) for item in self._by_owner[owner].values())

    def orphans(self, namespace: str) -> Sequence[P]:
        """Return what nobody controls in a namespace, by name."""
        return _by_name(self._by_owner.get((namespace, "", "", ""), {}).values())

    def owners(self, daemonset: DaemonSet) -> list[Owner]:
        """Return the owners that are this DaemonSet: one, or any uid where it has none."""
        metadata = daemonset.metadata
        if metadata.uid:
            return [(metadata.namespace, "DaemonSet", metadata.name, metadata.uid)]
        return [owner for owner in self._by_owner if owner[:3] == (metadata.namespace, "DaemonSet", metadata.name)]


def _by_name(items: Iterable[P]) -> list[P]:
    return sorted(items, key=key_of)


RevisionStore = _Store[ControllerRevision]


class PodStore(_Store[Pod]):
    """Pods by key, by owner, and per owner by target node; and the hash labels of an owner's pods (H9)."""

    def __init__(self, pods: Iterable[Pod]) -> None:
        self._by_node: dict[Owner, dict[str, dict[Key, Pod]]] = defaultdict(dict)
        self._live_hashes: dict[Owner, Counter[str]] = defaultdict(Counter)
        super().__init__(pods)

    def put(self, item: Pod) -> Pod | None:
        """Enter a pod; return the one it replaces."""
        before = super().put(item)
        node = target_node(item)
        if node is not None:
            owner = owner_of(item)
            self._by_node[owner].setdefault(node, {})[key_of(item)] = item
            self._live_hashes[owner][item.metadata.labels.get(HASH_LABEL, "")] += 1
        return before

    def remove(self, key: Key) -> Pod | None:
        """Take a pod out and return it, None where there is none of that name."""
        item = super().remove(key)
        node = None if item is None else target_node(item)
        if item is not None and node is not None:
            owner = owner_of(item)
            del self._by_node[owner][node][key]
            self._live_hashes[owner][item.metadata.labels.get(HASH_LABEL, "")] -= 1
        return item

    def on_node(self, owner: Owner, node: str) -> Mapping[Key, Pod]:
        """Return the owner's pods whose target is the node."""
        return self._by_node[owner].get(node, {})

    def live_hashes(self, owner: Owner) -> set[str]:
        """Return the hash labels of the owner's pods with a target node."""
        return {label for label, pods in self._live_hashes[owner].items() if pods > 0 and label}
