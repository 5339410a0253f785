"""Waves against brute force: never below the optimum, the bound never above, no rule broken, no false `minimal`.

Broken planners that were tried and fail here: see test_mutants.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.waves.problem import Limit, NodeClass, PerNode, Precedence, Problem, Steps, Touch
from dsplan.waves.schedule import schedule
from dsplan.waves.schedule_types import Method
from tests.waves.oracle import optimum, schedule_problems
from tests.waves.problems import named_waves, random_grid, random_problem, simple_bound, verdict

RULES = [(), ("order",), ("steps",), ("touch",), ("load",), ("order", "steps", "touch", "load")]


@pytest.mark.parametrize("rules", RULES, ids=str)
@settings(max_examples=100, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_agrees_with_brute_force(rules: tuple[str, ...], rng: Random) -> None:
    """Up to 9 units under up to 3 overlapping limits."""
    problem = random_problem(rng, **dict.fromkeys(rules, True))
    assert verdict(problem) == []


@settings(max_examples=60, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_two_nested_families_always_reach_the_optimum(rng: Random) -> None:
    problem = random_problem(rng)
    found = schedule(problem)
    if found.methods == (Method.FLOW,) and not found.stalled:
        assert found.minimal


@settings(max_examples=20, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_zones_pools_and_one_daemon_a_node_reach_the_simple_bound(rng: Random) -> None:
    problem = random_grid(rng)
    found = schedule(problem)
    assert found.waves == found.bound == simple_bound(problem)
    assert schedule_problems(problem, named_waves(problem, found)) == []


def test_nine_units_under_three_crossing_limits_of_which_none_contains_another() -> None:
    """The triangle: the simple bound is 2, three waves are needed, and the search proves it."""
    a, b, c = (0, 0), (1, 0), (2, 0)
    limits = tuple(Limit("", frozenset(pair), 1) for pair in ((a, b), (b, c), (a, c)))
    problem = Problem(classes=(NodeClass(1, (0,)),) * 3, limits=limits)
    found = schedule(problem)
    assert (found.waves, found.bound, found.minimal, found.methods) == (3, 3, True, (Method.SEARCH,))
    tripled = Problem(classes=(NodeClass(3, (0,)),) * 3, limits=limits)
    assert (schedule(tripled).waves, optimum(tripled)) == (9, 9)


def test_a_search_that_runs_out_leaves_a_gap_and_says_so() -> None:
    cells = [(place, 0) for place in range(9)]
    limits = tuple(
        Limit("", frozenset((cells[i], cells[j])), 1) for i in range(9) for j in range(i) if (i + j) % 3 or i - j == 3
    )
    found = schedule(Problem(classes=(NodeClass(9, (0,)),) * 9, limits=limits))
    assert found.gap > 0
    assert not found.minimal
    assert found.methods == (Method.SHIFTS,)


def test_pods_already_down_take_the_first_wave() -> None:
    limit = Limit("", frozenset({(0, 0)}), 3, down=3)
    found = schedule(Problem(classes=(NodeClass(6, (0,)),), limits=(limit,)))
    assert [(run.repeat, run.size) for run in found.runs()] == [(1, 0), (2, 3)]
    assert found.minimal


def test_crossing_limits_with_pods_down_need_more_than_the_simple_bound() -> None:
    """Each limit alone says two waves. The first wave can take one unit only, of the two that the others need."""
    a, b = (0, 0), (1, 0)
    limits = (Limit("", frozenset({a}), 1), Limit("", frozenset({a, b}), 1, down=1))
    problem = Problem(classes=(NodeClass(1, (0,)), NodeClass(1, (0,))), limits=limits)
    assert schedule(problem).waves == optimum(problem) == 3


def test_ten_thousand_equal_waves_are_one_run() -> None:
    found = schedule(Problem(classes=(NodeClass(10_000, (0,)),), limits=(Limit("", frozenset({(0, 0)}), 1),)))
    assert [(run.repeat, run.size) for run in found.runs()] == [(10_000, 1)]


def test_equal_parts_are_planned_alike() -> None:
    classes = (NodeClass(7, (0, 1)),)
    limits = tuple(Limit(f"{d}", frozenset({(0, d)}), 2) for d in (0, 1))
    found = schedule(Problem(classes=classes, limits=limits))
    assert [part.waves for part in found.parts] == [4, 4]


def test_one_daemon_of_a_node_at_a_time_names_nodes_by_colouring() -> None:
    daemonsets = tuple(range(5))
    problem = Problem(classes=(NodeClass(4, daemonsets),), per_node=(PerNode("", frozenset(daemonsets)),))
    found = schedule(problem)
    assert found.waves == 5
    for wave in named_waves(problem, found):
        nodes = [node for _, node, _ in wave]
        assert len(nodes) == len(set(nodes)) == 4


def test_two_daemons_of_a_node_at_a_time() -> None:
    daemonsets = tuple(range(5))
    problem = Problem(classes=(NodeClass(4, daemonsets),), per_node=(PerNode("", frozenset(daemonsets), 2),))
    assert verdict(Problem(classes=(NodeClass(2, (0, 1, 2)),), per_node=(PerNode("", frozenset({0, 1, 2}), 2),))) == []
    assert schedule(problem).waves == 3


def test_order_per_node_pipelines_and_order_per_daemonset_does_not() -> None:
    limits = tuple(Limit("", frozenset({(0, d)}), 1) for d in (0, 1))
    by_node = Problem(classes=(NodeClass(5, (0, 1)),), limits=limits, order=(Precedence(0, 1),))
    by_set = Problem(classes=(NodeClass(5, (0, 1)),), limits=limits, order=(Precedence(0, 1, per_node=False),))
    assert (schedule(by_node).waves, schedule(by_node).minimal) == (6, True)
    assert (schedule(by_set).waves, schedule(by_set).minimal) == (10, True)


def test_domains_at_once_are_no_budget() -> None:
    cells = [(place, 0) for place in range(3)]
    limits = tuple(Limit("", frozenset({cell}), 2) for cell in cells)
    touch = Touch("", tuple(frozenset({cell}) for cell in cells), 2)
    problem = Problem(classes=(NodeClass(4, (0,)),) * 3, limits=limits, touches=(touch,))
    assert (schedule(problem).waves, schedule(problem).minimal) == (3, True)


def test_a_step_begins_when_the_one_before_is_done() -> None:
    steps = Steps("", (0,), ((1,), (4,), (5,)))
    found = schedule(
        Problem(classes=(NodeClass(10, (0,)),), limits=(Limit("", frozenset({(0, 0)}), 3),), steps=(steps,))
    )
    assert found.parts[0].step_ends == ((0, (1, 3, 5)),)
    assert (found.waves, found.minimal) == (5, True)


def test_a_step_that_never_ends_keeps_those_after_it_from_beginning() -> None:
    """Two of five units of the first DaemonSet stall: its second step is never done, the other's third not begun."""
    steps = Steps("", (0, 1), ((1, 1), (4, 1), (0, 3)))
    limits = (Limit("zone b", frozenset({(1, 0)}), 0), Limit("", frozenset({(0, 1)}), 1))
    problem = Problem(classes=(NodeClass(3, (0, 1)), NodeClass(2, (0, 1))), limits=limits, steps=(steps,))
    found = schedule(problem)
    assert [part.step_ends for part in found.parts] == [((0, (1,)),)]
    assert sum(run.repeat * run.size for run in found.runs()) == 5
    assert {entry.rule for entry in found.stalled} == {"zone b", "a step before it never ends"}
    assert sum(entry.count for entry in found.stalled) == 5


def test_a_limit_of_zero_stalls_its_units_and_all_that_come_after_them() -> None:
    limits = (Limit("zone a", frozenset({(0, 0)}), 0),)
    problem = Problem(classes=(NodeClass(2, (0, 1)), NodeClass(3, (0, 1))), limits=limits, order=(Precedence(0, 1),))
    found = schedule(problem)
    assert [(entry.cell, entry.count, entry.rule) for entry in found.stalled] == [
        ((0, 0), 2, "zone a"),
        ((0, 1), 2, "zone a"),
    ]
    assert found.waves == 2
