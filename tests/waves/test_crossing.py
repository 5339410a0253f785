"""Three families of limits at once: valid by the rules of the oracle, and at most one wave from the bound."""

from __future__ import annotations

from random import Random

import pytest

from dsplan.waves import crossing as planner
from dsplan.waves.rounding import rounded
from dsplan.waves.schedule import schedule
from tests.waves.crossings import crossing, latin_square
from tests.waves.oracle import schedule_problems
from tests.waves.problems import named_waves, random_grid

WORLDS = 60


@pytest.mark.parametrize("seed", range(WORLDS))
def test_at_most_one_wave_from_the_bound(seed: int) -> None:
    assert schedule(crossing(Random(seed))).gap <= 1


@pytest.mark.parametrize("seed", [seed for seed in range(WORLDS) if crossing(Random(seed)).units <= 1_000][:12])
def test_every_rule_is_kept_unit_by_unit(seed: int) -> None:
    problem = crossing(Random(seed))
    assert schedule_problems(problem, named_waves(problem, schedule(problem))) == []


@pytest.mark.parametrize(("size", "nodes"), [(2, 4), (3, 9), (3, 18), (4, 16), (5, 50), (6, 72)])
def test_latin_squares_take_as_many_waves_as_they_have_rows(size: int, nodes: int) -> None:
    problem = latin_square(size, nodes)
    found = schedule(problem)
    assert (found.waves, found.bound) == (size, size)
    assert schedule_problems(problem, named_waves(problem, found)) == []


def test_a_latin_cube_of_single_nodes_is_at_most_one_wave_off() -> None:
    assert schedule(latin_square(6, 36)).gap <= 1


def test_with_the_third_family_left_as_it_falls_the_gap_is_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    """The property above can fail."""
    monkeypatch.setattr(planner, "settle", lambda flow, bounds, turn: None)
    monkeypatch.setattr("dsplan.waves.flow.rounded", lambda ends, shares, of, beside: rounded(ends, shares, of))
    monkeypatch.setattr("dsplan.waves.schedule._MOST_COMPARED", 0)
    assert max(schedule(crossing(Random(seed))).gap for seed in range(WORLDS)) > 1


def test_families_that_nest_are_left_to_the_flow() -> None:
    assert {str(method) for seed in range(10) for method in schedule(random_grid(Random(seed))).methods} == {"flow"}
