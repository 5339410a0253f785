"""Fit and overhead as documents for programs; nodes are ids, in the order of the document's `nodes`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from pyroaring import BitMap

from ...document.idsets import ranges_of
from ...model.meta import Identity
from ...placement.fit_types import Fit
from ...placement.overhead import Overhead
from ...placement.scheduler.prediction import DaemonSetPrediction, Prediction
from ...placement.search.conflicts import Conflict

__all__ = ["FIT_VERSION", "fit_document", "overhead_document"]

FIT_VERSION = "1.1"
"""A minor version adds, a major one breaks."""


def _plain(value: Any) -> Any:
    """Return sets of ids as ranges, identities as text, structs as objects with camelCase keys."""
    if isinstance(value, BitMap):
        return ranges_of(value)
    if isinstance(value, Identity):
        return {"kind": value.kind, "namespace": value.namespace, "name": value.name}
    if isinstance(value, msgspec.Struct):
        return {_camel(name): _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def fit_document(prediction: Prediction, best: Fit, names: Sequence[str]) -> dict[str, Any]:
    """Return what the scheduler will do and what could be done at best."""
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "Fit",
        "version": FIT_VERSION,
        "nodes": list(names),
        "predicted": {
            "daemonSets": [_predicted(entry) for entry in prediction.daemonsets],
            "evicted": _plain(prediction.evicted),
            "settled": prediction.settled,
        },
        "best": {
            "goal": best.goal,
            "wanted": best.wanted,
            "placed": best.placed,
            "bound": best.bound,
            "gap": best.gap,
            "searchNodes": best.steps,
            "deletions": best.deletions,
            "policies": _plain(best.policies),
            "settled": best.settled,
            "components": _plain(best.components),
            "daemonSets": _plain(best.daemonsets),
            "conflicts": [_conflict(entry) for entry in best.conflicts],
            "violations": [_conflict(entry) for entry in best.violations],
            "variants": _plain(best.variants),
            "deployments": [{**_plain(entry), "short": entry.short} for entry in best.deployments],
        },
        "notes": _plain(sorted({*prediction.notes, *best.notes})),
    }


def _predicted(entry: DaemonSetPrediction) -> dict[str, Any]:
    return {
        "identity": _plain(entry.identity),
        "present": ranges_of(entry.present),
        "placed": ranges_of(entry.placed),
        "fates": [{"nodes": ranges_of(fate.nodes), **_plain(fate.outcome)} for fate in entry.fates],
    }


def _conflict(entry: Conflict) -> dict[str, Any]:
    return {"subject": _plain(entry.subject), "nodes": ranges_of(entry.nodes), "causes": _plain(entry.causes)}


def overhead_document(found: Overhead, names: Sequence[str]) -> dict[str, Any]:
    """Return what daemons take, by class; amounts are in the scheduler's units (cpu in thousandths)."""
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "Overhead",
        "version": FIT_VERSION,
        "nodes": list(names),
        "classes": [
            {**_plain(entry), "ports": _plain(entry.ports), "largest": _plain(entry.largest)} for entry in found.classes
        ],
        "noRoom": _plain(found.no_room),
        "notes": _plain(found.notes),
    }
