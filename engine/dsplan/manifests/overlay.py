"""Manifests over a cluster: what would applying them make of it? (H11)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..apiserver.defaulting import is_abridged, same_template
from ..model.arguments import check_world
from ..model.daemonset import TEMPLATE_GENERATION_ANNOTATION, DaemonSet
from ..model.selectors import parse_int64
from ..model.world import FIELDS, Origins, World
from ..reading.origin_table import Layered

__all__ = ["overlay", "raised", "stored_beneath"]


def overlay(cluster: World, manifests: World) -> World:
    """Return the cluster with every object of `manifests` in the place of the one of its identity, or added.

    A DaemonSet keeps what the API server owns: uid, versions, creation time, status. Its generation rises where the
    spec differs, its template generation where the template does after defaulting, so that a manifest as people keep
    it changes nothing when nothing changed. An object of another kind keeps its status unless the manifest has one.
    """
    check_world(cluster, "cluster")
    check_world(manifests, "manifests")
    fields: dict[str, Any] = {}
    for field in FIELDS.values():
        found = {_key(item): item for item in getattr(cluster, field)}
        for item in getattr(manifests, field):
            known = found.get(_key(item))
            found[_key(item)] = _applied(known, item) if known is not None else item
        fields[field] = tuple(found.values())
    notes = tuple(dict.fromkeys((*cluster.notes, *manifests.notes)))
    origins = _both(manifests.origins, cluster.origins)
    stored = stored_beneath(cluster, fields["daemonsets"])
    return msgspec.structs.replace(cluster, **fields, stored=stored, notes=notes, origins=origins)


def stored_beneath(world: World, changed: Iterable[DaemonSet]) -> tuple[DaemonSet, ...]:
    """Return `World.stored` for the world in which `changed` take the places of DaemonSets of `world`.

    The first version counts, however often one was changed; one whose template is that of the cluster again has none.
    """
    stored = {entry.identity: entry for entry in world.stored}
    known = {entry.identity: entry for entry in world.daemonsets} | stored
    for item in changed:
        before = known.get(item.identity)
        if before is None or same_template(before.spec.template, item.spec.template):
            stored.pop(item.identity, None)
        else:
            stored[item.identity] = before
    return tuple(stored[identity] for identity in sorted(stored))


def _both(upper: Origins | None, lower: Origins | None) -> Origins | None:
    return upper or lower if upper is None or lower is None else Layered(upper, lower)


def _key(item: Any) -> tuple[str, str]:
    return item.metadata.namespace, item.metadata.name


def _applied(known: Any, item: Any) -> Any:
    kept = {
        "uid": known.metadata.uid,
        "resource_version": known.metadata.resource_version,
        "creation_timestamp": known.metadata.creation_timestamp,
    }
    if not isinstance(item, DaemonSet):
        kept["generation"] = known.metadata.generation
        item = msgspec.structs.replace(item, metadata=msgspec.structs.replace(item.metadata, **kept))
        says_nothing = getattr(item, "status", None) == getattr(type(item)(), "status", None)
        return msgspec.structs.replace(item, status=known.status) if says_nothing and hasattr(item, "status") else item
    labels = {**known.metadata.labels, **item.metadata.labels}
    annotations = {**known.metadata.annotations, **item.metadata.annotations}
    metadata = msgspec.structs.replace(item.metadata, **kept, labels=labels, annotations=annotations)
    return raised(known, msgspec.structs.replace(item, metadata=metadata, status=known.status))


def raised(before: DaemonSet, after: DaemonSet) -> DaemonSet:
    """Return `after` as an API server stores it when it updates `before`: with its generations raised (H11).

    A template that is the same after defaulting is left as it is stored, and raises nothing.

    >>> from dsplan.testing import a_daemonset
    >>> before = a_daemonset(generation=4)
    >>> raised(before, a_daemonset(max_unavailable=2)).metadata.generation, raised(before, before).metadata.generation
    (5, 4)
    """
    other_template = not same_template(before.spec.template, after.spec.template)
    same = after.spec if other_template else msgspec.structs.replace(after.spec, template=before.spec.template)
    # The whole template of a manifest is worth more than what a snapshot kept of it.
    spec = after.spec if is_abridged(before.spec.template) else same
    annotations = dict(after.metadata.annotations)
    number = parse_int64(before.metadata.annotations.get(TEMPLATE_GENERATION_ANNOTATION, ""))
    if number is not None:
        annotations[TEMPLATE_GENERATION_ANNOTATION] = str(number + other_template)
    generation = before.metadata.generation + (same != before.spec)
    metadata = msgspec.structs.replace(after.metadata, generation=generation, annotations=annotations)
    return msgspec.structs.replace(after, metadata=metadata, spec=spec)
