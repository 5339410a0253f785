"""A sample of broken engines; `python -m tests.verify` tries all of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .brokenness import Prepared, judge, prepared_battery
from .mutation import FILES, broken_engines

SAMPLE = ("diff/shapes.py", "diff/budget.py", "eligibility/verdicts.py", "placement/filters/ports.py")


@pytest.fixture(scope="module")
def battery(tmp_path_factory: pytest.TempPathFactory) -> list[Prepared]:
    folder: Path = tmp_path_factory.mktemp("battery")
    return prepared_battery(folder / "battery", most=10)


def test_there_are_enough_of_them_in_every_room() -> None:
    counted = Counter(one.file.partition("/")[0] for one in broken_engines())
    assert sum(counted.values()) > 1_500
    rooms = {"constraints", "diff", "eligibility", "observe", "passes", "placement", "policies", "report", "waves"}
    assert all(counted[room] > 10 for room in rooms), counted
    assert len(FILES) > 30


def test_a_sample_of_broken_engines_is_noticed_by_a_named_finding(battery: list[Prepared]) -> None:
    """Those that crash, or change none of these plans, count for nothing."""
    counted: Counter[str] = Counter()
    missed = []
    for one in list(broken_engines(SAMPLE))[::4]:
        outcome, found = judge(one, battery)
        counted[outcome] += 1
        if outcome == "MISSED":
            missed.append((one.name, found))
    assert missed == []
    assert counted["noticed"] >= 8, counted
