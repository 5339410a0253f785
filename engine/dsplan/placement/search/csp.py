"""A choice as a problem for python-constraint: can at least so many of a goal be chosen?

python-constraint has no objective and no step limit, so targets are constraints of their own that look ahead, and a
counting constraint ends the search by raising.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from constraint import BacktrackingSolver, Constraint, FunctionConstraint, MaxSumConstraint, Problem

from ...errors import LimitExceeded
from .choice import Choice, surrogates

__all__ = ["Steps", "find"]


class Steps:
    """How many assignments were tried, of how many that may be."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0


class _Counting(Constraint):  # type: ignore[misc]
    """Holds always; raises LimitExceeded when the steps are used up."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    def __call__(self, variables: Any, domains: Any, assignments: Any, forwardcheck: Any = False) -> bool:
        self.steps.taken += 1
        if self.steps.taken > self.steps.limit:
            raise LimitExceeded(f"{self.steps.limit} search steps")
        return True


class _Looking(Constraint):  # type: ignore[misc]
    """Base of those that leave the domains alone: python-constraint cannot bear an empty one before the search."""

    def preProcess(self, variables: Any, domains: Any, constraints: Any, vconstraints: Any) -> None:  # noqa: N802
        """Do nothing."""


class _Must(_Looking):
    """Chosen, whatever else."""

    def __call__(self, variables: Any, domains: Any, assignments: Any, forwardcheck: Any = False) -> bool:
        return all(assignments.get(n, 1) for n in variables)


class _ExactlyOne(_Looking):
    """One and no other: false as soon as two are chosen or none is left."""

    def __call__(self, variables: Any, domains: Any, assignments: Any, forwardcheck: Any = False) -> bool:
        chosen = sum(assignments.get(n, 0) for n in variables)
        return chosen <= 1 and (chosen == 1 or any(n not in assignments and 1 in domains[n] for n in variables))


class _AtLeast(_Looking):
    """At least `target` of the goal: false as soon as even the smallest of what is open would not make up for it."""

    def __init__(self, choice: Choice, goal: Sequence[int], target: int) -> None:
        self.goal = tuple(goal)
        self.target = target
        self.sums = [(dict(rule.weights), rule.room) for rule in (*choice.sums, *surrogates(choice))]

    def __call__(self, variables: Any, domains: Any, assignments: Any, forwardcheck: Any = False) -> bool:
        missing = self.target - sum(assignments.get(n, 0) for n in self.goal)
        if missing <= 0:
            return True
        open_ones = [n for n in self.goal if n not in assignments and 1 in domains[n]]
        if len(open_ones) < missing:
            return False
        for weights, room in self.sums:
            used = sum(weight for n, weight in weights.items() if assignments.get(n))
            if used + sum(sorted(weights.get(n, 0) for n in open_ones)[:missing]) > room:
                return False
        return True


def find(choice: Choice, targets: Sequence[tuple[Sequence[int], int]], steps: Steps) -> tuple[bool, ...] | None:
    """Return values that break no rule and reach every (goal, target); None where there are none.

    The first solution in python-constraint's order: most constrained first, chosen before not chosen. Raises
    LimitExceeded when the steps are used up.

    >>> from dsplan.placement.search.choice import Sum
    >>> knapsack = Choice(3, sums=(Sum(((0, 3), (1, 2), (2, 2)), 4),))
    >>> find(knapsack, [((0, 1, 2), 2)], Steps(100)), find(knapsack, [((0, 1, 2), 3)], Steps(100))
    ((False, True, True), None)
    """
    problem = Problem(BacktrackingSolver())
    everything = list(range(choice.size))
    for n in everything:
        problem.addVariable(n, [0] if n in choice.must_not else [0, 1])
    problem.addConstraint(_Counting(steps), everything)
    for rule in choice.sums:
        problem.addConstraint(MaxSumConstraint(rule.room, [w for _, w in rule.weights]), [n for n, _ in rule.weights])
    for pair in choice.aparts:
        problem.addConstraint(MaxSumConstraint(1), [pair.one, pair.other])
    for need in choice.needs:
        problem.addConstraint(FunctionConstraint(_needs), [need.one, *(n for n in need.others if n != need.one)])
    for group in choice.exactly:
        problem.addConstraint(_ExactlyOne(), list(group.among))
    if choice.must:
        problem.addConstraint(_Must(), sorted(choice.must))
    for goal, target in targets:
        problem.addConstraint(_AtLeast(choice, goal, target), everything)
    solution = problem.getSolution()
    return None if solution is None else tuple(bool(solution[n]) for n in everything)


def _needs(one: int, *others: int) -> bool:
    return not one or any(others)
