"""A world as given, completed so that it can be simulated.

Offline inputs lack what every live object has. A DaemonSet without uid gets one, and its pods refer to it. Where no
revision was given, up-to-date pods without a hash get the one that planning learned (H13), since the revision that
the first pass creates would otherwise make them all out of date.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet
from ..model.meta import Identity, ObjectMeta, OwnerReference
from ..model.pod import Pod
from ..model.state import LearnedHash, State
from ..model.world import World
from ..observe.learning import learn_hash
from ..observe.ownership import OwnedIndex, claim, claim_pods
from ..observe.templates import new_revision_hash
from .writes import relabelled

__all__ = ["prepared_world"]

O = TypeVar("O", Pod, ControllerRevision)  # noqa: E741


def prepared_world(world: World) -> World:
    """Return the world with a uid for every DaemonSet and a known hash for every template.

    >>> from dsplan.model.daemonset import DaemonSet
    >>> from dsplan.model.meta import AnnotatedMeta
    >>> world = World(daemonsets=(DaemonSet(metadata=AnnotatedMeta(name="ds", namespace="x")),))
    >>> prepared_world(world).daemonsets[0].metadata.uid
    'x/ds'
    """
    nameless = {daemonset.identity for daemonset in world.daemonsets if not daemonset.metadata.uid}
    if nameless:
        world = _with_uids(world, nameless)
    return _with_hashes(world)


def _with_uids(world: World, nameless: set[Identity]) -> World:
    return msgspec.structs.replace(
        world,
        daemonsets=tuple(_with_uid(item) if item.identity in nameless else item for item in world.daemonsets),
        pods=tuple(_referring(world.pods, nameless)),
        revisions=tuple(_referring(world.revisions, nameless)),
    )


def _with_uid(daemonset: DaemonSet) -> DaemonSet:
    metadata = msgspec.structs.replace(daemonset.metadata, uid=str(daemonset.identity))
    return msgspec.structs.replace(daemonset, metadata=metadata)


def _referring(items: Iterable[O], nameless: set[Identity]) -> list[O]:
    """Return the objects with their references to DaemonSets without uid made to fit the uid that those get."""
    return [
        msgspec.structs.replace(item, metadata=_refer(item.metadata, nameless))
        if any(_is_to(item.metadata, reference, nameless) for reference in item.metadata.owner_references)
        else item
        for item in items
    ]


def _is_to(metadata: ObjectMeta, reference: OwnerReference, nameless: set[Identity]) -> bool:
    return bool(reference.controller) and Identity(reference.kind, metadata.namespace, reference.name) in nameless


def _refer(metadata: ObjectMeta, nameless: set[Identity]) -> ObjectMeta:
    references = tuple(
        msgspec.structs.replace(reference, uid=f"{metadata.namespace}/{reference.name}")
        if _is_to(metadata, reference, nameless)
        else reference
        for reference in metadata.owner_references
    )
    return msgspec.structs.replace(metadata, owner_references=references)


def _with_hashes(world: World) -> World:
    pods, revisions = OwnedIndex(world.pods, world.daemonsets), OwnedIndex(world.revisions, world.daemonsets)
    known = {entry.daemonset for entry in world.state.hashes}
    stored = {entry.identity: entry for entry in world.stored}
    learned: list[LearnedHash] = []
    stamped: dict[tuple[str, str], Pod] = {}
    for daemonset in world.daemonsets:
        claimed = claim_pods(daemonset, pods).claimed
        if not claimed or daemonset.identity in known or claim(daemonset, revisions).claimed:
            continue
        found = learn_hash(daemonset, claimed, stored.get(daemonset.identity))
        current = found.hash or new_revision_hash(daemonset)
        learned.append(LearnedHash(daemonset=daemonset.identity, hash=current))
        if found.looks_updated is not None:
            for pod in claimed:
                if HASH_LABEL not in pod.metadata.labels and found.looks_updated(pod):
                    stamped[pod.metadata.namespace, pod.name] = relabelled(pod, current)
    if not learned:
        return world
    return msgspec.structs.replace(
        world,
        pods=tuple(stamped.get((pod.metadata.namespace, pod.name), pod) for pod in world.pods),
        state=_knowing(world.state, learned),
    )


def _knowing(state: State, learned: list[LearnedHash]) -> State:
    hashes = sorted((*state.hashes, *learned), key=lambda entry: entry.daemonset)
    return msgspec.structs.replace(state, hashes=tuple(hashes))
