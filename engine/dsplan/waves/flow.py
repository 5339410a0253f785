"""One wave as a flow: from the source down one nested family to the cells, and up the other to the sink.

Every edge has a lower and an upper bound. A flow that keeps them is pushed to the largest one, so that early waves use
what the limits allow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .families import Family
from .problem import Cell

__all__ = ["WaveNetwork"]

_SOURCE, _SINK, _FIRST_SET = 0, 1, 2
_DEMAND, _SUPPLY = -1, -2
Edge = tuple[int, int, int, int]
"""From, to, least, most."""


class WaveNetwork:
    """The graph of sets and cells; only the numbers on it change from wave to wave.

    >>> from dsplan.waves.families import two_families
    >>> cells = [(0, 0), (1, 0)]
    >>> network = WaveNetwork(cells, two_families([frozenset(cells)]))
    >>> network.largest({(0, 0): 5, (1, 0): 5}, [(0, 7)])
    {(0, 0): 5, (1, 0): 2}
    """

    def __init__(self, cells: Iterable[Cell], families: tuple[Family, Family]) -> None:
        down, up = families
        self._sets: list[tuple[int, int, int]] = []
        for place in down.members:
            self._sets.append((_node(down.parent.get(place), _SOURCE), _node(place, _SOURCE), place))
        for place in up.members:
            self._sets.append((_node(place, _SINK), _node(up.parent.get(place), _SINK), place))
        self._bundles: dict[tuple[int, int], list[Cell]] = defaultdict(list)
        for cell in sorted(cells):
            ends = _node(down.inner.get(cell), _SOURCE), _node(up.inner.get(cell), _SINK)
            self._bundles[ends].append(cell)

    def largest(self, available: Mapping[Cell, int], bounds: Sequence[tuple[int, int]]) -> dict[Cell, int] | None:
        """Return the most units that one wave can take, by cell, None where the lower bounds cannot be met.

        `available` is what each cell has left; `bounds` has (least, most) of every set by its position.
        """
        edges: list[Edge] = []
        for tail, head, place in self._sets:
            least, most = bounds[place]
            if least > most:
                return None
            edges.append((tail, head, least, most))
        bundles = list(self._bundles.items())
        edges += [(tail, head, 0, sum(available.get(cell, 0) for cell in cells)) for (tail, head), cells in bundles]
        flows = _largest_flow(edges)
        if flows is None:
            return None
        return _spread(bundles, flows[len(self._sets) :], available)


def _node(place: int | None, otherwise: int) -> int:
    return otherwise if place is None else place + _FIRST_SET


def _spread(
    bundles: Sequence[tuple[tuple[int, int], list[Cell]]], flows: Sequence[int], available: Mapping[Cell, int]
) -> dict[Cell, int]:
    """Give each bundle's flow to its cells in order."""
    taken: dict[Cell, int] = {}
    for (_, cells), flow in zip(bundles, flows, strict=True):
        for cell in cells:
            units = min(flow, available.get(cell, 0))
            if units:
                taken[cell] = units
                flow -= units
    return dict(sorted(taken.items()))


def _largest_flow(edges: Sequence[Edge]) -> list[int] | None:
    flows = _feasible(edges)
    if flows is None:
        return None
    residual: dict[tuple[int, int], int] = {}
    for (tail, head, least, most), flow in zip(edges, flows, strict=True):
        residual[tail, head] = most - flow
        residual[head, tail] = flow - least
    more = _maximum_flow(residual, _SOURCE, _SINK)
    return [
        flow + more.get(tail, {}).get(head, 0) - more.get(head, {}).get(tail, 0)
        for (tail, head, _, _), flow in zip(edges, flows, strict=True)
    ]


def _feasible(edges: Sequence[Edge]) -> list[int] | None:
    """Return any flow within the bounds: what the lower bounds force is balanced by a flow of what is left."""
    surplus: dict[int, int] = defaultdict(int)
    capacities: dict[tuple[int, int], int] = {}
    for tail, head, least, most in edges:
        surplus[head] += least
        surplus[tail] -= least
        capacities[tail, head] = most - least
    forced = sum(units for units in surplus.values() if units > 0)
    if not forced:
        return [0] * len(edges)
    capacities[_SINK, _SOURCE] = sum(most for *_, most in edges) + forced
    for node, units in surplus.items():
        if units > 0:
            capacities[_SUPPLY, node] = units
        elif units < 0:
            capacities[node, _DEMAND] = -units
    flow = _maximum_flow(capacities, _SUPPLY, _DEMAND)
    if sum(flow[_SUPPLY].values()) < forced:
        return None
    return [least + flow.get(tail, {}).get(head, 0) for tail, head, least, _ in edges]


def _maximum_flow(capacities: Mapping[tuple[int, int], int], source: int, sink: int) -> dict[int, dict[int, int]]:
    import networkx as nx
    from networkx.algorithms.flow import dinitz

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from((source, sink))
    graph.add_weighted_edges_from(
        ((tail, head, units) for (tail, head), units in capacities.items() if units), weight="capacity"
    )
    _, flow = nx.maximum_flow(graph, source, sink, flow_func=dinitz)
    found: dict[int, dict[int, int]] = flow
    return found
