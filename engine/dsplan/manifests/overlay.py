"""Manifests over a cluster: what would applying them make of it? (H11)"""

from __future__ import annotations

from typing import Any

import msgspec

from ..apiserver.defaulting import is_abridged, same_template
from ..model.daemonset import TEMPLATE_GENERATION_ANNOTATION, DaemonSet
from ..model.selectors import parse_int64
from ..model.world import FIELDS, Origins, World
from ..reading.origin_table import Layered

__all__ = ["overlay"]


def overlay(cluster: World, manifests: World) -> World:
    """Return the cluster with every object of `manifests` in the place of the one of its identity, or added.

    A DaemonSet keeps what the API server owns: uid, versions, creation time, status. Its generation rises where the
    spec differs, its template generation where the template does after defaulting, so that a manifest as people keep
    it changes nothing when nothing changed.
    """
    fields: dict[str, Any] = {}
    for field in FIELDS.values():
        found = {_key(item): item for item in getattr(cluster, field)}
        for item in getattr(manifests, field):
            known = found.get(_key(item))
            found[_key(item)] = _applied(known, item) if known is not None else item
        fields[field] = tuple(found.values())
    notes = tuple(dict.fromkeys((*cluster.notes, *manifests.notes)))
    return msgspec.structs.replace(cluster, **fields, notes=notes, origins=_both(manifests.origins, cluster.origins))


def _both(upper: Origins | None, lower: Origins | None) -> Origins | None:
    return upper or lower if upper is None or lower is None else Layered(upper, lower)


def _key(item: Any) -> tuple[str, str]:
    return item.metadata.namespace, item.metadata.name


def _applied(known: Any, item: Any) -> Any:
    kept = {
        "uid": known.metadata.uid,
        "resource_version": known.metadata.resource_version,
        "creation_timestamp": known.metadata.creation_timestamp,
        "generation": known.metadata.generation,
    }
    if not isinstance(item, DaemonSet):
        return msgspec.structs.replace(item, metadata=msgspec.structs.replace(item.metadata, **kept))
    other_template = not same_template(known.spec.template, item.spec.template)
    same = item.spec if other_template else msgspec.structs.replace(item.spec, template=known.spec.template)
    # The whole template of a manifest is worth more than what a snapshot kept of it.
    spec = item.spec if is_abridged(known.spec.template) else same
    annotations = {**known.metadata.annotations, **item.metadata.annotations}
    generation = parse_int64(known.metadata.annotations.get(TEMPLATE_GENERATION_ANNOTATION, ""))
    if generation is not None:
        annotations[TEMPLATE_GENERATION_ANNOTATION] = str(generation + other_template)
    kept["generation"] += same != known.spec
    labels = {**known.metadata.labels, **item.metadata.labels}
    metadata = msgspec.structs.replace(item.metadata, **kept, labels=labels, annotations=annotations)
    return msgspec.structs.replace(item, metadata=metadata, spec=spec, status=known.status)
