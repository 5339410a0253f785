"""The one written order for choices that upstream leaves to a random map walk.

Sick nodes first (their pods serve nobody), then spread over zones so that one wave does not empty a zone, then name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest

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
    if count <= 0:
        return []
    ordered: list[int] = []
    for zones in _zones(positions, index, positions if among is None else among):
        ordered += _in_turns(zones, count)
        if len(ordered) >= count:
            break
    return ordered[:count]


def _zones(positions: BitMap, index: NodeIndex, among: BitMap) -> Iterator[list[tuple[BitMap, BitMap]]]:
    """Yield first the sick, then the healthy: for each zone, in name order, the chosen nodes and those that count."""
    found: dict[bool, dict[str, tuple[BitMap, BitMap]]] = {False: {}, True: {}}
    for group in index.partition("zone and health", zone_and_health):
        members = positions & group
        if members:
            healthy, zone = zone_and_health(index.nodes[members[0]])
            found[healthy][zone] = members, among & group
    for zones in found.values():
        yield [zones[zone] for zone in sorted(zones)]


def _in_turns(zones: list[tuple[BitMap, BitMap]], count: int) -> Iterable[int]:
    """Yield the first of every zone, then the second, ..., where the place in a zone is that among those that count."""
    if all(members == counted for members, counted in zones):
        rounds = zip_longest(*(members[:count] for members, _ in zones))
        return (position for turn in rounds for position in turn if position is not None)
    turns: dict[int, list[int]] = defaultdict(list)
    for members, counted in zones:
        for position in members[:count]:
            turns[counted.rank(position) - (position in counted)].append(position)
    return chain.from_iterable(turns[turn] for turn in sorted(turns))


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
