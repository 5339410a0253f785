"""The best choice by asking at a falling target, with a limit, a bound and always an answer.

Invariant: what is returned breaks no rule. Goals come one after the other; what an earlier one reached is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...errors import LimitExceeded
from .blocks import Blocks
from .choice import Choice, Values, greedy, holds, score, upper_bound

__all__ = ["DEFAULT_STEPS", "Solution", "solve_choice"]

DEFAULT_STEPS = 5_000
"""Search steps for one component."""

_WHOLE = 64
"""Pods beyond which a choice is searched block by block only: a step costs more, and leads nowhere."""
_A_BLOCK = 24
"""Pods beyond which a choice is improved block by block first."""
_STEPS_A_BLOCK = 300


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """The best found. `best` and `bound` are per goal.

    `values` is None where no choice satisfies the rules, or where none was found before the limit (then `gap` is > 0).
    """

    values: Values | None
    best: tuple[int, ...] = ()
    bound: tuple[int, ...] = ()
    steps: int = 0
    finished: bool = True

    @property
    def gap(self) -> int:
        """How many more of the last goal there might be: 0 where every goal is proved to be reached."""
        if self.best == self.bound:
            return 0
        return max(1, self.bound[-1] - self.best[-1])


def solve_choice(
    choice: Choice, *, limit: int = DEFAULT_STEPS, search: bool = True, start: Values | None = None
) -> Solution:
    """Return the best choice within `limit` search steps; without `search`, the greedy one with its bound.

    It is never worse than `start`, values that break no rule.

    >>> from dsplan.placement.search.choice import Apart
    >>> rules = Choice(5, aparts=(Apart(0, 2), Apart(0, 3), Apart(1, 4), Apart(0, 4)), goals=((0, 1, 2, 3, 4),))
    >>> solve_choice(rules, search=False).best, solve_choice(rules).best
    ((2,), (3,))
    """
    return _Search(choice, limit, search, start).run()


class _Search:
    def __init__(self, choice: Choice, limit: int, search: bool, start: Values | None, parted: bool = True) -> None:
        from .csp import Steps

        self.choice = choice
        self.steps = Steps(limit if search else 0)
        self.search = search
        known = [values for values in (start, greedy(choice)) if values is not None]
        self.values = max(known, key=lambda values: score(choice, values), default=None)
        self.finished = True
        self.blocks = Blocks(choice) if parted and search and choice.size > _A_BLOCK else None

    def run(self) -> Solution:
        if self.values is None and not self._find_any():
            bounds = () if self.finished else tuple(upper_bound(self.choice, goal) for goal in self.choice.goals)
            best = (0,) * len(bounds)
            return Solution(values=None, best=best, bound=bounds, steps=self.steps.taken, finished=self.finished)
        limits = [upper_bound(self.choice, goal) for goal in self.choice.goals]
        if self.blocks is not None and list(score(self.choice, self._found())) != limits:
            limits = list(map(min, limits, map(self._block_bound, self.choice.goals)))
            self._improve(self.blocks)
        kept: list[tuple[tuple[int, ...], int]] = []
        for position, goal in enumerate(self.choice.goals):
            limits[position] = self._raise(position, goal, limits[position], kept)
            kept.append((goal, score(self.choice, self._found())[position]))
        values = self._found()
        assert holds(self.choice, values)
        return Solution(
            values=values,
            best=score(self.choice, values),
            bound=tuple(limits),
            steps=self.steps.taken,
            finished=self.finished,
        )

    def _found(self) -> Values:
        assert self.values is not None
        return self.values

    def _find_any(self) -> bool:
        if self.choice.size > _WHOLE:
            self.steps.limit = self.steps.limit * _WHOLE // self.choice.size
        try:
            self.values = self._ask([])
        except LimitExceeded:
            self.finished = False
        return self.values is not None

    def _block_bound(self, goal: Sequence[int]) -> int:
        assert self.blocks is not None
        return sum(self._part(part, None).bound[-1] for part in self.blocks.relaxed(goal))

    def _improve(self, blocks: Blocks) -> None:
        """Make the values better for as long as a block can be, and steps are left."""
        moved = True
        while moved:
            moved = False
            for group in blocks.groups(self._found):
                if self.steps.taken >= self.steps.limit:
                    self.finished = False
                    return
                values = self._found()
                part, before = blocks.beside_the_rest(group, values)
                found = self._part(part, before)
                if found.values is not None and found.best > score(part, before):
                    self.values = blocks.changed(values, group, found.values)
                    moved = True

    def _part(self, part: Choice, start: Values | None) -> Solution:
        """Solve a part of the choice at the expense of the whole."""
        limit = max(0, min(_STEPS_A_BLOCK, self.steps.limit - self.steps.taken))
        found = _Search(part, limit, True, start, parted=False).run()
        self.steps.taken += min(limit, max(1, found.steps))
        return found

    def _raise(self, position: int, goal: tuple[int, ...], bound: int, kept: list[tuple[tuple[int, ...], int]]) -> int:
        """Let the target fall from the bound until it is met; return the bound that is left."""
        best = score(self.choice, self._found())[position]
        if bound > best and self.choice.size > _WHOLE:
            self.finished = False
            return bound
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
