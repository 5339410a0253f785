"""Planners that are wrong in one place must be caught by the comparison with brute force."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from dsplan.waves import ceilings, components, exact, greedy, schedule
from tests.waves.problems import random_grid, random_problem, simple_bound, verdict

CASES = 60


def _is_caught(**rules: bool) -> bool:
    for seed in range(CASES):
        try:
            wrong = verdict(random_problem(Random(seed), most=7, **rules))
        except AssertionError:
            return True
        if wrong:
            return True
    return False


def test_the_right_planner_is_not_accused() -> None:
    assert not _is_caught(order=True)
    assert not _is_caught(steps=True)


def _limits_off_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def generous(problem: object) -> tuple[ceilings.Ceiling, ...]:
        found = ceilings.ceilings(problem)  # type: ignore[arg-type]
        return tuple(msgspec.structs.replace(c, limit=c.limit + 1, first=c.first + 1) for c in found)

    monkeypatch.setattr(components, "ceilings", generous)
    monkeypatch.setattr(schedule, "ceilings", generous)


def _pods_already_down_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(problem: object) -> tuple[ceilings.Ceiling, ...]:
        found = ceilings.ceilings(problem)  # type: ignore[arg-type]
        return tuple(msgspec.structs.replace(c, first=c.limit) for c in found)

    monkeypatch.setattr(components, "ceilings", forgetful)
    monkeypatch.setattr(schedule, "ceilings", forgetful)


def _order_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greedy._Predecessors, "are_done", lambda *_: True)


def _canary_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact.FlowPlanner, "_available", lambda self, step, remaining, *, alone: remaining)


def _bound_too_high(monkeypatch: pytest.MonkeyPatch) -> None:
    lower = schedule.lower_bound
    monkeypatch.setattr(schedule, "lower_bound", lambda *arguments: lower(*arguments) + 1)


def _repeated_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats while the cells last, and forgets that a set may have to be taken faster."""
    monkeypatch.setattr(
        exact.FlowPlanner,
        "_repeats",
        lambda self, takes, remaining, left: min((remaining[cell] // n for cell, n in takes.items()), default=1),
    )


@pytest.mark.parametrize(
    ("mutate", "rules"),
    [
        (_limits_off_by_one, {}),
        (_pods_already_down_forgotten, {}),
        (_order_ignored, {"order": True}),
        (_canary_ignored, {"steps": True}),
        (_bound_too_high, {"order": True}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_mutants_are_caught(
    mutate: Callable[[pytest.MonkeyPatch], None], rules: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    assert _is_caught(**rules)


def test_a_wave_repeated_too_often_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small cases have no long runs; fleets of zones and pools do."""
    problems = [random_grid(Random(seed)) for seed in range(20)]
    assert all(schedule.schedule(problem).waves == simple_bound(problem) for problem in problems)
    _repeated_too_often(monkeypatch)
    assert any(schedule.schedule(problem).waves > simple_bound(problem) for problem in problems)
