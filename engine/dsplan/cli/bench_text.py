"""A bench report as text: timings, stages, growth, the chart."""

from __future__ import annotations

from collections.abc import Iterator

from ..bench import BenchReport, Measurement, series_of, terminal_chart
from ..bench.chart import seconds_text
from ..bench.results import TOTAL
from ..report.table import table

__all__ = ["report_text"]

_HEADER = ("WORLD", "SCENARIO", "NODES", "PODS", "ROUNDS", "MEDIAN", "P95", "HELD-MIB", "PEAK-MIB", "STAGES")


def report_text(report: BenchReport) -> str:
    """Return tables of timings and of growth, the chart, and where the timer starts and stops."""
    lines = [f"dsplan {report.dsplan}, {report.python}, {report.machine}; seed {report.seed}"]
    lines += [f"{report.clock}; garbage collection {report.garbage_collection}", ""]
    lines += table(_HEADER, [_row(entry) for entry in report.measurements])
    if report.growth:
        lines += ["", *_growth(report)]
    if chart := terminal_chart(series_of(report)):
        lines += ["", chart]
    return "\n".join([*lines, "", *_boundaries(report)]) + "\n"


def _row(entry: Measurement) -> tuple[object, ...]:
    total = entry.stages[TOTAL]
    stages = [
        f"{stage} {seconds_text(timing.median)}"
        for stage, timing in entry.stages.items()
        if stage not in _WHOLES and timing.median >= total.median / 100
    ]
    return (
        entry.world,
        entry.scenario,
        f"{entry.nodes:,}",
        f"{entry.pods:,}",
        entry.rounds,
        seconds_text(total.median),
        seconds_text(total.p95),
        f"{entry.held_mib:,}",
        f"{entry.peak_mib:,}",
        ", ".join(stages) or "-",
    )


_WHOLES = (TOTAL, "step")
"""Stages that are made of others."""


def _growth(report: BenchReport) -> Iterator[str]:
    yield "Growth: time ~ nodes ^ e"
    rows = [
        (growth.world, growth.scenario, *(f"{stage} {value:.2f}" for stage, value in growth.exponents.items()))
        for growth in report.growth
    ]
    width = max(map(len, rows))
    yield from table((), [(*row, *("",) * (width - len(row))) for row in rows], indent="  ")


def _boundaries(report: BenchReport) -> Iterator[str]:
    yield "The timer runs:"
    timed = {entry.scenario: entry.timed for entry in report.measurements}
    yield from table((), list(timed.items()), indent="  ")
