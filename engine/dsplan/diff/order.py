"""The one written order for choices that upstream leaves to a random map walk.

Sick nodes first (their pods serve nobody), then spread over zones so that one wave does not empty a zone, then name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ..eligibility import NodeIndex

__all__ = ["ORDER_TEXT", "ZONE_LABEL", "node_order"]

ZONE_LABEL = "topology.kubernetes.io/zone"
ORDER_TEXT = "sick nodes first, then spread over zones, then by name"


def node_order(positions: Iterable[int], index: NodeIndex) -> list[int]:
    """Return node ids in the written order.

    Within the sick and within the healthy, zones take turns: the first node of every zone, then the second of every
    zone, and so on; zones in name order.
    """
    turns: dict[tuple[bool, str], int] = defaultdict(int)
    keys: list[tuple[bool, int, str, int]] = []
    for position in sorted(positions):
        node = index.nodes[position]
        zone = node.metadata.labels.get(ZONE_LABEL, "")
        healthy = node.ready
        turn = turns[healthy, zone]
        turns[healthy, zone] = turn + 1
        keys.append((healthy, turn, zone, position))
    return [position for *_, position in sorted(keys)]
