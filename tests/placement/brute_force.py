"""Every assignment of wanted pods to their nodes, tried: what the search is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from dsplan import step
from dsplan.model.world import World
from dsplan.placement.filters.demand import Demand, Tenant
from dsplan.placement.filters.fits import fits
from dsplan.placement.filters.node_load import Cluster, NodeLoad
from dsplan.placement.filters.scheduler_view import SchedulerView
from dsplan.placement.fit_types import Fit

from .scenes import NOW

Pair = tuple[int, int]
"""(DaemonSet, node)."""

Pods = Mapping[Pair, Demand]


def wanted(found: World) -> dict[Pair, Demand]:
    """What is to be placed: Pending pods as they are, elsewhere what the template makes."""
    scene, result = SchedulerView(found), {}
    for number, entry in enumerate(step(found, now=NOW).daemonsets):
        for position in entry.verdicts.run:
            pods = [pod for pod in entry.observed.pods_at(found.nodes[position].name) if not pod.terminating]
            if not pods:
                result[number, position] = scene.created(entry.daemonset)
            elif not pods[0].spec.node_name:
                result[number, position] = scene.demands.of(pods[0])
    return result


def placed(best: Fit) -> frozenset[Pair]:
    """Return what the search placed."""
    return frozenset((n, position) for n, entry in enumerate(best.daemonsets) for position in entry.placed)


def left_out(best: Fit) -> frozenset[Pair]:
    """Return what it did not."""
    return frozenset((n, position) for n, entry in enumerate(best.daemonsets) for position in entry.left_out)


def by_node(pods: Pods) -> list[dict[Pair, Demand]]:
    """Return the pods of each node."""
    return [
        {pair: demand for pair, demand in pods.items() if pair[1] == position}
        for position in sorted({position for _, position in pods})
    ]


class Cell:
    """A cluster with the pods that are there, to be filled anew for every assignment."""

    def __init__(self, found: World) -> None:
        self.world = found
        self.tenants = [(n, tenant) for n, load in enumerate(SchedulerView(found).loads) for tenant in load.tenants]

    def with_pods(self, pods: Pods, chosen: Iterable[Pair]) -> Cluster:
        """Return loads that hold whoever is there and the chosen."""
        cluster = Cluster([NodeLoad(node) for node in self.world.nodes])
        for position, tenant in self.tenants:
            cluster.loads[position].add(tenant)
        for number, position in chosen:
            owner = self.world.daemonsets[number].identity
            cluster.loads[position].add(Tenant("new", owner, pods[number, position]))
        return cluster

    def takes(self, pods: Pods, chosen: Iterable[Pair], one: Pair) -> bool:
        """Return whether one more pod fits beside the chosen."""
        cluster = self.with_pods(pods, chosen)
        return fits(pods[one], cluster.loads[one[1]], cluster)


def reachable(found: World, pods: Pods) -> set[frozenset[Pair]]:
    """Every set of pods that some order of arrival places, nobody giving way."""
    cell = Cell(found)
    seen = {frozenset[Pair]()}
    waiting = [frozenset[Pair]()]
    while waiting:
        chosen = waiting.pop()
        for pair in pods.keys() - chosen:
            larger = chosen | {pair}
            if larger not in seen and cell.takes(pods, chosen, pair):
                seen.add(larger)
                waiting.append(larger)
    return seen


def most_together(found: World, pods: Pods) -> int:
    """Return how many pods all nodes can hold at most, where nobody wants to be near anybody.

    Then the order of arrival means nothing, rules between nodes are rules between two pods, and all assignments are
    those of single nodes combined; a branch ends where even all that is left would be no more than the best.
    """
    cell = Cell(found)
    options = [sorted(reachable(found, group), key=len, reverse=True) for group in by_node(pods)]
    enemies = {
        frozenset((one, other))
        for one, other in combinations(pods, 2)
        if one[1] != other[1] and not _side_by_side(cell, pods, one, other)
    }
    rest = [0]
    for sets in reversed(options):
        rest.append(rest[-1] + len(sets[0]))
    return _most(options, enemies, rest[::-1])


def _side_by_side(cell: Cell, pods: Pods, one: Pair, other: Pair) -> bool:
    if not (cell.takes(pods, (), one) and cell.takes(pods, (), other)):
        return True  # neither is in any set
    return cell.takes(pods, (one,), other) and cell.takes(pods, (other,), one)


def _most(options: list[list[frozenset[Pair]]], enemies: set[frozenset[Pair]], rest: list[int]) -> int:
    best = 0

    def extend(place: int, chosen: frozenset[Pair]) -> None:
        nonlocal best
        best = max(best, len(chosen))
        if place == len(options) or len(chosen) + rest[place] <= best:
            return
        for group in options[place]:
            if not any(pair in enemies for pair in _pairs(chosen, group)):
                extend(place + 1, chosen | group)

    extend(0, frozenset())
    return best


def _pairs(chosen: frozenset[Pair], group: frozenset[Pair]) -> Iterator[frozenset[Pair]]:
    return (frozenset((one, other)) for one in chosen for other in group)
