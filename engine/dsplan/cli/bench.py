"""`dsplan bench`: time the engine on generated clusters."""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from .failures import CONFLICTS
from .sinks import tell, write

if TYPE_CHECKING:
    from ..bench import BenchReport

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
@click.option("--world", "worlds", multiple=True, metavar="NAME", help="What is there; repeatable, or all.")
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="What happens; repeatable, or all.")
@click.option("--nodes", type=_Sizes(), default="100,1000,10000", show_default=True, metavar="N,N,...")
@click.option("--daemonsets", type=click.IntRange(0, 1000), default=1, show_default=True, metavar="N")
@click.option("--everywhere", is_flag=True, help="Only DaemonSets that want every node.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 1000), default=5, show_default=True, help="Minimum number of rounds.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=2.0, show_default=True, help="Keep measuring for this long."
)
@click.option("--clock", type=click.Choice(("wall", "cpu")), default="wall", show_default=True, help="What is counted.")
@click.option("--cluster", multiple=True, metavar="FILE", help="Your own cluster instead of worlds; repeatable.")
@click.option("-o", "--output", type=click.Choice(("table", "wide", "json")), default="table", show_default=True)
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
    seconds: float,
    clock: str,
    cluster: tuple[str, ...],
    output: str,
    baseline: str | None,
    tolerance: float,
    svg: str | None,
) -> None:
    """Measure dsplan on seeded clusters, stage by stage: median, p95, peak memory, growth with the number of nodes.

    Every case runs in a process of its own. Worlds are made and garbage is collected outside the timer; what it runs
    from and to is printed with the results. -o wide has a line for every stage.

    Worlds: eks-like, gke-like, bare-metal, edge, adversarial (every node its own class).

    Scenarios: one-pass, warm-pass, cold-memory, cold-file, steady, template-change, pool-taint, zone-loss, nodes-join,
    node-churn, edit-storm, one-at-a-time (maxUnavailable 1 on everything), incremental-churn.
    """
    from ..bench import FAMILIES, SCENARIOS, Case, Setting, comparable, run, series_of, svg_chart
    from .bench_text import report_text
    from .options import style_for
    from .output_files import write_whole

    if cluster:
        _refuse_beside_cluster()
    before = _baseline(baseline)
    if svg is not None:
        _refuse_unwritable(svg)
    wanted = _chosen("--world", worlds or _DEFAULT_WORLDS, tuple(FAMILIES))
    chosen = _chosen("--scenario", scenarios or _DEFAULT_SCENARIOS, tuple(SCENARIOS))
    settings = [
        Setting(world=world, nodes=size, daemonsets=daemonsets, seed=seed, everywhere=everywhere)
        for world in wanted
        for size in nodes
    ]
    if cluster:
        settings = [Setting(cluster=cluster)]
    cases = [
        Case(scenario=scenario, setting=setting, rounds=rounds, seconds=seconds, clock=clock)
        for scenario in chosen
        for setting in settings
    ]
    turns = count(1)
    report = run(cases, report=lambda case: tell(f"[{next(turns)}/{len(cases)}] {case}"))
    if svg is not None:
        write_whole(svg, svg_chart(series_of(report)).encode(), private=False)
    style = style_for(wide=output == "wide")
    write(_as_json(report) if output == "json" else report_text(report, style, wide=output == "wide"), output)
    if before is not None:
        for note in comparable(report, before, baseline or ""):
            tell(f"note: {note}")
        sys.exit(_compare(report, before, tolerance / 100))


def _refuse_beside_cluster() -> None:
    """Refuse what says how to make a world, where there is one."""
    context = click.get_current_context()
    for name, option in _MAKING.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option} says how a world is made; --cluster has one")


_MAKING = {
    "worlds": "--world",
    "nodes": "--nodes",
    "daemonsets": "--daemonsets",
    "everywhere": "--everywhere",
    "seed": "--seed",
}


def _refuse_unwritable(path: str) -> None:
    """Refuse a file that cannot be written: that should not be found out after minutes."""
    if Path(path).is_dir() or not os.access(Path(path).parent, os.W_OK):
        raise click.BadParameter(f"{path!r} cannot be written", param_hint="--svg")


def _chosen(option: str, asked: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    if _ALL in asked:
        return known
    for name in asked:
        if name not in known:
            raise click.BadParameter(
                f"unknown name {name!r}; choose from {', '.join(known)}, {_ALL}", param_hint=option
            )
    return asked


def _as_json(report: BenchReport) -> str:
    from ..document.encoding import as_json

    return as_json(report)


def _baseline(path: str | None) -> BenchReport | None:
    """Return the earlier run, read before anything is measured: a wrong file should not cost minutes."""
    if path is None:
        return None
    from ..bench import read_report
    from ..reading.sources import read_whole

    return read_report(read_whole(path), path)


def _compare(report: BenchReport, before: BenchReport, tolerance: float) -> int:
    from ..bench import slowdowns

    found, compared = slowdowns(report, before, tolerance=tolerance)
    for slowdown in found:
        tell(f"slower: {slowdown}")
    tell(f"{len(found)} of {compared} stages slower than the baseline by more than {tolerance:.0%}.")
    return CONFLICTS if found else 0
