"""A bench report as text: timings, stages, growth, the chart."""

from __future__ import annotations

from collections.abc import Iterator

from ..bench import BenchReport, Measurement, series_of, terminal_chart
from ..bench.chart import seconds_text
from ..bench.results import TOTAL, WHOLES
from ..report.style import PLAIN, Style
from ..report.table import table

__all__ = ["report_text"]

_STAGE_HEADER = ("WORLD", "SCENARIO", "NODES", "STAGE", "MEDIAN", "P95", "TAKES", "GROWTH")
_HEADER = ("WORLD", "SCENARIO", "NODES", "PODS", "ROUNDS", "MEDIAN", "P95", "HELD-MIB", "PEAK-MIB", "STAGES")


def report_text(report: BenchReport, style: Style = PLAIN, *, wide: bool = False) -> str:
    """Return tables of timings and of growth, the chart, and where the timer starts and stops.

    `wide` has every stage in a line of its own, with all that is known of it.
    """
    lines = [f"dsplan {report.dsplan}, {report.python}, {report.machine}; seed {report.seed}"]
    lines += [f"{report.clock}; garbage collection {report.garbage_collection}", ""]
    shown = len(_HEADER) - wide
    lines += table(
        _HEADER[:shown], [_row(entry)[:shown] for entry in report.measurements], style, drop=("STAGES", "ROUNDS")
    )
    if wide:
        lines += [
            "",
            *table(_STAGE_HEADER, [row for entry in report.measurements for row in _stage_rows(entry, report)], style),
        ]
    elif report.growth:
        lines += ["", *_growth(report)]
    if chart := terminal_chart(series_of(report)):
        lines += ["", chart]
    return "\n".join([*lines, "", *_boundaries(report)]) + "\n"


def _stage_rows(entry: Measurement, report: BenchReport) -> Iterator[tuple[object, ...]]:
    """Yield a line for every stage; growth stands with the largest size."""
    growth = {item.series: item for item in report.growth}.get(entry.series)
    exponents = growth.exponents if growth is not None and growth.nodes[-1] == entry.nodes else {}
    for stage, timing in entry.stages.items():
        yield (
            entry.world,
            entry.scenario,
            f"{entry.nodes:,}",
            stage,
            seconds_text(timing.median),
            seconds_text(timing.p95),
            size_text(timing.peak_bytes) if timing.peak_bytes else "-",
            f"{exponents[stage]:.2f}" if stage in exponents else "-",
        )


def size_text(count: int) -> str:
    """Return a number of bytes in the unit that suits it.

    >>> size_text(900), size_text(250_000), size_text(3 << 30)
    ('0.9 KiB', '244 KiB', '3,072 MiB')
    """
    if count < 10 << 20:
        return f"{count / 1024:,.0f} KiB" if count >= 10_000 else f"{count / 1024:.1f} KiB"
    return f"{count / (1 << 20):,.0f} MiB"


def _row(entry: Measurement) -> tuple[object, ...]:
    total = entry.stages[TOTAL]
    stages = [
        f"{stage} {seconds_text(timing.median)}"
        for stage, timing in entry.stages.items()
        if stage not in WHOLES and timing.median >= total.median / 100
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
