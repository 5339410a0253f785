"""Runs a scenario on a world and times it, each in a process of its own."""

from __future__ import annotations

import gc
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import msgspec

from .. import __version__
from .results import TOTAL, BenchReport, Measurement, growth_of, timing_of
from .scenarios import SCENARIOS, Round, Setting

__all__ = ["CLOCKS", "Case", "StageClock", "measure", "run"]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario in one setting. Rounds go on until `seconds` are spent, at least `rounds` of them.

    `clock` is one of CLOCKS.
    """

    scenario: str
    setting: Setting
    rounds: int = 5
    seconds: float = 2.0
    clock: str = "wall"


CLOCKS = {
    "wall": (perf_counter, "wall clock (time.perf_counter)"),
    "cpu": (process_time, "processor time (time.process_time), which other work on the machine changes less"),
}
"""What seconds are taken from, and how a report calls it."""


class StageClock:
    """An Observer that adds up the seconds of every stage.

    >>> clock = StageClock()
    >>> clock.started("index", 0); clock.finished("index"); list(clock.seconds)
    ['index']
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self.seconds: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def started(self, stage: str, total: int) -> None:
        """Start the watch of a stage."""
        self.seconds.setdefault(stage, 0.0)
        self._began[stage] = self._clock()

    def advanced(self, stage: str, done: int) -> None:
        """Do nothing: only whole stages are timed."""

    def finished(self, stage: str) -> None:
        """Stop the watch of a stage."""
        self.seconds[stage] += self._clock() - self._began[stage]


def measure(case: Case) -> Measurement:
    """Return the timings of a case, measured in this process.

    >>> found = measure(Case(scenario="one-pass", setting=Setting(nodes=50), rounds=2, seconds=0))
    >>> found.rounds, found.nodes, "observe" in found.stages, list(found.stages)[-1]
    (2, 50, True, 'total')
    """
    scenario, setting = SCENARIOS[case.scenario], case.setting
    with TemporaryDirectory() as folder:
        world, fresh_round = scenario.prepare(setting, Path(folder))
        held = _memory_mib("VmRSS")
        rounds = list(_rounds(case, fresh_round))
    stages = {stage: timing_of(entry[stage] for entry in rounds) for stage in rounds[-1]}
    return Measurement(
        world=", ".join(setting.cluster) or setting.world,
        scenario=case.scenario,
        nodes=len(world.nodes) if setting.cluster else setting.nodes,
        daemonsets=len(world.daemonsets),
        pods=len(world.pods),
        rounds=len(rounds),
        timed=scenario.timed,
        stages=stages,
        held_mib=held,
        peak_mib=_memory_mib("VmHWM"),
    )


def _rounds(case: Case, fresh_round: Callable[[], Round]) -> Iterator[dict[str, float]]:
    """Yield the seconds of every stage, round by round."""
    until = perf_counter() + case.seconds
    now, _ = CLOCKS[case.clock]
    for number in range(max(case.rounds, _MOST_ROUNDS)):
        if number >= case.rounds and perf_counter() >= until:
            return
        timed = fresh_round()
        clock = StageClock(now)
        gc.collect()
        began = now()
        result = timed(clock)
        clock.seconds[TOTAL] = now() - began
        del result, timed
        yield clock.seconds


_MOST_ROUNDS = 50


def run(cases: Iterable[Case], *, report: Callable[[Case], None] = lambda case: None) -> BenchReport:
    """Return the measurements of all cases, one after another, each in a fresh process; `report` is told before each.

    A process of its own makes peak memory mean something, and keeps one case from warming or littering for the next.
    """
    cases = list(cases)
    measurements: list[Measurement] = []
    for case in cases:
        report(case)
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as fresh_process:
            measurements.append(fresh_process.submit(measure, case).result())
    return BenchReport(
        dsplan=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=f"{os.cpu_count()} x {_processor()}, {platform.system()}",
        clock=CLOCKS[cases[0].clock if cases else "wall"][1],
        seed=cases[0].setting.seed if cases else 0,
        measurements=tuple(measurements),
        growth=growth_of(measurements),
    )


def _processor() -> str:
    found = _line(Path("/proc/cpuinfo"), "model name")
    return found or platform.processor() or platform.machine()


def _memory_mib(field: str) -> int:
    """Return VmRSS or VmHWM of this process in MiB; where there is no /proc, the peak stands for both."""
    found = _line(Path("/proc/self/status"), field)
    if found:
        return int(found.split()[0]) >> 10
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak >> 20 if sys.platform == "darwin" else peak >> 10


def _line(path: Path, field: str) -> str:
    """Return what stands behind the colon of the first line that begins with `field`."""
    if not path.exists():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field)), "")
