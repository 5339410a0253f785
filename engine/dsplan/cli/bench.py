"""dsplan bench."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .failures import CONFLICTS

if TYPE_CHECKING:
    from ..bench import BenchReport, Case

__all__ = ["command"]

_ALL = "all"
_DEFAULT_WORLDS = ("eks-like", "adversarial")
_DEFAULT_SCENARIOS = ("one-pass", "steady", "template-change")


class _Sizes(click.ParamType[tuple[int, ...]]):
    name = "sizes"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        words = value.replace("_", "").split(",")
        if not all(word.isascii() and word.isdigit() and len(word) < 9 and int(word) for word in words):
            self.fail(f"{value!r} is no list of numbers of nodes such as 100,1000,10000", param, ctx)
        return tuple(int(word) for word in words)


@click.command()
@click.option("--world", "worlds", multiple=True, metavar="NAME", help="eks-like, gke-like, ...; repeatable, or all.")
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="What happens; repeatable, or all.")
@click.option("--nodes", type=_Sizes(), default="100,1000,10000", show_default=True, metavar="N,N,...")
@click.option("--daemonsets", type=click.IntRange(0, 1000), default=1, show_default=True, metavar="N")
@click.option("--everywhere", is_flag=True, help="Only DaemonSets that want every node.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 1000), default=5, show_default=True, help="At least so many.")
@click.option("--clock", type=click.Choice(("wall", "cpu")), default="wall", show_default=True, help="What is counted.")
@click.option("--cluster", multiple=True, metavar="FILE", help="Your own cluster instead of worlds; repeatable.")
@click.option("-o", "--output", type=click.Choice(("table", "json")), default="table", show_default=True)
@click.option("--baseline", metavar="FILE", help="A run written by -o json: which stage got slower? Exit 4 if any.")
@click.option("--tolerance", type=click.FloatRange(0), default=25.0, show_default=True, metavar="PERCENT")
@click.option("--svg", metavar="FILE", help="Write the chart of time against nodes to a file.")
def command(
    worlds: tuple[str, ...],
    scenarios: tuple[str, ...],
    nodes: tuple[int, ...],
    daemonsets: int,
    everywhere: bool,
    seed: int,
    rounds: int,
    clock: str,
    cluster: tuple[str, ...],
    output: str,
    baseline: str | None,
    tolerance: float,
    svg: str | None,
) -> None:
    """Measure dsplan on seeded clusters, stage by stage: median, p95, peak memory, growth with the number of nodes."""
    from ..bench import FAMILIES, SCENARIOS, Case, Setting, run, series_of, svg_chart
    from .bench_text import report_text
    from .writing import write_whole

    before = _baseline(baseline)
    wanted = _chosen("--world", worlds or _DEFAULT_WORLDS, tuple(FAMILIES))
    chosen = _chosen("--scenario", scenarios or _DEFAULT_SCENARIOS, tuple(SCENARIOS))
    settings = [
        Setting(world=world, nodes=count, daemonsets=daemonsets, seed=seed, everywhere=everywhere)
        for world in wanted
        for count in nodes
    ]
    if cluster:
        settings = [Setting(cluster=cluster)]
    cases = [
        Case(scenario=scenario, setting=setting, rounds=rounds, clock=clock)
        for scenario in chosen
        for setting in settings
    ]
    report = run(cases, report=_tell)
    if svg is not None:
        write_whole(svg, svg_chart(series_of(report)).encode())
    click.echo(_as_json(report) if output == "json" else report_text(report), nl=False)
    if before is not None:
        sys.exit(_compare(report, before, tolerance / 100))


def _chosen(option: str, asked: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    if _ALL in asked:
        return known
    for name in asked:
        if name not in known:
            raise click.BadParameter(f"{name!r} is none of {', '.join(known)}, {_ALL}", param_hint=option)
    return asked


def _tell(case: Case) -> None:
    setting = case.setting
    where = " ".join(setting.cluster) or f"{setting.world}, {setting.nodes:,} nodes, {setting.daemonsets} DaemonSets"
    click.echo(f"measuring {case.scenario}: {where}", err=True)


def _as_json(report: BenchReport) -> str:
    from ..document.encoding import as_json

    return as_json(report)


def _baseline(path: str | None) -> BenchReport | None:
    """Return the earlier run, read before anything is measured: a wrong file should not cost minutes."""
    if path is None:
        return None
    from ..bench import read_report
    from ..errors import InputError, Problem

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        problem = Problem(reason="Unreadable", message=f"cannot be read: {error.strerror}", source=path)
        raise InputError.of([problem]) from None
    return read_report(data, path)


def _compare(report: BenchReport, before: BenchReport, tolerance: float) -> int:
    from ..bench import slowdowns

    found, compared = slowdowns(report, before, tolerance=tolerance)
    for slowdown in found:
        click.echo(f"slower: {slowdown}", err=True)
    click.echo(f"{len(found)} of {compared} stages slower than the baseline by more than {tolerance:.0%}.", err=True)
    return CONFLICTS if found else 0
