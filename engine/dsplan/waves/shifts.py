"""Shifting the units of a flow around its cycles, until sets besides its two families are within their bounds.

A cycle changes no set of the two families beyond its own bounds. The shortest cycle through an edge of a set that has
too much or too little is looked for, at first one that harms no other set, then one that hands the trouble on. Work is
bounded by the number of edges looked at, so the same flow gives the same result on every machine.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence

from .flow import ENDS, Flow

__all__ = ["settle"]

_LOOKS_PER_EDGE = 10
"""Edges looked at, for every edge of the flow, before what is left is accepted."""
_LEAST_LOOKS = 200_000
_RESTS = 7
"""Shifts for which a set that has handed its trouble on is not troubled again."""
_PATIENCE = 40
"""Rounds without a shift that helps, after which what is left is accepted."""


def settle(flow: Flow, bounds: Sequence[tuple[int, int]], *, turn: int = 0) -> None:
    """Shift units in `flow` until every set it names is within `bounds` (by position), or the work is spent.

    Every `turn` looks in an order of its own.
    """
    _Shifter(flow, bounds, turn).settle()


class _Shifter:
    def __init__(self, flow: Flow, bounds: Sequence[tuple[int, int]], turn: int) -> None:
        self._flow = flow
        self._bounds = bounds
        self._used: Counter[int] = Counter()
        self._members: dict[int, list[int]] = {}
        self._around: list[list[int]] = [[] for _ in range(1 + max(max(edge[:2]) for edge in flow.edges))]
        for edge, (tail, head, *_) in enumerate(flow.edges):
            self._around[tail].append(edge)
            self._around[head].append(edge)
            for place in flow.sets[edge]:
                self._used[place] += flow.units[edge]
                self._members.setdefault(place, []).append(edge)
        self._looks = max(_LEAST_LOOKS, _LOOKS_PER_EDGE * len(flow.edges))
        self._resting: dict[int, int] = {}
        self._shifts = turn

    def settle(self) -> None:
        idle = 0
        while self._looks > 0 and idle <= _PATIENCE:
            wrong = [place for place in sorted(self._members) if self._excess(place)]
            if not wrong:
                return
            turn = self._shifts % len(wrong)
            idle += 1
            for place in wrong[turn:] + wrong[:turn]:
                self._shifts += 1
                if self._mend(place, careful=True, far=False) or self._mend(place, careful=True, far=True):
                    idle = 0
                elif self._mend(place, careful=False, far=False) or self._mend(place, careful=False, far=True):
                    self._resting[place] = self._shifts + _RESTS

    def _excess(self, place: int) -> int:
        least, most = self._bounds[place]
        return max(0, self._used[place] - most) - max(0, least - self._used[place])

    def _mend(self, place: int, *, careful: bool, far: bool) -> bool:
        """Shift one unit out of a set that has too much, or into one that has too little, if a cycle does.

        Cycles that change the size of the wave are looked for only if `far`: from there on all edges are near.
        """
        more = self._excess(place) < 0
        units = self._flow.units
        members = self._members[place]
        turn = self._shifts % len(members)
        for edge in sorted(members[turn:] + members[:turn], key=lambda edge: units[edge] if more else -units[edge]):
            if self._looks <= 0:
                return False
            if not self._may(edge, more=more, careful=False):
                continue
            tail, head = self._flow.edges[edge][:2]
            start, goal = (head, tail) if more else (tail, head)
            path = self._path(start, goal, (edge, place), careful=careful, far=far)
            if path is not None and self._change([*path, (edge, more)], careful=careful):
                return True
        return False

    def _may(self, edge: int, *, more: bool, careful: bool) -> bool:
        """Return whether an edge may carry one unit more (less); `careful`, without harm to any set."""
        _, _, least, most = self._flow.edges[edge]
        if (self._flow.units[edge] >= most) if more else (self._flow.units[edge] <= least):
            return False
        for place in self._flow.sets[edge]:
            if careful:
                low, high = self._bounds[place]
                if (self._used[place] >= high) if more else (self._used[place] <= low):
                    return False
            elif self._resting.get(place, 0) > self._shifts:
                return False
        return True

    def _path(
        self, start: int, goal: int, without: tuple[int, int], *, careful: bool, far: bool
    ) -> list[tuple[int, bool]] | None:
        """Return the shortest path for one unit as (edge, whether it carries more), `without` an edge and a set."""
        avoided, place = without
        came: dict[int, tuple[int, int, bool]] = {start: (start, -1, True)}
        reached = deque([start])
        while reached and self._looks > 0:
            node = reached.popleft()
            for edge, other, more in self._steps(node):
                if other in came or edge == avoided or place in self._flow.sets[edge]:
                    continue
                if not far and other != goal and other in ENDS:
                    continue
                if self._may(edge, more=more, careful=careful):
                    came[other] = (node, edge, more)
                    if other == goal:
                        return list(_back(came, goal))
                    reached.append(other)
        return None

    def _steps(self, node: int) -> Iterator[tuple[int, int, bool]]:
        edges = self._around[node]
        self._looks -= len(edges)
        for edge in edges:
            tail, head = self._flow.edges[edge][:2]
            yield (edge, head, True) if tail == node else (edge, tail, False)

    def _change(self, cycle: Sequence[tuple[int, bool]], *, careful: bool) -> bool:
        """Carry a cycle out unless it does more harm than good; return whether it was."""
        shift: Counter[int] = Counter()
        for edge, more in cycle:
            for other in self._flow.sets[edge]:
                shift[other] += 1 if more else -1
        before = sum(abs(self._excess(other)) for other in shift)
        self._used.update(shift)
        after = sum(abs(self._excess(other)) for other in shift)
        if after > before or (careful and after == before):
            self._used.subtract(shift)
            return False
        for edge, more in cycle:
            self._flow.units[edge] += 1 if more else -1
        return True


def _back(came: dict[int, tuple[int, int, bool]], goal: int) -> Iterator[tuple[int, bool]]:
    node = goal
    while came[node][1] >= 0:
        before, edge, more = came[node]
        yield edge, more
        node = before
