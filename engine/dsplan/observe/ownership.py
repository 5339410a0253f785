"""Which pods and revisions belong to a DaemonSet (M1-M4, H10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from itertools import chain, compress
from typing import Generic, TypeVar

import msgspec

from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import Identity, OwnerReference, controller_of
from ..model.pod import Pod
from ..model.selectors import LabelSelector, is_empty_selector, selector_matches, selector_problem

__all__ = [
    "Claim",
    "OwnedIndex",
    "Ownership",
    "PodIndex",
    "RevisionIndex",
    "claim",
    "claim_pods",
    "owned_pods",
    "ownership_of",
]

P = TypeVar("P", Pod, ControllerRevision)
_Owner = tuple[str, str, str, str]


class Claim(msgspec.Struct, Generic[P], frozen=True):
    """The outcome of claiming: `claimed` includes `adopted`; `released` are no longer owned."""

    claimed: tuple[P, ...]
    adopted: tuple[P, ...]
    released: tuple[P, ...]


class OwnedIndex(Generic[P]):
    """Objects by (namespace, kind, name, uid) of their controller, and those without one by namespace (M1).

    Fast where objects of one controller stand side by side, as they do in the order of names. An orphan that several of
    `daemonsets` would adopt goes to the first of them by namespace and name: it can have one controller only (M3), and
    upstream leaves open which.
    """

    def __init__(self, objects: Iterable[P], daemonsets: Iterable[DaemonSet] = ()) -> None:
        self._owned: dict[_Owner, list[P]] = {}
        self._orphans: dict[str, list[P]] = defaultdict(list)
        namespace, owner = "", OwnerReference()
        run: list[P] = []
        for item in objects:
            metadata = item.metadata
            found = controller_of(metadata) if metadata.owner_references else None
            if found is None:
                self._orphans[metadata.namespace].append(item)
                continue
            if (found is not owner and found != owner) or metadata.namespace != namespace:
                namespace, owner = metadata.namespace, found
                run = self._owned.setdefault((namespace, owner.kind, owner.name, owner.uid), [])
            run.append(item)
        self._takers = dict(_takers(self._orphans, daemonsets)) if self._orphans else {}

    def owned_by(self, daemonset: DaemonSet) -> Sequence[P]:
        """Return what the DaemonSet controls; one without a uid (a manifest) owns by kind and name."""
        namespace, name, uid = daemonset.metadata.namespace, daemonset.metadata.name, daemonset.metadata.uid
        if uid:
            return self._owned.get((namespace, "DaemonSet", name, uid), ())
        runs = [items for owner, items in self._owned.items() if owner[:3] == (namespace, "DaemonSet", name)]
        return runs[0] if len(runs) == 1 else sorted(chain(*runs), key=lambda item: item.metadata.name)

    def orphans(self, namespace: str) -> Sequence[P]:
        """Return what nobody controls in a namespace."""
        return self._orphans.get(namespace, ())

    def adoptable(self, daemonset: DaemonSet) -> Iterator[P]:
        """Yield the orphans that a DaemonSet adopts (M3)."""
        own, selector = daemonset.identity, daemonset.spec.selector
        for item in self.orphans(daemonset.metadata.namespace):
            metadata = item.metadata
            free = metadata.deletion_timestamp is None and selector_matches(selector, metadata.labels)
            if free and self._takers.get((metadata.namespace, metadata.name), own) == own:
                yield item


def _takers(
    orphans: Mapping[str, Sequence[P]], daemonsets: Iterable[DaemonSet]
) -> Iterator[tuple[tuple[str, str], Identity]]:
    """Yield which DaemonSet adopts each orphan, where there is one; those that are being deleted adopt nothing (C4)."""
    rivals: dict[str, list[DaemonSet]] = defaultdict(list)
    for daemonset in sorted(daemonsets, key=lambda daemonset: daemonset.identity):
        selector = daemonset.spec.selector
        acts = daemonset.metadata.deletion_timestamp is None and selector is not None
        if acts and selector is not None and not is_empty_selector(selector) and not selector_problem(selector):
            rivals[daemonset.metadata.namespace].append(daemonset)
    for namespace, items in orphans.items():
        for item in items if len(rivals[namespace]) > 1 else ():
            labels = item.metadata.labels
            taker = next((one for one in rivals[namespace] if selector_matches(one.spec.selector, labels)), None)
            if taker is not None:
                yield (namespace, item.metadata.name), taker.identity


PodIndex = OwnedIndex[Pod]
RevisionIndex = OwnedIndex[ControllerRevision]


def claim(daemonset: DaemonSet, index: OwnedIndex[P]) -> Claim[P]:
    """Return what the DaemonSet claims, adopts and releases (M2, M3, H10); plain owner references do not count (M4)."""
    selector = daemonset.spec.selector
    claimed, released = _split(index.owned_by(daemonset), selector)
    adopted = list(index.adoptable(daemonset))
    return Claim(tuple(claimed + adopted), tuple(adopted), tuple(released))


def _split(owned: Sequence[P], selector: LabelSelector | None) -> tuple[list[P], list[P]]:
    """Return what matches the selector and what does not; nearly every selector is one label."""
    if selector is None or selector.match_expressions or len(selector.match_labels) != 1:
        matches = [selector_matches(selector, item.metadata.labels) for item in owned]
    else:
        ((key, wanted),) = selector.match_labels.items()
        matches = [item.metadata.labels.get(key) == wanted for item in owned]
    if all(matches):
        return list(owned), []
    return list(compress(owned, matches)), [item for item, matched in zip(owned, matches, strict=True) if not matched]


class Ownership(Enum):
    """What one object is to a DaemonSet."""

    CLAIMED = auto()
    ADOPTED = auto()
    RELEASED = auto()
    FOREIGN = auto()


def ownership_of(daemonset: DaemonSet, item: Pod | ControllerRevision) -> Ownership:
    """Return what `claim` makes of one object (M1-M4, H10)."""
    metadata, own = item.metadata, daemonset.metadata
    if metadata.namespace != own.namespace:
        return Ownership.FOREIGN
    owner = controller_of(metadata)
    if owner is None:
        free = metadata.deletion_timestamp is None and selector_matches(daemonset.spec.selector, metadata.labels)
        return Ownership.ADOPTED if free else Ownership.FOREIGN
    if owner.kind != "DaemonSet" or owner.name != own.name or (own.uid and owner.uid != own.uid):
        return Ownership.FOREIGN
    return Ownership.CLAIMED if selector_matches(daemonset.spec.selector, metadata.labels) else Ownership.RELEASED


def claim_pods(daemonset: DaemonSet, pods: PodIndex) -> Claim[Pod]:
    """Return the pods of a DaemonSet (M1-M4)."""
    return claim(daemonset, pods)


def owned_pods(claimed: Claim[Pod]) -> tuple[Pod, ...]:
    """Return the claimed pods that the DaemonSet owned before this pass: those that kubectl counts."""
    adopted = {pod.metadata.name for pod in claimed.adopted}
    return tuple(pod for pod in claimed.claimed if pod.metadata.name not in adopted)
