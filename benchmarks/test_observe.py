"""How long until it is known who runs where, up to date and ready? Seats and situations beside a dictionary of lists.

`observe` reads every pod once and keeps a reference and a byte of it; the plain way makes a list per node. What both
have in common is the floor: every pod and its node's name are fetched from memory once.
"""

from __future__ import annotations

import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

import pytest
from measuring import best, growth
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import NOW, make_world
from dsplan.bench.daemons import NEW
from dsplan.eligibility import NodeIndex
from dsplan.model.pod import Pod
from dsplan.model.world import World
from dsplan.observe import Observed
from dsplan.observe.pods_by_node import arrange_by_node
from dsplan.observe.shape import fact_reader
from dsplan.passes.observation import Surroundings, observe_daemonset, surroundings_of

Facts = dict[str, list[tuple[int, datetime | None, str, Pod]]]


def reader() -> Callable[[Pod], int]:
    return fact_reader(current_hash=NEW, template_generation=None, min_ready_seconds=0, now=NOW)


def observed(world: World, around: Surroundings) -> Observed:
    return observe_daemonset(world.daemonsets[0], around).observed


def listed(pods: tuple[Pod, ...]) -> Facts:
    """Group pods by node, each list oldest first: the plain way."""
    read, by_node = reader(), defaultdict(list)
    for pod in pods:
        by_node[pod.spec.node_name].append((read(pod), pod.metadata.creation_timestamp, pod.name, pod))
    for found in by_node.values():
        found.sort(key=lambda entry: entry[1:3])
    return by_node


@pytest.mark.benchmark(group="observe: 10,000 nodes, one DaemonSet")
@pytest.mark.parametrize("name", ["eks-like", "adversarial"])
def test_claim_read_and_arrange(benchmark: BenchmarkFixture, name: str) -> None:
    world = make_world(name)
    around = surroundings_of(world, now=NOW)
    found = benchmark.pedantic(observed, (world, around), rounds=5, warmup_rounds=1)
    assert sum(len(group.pods) for group in found.groups.values()) + len(found.gone) == len(world.pods)


@pytest.mark.benchmark(group="observe: 10,000 nodes, one DaemonSet")
def test_lists_by_node(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(listed, (make_world().pods,), rounds=5)


def test_seats_take_less_time_and_a_tenth_of_the_memory_of_lists() -> None:
    world = make_world(nodes=20_000)
    index, read = NodeIndex(world.nodes), reader()
    assert best(lambda: arrange_by_node(world.pods, read, index)) < best(lambda: listed(world.pods)) * 0.8

    def kept(action: Callable[[], object]) -> int:
        tracemalloc.start()
        result = action()
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        del result
        return size

    assert kept(lambda: arrange_by_node(world.pods, read, index)) < kept(lambda: listed(world.pods)) / 10


def test_growth_is_about_linear() -> None:
    """More than 1, since what fits into the processor's caches at 3,000 nodes does not at 30,000."""
    worlds = {count: make_world(nodes=count) for count in (3_000, 30_000)}

    def prepared(count: int) -> Callable[[], Observed]:
        around = surroundings_of(worlds[count], now=NOW)
        observed(worlds[count], around)
        return lambda: observed(worlds[count], around)

    assert growth(prepared, list(worlds)) < 1.4
