"""Prints the table of figures that README.md has, and draws growth.svg: `python benchmarks/figures.py`.

Processor time of one core, so that other work on the machine changes less. With `--small` the million nodes, which take
minutes and 6 GB, are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dsplan.bench import BenchReport, Case, Measurement, Setting, run, series_of, svg_chart
from dsplan.bench.chart import seconds_text
from dsplan.bench.results import TOTAL

SIZES = (1_000, 10_000, 100_000)
SCENARIOS = ("one-pass", "warm-pass", "cold-memory", "template-change", "cold-file")
MEANINGS = {
    "one-pass": "pass, cold",
    "warm-pass": "pass, warm",
    "cold-memory": "whole plan",
    "template-change": "whole plan, new template",
    "cold-file": "whole plan from a JSON file",
}
CHART = Path(__file__).with_name("growth.svg")


def cases() -> Iterator[Case]:
    """Yield what grows, by world, scenario and size."""
    for world in ("eks-like", "adversarial"):
        for scenario in SCENARIOS:
            for nodes in SIZES:
                yield _case(scenario, Setting(world=world, nodes=nodes))


def large_cases(*, small: bool) -> Iterator[Case]:
    """Yield the largest: half a million pods, a million nodes."""
    half_a_million = Setting(nodes=10_000, daemonsets=50, everywhere=True)
    for scenario in ("one-pass", "cold-memory"):
        yield _case(scenario, half_a_million)
    if not small:
        yield _case("one-pass", Setting(nodes=1_000_000, daemonsets=10))


def _case(scenario: str, setting: Setting) -> Case:
    large = setting.nodes * setting.daemonsets > 10_000
    return Case(
        scenario=scenario, setting=setting, rounds=3 if large else 9, seconds=0.0, clock="cpu", memory=not large
    )


def rows(report: BenchReport) -> Iterator[str]:
    """Yield the table in markdown."""
    yield "| what | cluster | nodes | DaemonSets | pods | median | p95 | peak |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for entry in report.measurements:
        yield f"| {' | '.join(_cells(entry))} |"


def _cells(entry: Measurement) -> Iterator[str]:
    total = entry.stages[TOTAL]
    yield MEANINGS[entry.scenario]
    yield entry.world
    yield from (f"{count:,}" for count in (entry.nodes, entry.daemonsets, entry.pods))
    yield from (seconds_text(total.median), seconds_text(total.p95), f"{entry.peak_mib:,} MiB")


def main() -> None:
    """Measure, print, draw."""
    growing = run(cases(), report=lambda case: print(f"measuring {case}", file=sys.stderr))
    CHART.write_text(svg_chart(series_of(growing)), encoding="utf-8")
    large = run(
        large_cases(small="--small" in sys.argv), report=lambda case: print(f"measuring {case}", file=sys.stderr)
    )
    print(f"{growing.python}, {growing.machine}; {growing.clock}", end="\n\n")
    print("\n".join((*rows(growing), *list(rows(large))[2:])))


if __name__ == "__main__":
    main()
