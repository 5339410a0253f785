"""How long do waves take to plan beside a greedy plan? Counts of node classes beside nodes one by one.

10,000 nodes with maxUnavailable 1 are 10,000 equal waves: solved once, stored run-length coded.
"""

from __future__ import annotations

from collections import Counter

import pytest
from measuring import best
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import NOW, make_world
from dsplan.bench.changes import one_at_a_time
from dsplan.eligibility import NodeIndex
from dsplan.passes import step
from dsplan.passes.forecast import Rollout, forecast
from dsplan.waves.problem import Limit, NodeClass, PerNode, Problem
from dsplan.waves.schedule import schedule

ZONES, DAEMONSETS = 3, 4


def problem_of(nodes: int) -> Problem:
    """Return DAEMONSETS to replace on nodes in three zones: a tenth of a zone at once, one daemon of a node at once."""
    sets = tuple(range(DAEMONSETS))
    classes = tuple(NodeClass(nodes // ZONES, sets) for _ in range(ZONES))
    limits = tuple(
        Limit(f"zone {zone}", frozenset((zone, daemonset) for daemonset in sets), max(1, nodes // ZONES // 10))
        for zone in range(ZONES)
    )
    return Problem(classes=classes, limits=limits, per_node=(PerNode("one a node", frozenset(sets)),))


def node_by_node(problem: Problem) -> int:
    """Return the number of waves of a greedy plan that looks at every (node, DaemonSet) in every wave."""
    left = {(zone, number, daemonset) for zone, members in enumerate(problem.classes) for number in range(members.size)
            for daemonset in members.daemonsets}  # fmt: skip
    room = {zone: limit.limit for zone, limit in enumerate(problem.limits)}
    waves = 0
    while left:
        waves += 1
        down: Counter[int] = Counter()
        busy: set[tuple[int, int]] = set()
        for zone, number, daemonset in sorted(left):
            if down[zone] < room[zone] and (zone, number) not in busy:
                down[zone] += 1
                busy.add((zone, number))
                left.discard((zone, number, daemonset))
    return waves


@pytest.mark.benchmark(group="waves: 3,000 nodes, 4 DaemonSets, zones and nodes limited")
def test_classes(benchmark: BenchmarkFixture) -> None:
    found = benchmark(schedule, problem_of(3_000))
    assert found.waves == found.bound == 40


@pytest.mark.benchmark(group="waves: 3,000 nodes, 4 DaemonSets, zones and nodes limited")
def test_node_by_node(benchmark: BenchmarkFixture) -> None:
    assert benchmark.pedantic(node_by_node, (problem_of(3_000),), rounds=1) >= 40


@pytest.mark.benchmark(group="waves: maxUnavailable 1 on 10,000 nodes")
def test_one_at_a_time(benchmark: BenchmarkFixture) -> None:
    world = one_at_a_time(make_world(drift=False))
    entry = step(world, now=NOW).daemonsets[0]
    assert entry.observed is not None
    assert entry.rolling is not None
    assert entry.budget is not None
    found: Rollout = benchmark(forecast, entry.observed, NodeIndex(world.nodes), entry.rolling, entry.budget)
    assert found.wave_count == 10_000
    assert len(found.waves) == 1


def test_classes_beat_nodes_thirty_times() -> None:
    problem = problem_of(3_000)
    assert best(lambda: node_by_node(problem), 1) > 30 * best(lambda: schedule(problem))


def test_a_hundred_times_the_nodes_cost_no_more() -> None:
    small, large = problem_of(3_000), problem_of(300_000)
    assert best(lambda: schedule(large)) < 3 * best(lambda: schedule(small))
