"""What the books hold, for people and tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..model.world import FIELDS
from .books import Books
from .decisions import Metric

__all__ = ["contents_of", "metrics_of"]


def metrics_of(books: Books) -> Iterator[Metric]:
    """Yield gauges of the present."""
    for kind, shelf in books.store.shelves.items():
        yield Metric("dsplan_objects", (("kind", kind),), len(shelf))
    yield Metric("dsplan_node_classes", (), len(books.classes))
    yield Metric("dsplan_in_flight", (), sum(map(len, books.flights.flying.values())))
    for tracker in books.trackers():
        status = tracker.decision.status if tracker.decision else None
        if status is None:
            continue
        name = (("daemonset", tracker.daemonset.name), ("namespace", tracker.daemonset.metadata.namespace))
        for field, value in msgspec.structs.asdict(status).items():
            if field.startswith("number_") or field.endswith("_scheduled"):
                yield Metric(f"dsplan_daemonset_{field}", name, value)


def contents_of(books: Books) -> dict[str, Any]:
    """Return all of it, arranged by name and not by how it came about."""
    world, names = books.world(), books.nodes.names
    return {
        "world": {field: getattr(world, field) for field in FIELDS.values()},
        "state": world.state,
        "behind": books.behind,
        "trackers": [
            {
                "run": [names[position] for position in tracker.situations.verdicts.run],
                "keep": [names[position] for position in tracker.situations.verdicts.keep],
                "situations": tracker.situations.by_name(books.nodes),
                "vanished": {name: group.shape for name, group in sorted(tracker.vanished.items())},
                "hashes": tracker.live_hashes(),
                "decision": tracker.decision,
            }
            for tracker in books.trackers()
        ],
    }
