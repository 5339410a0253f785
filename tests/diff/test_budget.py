from __future__ import annotations

from typing import Any

import pytest

from dsplan.diff.budget import BudgetError, allows_surge, resolve_budget
from dsplan.model.daemonset import DaemonSet, DaemonSetSpec, RollingUpdate, UpdateStrategy


def rolling(unavailable: Any, surge: Any = 0) -> DaemonSet:
    update = RollingUpdate(max_unavailable=unavailable, max_surge=surge)
    return DaemonSet(spec=DaemonSetSpec(update_strategy=UpdateStrategy(type="RollingUpdate", rolling_update=update)))


@pytest.mark.parametrize(
    ("unavailable", "surge", "desired", "expected"),
    [
        (1, 0, 10, (1, 0)),
        ("25%", 0, 10, (3, 0)),  # R1: rounded up
        ("50%", 0, 3, (2, 0)),  # R34 E
        ("1%", 0, 1, (1, 0)),
        (1000, 0, 3, (1000, 0)),
        (0, "10%", 11, (0, 2)),
        (0, 0, 5, (1, 0)),  # R3
        ("0%", "0%", 0, (0, 0)),  # R3
        (0, "10%", 0, (0, 0)),
        (2, None, 5, (2, 0)),  # R2
    ],
)
def test_resolved(unavailable: Any, surge: Any, desired: int, expected: tuple[int, int]) -> None:
    budget = resolve_budget(rolling(unavailable, surge), desired)
    assert (budget.max_unavailable, budget.max_surge) == expected


@pytest.mark.parametrize("text", ["5", "abc", "", "10.5%", " 5%", "5 %", "%"])
def test_text_that_is_no_percentage_fails_the_pass(text: str) -> None:
    with pytest.raises(BudgetError):
        resolve_budget(rolling(text), 10)


def test_a_missing_max_unavailable_fails_the_pass() -> None:
    with pytest.raises(BudgetError):
        resolve_budget(rolling(None), 10)


def test_any_surge_switches_manage_to_surge() -> None:
    assert allows_surge(rolling(0, "1%"))  # M14
    assert not allows_surge(rolling(1, "0%"))
    assert not allows_surge(rolling(1, "nonsense"))
    assert not allows_surge(DaemonSet())


def test_the_arithmetic_is_told() -> None:
    assert resolve_budget(rolling("25%"), 10).arithmetic == "maxUnavailable 25% of 10 nodes = 3 (rounded up)"
