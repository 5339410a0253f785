"""Runs a scenario on a world and times it, each in a process of its own."""

from __future__ import annotations

import gc
import os
import platform
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import msgspec

from .._version import __version__
from ..errors import LimitExceeded
from ..passes.observer import during
from .clocks import CLOCKS, MemoryWatch, StageClock
from .results import TOTAL, BenchReport, Measurement, growth_of, timing_of
from .scenarios import SCENARIOS, Round, Scenario, Setting

__all__ = ["Case", "measure", "run"]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario in one setting. Rounds go on until `seconds` are spent, at least `rounds` of them.

    `clock` is one of CLOCKS. With `memory` one more round, which is not timed, tells what every stage takes.
    """

    scenario: str
    setting: Setting
    rounds: int = 5
    seconds: float = 2.0
    clock: str = "wall"
    memory: bool = True

    def __str__(self) -> str:
        """Return which case it is, for people.

        >>> print(Case(scenario="steady", setting=Setting(nodes=1000)))
        steady: eks-like, 1,000 nodes, 1 DaemonSet
        """
        return f"{self.scenario}: {self.setting}"


def measure(case: Case) -> Measurement:
    """Return the timings of a case, measured in this process.

    >>> found = measure(Case(scenario="one-pass", setting=Setting(nodes=50), rounds=2, seconds=0))
    >>> found.rounds, found.nodes, "observe" in found.stages, list(found.stages)[-1]
    (2, 50, True, 'total')
    """
    scenario, setting = SCENARIOS[case.scenario], case.setting
    _warm_up(scenario)
    with TemporaryDirectory() as folder:
        world, fresh_round = scenario.prepare(setting, Path(folder))
        held = _memory_mib("VmRSS")
        rounds = list(_rounds(case, fresh_round))
        peak = _memory_mib("VmHWM")
        taken = _taken(fresh_round()) if case.memory else {}
    stages = {
        stage: timing_of((entry[stage] for entry in rounds), peak_bytes=taken.get(stage, 0)) for stage in rounds[-1]
    }
    return Measurement(
        world=setting.name,
        scenario=case.scenario,
        nodes=len(world.nodes) if setting.cluster else setting.nodes,
        daemonsets=len(world.daemonsets),
        pods=len(world.pods),
        rounds=len(rounds),
        timed=scenario.timed,
        stages=stages,
        held_mib=held,
        peak_mib=peak,
    )


def _warm_up(scenario: Scenario) -> None:
    """Run a scenario on a few nodes: what is imported, or compiled, the first time is no part of what is measured."""
    with TemporaryDirectory() as folder:
        _, fresh_round = scenario.prepare(Setting(nodes=20, daemonsets=2), Path(folder))
        fresh_round()(StageClock())


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


def _taken(timed: Round) -> dict[str, int]:
    """Return how many bytes every stage of a round took at the most."""
    watch = MemoryWatch()
    gc.collect()
    tracemalloc.start()
    with during(watch, TOTAL):
        result = timed(watch)
    tracemalloc.stop()
    del result
    return watch.bytes


def run(cases: Iterable[Case], *, report: Callable[[Case], None] = lambda case: None) -> BenchReport:
    """Return the measurements of all cases, one after another, each in a fresh process; `report` is told before each.

    A process of its own makes peak memory mean something, and keeps one case from warming or littering for the next.
    Raises LimitExceeded where such a process dies. It imports the main module, so a script calls this below
    `if __name__ == "__main__":`.
    """
    cases = list(cases)
    measurements: list[Measurement] = []
    for case in cases:
        report(case)
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as fresh_process:
            try:
                measurements.append(fresh_process.submit(measure, case).result())
            except (BrokenProcessPool, MemoryError):
                raise LimitExceeded(f"{case}: {_DIED}") from None
    return BenchReport(
        dsplan=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=f"{os.cpu_count()} x {_processor()}, {platform.system()}",
        clock=CLOCKS[cases[0].clock if cases else "wall"][1],
        seed=cases[0].setting.seed if cases else 0,
        measurements=tuple(measurements),
        growth=growth_of(measurements),
    )


_DIED = "the process that measures it died: too little memory, or a main module that cannot be imported"


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
