"""One pass for one DaemonSet over 10,000 nodes and pods in memory, columns not prebuilt: how long, stage by stage?

The real controller needs 0.6 to 0.7 s for such a pass. Here it stands beside a plain loop over nodes and pods that
computes no more than the status counters and whom to create and delete. `--benchmark-json` keeps the seconds of every
stage under `extra_info`.
"""

from __future__ import annotations

import os
from functools import partial

import pytest
from measuring import best
from naive import passing_loop
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import NOW, Case, Setting, StageClock, make_world, run
from dsplan.bench.changes import fresh
from dsplan.bench.daemons import NEW
from dsplan.model.world import World
from dsplan.passes import Step, step

TARGET, SLACK = 12, 1.5
"""Neighbours that use the same caches cost the large world more than the small one."""

GROUP = "pass: 10,000 nodes and pods, one DaemonSet"


def one_pass(world: World) -> Step:
    return step(world, now=NOW)


def looped(world: World) -> dict[str, int]:
    return passing_loop(world.daemonsets[0], world.nodes, world.pods, NEW)


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("name", ["eks-like", "gke-like", "bare-metal", "edge", "adversarial"])
def test_nothing_prebuilt(benchmark: BenchmarkFixture, name: str) -> None:
    world = make_world(name)
    clock = StageClock()
    step(fresh(world), now=NOW, observer=clock)
    benchmark.extra_info.update({stage: round(seconds * 1000, 2) for stage, seconds in clock.seconds.items()})
    found = benchmark.pedantic(one_pass, setup=lambda: ((fresh(world),), {}), rounds=7)
    counted = looped(world)
    status = found.daemonsets[0].status
    assert status is not None
    assert status.desired_number_scheduled == counted["desired"]
    assert (status.number_ready, status.updated_number_scheduled) == (counted["ready"], counted["updated"])


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("name", ["eks-like", "adversarial"])
def test_index_kept(benchmark: BenchmarkFixture, name: str) -> None:
    world = make_world(name)
    index = step(world, now=NOW).index
    benchmark.pedantic(lambda: step(world, now=NOW, index=index), rounds=7)


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("name", ["eks-like", "adversarial"])
def test_plain_loop(benchmark: BenchmarkFixture, name: str) -> None:
    benchmark.pedantic(looped, (make_world(name),), rounds=3)


def test_a_pass_takes_less_than_half_of_the_plain_loop() -> None:
    world = make_world()
    assert best(lambda: one_pass(fresh(world))) < best(lambda: looped(world)) / 2


def test_a_hundred_thousand_nodes_cost_twelve_times_ten_thousand() -> None:
    """Ten times the work; what fits into the caches at 10,000 nodes does not at 100,000 (docs/performance.md).

    Both are measured in turn, so that neighbours of the moment slow both down.
    """
    sizes = (10_000, 100_000)
    worlds = {count: make_world(nodes=count) for count in sizes}
    found = dict.fromkeys(sizes, float("inf"))
    for _ in range(7):
        for count in sizes:
            found[count] = min(found[count], best(partial(one_pass, fresh(worlds[count])), 1))
    ratio = found[100_000] / found[10_000]
    print(f"\n{found[10_000] * 1000:.1f} ms, {found[100_000] * 1000:.1f} ms: x {ratio:.1f}; the target is {TARGET}")
    assert ratio <= TARGET * SLACK


@pytest.mark.skipif("DSPLAN_BENCH_LARGE" not in os.environ, reason="takes a minute; DSPLAN_BENCH_LARGE=1 runs it")
def test_ten_thousand_nodes_fifty_daemonsets_half_a_million_pods() -> None:
    setting = Setting(nodes=10_000, daemonsets=50, everywhere=True)
    scenarios = ("one-pass", "cold-memory")
    report = run([Case(scenario=name, setting=setting, rounds=1, seconds=0, memory=False) for name in scenarios])
    for entry in report.measurements:
        print(f"\n{entry.scenario}: {entry.pods:,} pods, {entry.stages['total'].best:.2f} s, {entry.peak_mib:,} MiB")
        assert entry.pods > 490_000
        assert entry.peak_mib < 2048


@pytest.mark.skipif("DSPLAN_BENCH_HUGE" not in os.environ, reason="takes minutes and 8 GB; DSPLAN_BENCH_HUGE=1 runs it")
def test_a_million_nodes_ten_daemonsets() -> None:
    setting = Setting(nodes=1_000_000, daemonsets=10)
    (entry,) = run([Case(scenario="one-pass", setting=setting, rounds=1, seconds=0, memory=False)]).measurements
    print(f"\n{entry.pods:,} pods, {entry.stages['total'].best:.1f} s, {entry.peak_mib:,} MiB")
    assert entry.peak_mib < 8 * 1024
