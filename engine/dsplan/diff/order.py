"""The one written order for choices that upstream leaves to a random map walk.

Sick nodes first (their pods serve nobody), then spread over zones so that one wave does not empty a zone, then name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.node import Node

__all__ = ["ORDER_TEXT", "ZONE_LABEL", "first_in_order", "node_order", "sick_nodes", "zone_and_health"]

ZONE_LABEL = "topology.kubernetes.io/zone"
ORDER_TEXT = "sick nodes first, then spread over zones, then by name"


def node_order(positions: Iterable[int], index: NodeIndex, among: BitMap | None = None) -> list[int]:
    """Return node ids in the written order.

    Within the sick and within the healthy, zones take turns: the first node of every zone, then the second of every
    zone, and so on; zones in name order. Turns are counted `among` these nodes (by default the given ones): with the
    same `among`, what is left keeps its order when some are done, so that every pass goes on where the last one ended.
    """
    chosen = positions if isinstance(positions, BitMap) else BitMap(positions)
    return first_in_order(chosen, index, len(chosen), among)


def first_in_order(positions: BitMap, index: NodeIndex, count: int, among: BitMap | None = None) -> list[int]:
    """Return `node_order(positions, index, among)[:count]` without ordering the rest.

    Within each zone, and within the sick and the healthy, the order is that of the ids: no more than the first `count`
    of each can be among the first `count` of all.
    """
    if count <= 0 or not positions:
        return []
    rounds: dict[tuple[bool, int], list[int]] = defaultdict(list)
    for healthy, group in _groups(positions, index):
        members = positions & group
        for turn, position in _turns(members, members if among is None else among & group, count):
            rounds[healthy, turn].append(position)
    ordered: list[int] = []
    for turn in sorted(rounds):
        ordered += rounds[turn]
        if len(ordered) >= count:
            break
    return ordered[:count]


def _groups(positions: BitMap, index: NodeIndex) -> Iterator[tuple[bool, BitMap]]:
    """Yield the sick and the healthy nodes of each zone that has any of `positions`, zones in name order."""
    found = []
    for group in index.partition("zone and health", zone_and_health):
        if not positions.isdisjoint(group):
            healthy, zone = zone_and_health(index.nodes[group[0]])
            found.append((zone, healthy, group))
    return ((healthy, group) for _, healthy, group in sorted(found, key=lambda entry: entry[:2]))


def _turns(members: BitMap, counted: BitMap, count: int) -> Iterator[tuple[int, int]]:
    """Yield the first `count` of `members`, each with how many of `counted` come before it."""
    if counted == members:
        return enumerate(members[:count])
    return ((counted.rank(position) - (position in counted), position) for position in members[:count])


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
