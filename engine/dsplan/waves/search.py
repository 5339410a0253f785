"""Search, for the small cases that no flow decides: python-constraint on the wave of every unit or the count of every
cell, at a falling number of waves.

It is asked only whether so many waves are feasible; a counting constraint that raises ends it when the limit is spent.
Every number of waves that it refutes raises the bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import LimitExceeded
from .ceilings import Ceiling
from .problem import Cell, Problem
from .schedule_types import WaveRun

__all__ = ["SEARCH_LIMIT", "Searched", "improve", "is_small"]

SEARCH_LIMIT = 20_000
"""Assignments that one search looks at."""
LARGEST = 64
"""Variables (cells times waves) beyond which no search is begun."""


class Searched:
    """What a search found: better waves or none, the bound it proved, and how many assignments it looked at."""

    def __init__(self, bound: int) -> None:
        self.runs: list[WaveRun] | None = None
        self.bound = bound
        self.looked_at = 0


def is_small(problem: Problem, waves: int) -> bool:
    """Return whether a search for so many waves is begun at all."""
    return sum(1 for _ in problem.cells()) * waves <= LARGEST


def improve(problem: Problem, ceilings: Sequence[Ceiling], bound: int, found: int) -> Searched:
    """Look for fewer than `found` waves, from `bound` up, where limits and loads decide alone."""
    result = Searched(bound)
    counts = {cell: problem.count(cell) for cell in problem.cells()}
    for waves in range(bound, found):
        if not is_small(problem, waves):
            break
        try:
            answer = _feasible(problem, counts, ceilings, waves, result)
        except LimitExceeded:
            break
        if answer is not None:
            result.runs = answer
            break
        result.bound = waves + 1
    return result


def _feasible(
    problem: Problem, counts: Mapping[Cell, int], ceilings: Sequence[Ceiling], waves: int, result: Searched
) -> list[WaveRun] | None:
    from constraint import ExactSumConstraint, FunctionConstraint, MaxSumConstraint
    from constraint import Problem as Csp

    csp = Csp()
    cells = sorted(counts)
    names = [(cell, wave) for wave in range(waves) for cell in cells]
    for cell, wave in names:
        csp.addVariable((cell, wave), list(range(_most(cell, wave, counts, ceilings) + 1)))
    for cell, units in counts.items():
        csp.addConstraint(ExactSumConstraint(units), [(cell, wave) for wave in range(waves)])
    for ceiling in ceilings:
        for wave in range(waves):
            inside = [(cell, wave) for cell in sorted(ceiling.cells)]
            csp.addConstraint(MaxSumConstraint(ceiling.limit if wave else ceiling.first), inside)
    for load in problem.loads:
        weights = load.by_cell()
        for wave in range(waves):
            room = load.limit if wave else max(0, load.limit - load.down)
            csp.addConstraint(MaxSumConstraint(room, list(weights.values())), [(cell, wave) for cell in weights])
    for wave in range(2, waves):  # all waves but the first are alike: one order of them is enough
        csp.addConstraint(FunctionConstraint(_not_less), [(cells[0], wave - 1), (cells[0], wave)])
    csp.addConstraint(_counting(result), names)
    try:
        solution: dict[Any, int] | None = csp.getSolution()
    except ValueError:  # min() of a domain that propagation has emptied: nothing is left to try
        return None
    if solution is None:
        return None
    return [
        WaveRun(1, tuple((cell, solution[cell, wave]) for cell in cells if solution[cell, wave]))
        for wave in range(waves)
    ]


def _not_less(earlier: int, later: int) -> bool:
    return earlier >= later


def _most(cell: Cell, wave: int, counts: Mapping[Cell, int], ceilings: Sequence[Ceiling]) -> int:
    limits = (ceiling.limit if wave else ceiling.first for ceiling in ceilings if cell in ceiling.cells)
    return min(counts[cell], *limits, counts[cell])


def _counting(result: Searched) -> Any:
    """Return a constraint that always holds and ends the search when the limit is spent."""
    from constraint import Constraint

    class Counting(Constraint):  # type: ignore[misc]
        def preProcess(self, *_: object) -> None:  # noqa: N802
            pass

        def __call__(self, *_: object) -> bool:
            result.looked_at += 1
            if result.looked_at > SEARCH_LIMIT:
                raise LimitExceeded(f"{SEARCH_LIMIT} assignments looked at")
            return True

    return Counting()
