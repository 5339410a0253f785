"""One wave as a flow: from the source down one nested family to the cells, and up the other to the sink.

Every edge has a lower and an upper bound. A flow that keeps them is pushed to the largest one, so that early waves use
what the limits allow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .families import Family
from .maxflow import Edge, keeps, largest_flow
from .problem import Cell
from .rounding import rounded

__all__ = ["ENDS", "Flow", "WaveNetwork"]

_SOURCE, _SINK, _FIRST_SET = 0, 1, 2
ENDS = (_SOURCE, _SINK)


class Flow:
    """A flow that can still be changed: edges, their units, and the sets besides both families that each is part of."""

    def __init__(self, edges: Sequence[Edge], units: Sequence[int], sets: Sequence[tuple[int, ...]]) -> None:
        self.edges = list(edges)
        self.units = list(units)
        self.sets = list(sets)


class WaveNetwork:
    """The graph of sets and cells; only the numbers on it change from wave to wave.

    >>> from dsplan.waves.families import two_families
    >>> cells = [(0, 0), (1, 0)]
    >>> network = WaveNetwork(cells, two_families([frozenset(cells)]))
    >>> network.largest({(0, 0): 5, (1, 0): 5}, [(0, 7)])
    {(0, 0): 5, (1, 0): 2}
    """

    def __init__(
        self,
        cells: Iterable[Cell],
        families: tuple[Family, Family],
        beside: Mapping[Cell, tuple[int, ...]] | None = None,
    ) -> None:
        down, up = families
        self._sets: list[tuple[int, int, int]] = []
        for place in down.members:
            self._sets.append((_node(down.parent.get(place), _SOURCE), _node(place, _SOURCE), place))
        self._downward = len(self._sets)
        for place in up.members:
            self._sets.append((_node(place, _SINK), _node(up.parent.get(place), _SINK), place))
        bundles: dict[tuple[int, int, tuple[int, ...]], list[Cell]] = defaultdict(list)
        for cell in sorted(cells):
            ends = _node(down.inner.get(cell), _SOURCE), _node(up.inner.get(cell), _SINK)
            bundles[*ends, beside.get(cell, ()) if beside else ()].append(cell)
        self._bundles = list(bundles.items())

    def largest(
        self, available: Mapping[Cell, int], bounds: Sequence[tuple[int, int]], *, share: int = 0
    ) -> dict[Cell, int] | None:
        """Return the most units that one wave can take, by cell, None where the lower bounds cannot be met.

        `available` is what each cell has left; `bounds` has (least, most) of every set by its position. Where taking
        one in `share` of every cell keeps the bounds, the flow is found from there.
        """
        edges, held = self._edges(available, bounds)
        flows = largest_flow(edges, _SOURCE, _SINK, self._shared(edges, held, share) if share else None)
        return None if flows is None else _spread(self._bundles, flows[len(self._sets) :], available)

    def even(self, available: Mapping[Cell, int], bounds: Sequence[tuple[int, int]], *, share: int) -> Flow | None:
        """Return a flow of one in `share` of every cell, rounded; with a share of 0, or of no avail, any flow."""
        edges, held = self._edges(available, bounds)
        flows = self._shared(edges, held, share) if share else None
        if flows is None or not keeps(edges, flows):
            flows = largest_flow(edges, _SOURCE, _SINK)
        if flows is None:
            return None
        sets = [()] * len(self._sets) + [beside for (*_, beside), _ in self._bundles]
        return Flow([*edges, (_SINK, _SOURCE, 0, sum(held))], [*flows, _through_source(edges, flows)], [*sets, ()])

    def takes(self, flow: Flow, available: Mapping[Cell, int]) -> dict[Cell, int]:
        """Return what a flow takes of every cell."""
        return _spread(self._bundles, flow.units[len(self._sets) : -1], available)

    def _edges(self, available: Mapping[Cell, int], bounds: Sequence[tuple[int, int]]) -> tuple[list[Edge], list[int]]:
        """Return the edges, those of the sets first, and how many units each bundle has."""
        edges: list[Edge] = [(tail, head, *bounds[place]) for tail, head, place in self._sets]
        held = [sum(available.get(cell, 0) for cell in cells) for _, cells in self._bundles]
        edges += [(tail, head, 0, units) for ((tail, head, _), _), units in zip(self._bundles, held, strict=True)]
        return edges, held

    def _shared(self, edges: Sequence[Edge], held: Sequence[int], share: int) -> list[int]:
        """Return one in `share` of every bundle, rounded so that it is a flow."""
        through = self._through(held)
        ends = [(tail, head) for tail, head, *_ in edges]
        beside = [()] * len(self._sets) + [sets for (*_, sets), _ in self._bundles] + [()]
        return rounded([*ends, (_SINK, _SOURCE)], [*through, *held, sum(held)], share, beside)[:-1]

    def _through(self, held: Sequence[int]) -> list[int]:
        """Return how many units of the bundles pass through every set, in the order of the sets' edges."""
        into: dict[int, int] = defaultdict(int)
        out: dict[int, int] = defaultdict(int)
        for ((tail, head, _), _), units in zip(self._bundles, held, strict=True):
            out[tail] += units
            into[head] += units
        found = [0] * len(self._sets)
        for place in range(self._downward):  # from the smallest set to the largest, against the edge
            tail, head, _ = self._sets[place]
            found[place] = out[head]
            out[tail] += out[head]
        for place in range(self._downward, len(self._sets)):
            tail, head, _ = self._sets[place]
            found[place] = into[tail]
            into[head] += into[tail]
        return found


def _through_source(edges: Sequence[Edge], flows: Sequence[int]) -> int:
    return sum(
        flow if edge[0] == _SOURCE else -flow for edge, flow in zip(edges, flows, strict=True) if _SOURCE in edge[:2]
    )


def _node(place: int | None, otherwise: int) -> int:
    return otherwise if place is None else place + _FIRST_SET


def _spread(
    bundles: Sequence[tuple[tuple[int, int, tuple[int, ...]], list[Cell]]],
    flows: Sequence[int],
    available: Mapping[Cell, int],
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
