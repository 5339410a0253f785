"""The waves after a pass: written order, whole budgets, and who holds them (R33)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from .case import VANISHED, Case, Situation
from .manage import left_by_manage
from .pods import AVAILABLE, BOUND, CURRENT, READY, UPDATED
from .rolling import Budget, Roll, RollError, ages, budget_of, roll

__all__ = ["Course", "course_of", "outdated"]

_SERVED = READY | AVAILABLE | CURRENT | UPDATED | BOUND


class Course(NamedTuple):
    """A roll-out as a plan tells it, with names; `waves` are [size, repeat]."""

    strategy: str
    order: list[str]
    waves: list[tuple[int, int]]
    leaving: list[str]
    stalled: list[str]
    blockers: list[str]
    halt: str
    begins: bool
    collection: bool
    lower_bound: int
    beyond_budget: int
    budget: Budget | None


def course_of(case: Case, rolled: Roll | None, *, failed: bool, surge: bool, lost: Collection[str]) -> Course:
    """Return the waves from the next pass on; on `lost` nodes nothing gets available any more.

    `rolled` is what the next pass does, None where it does something else or nothing; `failed`, where it fails.
    """
    if case.history.duplicates:
        return _relabelled(case, rolled, lost=lost)
    if case.strategy != "RollingUpdate":
        left = outdated(case)
        return _halted("OnDelete", left, "OnDelete" if left else "")
    try:
        budget = budget_of(case)
    except RollError:
        left = outdated(case)
        return _halted("RollingUpdate", left, "BadBudget" if left else "")
    if rolled is not None:
        return _waves(case, rolled, budget, lost, begins=True, failed=False)
    later = roll(case, budget, _after_manage(case, surge=surge, lost=lost))
    return _waves(case, later, budget, lost, begins=False, failed=failed)


def _relabelled(case: Case, rolled: Roll | None, *, lost: Collection[str]) -> Course:
    """Return what is left of a roll-out whose pods this pass relabels: what it replaces itself (H8)."""
    if rolled is None or case.strategy != "RollingUpdate":
        return _halted("RollingUpdate" if case.strategy == "RollingUpdate" else "OnDelete", [], "")
    rolled.waiting = []
    return _waves(case, rolled, budget_of(case), lost, begins=True, failed=False)


def _halted(strategy: str, left: list[str], halt: str) -> Course:
    return Course(strategy, [], [], [], left, [], halt, True, False, 0, 0, None)


def outdated(case: Case) -> list[str]:
    """Return the wanted nodes with one live pod, and that one out of date."""
    found: list[str] = []
    for (letter, shape), nodes in case.situations.items():
        new, old = ages(shape)
        found += nodes if letter == "R" and not new and len(old) == 1 else []
    return sorted(found)


def _after_manage(case: Case, *, surge: bool, lost: Collection[str]) -> dict[Situation, list[str]]:
    """Return the situations once manage has had its way and what it made is available, but for lost nodes."""
    found: dict[Situation, list[str]] = defaultdict(list)
    for (letter, shape), nodes in case.situations.items():
        left = tuple(shape[place] for place in left_by_manage(letter, shape, surge))
        if letter != VANISHED and left:
            found[letter, left] += nodes
        elif letter == "R":
            found["R", (_SERVED,)] += [node for node in nodes if node not in lost]
            found["R", ()] += [node for node in nodes if node in lost]
    return found


def _waves(case: Case, rolled: Roll, budget: Budget, lost: Collection[str], *, begins: bool, failed: bool) -> Course:
    exists = case.around.places
    gone = [node for node, _, reason in rolled.delete if reason != "Replaced"]
    first = [node for node in (*(node for node, _ in rolled.create), *gone) if node in exists]
    waiting = [node for node in rolled.waiting if node in exists]
    blockers = {node for node in (*rolled.down, *first) if node in exists and node in lost}
    runs, done = _fill(waiting, budget.limit, blockers, lost)
    order = [*first, *waiting[:done], *([] if blockers else rolled.sunset)]
    sizes = [len(first), *runs, 0 if blockers else len(rolled.sunset)]
    wanted = {case.around.names[place] for place in case.wanted}
    left = [node for node in waiting[done:] if node in wanted]
    spending = sum(node in wanted or not budget.surge for node in order) - rolled.sick
    return Course(
        "RollingUpdate",
        order,
        _coded(sizes),
        sorted(node for node in order if node not in wanted),
        sorted(left),
        sorted(blockers) if left else [],
        "BudgetSpent" if left else "",
        begins,
        failed,
        max(-(-spending // budget.limit) if budget.limit > 0 else 0, 1 if order else 0),
        rolled.sick,
        budget,
    )


def _fill(waiting: list[str], limit: int, blockers: set[str], lost: Collection[str]) -> tuple[list[int], int]:
    """Return the sizes of the waves that the budget allows, and how many nodes they reach."""
    sizes, done = [], 0
    while done < len(waiting) and (room := limit - len(blockers)) > 0:
        wave = waiting[done : done + room]
        blockers |= {node for node in wave if node in lost}
        sizes.append(len(wave))
        done += len(wave)
    return sizes, done


def _coded(sizes: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for size in filter(None, sizes):
        runs.append((size, runs.pop()[1] + 1 if runs and runs[-1][0] == size else 1))
    return runs
