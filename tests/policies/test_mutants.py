"""Planners of policies that are wrong in one place must be caught by the rules of `tests.policies.rules`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import pytest

from dsplan.policies import decide, host_actions, limits, step_positions, subjects, views
from dsplan.policies.amounts import Amount, resolve
from tests.policies.fleet import Fleet, a_policy
from tests.policies.rules import broken_rules
from tests.policies.test_properties import random_fleet, roll_out

CASES = 60


def _is_caught() -> bool:
    return any(roll_out(random_fleet(Random(seed)), Random(seed)) for seed in range(CASES))


def _budget_off_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def generous(*arguments: Any, **more: Any) -> Amount:
        amount = resolve(*arguments, **more)
        return Amount(amount.number + 1, amount.text)

    monkeypatch.setattr(limits, "resolve", generous)


def _what_is_down_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects.Units, "down", property(lambda self: self.sick - self.sick))


def _order_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    governing = decide.governing
    monkeypatch.setattr(
        decide, "governing", lambda *arguments: msgspec.structs.replace(governing(*arguments), order=())
    )


def _domains_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(self: object) -> Iterator[object]:
        return iter(())

    monkeypatch.setattr(decide._Decision, "_domains", none)


def _steps_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def passed(self: Any, member: Any, rule: Any, look: Any, needed: int) -> Any:
        return msgspec.structs.replace(look, complete=self.now)

    monkeypatch.setattr(step_positions._Cohort, "_ready", passed)


def _windows_always_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_actions.HostActions, "closed", lambda *_: None)


def test_the_right_planner_is_not_accused() -> None:
    assert not _is_caught()


@pytest.mark.parametrize(
    "mutate",
    [
        _budget_off_by_one,
        _what_is_down_forgotten,
        _order_ignored,
        _domains_ignored,
        _steps_do_not_wait,
        _windows_always_open,
    ],
    ids=lambda mutate: mutate.__name__,
)
def test_mutants_are_caught(mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch)
    assert _is_caught()


def test_a_percentage_resolved_again_over_a_growing_fleet_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """10 % of 10 pods stays 1 while the fleet grows to 30; one that is resolved again becomes 3."""

    def largest_wave() -> int:
        fleet = Fleet(10, [a_policy(budgets=[{"maxUnavailable": "10%"}])])
        sizes = [len(fleet.act().wave)]
        for number in range(11, 31):
            fleet.add_node(f"n{number}")
        for _ in range(3):
            fleet.settle()
            sizes.append(len(fleet.act().wave))
        return max(sizes)

    assert largest_wave() == 1
    monkeypatch.setattr(views, "_fixed", lambda *_: iter(()))
    assert largest_wave() == 3


def test_a_percentage_resolved_again_over_what_is_left_never_ends_its_waves_too_small() -> None:
    """50 % of 8 is 4 in every wave: resolved over what is left it would be 4, 2, 1, 1."""
    fleet = Fleet(8, [a_policy(budgets=[{"maxUnavailable": "50%"}])])
    assert [len(wave) for wave in fleet.run()] == [4, 4]
    assert broken_rules(fleet, fleet.plan()) == []
