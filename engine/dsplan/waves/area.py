"""The bound of a pipeline: under an order, few DaemonSets can go in the first waves, and few in the last.

Any set of limits without a common cell that covers everything bounds what a wave takes at all. A DaemonSet takes part
from the wave after its predecessors until so many waves before the end as its successors need. Waves whose room adds up
to less than the units are too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .ceilings import Ceiling
from .problem import Cell

__all__ = ["pipeline_bound"]


def pipeline_bound(
    counts: Mapping[Cell, int],
    ceilings: Sequence[Ceiling],
    heads: Mapping[Cell, int],
    tails: Mapping[Cell, int],
    least: int,
) -> int:
    """Return a number of waves that no schedule stays below, at least `least`, which is known.

    >>> cells = {(0, 0): 4, (0, 1): 4}
    >>> rules = [Ceiling(frozenset({cell}), 1, 1) for cell in cells]
    >>> pipeline_bound(cells, rules, {(0, 0): 0, (0, 1): 1}, {(0, 0): 1, (0, 1): 0}, least=4)
    5
    """
    of_daemonset: dict[int, set[Cell]] = defaultdict(set)
    for cell in counts:
        of_daemonset[cell[1]].add(cell)
    together = _room(set(counts), ceilings, counts)
    spans = [
        (min(heads[cell] for cell in cells), min(tails[cell] for cell in cells), _room(cells, ceilings, counts))
        for cells in of_daemonset.values()
    ]
    units, waves = sum(counts.values()), least
    while units > _capacity(waves, together, spans):
        waves += 1
    return waves


def _capacity(waves: int, together: int, spans: Iterable[tuple[int, int, int]]) -> int:
    """Return how many units so many waves have room for: the sum over stretches in which the same DaemonSets go."""
    changes: dict[int, int] = defaultdict(int)
    for head, tail, room in spans:
        if head < waves - tail:
            changes[head] += room
            changes[waves - tail] -= room
    total = room = reached = 0
    for wave in sorted(changes):
        total += (wave - reached) * min(together, room)
        room += changes[wave]
        reached = wave
    return total


def _room(cells: set[Cell], ceilings: Sequence[Ceiling], counts: Mapping[Cell, int]) -> int:
    """Return how many of some cells' units a wave takes at most, by disjoint limits and whole cells beside them."""
    best = sum(counts[cell] for cell in cells)
    for larger_first in (True, False):
        left, room = set(cells), 0
        for ceiling in sorted(
            ceilings, key=lambda one: (-len(one.cells) if larger_first else len(one.cells), one.limit)
        ):
            inside = ceiling.cells & cells
            if inside and inside <= left:
                left -= inside
                room += min(ceiling.limit, sum(counts[cell] for cell in inside))
        best = min(best, room + sum(counts[cell] for cell in left))
    return best
