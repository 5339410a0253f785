"""How long does it take to play a roll-out to its end? Passes at the price of what changed beside whole passes."""

from __future__ import annotations

import pytest
from measuring import best, growth
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.bench import NOW, make_world
from dsplan.bench.changes import edited
from dsplan.model.world import World
from dsplan.simulate.controllers import WholeStepController
from dsplan.simulate.durations import Durations
from dsplan.simulate.results import Outcome, Simulation
from dsplan.simulate.run import simulate

QUICK = Durations(ready=5, terminate=5)


def rolling(nodes: int) -> World:
    return edited(make_world("eks-like", nodes, drift=False))


def played(world: World) -> Simulation:
    return simulate(world, now=NOW, durations=QUICK)


def played_in_whole_passes(world: World) -> Simulation:
    return simulate(world, now=NOW, durations=QUICK, controller=WholeStepController())


@pytest.mark.benchmark(group="simulate: a roll-out over 300 nodes at 10 %")
def test_what_changed(benchmark: BenchmarkFixture) -> None:
    found = benchmark.pedantic(played, (rolling(300),), rounds=3)
    assert found.runs[0].outcome is Outcome.COMPLETE


@pytest.mark.benchmark(group="simulate: a roll-out over 300 nodes at 10 %")
def test_whole_passes(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(played_in_whole_passes, (rolling(300),), rounds=1)


def test_both_tell_the_same_story() -> None:
    world = rolling(60)
    assert played(world).happenings == played_in_whole_passes(world).happenings


def test_what_changed_is_cheaper() -> None:
    world = rolling(300)
    assert best(lambda: played_in_whole_passes(world), 1) > 1.5 * best(lambda: played(world), 2)


def test_growth_is_about_linear() -> None:
    worlds = {count: rolling(count) for count in (200, 2_000)}
    assert growth(lambda count: lambda: played(worlds[count]), list(worlds), 1) < 1.5
