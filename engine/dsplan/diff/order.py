"""The one written order for choices that upstream leaves to a random map walk.

Sick nodes first (their pods serve nobody), then spread over zones so that one wave does not empty a zone, then name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.node import Node

__all__ = ["ORDER_TEXT", "ZONE_LABEL", "first_in_order", "node_order", "sick_nodes", "zone_and_health"]

ZONE_LABEL = "topology.kubernetes.io/zone"
_FEW = 4
"""One node in so many is worth asking for all nodes at once."""
ORDER_TEXT = "sick nodes first, then spread over zones, then by name"


def node_order(positions: Iterable[int], index: NodeIndex) -> list[int]:
    """Return node ids in the written order.

    Within the sick and within the healthy, zones take turns: the first node of every zone, then the second of every
    zone, and so on; zones in name order.
    """
    wanted = positions if isinstance(positions, BitMap) else BitMap(positions)
    if len(wanted) * _FEW >= len(index):
        return list(_by_groups(wanted, index))
    turns: dict[tuple[bool, str], int] = defaultdict(int)
    keys: list[tuple[bool, int, str, int]] = []
    for position in wanted:
        healthy, zone = zone_and_health(index.nodes[position])
        turn = turns[healthy, zone]
        turns[healthy, zone] = turn + 1
        keys.append((healthy, turn, zone, position))
    return [position for *_, position in sorted(keys)]


def _by_groups(positions: BitMap, index: NodeIndex) -> Iterator[int]:
    """Yield the same from the sets that the index keeps: no node is read."""
    groups: dict[bool, dict[str, BitMap]] = {False: {}, True: {}}
    for group in index.partition("zone and health", zone_and_health):
        members = positions & group
        if members:
            healthy, zone = zone_and_health(index.nodes[members[0]])
            groups[healthy][zone] = members
    for by_zone in groups.values():
        rounds = zip_longest(*(by_zone[zone] for zone in sorted(by_zone)))
        yield from (position for turn in rounds for position in turn if position is not None)


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


def sick_nodes(index: NodeIndex) -> BitMap:
    """Return the nodes that are not ready.

    >>> from dsplan.model.meta import ObjectMeta
    >>> list(sick_nodes(NodeIndex([Node(metadata=ObjectMeta(name="n1"))])))
    []
    """
    groups = index.partition("zone and health", zone_and_health)
    return BitMap.union(BitMap(), *(group for group in groups if group and not index.nodes[group[0]].ready))


def zone_and_health(node: Node) -> tuple[bool, str]:
    """Return what of a node decides its place in the written order, besides its name."""
    return node.ready, node.metadata.labels.get(ZONE_LABEL, "")
