"""Rounding a circulation of fractions to whole numbers that are as much into as out of every node.

Edges with a remainder form cycles. Around each, remainders are shifted until an edge is whole; in which of the two
directions is free, and is chosen so that sets that no node stands for keep their share, too, as far as that goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

__all__ = ["rounded"]


def rounded(
    ends: Sequence[tuple[int, int]], shares: Sequence[int], of: int, beside: Sequence[tuple[int, ...]] | None = None
) -> list[int]:
    """Return whole numbers next to shares / of on every edge of a circulation, balanced at every node.

    `shares` must balance at every node. Each number is its share rounded down or up; whole shares stay. `beside` names,
    per edge, sets whose sums should stay near their share; that is a wish, the balance is a promise.
    Raises ValueError where the shares do not balance.

    >>> rounded([(0, 1), (0, 1), (1, 0)], [1, 1, 2], 2)
    [0, 1, 1]
    """
    rounding = _Rounding(ends, shares, of, beside)
    for start in range(len(rounding.open)):
        rounding.close_cycles(start)
    return rounding.whole


class _Rounding:
    def __init__(
        self,
        ends: Sequence[tuple[int, int]],
        shares: Sequence[int],
        of: int,
        beside: Sequence[tuple[int, ...]] | None,
    ) -> None:
        self.whole = [share // of for share in shares]
        self.open: list[list[int]] = [[] for _ in range(1 + max((max(pair) for pair in ends), default=0))]
        self._ends = ends
        self._of = of
        self._rest = [share % of for share in shares]
        self._beside = beside
        self._astray: dict[int, int] = defaultdict(int)
        for edge, (tail, head) in enumerate(ends):
            if self._rest[edge] and tail != head:
                self.open[tail].append(edge)
                self.open[head].append(edge)

    def close_cycles(self, start: int) -> None:
        """Walk from a node along edges with a remainder until no such edge is left at it."""
        path: list[int] = []
        nodes = [start]
        places = {start: 0}
        while (edge := self._next(nodes[-1], path[-1] if path else -1)) is not None:
            tail, head = self._ends[edge]
            other = head if tail == nodes[-1] else tail
            path.append(edge)
            nodes.append(other)
            if other not in places:
                places[other] = len(nodes) - 1
                continue
            cut = self._shift(path, nodes, places[other])
            for gone in nodes[cut + 1 : -1]:
                places.pop(gone, None)
            del path[cut:], nodes[cut + 1 :]

    def _next(self, node: int, last: int) -> int | None:
        """Return an edge with a remainder other than the one that led here, None where none is left."""
        edges = self.open[node]
        while edges and (not self._rest[edges[-1]] or edges[-1] == last):
            if not self._rest[edges[-1]]:
                edges.pop()
            elif len(edges) < 2:
                raise ValueError("the shares do not balance at every node")
            else:
                edges[-1], edges[0] = edges[0], edges[-1]
        return edges[-1] if edges else None

    def _shift(self, path: Sequence[int], nodes: Sequence[int], first: int) -> int:
        """Shift remainders around the cycle that the path ends with; return where the path is open again."""
        along = [self._ends[path[place]][0] == nodes[place] for place in range(first, len(path))]
        cycle = path[first:]
        forth, back = self._room(cycle, along), self._room(cycle, [not forward for forward in along])
        units = forth if self._harm(cycle, along, forth) <= self._harm(cycle, along, -back) else -back
        cut = len(path)
        for place, (edge, forward) in enumerate(zip(cycle, along, strict=True)):
            change = units if forward else -units
            for each in self._beside[edge] if self._beside else ():
                self._astray[each] += change
            self._rest[edge] += change
            if self._rest[edge] == self._of:
                self._rest[edge] = 0
                self.whole[edge] += 1
            if not self._rest[edge] and cut == len(path):
                cut = first + place
        return cut

    def _room(self, cycle: Sequence[int], along: Sequence[bool]) -> int:
        rest, of = self._rest, self._of
        return min(of - rest[edge] if forward else rest[edge] for edge, forward in zip(cycle, along, strict=True))

    def _harm(self, cycle: Sequence[int], along: Sequence[bool], units: int) -> int:
        """Return how much further the sets would go astray, in squares."""
        if not self._beside:
            return 0
        change: dict[int, int] = defaultdict(int)
        for edge, forward in zip(cycle, along, strict=True):
            for each in self._beside[edge]:
                change[each] += units if forward else -units
        return sum(shift * (2 * self._astray[each] + shift) for each, shift in change.items())
