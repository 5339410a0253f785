"""How long until the verdict of every node is known? Set algebra beside a plain loop and beside a solver.

A realistic DaemonSet: three required expressions and tolerations. The solver is python-constraint with one variable a
node: that is never done, and this says how soon it would die.
"""

from __future__ import annotations

import pytest
from measuring import best
from naive import one_variable_a_node, wanted_nodes
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import make_world
from dsplan.bench.results import exponent
from dsplan.constraints import constraints_of
from dsplan.eligibility import NodeIndex, Verdicts, propagate
from dsplan.model.daemonset import DaemonSet
from dsplan.model.world import World

WORLDS = ("eks-like", "bare-metal", "adversarial")


def case(world: str, count: int = 10_000) -> tuple[World, DaemonSet]:
    made = make_world(world, count, pods=False)
    return made, made.daemonsets[0]


def cold(world: World, daemonset: DaemonSet) -> Verdicts:
    return propagate(constraints_of(daemonset), NodeIndex(world.nodes))


@pytest.mark.benchmark(group="propagate: 10,000 nodes")
@pytest.mark.parametrize("name", WORLDS)
def test_columns_built(benchmark: BenchmarkFixture, name: str) -> None:
    world, daemonset = case(name)
    index = NodeIndex(world.nodes)
    found = benchmark(lambda: propagate(constraints_of(daemonset), index))
    assert [index.names[position] for position in found.run] == wanted_nodes(daemonset, index.nodes)


@pytest.mark.benchmark(group="propagate: 10,000 nodes")
@pytest.mark.parametrize("name", WORLDS)
def test_nothing_prebuilt(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.pedantic(cold, case(name), rounds=5)


@pytest.mark.benchmark(group="propagate: 10,000 nodes")
@pytest.mark.parametrize("name", WORLDS)
def test_plain_loop(benchmark: BenchmarkFixture, name: str) -> None:
    world, daemonset = case(name)
    benchmark.pedantic(wanted_nodes, (daemonset, world.nodes), rounds=5)


def test_a_warm_column_beats_the_loop_a_hundred_times() -> None:
    world, daemonset = case("eks-like")
    index = NodeIndex(world.nodes)
    constraints = constraints_of(daemonset)
    propagate(constraints, index)
    warm = best(lambda: [propagate(constraints, index) for _ in range(20)]) / 20
    assert best(lambda: wanted_nodes(daemonset, world.nodes)) / warm > 100


def test_even_nothing_prebuilt_beats_the_loop() -> None:
    world, daemonset = case("eks-like")
    assert best(lambda: cold(world, daemonset)) < best(lambda: wanted_nodes(daemonset, world.nodes))


@pytest.mark.benchmark(group="propagate: 200 nodes")
def test_two_hundred_nodes_at_once(benchmark: BenchmarkFixture) -> None:
    benchmark(cold, *case("eks-like", 200))


@pytest.mark.benchmark(group="propagate: 200 nodes")
def test_two_hundred_variables(benchmark: BenchmarkFixture) -> None:
    world, daemonset = case("eks-like", 200)
    found = benchmark.pedantic(one_variable_a_node, (daemonset, world.nodes), rounds=3)
    assert found == len(wanted_nodes(daemonset, world.nodes))


def test_one_variable_a_node_dies_of_its_own_growth() -> None:
    """Twice the nodes cost four times as much; it is dead where it takes two hundred times what dsplan does."""
    spent: dict[int, float] = {}
    count, times = 50, 0.0
    while times < 200 and count < 6_400:
        count *= 2
        world, daemonset = case("eks-like", count)
        spent[count] = best(lambda: one_variable_a_node(daemonset, world.nodes), 1)  # noqa: B023 - asked at once
        times = spent[count] / best(lambda: cold(world, daemonset))  # noqa: B023
        print(f"\n{count:,} nodes: {spent[count]:.3f} s, {times:.0f} times as long", end="")
    assert times > 200
    assert exponent([(size, spent[size]) for size in (count // 4, count // 2, count)]) > 1.5
