"""The written order, from what a plan says about zones and health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from ...diff.order import ZONE_LABEL
from ...model.node import Node

__all__ = ["written_order", "zones_of"]


def written_order(
    positions: Iterable[int], zones: Mapping[int, str], sick: Collection[int], wanted: Iterable[int]
) -> list[int]:
    """Return node ids: sick nodes first; within the sick and the healthy, zones take turns, in name order; then name.

    A node's turn is how many wanted nodes of its zone, and as healthy as it, come before it by name.

    >>> written_order([0, 1, 2, 3], {0: "a", 1: "a", 2: "b"}, {3}, range(4))
    [3, 0, 2, 1]
    >>> written_order([1, 2], {0: "a", 1: "a", 2: "b"}, set(), range(3))
    [2, 1]
    """
    chosen, counted = set(positions), set(wanted)
    turns: Counter[tuple[bool, str]] = Counter()
    keys = []
    for position in sorted(chosen | counted):
        group = (position not in sick, zones.get(position, ""))
        if position in chosen:
            keys.append((group[0], turns[group], group[1], position))
        turns[group] += position in counted
    return [key[-1] for key in sorted(keys)]


def zones_of(nodes: Sequence[Node]) -> dict[int, str]:
    """Return the zone of every node id that has one."""
    labelled = ((place, node.metadata.labels.get(ZONE_LABEL)) for place, node in enumerate(nodes))
    return {place: zone for place, zone in labelled if zone is not None}
