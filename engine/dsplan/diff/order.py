"""The one written order for choices that upstream leaves to a random map walk.

Sick nodes first (their pods serve nobody), then spread over zones so that one wave does not empty a zone, then name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.node import Node

__all__ = ["ORDER_TEXT", "ZONE_LABEL", "first_in_order", "node_order", "zone_and_health"]

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
        healthy, zone = zone_and_health(index.nodes[position])
        turn = turns[healthy, zone]
        turns[healthy, zone] = turn + 1
        keys.append((healthy, turn, zone, position))
    return [position for *_, position in sorted(keys)]


def first_in_order(positions: BitMap, index: NodeIndex, count: int) -> list[int]:
    """Return `node_order(positions, index)[:count]` without ordering the rest.

    Within each zone, and within the sick and the healthy, the order is that of the ids: no more than the first `count`
    of each can be among the first `count` of all.
    """
    if count <= 0 or len(positions) <= count:
        return node_order(positions, index) if count > 0 else []
    foremost: list[int] = []
    for group in index.partition("zone and health", zone_and_health):
        members = positions & group
        foremost.extend(members[:count])
    return node_order(foremost, index)[:count]


def zone_and_health(node: Node) -> tuple[bool, str]:
    """Return what of a node decides its place in the written order, besides its name."""
    return node.ready, node.metadata.labels.get(ZONE_LABEL, "")
