"""Fewest nodes so that each value of each label is there.

One key: one node a value. Two keys: values are vertices, nodes edges between them, and a minimum edge cover is exact: a
maximum matching, then one edge for every vertex that it leaves out. More keys: hitting sets, NP-hard; the greedy
choice, improved by a bounded search, with a bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..errors import LimitExceeded

__all__ = ["COVER_LIMIT", "Covering", "fewest_nodes"]

COVER_LIMIT = 20_000
"""Assignments that the search for a smaller cover looks at."""
_LARGEST_SEARCH = 24

Values = tuple[str, ...]


class Covering(msgspec.Struct, frozen=True):
    """The chosen nodes in their order, and how many at least are needed; equal means that fewer is proved
    impossible."""

    nodes: tuple[int, ...]
    bound: int
    how: str

    @property
    def minimal(self) -> bool:
        """Whether it is proved that no fewer nodes do."""
        return len(self.nodes) == self.bound


def fewest_nodes(nodes: Sequence[int], values: Mapping[int, Values], *, combinations: bool = False) -> Covering:
    """Return fewest nodes that cover every value of each key, or every combination of values that occurs.

    `nodes` come in the order in which they are preferred; `values[node]` has one value a key, empty where the node
    lacks the label, which nothing has to cover.

    >>> fewest_nodes([0, 1, 2], {0: ("a", "x"), 1: ("a", "y"), 2: ("b", "y")})
    Covering(nodes=(0, 2), bound=2, how='matching')
    """
    candidates = _one_of_each(nodes, values)
    if combinations:
        return Covering(tuple(candidates.values()), len(candidates), "one node a combination")
    width = len(next(iter(candidates), ()))
    chosen = {parts: node for parts, node in candidates.items() if any(parts)}
    if width <= 1:
        return Covering(tuple(chosen.values()), len(chosen), "one node a value")
    bound = max(len({parts[key] for parts in chosen} - {""}) for key in range(width)) if chosen else 0
    if width == 2:
        found = _edge_cover(list(chosen))
        return Covering(_in_order(found, chosen), len(found), "matching")
    return _search(chosen, width, bound)


def _one_of_each(nodes: Sequence[int], values: Mapping[int, Values]) -> dict[Values, int]:
    """Return the most preferred node of every combination, in order of preference."""
    found: dict[Values, int] = {}
    for node in nodes:
        found.setdefault(values[node], node)
    return found


def _in_order(chosen: Sequence[Values], candidates: Mapping[Values, int]) -> tuple[int, ...]:
    wanted = set(chosen)
    return tuple(node for parts, node in candidates.items() if parts in wanted)


def _edge_cover(combinations: Sequence[Values]) -> list[Values]:
    """Vertices are numbered, so that the matching does not depend on how text is hashed."""
    import networkx as nx

    names = sorted({(key, part) for parts in combinations for key, part in enumerate(parts) if part})
    number = {name: place for place, name in enumerate(names)}
    left = [place for place, (key, _) in enumerate(names) if key == 0]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(names)))
    graph.add_edges_from((number[0, first], number[1, second]) for first, second in combinations if first and second)
    matched = nx.bipartite.maximum_matching(graph, top_nodes=left)
    found: list[Values] = [(names[vertex][1], names[matched[vertex]][1]) for vertex in left if vertex in matched]
    covered = {(key, part) for parts in found for key, part in enumerate(parts)}
    for parts in sorted(combinations, key=lambda parts: -sum(map(bool, parts))):
        missing = {(key, part) for key, part in enumerate(parts) if part} - covered
        if missing:
            found.append(parts)
            covered |= missing
    return found


def _search(candidates: Mapping[Values, int], width: int, bound: int) -> Covering:
    found, how = _greedy(candidates, width), "greedy"
    while len(found) > bound:
        try:
            better = _cover_of(candidates, width, len(found) - 1)
        except LimitExceeded:
            break
        how = "search"
        if better is None:
            bound = len(found)
            break
        found = better
    return Covering(_in_order(found, candidates), bound, how if len(found) > bound or how == "search" else "greedy")


def _greedy(candidates: Mapping[Values, int], width: int) -> list[Values]:
    open_values = {(key, parts[key]) for parts in candidates for key in range(width) if parts[key]}
    found: list[Values] = []
    while open_values:
        best = max(candidates, key=lambda parts: sum((key, parts[key]) in open_values for key in range(width)))
        found.append(best)
        open_values -= {(key, best[key]) for key in range(width)}
    return found


def _cover_of(candidates: Mapping[Values, int], width: int, size: int) -> list[Values] | None:
    """Return a cover of at most `size` combinations; None where there is none. Raises LimitExceeded."""
    from constraint import Constraint, MaxSumConstraint, MinSumConstraint, Problem

    if len(candidates) > _LARGEST_SEARCH:
        raise LimitExceeded(f"{len(candidates)} combinations")
    looked_at = 0

    class Counting(Constraint):  # type: ignore[misc]
        def preProcess(self, *_: object) -> None:  # noqa: N802
            pass

        def __call__(self, *_: object) -> bool:
            nonlocal looked_at
            looked_at += 1
            if looked_at > COVER_LIMIT:
                raise LimitExceeded(f"{COVER_LIMIT} assignments looked at")
            return True

    csp = Problem()
    names = list(candidates)
    csp.addVariables(names, [0, 1])
    csp.addConstraint(MaxSumConstraint(size), names)
    for key in range(width):
        for value in sorted({parts[key] for parts in names} - {""}):
            csp.addConstraint(MinSumConstraint(1), [parts for parts in names if parts[key] == value])
    csp.addConstraint(Counting(), names)
    solution: dict[Any, int] | None = csp.getSolution()
    return None if solution is None else [parts for parts in names if solution[parts]]
