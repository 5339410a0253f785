"""Every object by kind, with pods and revisions by owner besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..manifests.image_sizes import needs_image_sizes
from ..model.daemonset import ControllerRevision
from ..model.meta import ObjectMeta
from ..model.pod import Pod
from ..model.state import State
from ..model.world import FIELDS, World
from .freshness import KindStore
from .owners import LiveOwned
from .trees import stamp_of

__all__ = ["Store"]


class Store:
    """What is known of the cluster; says nothing about what it means."""

    def __init__(self) -> None:
        self.kind_stores: dict[str, KindStore[Any]] = {kind: KindStore() for kind in FIELDS}
        self.pods: LiveOwned[Pod] = LiveOwned()
        self.revisions: LiveOwned[ControllerRevision] = LiveOwned()

    def put(self, kind: str, item: Any, stamp: ObjectMeta) -> Any:
        """Enter an object; return the one of that name that was there."""
        before = self.kind_stores[kind].put(item, stamp)
        if kind in ("Pod", "ControllerRevision"):
            owned: LiveOwned[Any] = self.pods if kind == "Pod" else self.revisions
            if before is not None:
                owned.remove(before)
            owned.put(item)
        return before

    def remove(self, kind: str, stamp: ObjectMeta) -> Any:
        """Take out the object of that name; return it."""
        before = self.kind_stores[kind].remove(stamp)
        if before is not None and kind in ("Pod", "ControllerRevision"):
            owned: LiveOwned[Any] = self.pods if kind == "Pod" else self.revisions
            owned.remove(before)
        return before

    def world(self, given: World, state: State, image_sizes: dict[str, int]) -> World:
        """Return all objects as a World; notes and origins are those of the World it began with."""
        fields: dict[str, Any] = {field: tuple(self.kind_stores[kind]) for kind, field in FIELDS.items()}
        world = World(**fields, state=state, notes=given.notes, origins=given.origins, image_sizes=given.image_sizes)
        return msgspec.structs.replace(world, image_sizes=dict(image_sizes)) if needs_image_sizes(world) else world


def objects_of(world: World) -> Iterator[tuple[str, Any, ObjectMeta]]:
    """Yield every object of a World with its kind and its metadata."""
    for kind, field in FIELDS.items():
        for item in getattr(world, field):
            yield kind, item, stamp_of(item.metadata)
