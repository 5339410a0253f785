"""Largest flows with lower and upper bounds on flat lists: Dinic's algorithm (1970), started from a flow that is known.

A general graph library spends most of its time on dictionaries of dictionaries here; thousands of small flows, one a
wave, are what plans of large fleets consist of. Deterministic: edges are walked in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Edge", "keeps", "largest_flow"]

Edge = tuple[int, int, int, int]
"""From, to, least, most; nodes are numbered from 0."""


def largest_flow(edges: Sequence[Edge], source: int, sink: int, start: Sequence[int] | None = None) -> list[int] | None:
    """Return a largest flow from source to sink within the bounds, a number per edge; None where none keeps them.

    `start` is a flow that the search begins from, if it is one and keeps the bounds.

    >>> largest_flow([(0, 1, 0, 5), (1, 2, 2, 3)], 0, 2)
    [3, 3]
    >>> largest_flow([(0, 1, 0, 1), (1, 2, 2, 3)], 0, 2) is None
    True
    """
    flows = list(start) if start is not None and keeps(edges, start) else _feasible(edges, source, sink)
    if flows is None:
        return None
    graph = _Residual(1 + max((max(edge[:2]) for edge in edges), default=max(source, sink)))
    for (tail, head, least, most), flow in zip(edges, flows, strict=True):
        graph.add(tail, head, most - flow, flow - least)
    graph.push(source, sink)
    return [most - graph.room[2 * place] for place, (*_, most) in enumerate(edges)]


def keeps(edges: Sequence[Edge], flows: Sequence[int]) -> bool:
    """Return whether every edge has units within its bounds."""
    return all(least <= flow <= most for (*_, least, most), flow in zip(edges, flows, strict=True))


def _feasible(edges: Sequence[Edge], source: int, sink: int) -> list[int] | None:
    """Return any flow within the bounds: what the lower bounds force is balanced by a flow of what is left."""
    if any(least > most for *_, least, most in edges):
        return None
    if not any(least for *_, least, _ in edges):
        return [0] * len(edges)
    nodes = 1 + max(max(edge[:2]) for edge in edges)
    supply, demand = nodes, nodes + 1
    graph = _Residual(nodes + 2)
    surplus = [0] * nodes
    for tail, head, least, most in edges:
        surplus[head] += least
        surplus[tail] -= least
        graph.add(tail, head, most - least, 0)
    forced = sum(units for units in surplus if units > 0)
    graph.add(sink, source, sum(most for *_, most in edges) + forced, 0)
    for node, units in enumerate(surplus):
        if units > 0:
            graph.add(supply, node, units, 0)
        elif units < 0:
            graph.add(node, demand, -units, 0)
    if graph.push(supply, demand) < forced:
        return None
    return [most - graph.room[2 * place] for place, (*_, most) in enumerate(edges)]


class _Residual:
    """What can still be sent along every edge (2i) and taken back from it (2i + 1)."""

    def __init__(self, nodes: int) -> None:
        self.room: list[int] = []
        self._head: list[int] = []
        self._out: list[list[int]] = [[] for _ in range(nodes)]

    def add(self, tail: int, head: int, room: int, back: int) -> None:
        self._out[tail].append(len(self.room))
        self._out[head].append(len(self.room) + 1)
        self._head += (head, tail)
        self.room += (room, back)

    def push(self, source: int, sink: int) -> int:
        """Send as much as goes from source to sink; return how much."""
        total = 0
        while (level := self._levels(source, sink)) is not None:
            following = [0] * len(level)
            while units := self._path(source, sink, level, following):
                total += units
        return total

    def _levels(self, source: int, sink: int) -> list[int] | None:
        """Return each node's distance from the source, -1 where it is none of a shortest path; None: no path."""
        level = [-1] * len(self._out)
        level[source] = 0
        reached, room, head = [source], self.room, self._head
        while reached and level[sink] < 0:
            found = []
            for node in reached:
                following = level[node] + 1
                for edge in self._out[node]:
                    other = head[edge]
                    if room[edge] and level[other] < 0:
                        level[other] = following
                        found.append(other)
            reached = found
        return level if level[sink] >= 0 else None

    def _path(self, source: int, sink: int, level: Sequence[int], following: list[int]) -> int:
        """Send units along one shortest path; return how many, 0 where no such path is left."""
        path: list[int] = []
        node, room, head, out = source, self.room, self._head, self._out
        while node != sink:
            edges, place = out[node], following[node]
            while place < len(edges) and not (room[edges[place]] and level[head[edges[place]]] == level[node] + 1):
                place += 1
            following[node] = place
            if place < len(edges):
                path.append(edges[place])
                node = head[edges[place]]
            elif path:
                node = head[path.pop() ^ 1]
                following[node] += 1
            else:
                return 0
        units = min(room[edge] for edge in path)
        for edge in path:
            room[edge] -= units
            room[edge ^ 1] += units
        return units
