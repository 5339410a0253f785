"""The written order of nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

__all__ = ["ORDER_TEXT", "ZONE_LABEL", "written_order"]

ZONE_LABEL = "topology.kubernetes.io/zone"
ORDER_TEXT = "sick nodes first, then spread over zones, then by name"


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
    if not chosen:
        return []
    turns: Counter[tuple[bool, str]] = Counter()
    keys = []
    for position in sorted(chosen | counted):
        group = (position not in sick, zones.get(position, ""))
        if position in chosen:
            keys.append((group[0], turns[group], group[1], position))
        turns[group] += position in counted
    return [key[-1] for key in sorted(keys)]
