"""One wave as a flow: from the source down one nested family to the cells, and up the other to the sink.

Every edge has a lower and an upper bound. A flow that keeps them is pushed to the largest one, so that early waves use
what the limits allow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .families import Family
from .maxflow import Edge, largest_flow, rounded
from .problem import Cell

__all__ = ["WaveNetwork"]

_SOURCE, _SINK, _FIRST_SET = 0, 1, 2


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
        self._downward = len(self._sets)
        for place in up.members:
            self._sets.append((_node(place, _SINK), _node(up.parent.get(place), _SINK), place))
        self._bundles: dict[tuple[int, int], list[Cell]] = defaultdict(list)
        for cell in sorted(cells):
            ends = _node(down.inner.get(cell), _SOURCE), _node(up.inner.get(cell), _SINK)
            self._bundles[ends].append(cell)

    def largest(
        self, available: Mapping[Cell, int], bounds: Sequence[tuple[int, int]], *, share: int = 0
    ) -> dict[Cell, int] | None:
        """Return the most units that one wave can take, by cell, None where the lower bounds cannot be met.

        `available` is what each cell has left; `bounds` has (least, most) of every set by its position. Where taking
        one in `share` of every cell keeps the bounds, the flow is found from there.
        """
        edges: list[Edge] = []
        for tail, head, place in self._sets:
            least, most = bounds[place]
            if least > most:
                return None
            edges.append((tail, head, least, most))
        bundles = list(self._bundles.items())
        held = [sum(available.get(cell, 0) for cell in cells) for _, cells in bundles]
        edges += [(tail, head, 0, units) for ((tail, head), _), units in zip(bundles, held, strict=True)]
        flows = largest_flow(edges, _SOURCE, _SINK, self._shared(edges, held, share) if share else None)
        if flows is None:
            return None
        return _spread(bundles, flows[len(self._sets) :], available)

    def _shared(self, edges: Sequence[Edge], held: Sequence[int], share: int) -> list[int]:
        """Return one in `share` of every bundle, rounded so that it is a flow."""
        through = self._through(held)
        ends = [(tail, head) for tail, head, *_ in edges]
        return rounded([*ends, (_SINK, _SOURCE)], [*through, *held, sum(held)], share)[:-1]

    def _through(self, held: Sequence[int]) -> list[int]:
        """Return how many units of the bundles pass through every set, in the order of the sets' edges."""
        into: dict[int, int] = defaultdict(int)
        out: dict[int, int] = defaultdict(int)
        for (tail, head), units in zip(self._bundles, held, strict=True):
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
