"""Observers that measure stages: seconds, and memory beyond what was there before."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from time import perf_counter, process_time

__all__ = ["CLOCKS", "MemoryWatch", "StageClock"]

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


class MemoryWatch:
    """An Observer that keeps how many bytes every stage held at the most, beyond those held when it began.

    tracemalloc has to be on. It sees what Python allocates: not the sets of node ids, which are small. It slows
    everything down, so a round that is watched is not one that is timed.

    >>> tracemalloc.start()
    >>> watch = MemoryWatch()
    >>> watch.started("index", 0); held = bytearray(10**6); del held; watch.finished("index"); tracemalloc.stop()
    >>> 1 <= watch.bytes["index"] / 10**6 < 1.1
    True
    """

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}
        self._open: list[_Open] = []

    def started(self, stage: str, total: int) -> None:
        """Remember what is held."""
        held = self._noted()
        self._open.append(_Open(stage, held))

    def advanced(self, stage: str, done: int) -> None:
        """Do nothing: only whole stages are watched."""

    def finished(self, stage: str) -> None:
        """Take the most that was held since; of a stage that ran several times, the most of any."""
        self._noted()
        ended = self._open.pop()
        self.bytes[stage] = max(self.bytes.get(stage, 0), ended.most - ended.held)

    def _noted(self) -> int:
        """Tell all open stages what was held at the most since the last call; return what is held."""
        held, most = tracemalloc.get_traced_memory()
        for entry in self._open:
            entry.most = max(entry.most, most)
        tracemalloc.reset_peak()
        return held


class _Open:
    """A stage that is under way."""

    def __init__(self, stage: str, held: int) -> None:
        self.stage, self.held, self.most = stage, held, held
