"""Which pods and revisions belong to a DaemonSet (M1-M4, H10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Generic, TypeVar

import msgspec

from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import controller_of
from ..model.pod import Pod
from ..model.selectors import selector_matches

__all__ = [
    "Claim",
    "OwnedIndex",
    "PodIndex",
    "RevisionIndex",
    "Standing",
    "claim",
    "claim_pods",
    "owned_pods",
    "standing",
]

P = TypeVar("P", Pod, ControllerRevision)
_Owner = tuple[str, str, str, str]


class Claim(msgspec.Struct, Generic[P], frozen=True):
    """The outcome of claiming: `claimed` includes `adopted`; `released` are no longer owned."""

    claimed: tuple[P, ...]
    adopted: tuple[P, ...]
    released: tuple[P, ...]


class OwnedIndex(Generic[P]):
    """Objects by (namespace, kind, name, uid) of their controller, and those without one by namespace (M1)."""

    def __init__(self, objects: Iterable[P]) -> None:
        self._owned: dict[_Owner, list[P]] = defaultdict(list)
        self._any_uid: dict[tuple[str, str, str], list[P]] = defaultdict(list)
        self._orphans: dict[str, list[P]] = defaultdict(list)
        owned, any_uid, orphans = self._owned, self._any_uid, self._orphans
        for item in objects:
            metadata = item.metadata
            owner = controller_of(metadata) if metadata.owner_references else None
            if owner is None:
                orphans[metadata.namespace].append(item)
            else:
                owned[metadata.namespace, owner.kind, owner.name, owner.uid].append(item)
                any_uid[metadata.namespace, owner.kind, owner.name].append(item)

    def owned_by(self, daemonset: DaemonSet) -> Sequence[P]:
        """Return what the DaemonSet controls; one without a uid (a manifest) owns by kind and name."""
        namespace, name, uid = daemonset.metadata.namespace, daemonset.metadata.name, daemonset.metadata.uid
        if not uid:
            return self._any_uid.get((namespace, "DaemonSet", name), ())
        return self._owned.get((namespace, "DaemonSet", name, uid), ())

    def orphans(self, namespace: str) -> Sequence[P]:
        """Return what nobody controls in a namespace."""
        return self._orphans.get(namespace, ())


PodIndex = OwnedIndex[Pod]
RevisionIndex = OwnedIndex[ControllerRevision]


def claim(daemonset: DaemonSet, index: OwnedIndex[P]) -> Claim[P]:
    """Return what the DaemonSet claims, adopts and releases (M2, M3, H10); plain owner references do not count (M4)."""
    selector = daemonset.spec.selector
    owned = index.owned_by(daemonset)
    claimed: list[P] = []
    released: list[P] = []
    if selector is not None and not selector.match_expressions:
        wanted = selector.match_labels.items()
        for item in owned:
            (claimed if wanted <= item.metadata.labels.items() else released).append(item)
    else:
        for item in owned:
            (claimed if selector_matches(selector, item.metadata.labels) else released).append(item)
    adopted: list[P] = [
        item
        for item in index.orphans(daemonset.metadata.namespace)
        if item.metadata.deletion_timestamp is None and selector_matches(selector, item.metadata.labels)
    ]
    return Claim(tuple(claimed + adopted), tuple(adopted), tuple(released))


class Standing(Enum):
    """What one object is to a DaemonSet."""

    CLAIMED = auto()
    ADOPTED = auto()
    RELEASED = auto()
    FOREIGN = auto()


def standing(daemonset: DaemonSet, item: Pod | ControllerRevision) -> Standing:
    """Return what `claim` makes of one object (M1-M4, H10)."""
    metadata, own = item.metadata, daemonset.metadata
    if metadata.namespace != own.namespace:
        return Standing.FOREIGN
    owner = controller_of(metadata)
    if owner is None:
        free = metadata.deletion_timestamp is None and selector_matches(daemonset.spec.selector, metadata.labels)
        return Standing.ADOPTED if free else Standing.FOREIGN
    if owner.kind != "DaemonSet" or owner.name != own.name or (own.uid and owner.uid != own.uid):
        return Standing.FOREIGN
    return Standing.CLAIMED if selector_matches(daemonset.spec.selector, metadata.labels) else Standing.RELEASED


def claim_pods(daemonset: DaemonSet, pods: PodIndex) -> Claim[Pod]:
    """Return the pods of a DaemonSet (M1-M4)."""
    return claim(daemonset, pods)


def owned_pods(claimed: Claim[Pod]) -> tuple[Pod, ...]:
    """Return the claimed pods that the DaemonSet owned before this pass: those that kubectl counts."""
    adopted = {pod.metadata.name for pod in claimed.adopted}
    return tuple(pod for pod in claimed.claimed if pod.metadata.name not in adopted)
