"""Metrics, and a dump of the cache for people and tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..model.world import FIELDS
from .cluster_cache import ClusterCache
from .decisions import Metric

__all__ = ["dump_of", "metrics_of"]


def metrics_of(cache: ClusterCache) -> Iterator[Metric]:
    """Yield gauges of the present."""
    for kind, kind_store in cache.store.kind_stores.items():
        yield Metric("dsplan_objects", (("kind", kind),), len(kind_store))
    yield Metric("dsplan_node_classes", (), len(cache.classes))
    yield Metric("dsplan_in_flight", (), sum(map(len, cache.live_state.in_flight.values())))
    for tracker in cache.trackers():
        status = tracker.decision.status if tracker.decision else None
        if status is None:
            continue
        name = (("daemonset", tracker.daemonset.name), ("namespace", tracker.daemonset.metadata.namespace))
        for field, value in msgspec.structs.asdict(status).items():
            if field.startswith("number_") or field.endswith("_scheduled"):
                yield Metric(f"dsplan_daemonset_{field}", name, value)


def dump_of(cache: ClusterCache) -> dict[str, Any]:
    """Return all of it, arranged by name and not by how it came about."""
    world, names = cache.world(), cache.nodes.names
    return {
        "world": {field: getattr(world, field) for field in FIELDS.values()},
        "state": world.state,
        "behind": cache.behind,
        "trackers": [
            {
                "run": [names[position] for position in tracker.situations.verdicts.run],
                "keep": [names[position] for position in tracker.situations.verdicts.keep],
                "situations": tracker.situations.by_name(cache.nodes),
                "vanished": {name: group.shape for name, group in sorted(tracker.vanished.items())},
                "hashes": tracker.live_hashes(),
                "decision": tracker.decision,
            }
            for tracker in cache.trackers()
        ],
    }
