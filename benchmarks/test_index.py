"""What does it cost to number the nodes and build the columns that constraints read, and when does that pay?

A column is built in about the time of one plain loop over the nodes that asks for the same label; every question after
that is answered from it.
"""

from __future__ import annotations

import pytest
from measuring import best, growth
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import make_world
from dsplan.eligibility import NodeIndex
from dsplan.model.node import Node

KEYS = ("kubernetes.io/os", "kubernetes.io/arch", "topology.kubernetes.io/zone")


def nodes_of(world: str, count: int = 10_000) -> tuple[Node, ...]:
    return make_world(world, count, pods=False).nodes


def indexed(nodes: tuple[Node, ...]) -> NodeIndex:
    index = NodeIndex(nodes)
    index.build_columns(KEYS)
    index.groups(("taints",))
    return index


def looped(nodes: tuple[Node, ...], key: str, value: str) -> list[str]:
    return [node.name for node in nodes if node.labels.get(key) == value]


@pytest.mark.benchmark(group="index: 10,000 nodes, three columns and the taints")
@pytest.mark.parametrize("world", ["eks-like", "adversarial"])
def test_index(benchmark: BenchmarkFixture, world: str) -> None:
    nodes = nodes_of(world)
    assert len(benchmark.pedantic(indexed, (nodes,), rounds=5)) == len(nodes)


@pytest.mark.benchmark(group="index: which of 10,000 nodes are in a zone")
def test_one_question_to_a_column(benchmark: BenchmarkFixture) -> None:
    nodes = nodes_of("eks-like")
    index = indexed(nodes)
    found = benchmark(index.with_label, KEYS[2], "eu-central-1a")
    assert [index.names[position] for position in found] == sorted(looped(nodes, KEYS[2], "eu-central-1a"))


@pytest.mark.benchmark(group="index: which of 10,000 nodes are in a zone")
def test_one_question_to_a_plain_loop(benchmark: BenchmarkFixture) -> None:
    benchmark(looped, nodes_of("eks-like"), KEYS[2], "eu-central-1a")


def test_everything_built_costs_less_than_twelve_plain_loops() -> None:
    nodes = nodes_of("eks-like")
    loop = best(lambda: looped(nodes, KEYS[2], "eu-central-1a"))
    assert best(lambda: indexed(nodes)) < 12 * loop


def test_unique_values_cost_no_bitmap_each() -> None:
    index = NodeIndex(nodes_of("adversarial", 2000))
    assert all(isinstance(ids, int) for ids in index.column("kubernetes.io/hostname").values())


def test_growth_is_about_linear() -> None:
    worlds = {count: nodes_of("eks-like", count) for count in (3_000, 30_000)}
    assert growth(lambda count: lambda: indexed(worlds[count]), list(worlds)) < 1.35
