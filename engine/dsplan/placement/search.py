"""The best choice by asking at a falling target (DESIGN section 5), with a limit, a bound and always an answer.

Invariant: what is returned breaks no rule. Goals come one after the other; what an earlier one reached is kept.
"""

from __future__ import annotations

import msgspec

from ..errors import LimitExceeded
from .choice import Choice, Values, greedy, holds, score, upper_bound

__all__ = ["DEFAULT_STEPS", "Solution", "feasible", "solve_choice"]

DEFAULT_STEPS = 5_000
"""Search steps for one component."""


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """The best found. `best` and `bound` are per goal; `gap` is what might be missed, 0 where the optimum is proved.

    `values` is None where no choice satisfies the rules, or where none was found before the limit (then `gap` is > 0).
    """

    values: Values | None
    best: tuple[int, ...] = ()
    bound: tuple[int, ...] = ()
    steps: int = 0
    finished: bool = True

    @property
    def gap(self) -> int:
        """How many more of all goals together there might be."""
        return sum(self.bound) - sum(self.best)


def solve_choice(choice: Choice, *, limit: int = DEFAULT_STEPS, search: bool = True) -> Solution:
    """Return the best choice within `limit` search steps; without `search`, the greedy one with its bound.

    >>> from dsplan.placement.choice import Apart
    >>> rules = Choice(5, aparts=(Apart(0, 2), Apart(0, 3), Apart(1, 4), Apart(0, 4)), goals=((0, 1, 2, 3, 4),))
    >>> solve_choice(rules, search=False).best, solve_choice(rules).best
    ((2,), (3,))
    """
    return _Search(choice, limit, search).run()


class _Search:
    def __init__(self, choice: Choice, limit: int, search: bool) -> None:
        from .csp import Steps

        self.choice = choice
        self.steps = Steps(limit if search else 0)
        self.search = search
        self.values = greedy(choice)
        self.finished = True

    def run(self) -> Solution:
        if self.values is None and not self._find_any():
            bounds = () if self.finished else tuple(upper_bound(self.choice, goal) for goal in self.choice.goals)
            best = (0,) * len(bounds)
            return Solution(values=None, best=best, bound=bounds, steps=self.steps.taken, finished=self.finished)
        kept: list[tuple[tuple[int, ...], int]] = []
        bounds_found: list[int] = []
        for position, goal in enumerate(self.choice.goals):
            bounds_found.append(self._raise(position, goal, kept))
            assert self.values is not None
            kept.append((goal, score(self.choice, self.values)[position]))
        assert self.values is not None
        assert holds(self.choice, self.values)
        return Solution(
            values=self.values,
            best=score(self.choice, self.values),
            bound=tuple(bounds_found),
            steps=self.steps.taken,
            finished=self.finished,
        )

    def _find_any(self) -> bool:
        try:
            self.values = self._ask([])
        except LimitExceeded:
            self.finished = False
        return self.values is not None

    def _raise(self, position: int, goal: tuple[int, ...], kept: list[tuple[tuple[int, ...], int]]) -> int:
        """Let the target fall from the bound until it is met; return the bound that is left."""
        assert self.values is not None
        best, bound = score(self.choice, self.values)[position], upper_bound(self.choice, goal)
        while bound > best:
            try:
                found = self._ask([*kept, (goal, bound)])
            except LimitExceeded:
                self.finished = False
                return bound
            if found is not None:
                self.values = found
                return bound
            bound -= 1
        return bound

    def _ask(self, targets: list[tuple[tuple[int, ...], int]]) -> Values | None:
        from .csp import find

        if not self.search:
            raise LimitExceeded("search is off")
        return find(self.choice, targets, self.steps)


def feasible(choice: Choice, *, limit: int = DEFAULT_STEPS) -> bool:
    """Return whether any choice satisfies the rules; also True where the limit was reached before that was known."""
    solution = solve_choice(msgspec.structs.replace(choice, goals=()), limit=limit)
    return solution.values is not None or not solution.finished
