"""Objects by owner, kept up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..model.daemonset import DaemonSet
from ..model.meta import controller_of
from ..observe.ownership import OwnedIndex, P

__all__ = ["LiveOwned", "Owner"]

Owner = tuple[str, str, str, str]
"""(namespace, kind, name, uid) of a controller; kind, name and uid are empty where there is none."""


class LiveOwned(OwnedIndex[P]):
    """An OwnedIndex that can be written to; what it returns is in name order."""

    def __init__(self, objects: Iterable[P] = ()) -> None:
        super().__init__(())
        self._by_owner: dict[Owner, dict[str, P]] = {}
        for item in objects:
            self.put(item)

    @staticmethod
    def owner(item: P) -> Owner:
        """Return whose an object is."""
        reference = controller_of(item.metadata)
        if reference is None:
            return item.metadata.namespace, "", "", ""
        return item.metadata.namespace, reference.kind, reference.name, reference.uid

    def put(self, item: P) -> None:
        """Enter an object that is not there yet."""
        self._by_owner.setdefault(self.owner(item), {})[item.metadata.name] = item

    def remove(self, item: P) -> None:
        """Take out an object that is there."""
        owner = self.owner(item)
        items = self._by_owner[owner]
        del items[item.metadata.name]
        if not items:
            del self._by_owner[owner]

    def owned_by(self, daemonset: DaemonSet) -> Sequence[P]:
        """Return what the DaemonSet controls; one without a uid owns by kind and name."""
        return _by_name(item for owner in self._owners(daemonset) for item in self._by_owner[owner].values())

    def orphans(self, namespace: str) -> Sequence[P]:
        """Return what nobody controls in a namespace."""
        return _by_name(self._by_owner.get((namespace, "", "", ""), {}).values())

    def _owners(self, daemonset: DaemonSet) -> Iterator[Owner]:
        metadata = daemonset.metadata
        exact: Owner = (metadata.namespace, "DaemonSet", metadata.name, metadata.uid)
        if not metadata.uid:
            yield from (owner for owner in self._by_owner if owner[:3] == exact[:3])
        elif exact in self._by_owner:
            yield exact


def _by_name(items: Iterable[P]) -> list[P]:
    return sorted(items, key=lambda item: item.metadata.name)
