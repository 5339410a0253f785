"""What does deciding cost, once it is known what is there? A rule per situation beside a rule per node."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from measuring import best
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import NOW, make_world
from dsplan.bench.changes import edited
from dsplan.diff import manage, resolve_budget, rolling_update
from dsplan.diff.manage import Manage, manage_rule
from dsplan.diff.rolling import Rolling, classify
from dsplan.eligibility import NodeIndex
from dsplan.model.world import World
from dsplan.observe import Observed, count_status
from dsplan.passes import step


def observed(world: World) -> tuple[Observed, NodeIndex]:
    whole = step(world, now=NOW)
    found = whole.daemonsets[0].observed
    assert found is not None
    return found, whole.index


def by_situation(world: World, found: Observed, index: NodeIndex) -> tuple[Manage, Rolling]:
    managed = manage(found, index, surge=False, may_retry=lambda node: True)
    count_status(found.counted(), world.daemonsets[0].status)
    budget = resolve_budget(world.daemonsets[0], len(found.verdicts.run))
    return managed, rolling_update(found, index, budget, brief=True)


def by_node(found: Observed, index: NodeIndex) -> tuple[int, int]:
    """Ask the rules of manage and of the rolling update for every node."""
    creations = places = 0
    for position, name in enumerate(index.names):
        verdict, group = found.verdicts.of(position), found.groups.get(name)
        shape = group.shape if group else ()
        creations += manage_rule(verdict, shape, False).create is not None
        places += classify(verdict, shape, surge=False).value
    return creations, places


@pytest.mark.benchmark(group="diff: 10,000 nodes, one DaemonSet")
@pytest.mark.parametrize("change", [lambda world: world, edited], ids=["drift", "template-change"])
def test_a_rule_per_situation(benchmark: BenchmarkFixture, change: Callable[[World], World]) -> None:
    world = change(make_world())
    found, index = observed(world)
    managed, _ = benchmark(by_situation, world, found, index)
    assert len(managed.create) == by_node(found, index)[0]


@pytest.mark.benchmark(group="diff: 10,000 nodes, one DaemonSet")
def test_a_rule_per_node(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(by_node, observed(make_world()), rounds=5)


def test_situations_beat_nodes_ten_times() -> None:
    world = make_world()
    found, index = observed(world)
    assert best(lambda: by_node(found, index)) > 10 * best(lambda: by_situation(world, found, index))
