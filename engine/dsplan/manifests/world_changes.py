"""The edit itself: which objects that somebody writes were added, removed or changed between two worlds, and how."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from ..model.meta import Identity
from ..model.world import FIELDS, World
from .field_changes import FieldChange, object_changes

__all__ = ["AUTHORED", "ObjectChange", "applied_changes", "world_changes"]

AUTHORED = frozenset(FIELDS) - {
    "Node",
    "Pod",
    "ControllerRevision",
    "CSINode",
    "PersistentVolume",
    "PersistentVolumeClaim",
}
"""Kinds that people write; the others come and go by themselves."""


class ObjectChange(msgspec.Struct, frozen=True, order=True, kw_only=True, omit_defaults=True):
    """One object; `change` is "added", "removed" or "changed", and `fields` says how it was changed."""

    kind: str
    namespace: str
    name: str
    change: str
    fields: tuple[FieldChange, ...] = ()

    def __str__(self) -> str:
        """Return kind and name: `DaemonSet ops/agent`."""
        return f"{self.kind} {Identity(self.kind, self.namespace, self.name)}"


def world_changes(before: World, after: World, kinds: Collection[str] = AUTHORED) -> tuple[ObjectChange, ...]:
    """Return what somebody changed between two worlds, DaemonSets first, then by kind and name.

    >>> from dsplan.testing import a_daemonset
    >>> one, two = (World(daemonsets=(a_daemonset(image=image),)) for image in ("app:1", "app:2"))
    >>> change, = world_changes(one, two)
    >>> str(change), change.change, str(change.fields[0])
    ('DaemonSet default/ds', 'changed', 'containers[main].image: 1 -> 2')
    """
    found = [change for kind in kinds for change in _of_kind(kind, before, after)]
    return tuple(sorted(found, key=lambda change: (change.kind != "DaemonSet", change)))


def applied_changes(cluster: World, manifests: World, after: World) -> tuple[ObjectChange, ...]:
    """Return what applying the manifests has changed; `after` is the cluster with the manifests over it."""
    named = {
        kind: {(item.metadata.namespace, item.metadata.name) for item in getattr(manifests, field)}
        for kind, field in FIELDS.items()
    }
    found = world_changes(cluster, after, [kind for kind, names in named.items() if names])
    return tuple(change for change in found if (change.namespace, change.name) in named[change.kind])


def _of_kind(kind: str, before: World, after: World) -> Iterator[ObjectChange]:
    old, new = (
        {(item.metadata.namespace, item.metadata.name): item for item in getattr(world, FIELDS[kind])}
        for world in (before, after)
    )
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is not now and (change := _change(kind, key, was, now)) is not None:
            yield change


def _change(kind: str, key: tuple[str, str], was: Any, now: Any) -> ObjectChange | None:
    namespace, name = key
    if was is None or now is None:
        word = "added" if was is None else "removed"
        return ObjectChange(kind=kind, namespace=namespace, name=name, change=word)
    fields = object_changes(was, now)
    if not fields:
        return None
    return ObjectChange(kind=kind, namespace=namespace, name=name, change="changed", fields=fields)
