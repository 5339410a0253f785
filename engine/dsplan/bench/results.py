"""What a run of the harness comes to: plain values, the same as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

__all__ = ["TOTAL", "WHOLES", "BenchReport", "Growth", "Measurement", "Timing", "growth_of", "timing_of"]

VERSION = 1
TOTAL = "total"
"""The stage from the start of the timer to its end."""
WHOLES = (TOTAL, "step")
"""Stages that are made of others."""


class Timing(msgspec.Struct, frozen=True):
    """Seconds over all rounds; `p95` is the nearest rank.

    `peak_bytes` is what Python held at the most beyond what it held when the stage began; 0 where nobody watched.
    """

    median: float
    p95: float
    best: float
    peak_bytes: int = 0


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario on one world.

    `stages` are in the order in which they began, `total` the last. `held_mib` is what the process held before the
    first round (World and interpreter), `peak_mib` the most it ever held, the making of the world included.
    """

    world: str
    scenario: str
    nodes: int
    daemonsets: int
    pods: int
    rounds: int
    timed: str
    stages: dict[str, Timing]
    held_mib: int
    peak_mib: int

    @property
    def key(self) -> str:
        """Which measurement it is, for comparing with another run."""
        return f"{self.series}/{self.nodes}"

    @property
    def series(self) -> str:
        """What a growth exponent is taken over: all sizes of one scenario on one world."""
        return f"{self.world}/{self.scenario}/{self.daemonsets}"


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """Per stage of a series the exponent e of time ~ nodes ** e, by least squares over the logarithms."""

    world: str
    scenario: str
    daemonsets: int
    nodes: tuple[int, ...]
    exponents: dict[str, float]

    @property
    def series(self) -> str:
        """Which measurements it is taken over."""
        return f"{self.world}/{self.scenario}/{self.daemonsets}"


class BenchReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run. `clock` and `garbage_collection` say how it was timed."""

    version: int = VERSION
    dsplan: str = ""
    python: str = ""
    machine: str = ""
    clock: str = ""
    garbage_collection: str = "on; collected before every round, outside the timer"
    seed: int = 0
    measurements: tuple[Measurement, ...] = ()
    growth: tuple[Growth, ...] = ()


def timing_of(seconds: Iterable[float], *, peak_bytes: int = 0) -> Timing:
    """Return median, 95th percentile (nearest rank) and best of at least one round.

    >>> timing_of([3.0, 1.0, 2.0, 10.0])
    Timing(median=2.5, p95=10.0, best=1.0, peak_bytes=0)
    """
    ordered = sorted(seconds)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Timing(median, ordered[math.ceil(0.95 * len(ordered)) - 1], ordered[0], peak_bytes)


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return e of y ~ x ** e through the points, by least squares over the logarithms.

    >>> round(exponent([(10, 5), (100, 50), (1000, 500)]), 6)
    1.0
    """
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x, mean_y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    over: float = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    spread: float = sum((x - mean_x) ** 2 for x, _ in logs)
    return over / spread


def growth_of(measurements: Iterable[Measurement]) -> tuple[Growth, ...]:
    """Return the growth of every series that was measured at two sizes or more, by medians."""
    series: dict[str, list[Measurement]] = {}
    for measurement in measurements:
        series.setdefault(measurement.series, []).append(measurement)
    return tuple(_growth(sorted(found, key=lambda entry: entry.nodes)) for found in series.values() if _spans(found))


def _spans(found: Sequence[Measurement]) -> bool:
    return len({entry.nodes for entry in found}) > 1


def _growth(found: Sequence[Measurement]) -> Growth:
    stages = [stage for stage in found[-1].stages if all(stage in entry.stages for entry in found)]
    return Growth(
        world=found[0].world,
        scenario=found[0].scenario,
        daemonsets=found[0].daemonsets,
        nodes=tuple(entry.nodes for entry in found),
        exponents={
            stage: round(exponent([(entry.nodes, max(1e-9, entry.stages[stage].median)) for entry in found]), 2)
            for stage in stages
        },
    )
