"""Two nested families: whether a set of ceilings splits into two parts in each of which any two sets are disjoint or
one contains the other. Then a wave is a flow, and its integer solutions reach the fractional bound (total
unimodularity)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from .problem import Cell

__all__ = ["Family", "crossing_pairs", "two_families"]


class Family(msgspec.Struct, frozen=True):
    """A nested family. `members` are positions of sets; `parent` and `inner` have the smallest set around a set or
    cell."""

    members: tuple[int, ...]
    parent: dict[int, int]
    inner: dict[Cell, int]


def two_families(sets: Sequence[frozenset[Cell]]) -> tuple[Family, Family] | None:
    """Return the sets as two nested families, None where they do not split so.

    >>> a, b, c = (0, 0), (1, 0), (2, 0)
    >>> two_families([frozenset({a, b}), frozenset({b, c}), frozenset({a, c})]) is None
    True
    """
    import networkx as nx

    crossing: nx.Graph[int] = nx.Graph()
    crossing.add_nodes_from(range(len(sets)))
    crossing.add_edges_from(crossing_pairs(sets))
    if not nx.is_bipartite(crossing):
        return None
    left: set[int] = set()
    for component in nx.connected_components(crossing):
        colours = nx.bipartite.color(crossing.subgraph(component))
        first = colours[min(component)]
        left |= {place for place in component if colours[place] == first}
    right = set(range(len(sets))) - left
    return _family(sets, left), _family(sets, right)


def crossing_pairs(sets: Sequence[frozenset[Cell]]) -> list[tuple[int, int]]:
    """Return the pairs that share a cell and of which neither contains the other; only sets that meet are compared."""
    around: dict[Cell, list[int]] = defaultdict(list)
    for place, cells in enumerate(sets):
        for cell in cells:
            around[cell].append(place)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for places in around.values():
        for position, one in enumerate(places):
            for other in places[position + 1 :]:
                shared[one, other] += 1
    return [
        (one, other) for (one, other), count in sorted(shared.items()) if count < min(len(sets[one]), len(sets[other]))
    ]


def _family(sets: Sequence[frozenset[Cell]], members: Iterable[int]) -> Family:
    """Nest the sets: going from small to large, whatever a cell's outermost set was so far lies inside the next."""
    by_size = sorted(members, key=lambda place: (len(sets[place]), place))
    parent: dict[int, int] = {}
    inner: dict[Cell, int] = {}
    outermost: dict[Cell, int] = {}
    for place in by_size:
        for cell in sets[place]:
            inner.setdefault(cell, place)
            if cell in outermost:
                parent[outermost[cell]] = place
            outermost[cell] = place
    return Family(tuple(by_size), parent, inner)
