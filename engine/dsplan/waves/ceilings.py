"""All limits of a problem in one normal form, and the simple bound.

A ceiling is a set of cells, how many of its units may be down in any wave, and how many in the first, when pods that
are down already spend some of it. Ceilings that can never bind are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .problem import Cell, Load, Problem

__all__ = ["Ceiling", "binding", "ceilings", "repeats_of", "units_in", "waves_needed"]


class Ceiling(msgspec.Struct, frozen=True):
    """At most `limit` units of `cells` a wave, `first` in the first."""

    cells: frozenset[Cell]
    limit: int
    first: int
    name: str = ""


def waves_needed(units: int, limit: int, first: int) -> int:
    """Return how many waves `units` take under a ceiling.

    >>> waves_needed(10, 3, 3), waves_needed(10, 3, 0), waves_needed(2, 3, 3)
    (4, 5, 1)
    """
    return int(units > 0) if units <= first else 1 - (first - units) // limit


def units_in(ceiling: Ceiling, counts: Mapping[Cell, int]) -> int:
    """Return how many of the units are inside a ceiling."""
    if len(counts) < len(ceiling.cells):
        return sum(units for cell, units in counts.items() if cell in ceiling.cells)
    return sum(counts.get(cell, 0) for cell in ceiling.cells)


def repeats_of(
    takes: Mapping[Cell, int], remaining: Mapping[Cell, int], left: int, sets: Iterable[tuple[int, int, int]]
) -> int:
    """Return how often a wave can be repeated before a cell runs out or a set must be taken faster.

    `left` waves are left, with this one; `sets` are (limit, units that are left, units that the wave takes) of each.

    >>> repeats_of({(0, 0): 2}, {(0, 0): 9}, 5, [(2, 9, 2)])
    4
    """
    repeat = min((remaining[cell] // units for cell, units in takes.items()), default=1)
    for limit, has, taken in sets:
        slack = limit - taken
        if slack > 0:
            repeat = min(repeat, 1 + (limit * (left - 1) - (has - taken)) // slack)
    return max(1, repeat)


def ceilings(problem: Problem) -> tuple[Ceiling, ...]:
    """Return the limits and the rules per node as ceilings, one for every distinct set of cells."""
    strictest: dict[frozenset[Cell], Ceiling] = {}
    for ceiling in _all(problem):
        known = strictest.get(ceiling.cells, ceiling)
        name = known.name if known.limit <= ceiling.limit else ceiling.name
        strictest[ceiling.cells] = Ceiling(
            ceiling.cells, min(known.limit, ceiling.limit), min(known.first, ceiling.first), name
        )
    return tuple(strictest.values())


def _all(problem: Problem) -> Iterator[Ceiling]:
    present = frozenset(problem.cells())
    for load in problem.loads:
        yield from _of_load(load, present)
    for limit in problem.limits:
        cells = limit.cells & present
        if cells:
            yield Ceiling(cells, limit.limit, max(0, limit.limit - limit.down), limit.name)
    for place, rule in enumerate(problem.per_node):
        for position, members in enumerate(problem.classes):
            cells = frozenset((position, daemonset) for daemonset in members.daemonsets if daemonset in rule.daemonsets)
            if cells:
                later, first = members.room(place, rule, first=False), members.room(place, rule, first=True)
                yield Ceiling(cells, members.size * later, members.size * first, rule.name)


def _of_load(load: Load, present: frozenset[Cell]) -> Iterator[Ceiling]:
    """Yield how many units of at least some weight go together: all there is to a load of equal units."""
    weights = {cell: weight for cell, weight in load.by_cell().items() if cell in present}
    for least in sorted(set(weights.values())):
        cells = frozenset(cell for cell, weight in weights.items() if weight >= least)
        yield Ceiling(cells, load.limit // least, max(0, load.limit - load.down) // least, load.name)


def binding(found: Iterable[Ceiling], counts: Mapping[Cell, int]) -> list[Ceiling]:
    """Return the ceilings that some wave can reach, given how many units each cell has."""
    kept = []
    for ceiling in found:
        units = sum(counts.get(cell, 0) for cell in ceiling.cells)
        if units > ceiling.first or units > ceiling.limit:
            kept.append(ceiling)
    return kept
