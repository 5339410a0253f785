"""Prints the tables of figures that docs/performance.md has, and draws growth.svg: `python benchmarks/figures.py`.

Medians of the processor time of one core, so that other work on the machine changes less. With `--small` the million
nodes, which take minutes and 6 GB, are left out.
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


def growing_table(report: BenchReport) -> Iterator[str]:
    """Yield a line for every scenario and world, a column for every size."""
    yield f"| one DaemonSet | cluster | {' | '.join(f'{nodes:,} nodes' for nodes in SIZES)} | peak of the largest |"
    yield "|---|---|" + "--:|" * (len(SIZES) + 1)
    series: dict[tuple[str, str], list[Measurement]] = {}
    for entry in report.measurements:
        series.setdefault((entry.scenario, entry.world), []).append(entry)
    for (scenario, world), found in sorted(series.items(), key=lambda item: SCENARIOS.index(item[0][0])):
        times = " | ".join(seconds_text(entry.stages[TOTAL].median) for entry in found)
        yield f"| {MEANINGS[scenario]} | {world} | {times} | {found[-1].peak_mib:,} MiB |"


def large_table(report: BenchReport) -> Iterator[str]:
    """Yield a line for every measurement."""
    yield "| large, eks-like | nodes | DaemonSets | daemon pods | time | peak |"
    yield "|---|" + "--:|" * 5
    for entry in report.measurements:
        counts = " | ".join(f"{count:,}" for count in (entry.nodes, entry.daemonsets, entry.pods))
        time = seconds_text(entry.stages[TOTAL].median)
        yield f"| {MEANINGS[entry.scenario]} | {counts} | {time} | {entry.peak_mib:,} MiB |"


def main() -> None:
    """Measure, print, draw."""
    growing = run(cases(), report=_tell)
    CHART.write_text(svg_chart(series_of(growing)), encoding="utf-8")
    large = run(large_cases(small="--small" in sys.argv), report=_tell)
    print(f"{growing.python}, {growing.machine}; {growing.clock}")
    for table in (growing_table(growing), large_table(large)):
        print("", *table, sep="\n")


def _tell(case: Case) -> None:
    print(f"measuring {case}", file=sys.stderr)


if __name__ == "__main__":
    main()
