"""The harness measures what it says, stage by stage."""

from __future__ import annotations

import tracemalloc
import xml.etree.ElementTree
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from dsplan.bench import (
    SCENARIOS,
    BenchReport,
    Case,
    Setting,
    measure,
    run,
    runner,
    slowdowns,
    svg_chart,
    terminal_chart,
)
from dsplan.bench.clocks import MemoryWatch
from dsplan.bench.files import write_cluster
from dsplan.bench.results import Measurement, Timing, exponent, growth_of
from dsplan.bench.worlds import make_world
from dsplan.errors import LimitExceeded
from dsplan.manifests.load import load


def measured(nodes: int, **stages: float) -> Measurement:
    timings = {stage: Timing(seconds, seconds, seconds) for stage, seconds in stages.items()}
    return Measurement(
        world="w", scenario="s", nodes=nodes, daemonsets=1, pods=0, rounds=1, timed="", stages=timings, held_mib=0,
        peak_mib=0,
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_runs_on_every_kind_of_world(name: str) -> None:
    for world in ("edge", "adversarial"):
        found = measure(Case(scenario=name, setting=Setting(world=world, nodes=40, daemonsets=2), rounds=2, seconds=0))
        assert found.rounds == 2
        assert found.daemonsets == 2
        assert 0 < found.stages["total"].best <= found.stages["total"].median <= found.stages["total"].p95
        assert sum(timing.best for stage, timing in found.stages.items() if stage not in ("total", "step")) <= (
            found.stages["total"].p95 * 1.01
        )


def test_a_case_in_a_process_of_its_own_knows_its_memory() -> None:
    report = run([Case(scenario="one-pass", setting=Setting(nodes=nodes), rounds=1, seconds=0) for nodes in (20, 200)])
    assert [entry.nodes for entry in report.measurements] == [20, 200]
    assert all(10 < entry.held_mib <= entry.peak_mib < 500 for entry in report.measurements)
    assert "total" in report.growth[0].exponents


def test_a_process_that_dies_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dying:
        def __enter__(self) -> Dying:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def submit(self, *_: object) -> None:
            raise BrokenProcessPool

    monkeypatch.setattr(runner, "ProcessPoolExecutor", lambda **_: Dying())
    with pytest.raises(LimitExceeded, match=r"steady: edge, 9 nodes, 1 DaemonSet: the process .* died"):
        run([Case(scenario="steady", setting=Setting(world="edge", nodes=9))])


def test_memory_of_stages_within_stages() -> None:
    """The inner stage's peak is the outer one's, too, and what was held before counts in neither."""
    before, watch = bytearray(5 * 10**6), MemoryWatch()
    tracemalloc.start()
    watch.started("outer", 0)
    kept = bytearray(10**6)
    watch.started("inner", 0)
    held = bytearray(3 * 10**6)
    del held
    watch.finished("inner")
    watch.finished("outer")
    tracemalloc.stop()
    assert watch.bytes["inner"] == pytest.approx(3 * 10**6, rel=0.01)
    assert watch.bytes["outer"] == pytest.approx(4 * 10**6, rel=0.01)
    assert len(before) > len(kept)


def test_a_chart_of_many_series_has_the_slowest_in_a_terminal_and_all_as_svg() -> None:
    series = {f"s{number:02}": [(10.0, 0.001 * (number + 1)), (100.0, 0.01)] for number in range(40)}
    text = terminal_chart(series)
    assert "s39" in text
    assert "s00" not in text
    assert text.endswith("... and 28 faster ones; --svg draws all")
    picture = xml.etree.ElementTree.fromstring(svg_chart(series))
    assert int(picture.attrib["height"]) > 40 * 18
    lines = [line for line in picture if line.tag.endswith("polyline")]
    assert len({(line.get("stroke"), line.get("stroke-dasharray")) for line in lines}) >= 32


def test_a_cluster_of_files_is_measured_as_it_is(tmp_path: Path) -> None:
    world = make_world("gke-like", 30)
    path = tmp_path / "cluster.json"
    assert write_cluster(world, path) > 30 * 4000
    assert [(node.labels, node.taints) for node in load([path]).nodes] == [
        (node.labels, node.taints) for node in world.nodes
    ]
    assert load([path]).pods == world.pods
    setting = Setting(cluster=(str(path),))
    found = measure(Case(scenario="template-change", setting=setting, rounds=1, seconds=0))
    assert (found.nodes, found.pods) == (30, len(world.pods))


def test_exponents() -> None:
    assert exponent([(10, 1), (100, 100)]) == pytest.approx(2)
    (growth,) = growth_of([measured(100, total=1.0, a=1.0), measured(10, total=0.1, b=3.0)])
    assert growth.nodes == (10, 100)
    assert growth.exponents == {"total": 1.0}
    assert growth_of([measured(100, total=1.0)]) == ()


def test_a_slower_stage_is_named() -> None:
    before = BenchReport(measurements=(measured(10, index=0.010, total=0.030), measured(99, total=1.0)))
    now = BenchReport(measurements=(measured(10, index=0.020, total=0.033, new=9.0),))
    found, compared = slowdowns(now, before)
    assert [str(entry) for entry in found] == ["w/s/1/10: index 10.0 ms -> 20.0 ms (2.00 x)"]
    assert compared == 2
    assert slowdowns(now, before, tolerance=1.5)[0] == ()


def test_the_stage_that_is_to_blame_comes_before_what_it_is_part_of() -> None:
    before = BenchReport(measurements=(measured(10, total=1.0, step=0.9, index=0.1, observe=0.1),))
    now = BenchReport(measurements=(measured(10, total=2.0, step=1.9, index=0.2, observe=0.9),))
    assert [entry.stage for entry in slowdowns(now, before)[0]] == ["observe", "index", "total", "step"]


def test_less_than_a_millisecond_is_noise() -> None:
    before = BenchReport(measurements=(measured(10, index=0.0001),))
    assert slowdowns(BenchReport(measurements=(measured(10, index=0.0009),)), before)[0] == ()
