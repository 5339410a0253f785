"""The written order, from what a plan says about zones and health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from ...model.node import Node
from ..order import ZONE_LABEL

__all__ = ["written_order", "zones_of"]


def written_order(positions: Iterable[int], zones: Mapping[int, str], sick: Collection[int]) -> list[int]:
    """Return node ids: sick nodes first; within the sick and the healthy, zones take turns, in name order; then name.

    >>> written_order([0, 1, 2, 3], {0: "a", 1: "a", 2: "b"}, {3})
    [3, 0, 2, 1]
    """
    turns: Counter[tuple[bool, str]] = Counter()
    keys = []
    for position in sorted(positions):
        group = (position not in sick, zones.get(position, ""))
        keys.append((group[0], turns[group], group[1], position))
        turns[group] += 1
    return [key[-1] for key in sorted(keys)]


def zones_of(nodes: Sequence[Node]) -> dict[int, str]:
    """Return the zone of every node id that has one."""
    labelled = ((place, node.metadata.labels.get(ZONE_LABEL)) for place, node in enumerate(nodes))
    return {place: zone for place, zone in labelled if zone is not None}
