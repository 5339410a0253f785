"""The bound: a number of waves that no schedule stays below.

Every argument is one over the units of a single set: its limit, what must come before the first of them and after the
last (order), how many steps they go through, how many domains may be open at once. The best of all is returned. Under
an order all units together may need more (`area`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .area import pipeline_bound
from .ceilings import Ceiling, waves_needed
from .problem import Cell, Load, Precedence, Problem, Steps, Touch

__all__ = ["heads_of", "lower_bound", "tails_of"]


def lower_bound(problem: Problem, ceilings: Sequence[Ceiling]) -> int:
    """Return the bound of a problem whose limits are `ceilings`.

    >>> from dsplan.waves.ceilings import ceilings
    >>> from dsplan.waves.problem import Limit, NodeClass
    >>> chain = Problem(classes=(NodeClass(4, (0, 1)),), order=(Precedence(0, 1),),
    ...                 limits=(Limit("first", frozenset({(0, 0)}), 2), Limit("then", frozenset({(0, 1)}), 1)))
    >>> lower_bound(chain, ceilings(chain))
    5
    """
    counts = {cell: problem.count(cell) for cell in problem.cells()}
    heads, tails = heads_of(problem, ceilings), tails_of(problem, ceilings)
    found = [int(bool(counts)), *(heads[cell] + 1 + tails[cell] for cell in counts)]
    for ceiling in ceilings:
        found.extend(_of_set(ceiling, counts, heads, tails))
    found.extend(_of_load(load, counts) for load in problem.loads)
    found.extend(
        _before(steps, heads) + _of_steps(steps, ceilings, counts) + _before(steps, tails) for steps in problem.steps
    )
    found.extend(_of_touch(touch, ceilings, counts) for touch in problem.touches)
    return pipeline_bound(counts, ceilings, heads, tails, max(found)) if problem.order else max(found)


def heads_of(problem: Problem, ceilings: Sequence[Ceiling]) -> dict[Cell, int]:
    """Return how many waves at least come before the first unit of each cell (order)."""
    return _distances(problem, ceilings, problem.order)


def tails_of(problem: Problem, ceilings: Sequence[Ceiling]) -> dict[Cell, int]:
    """Return how many waves at least come after the last unit of each cell."""
    turned = tuple(Precedence(edge.then, edge.first, edge.per_node) for edge in problem.order)
    return _distances(problem, ceilings, turned)


def _distances(problem: Problem, ceilings: Sequence[Ceiling], order: Sequence[Precedence]) -> dict[Cell, int]:
    """Walk the DAG: a wave for each predecessor on the node, all its own waves for a predecessor that goes as a
    whole."""
    distance = dict.fromkeys(problem.cells(), 0)
    if not order:
        return distance
    cells_of: dict[int, list[Cell]] = {}
    for cell in distance:
        cells_of.setdefault(cell[1], []).append(cell)
    for daemonset in _topological(order):
        for edge in sorted(edge for edge in order if edge.first == daemonset and edge.first in cells_of):
            whole = 0 if edge.per_node else _span(cells_of[daemonset], distance, problem, ceilings)
            for cell in cells_of.get(edge.then, ()):
                before = (cell[0], daemonset)
                least = whole if not edge.per_node else distance[before] + 1 if before in distance else 0
                distance[cell] = max(distance[cell], least)
    return distance


def _topological(order: Sequence[Precedence]) -> list[int]:
    import networkx as nx

    return list(nx.lexicographical_topological_sort(nx.DiGraph((edge.first, edge.then) for edge in order)))


def _span(cells: Sequence[Cell], heads: Mapping[Cell, int], problem: Problem, ceilings: Sequence[Ceiling]) -> int:
    """Return by which wave at the earliest one DaemonSet is done."""
    latest = max(heads[cell] for cell in cells) + 1
    for ceiling in ceilings:
        inside = [cell for cell in cells if cell in ceiling.cells]
        if inside:
            units = sum(problem.count(cell) for cell in inside)
            latest = max(
                latest, min(heads[cell] for cell in inside) + waves_needed(units, ceiling.limit, ceiling.limit)
            )
    counts = {cell: problem.count(cell) for cell in cells}
    alone = (_of_steps(steps, ceilings, counts, cells[0][1]) for steps in problem.steps)
    return max(latest, min(heads[cell] for cell in cells) + max(alone, default=0))


def _of_set(
    ceiling: Ceiling, counts: Mapping[Cell, int], heads: Mapping[Cell, int], tails: Mapping[Cell, int]
) -> Iterator[int]:
    """Yield the bounds of a set and of its parts that begin late or must end early."""
    cells = sorted(ceiling.cells)
    for head in {heads[cell] for cell in cells}:
        late = [cell for cell in cells if heads[cell] >= head]
        first = ceiling.limit if head else ceiling.first
        units = sum(counts[cell] for cell in late)
        yield head + waves_needed(units, ceiling.limit, first) + min(tails[cell] for cell in late)
    for tail in {tails[cell] for cell in cells}:
        early = [cell for cell in cells if tails[cell] >= tail]
        start = min(heads[cell] for cell in early)
        first = ceiling.limit if start else ceiling.first
        yield start + waves_needed(sum(counts[cell] for cell in early), ceiling.limit, first) + tail


def _of_load(load: Load, counts: Mapping[Cell, int]) -> int:
    """What all units weigh together, in waves that are filled to the brim."""
    weight = sum(weight * counts.get(cell, 0) for cell, weight in load.by_cell().items())
    return waves_needed(weight, load.limit, max(0, load.limit - load.down))


def _before(steps: Steps, distances: Mapping[Cell, int]) -> int:
    """Return how many waves at least come before the first, or after the last, of what goes in steps."""
    return min((waves for cell, waves in distances.items() if cell[1] in steps.daemonsets), default=0)


def _of_steps(steps: Steps, ceilings: Sequence[Ceiling], counts: Mapping[Cell, int], only: int | None = None) -> int:
    """Every step ends before the next begins, so the waves of the steps add up; those of one DaemonSet, if asked."""
    chosen = [place for place, daemonset in enumerate(steps.daemonsets) if only in (None, daemonset)]
    cells_of = {place: {cell for cell in counts if cell[1] == steps.daemonsets[place]} for place in chosen}
    total = 0
    for sizes in steps.sizes:
        least = 0
        for place in chosen:
            around = (ceiling for ceiling in ceilings if cells_of[place] <= ceiling.cells)
            waves = (waves_needed(sizes[place], ceiling.limit, ceiling.limit) for ceiling in around)
            least = max(least, int(sizes[place] > 0), *waves)
        total += least
    return total


def _of_touch(touch: Touch, ceilings: Sequence[Ceiling], counts: Mapping[Cell, int]) -> int:
    """Each domain needs its own waves, and a wave serves only so many domains."""
    waves = 0
    for domain in touch.domains:
        alone = int(any(cell in counts for cell in domain))
        for ceiling in ceilings:
            units = sum(counts.get(cell, 0) for cell in ceiling.cells & domain)
            alone = max(alone, waves_needed(units, ceiling.limit, ceiling.limit))
        waves += alone
    return -(-waves // touch.limit)
