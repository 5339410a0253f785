"""Will everything fit, and how long does it take to know?

Beside adding up, for every pod, what else runs on its node, in cpu and memory alone: that takes longer with every
DaemonSet, while the prediction asks once per kind of demand and answers ports, affinity and preemption as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from measuring import best, growth
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import NOW, make_world
from dsplan.model.pod import Pod
from dsplan.model.quantity import parse_quantity
from dsplan.model.world import World
from dsplan.passes import Step, step
from dsplan.placement.scheduler.prediction import Prediction, predict

DAEMONSETS = 10


def case(count: int) -> tuple[World, Step]:
    world = make_world("bare-metal", count, daemonsets=DAEMONSETS)
    return world, step(world, now=NOW)


def added_up(world: World) -> int:
    """Return how many pods would find room if each came last: the requests of all others on the node, added up anew."""
    by_node: dict[str, list[Pod]] = defaultdict(list)
    for pod in world.pods:
        by_node[pod.spec.node_name].append(pod)
    fitting = 0
    for node in world.nodes:
        allocatable = node.status.allocatable or {}
        here = by_node[node.name]
        for pod in here:
            taken = {name: sum(asked(other, name) for other in here if other is not pod) for name in ("cpu", "memory")}
            room = {name: parse_quantity(allocatable[name]) for name in taken}
            fitting += all(taken[name] + asked(pod, name) <= room[name] for name in taken)
    return fitting


def asked(pod: Pod, resource: str) -> object:
    return sum(parse_quantity(container.resources.requests.get(resource, 0)) for container in pod.spec.containers)


@pytest.mark.benchmark(group=f"placement: 1,000 nodes, {DAEMONSETS} DaemonSets")
def test_predict(benchmark: BenchmarkFixture) -> None:
    found: Prediction = benchmark.pedantic(predict, case(1000), rounds=3, warmup_rounds=1)
    assert len(found.daemonsets) == DAEMONSETS


@pytest.mark.benchmark(group=f"placement: 1,000 nodes, {DAEMONSETS} DaemonSets")
def test_adding_up(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(added_up, (case(1000)[0],), rounds=1)


def test_prediction_beats_adding_up() -> None:
    world, whole = case(500)
    assert best(lambda: added_up(world), 1) > 2 * best(lambda: predict(world, whole), 3)


def test_growth_is_about_linear() -> None:
    cases = {count: case(count) for count in (500, 4_000)}

    def prepared(count: int) -> Callable[[], Prediction]:
        return lambda: predict(*cases[count])

    assert growth(prepared, list(cases), 3) < 1.35
