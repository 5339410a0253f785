"""`dsplan compare`: one roll-out under several strategies."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from .durations import duration_options, overrides_of
from .failures import exit_code_of_outcomes
from .options import gate_option, input_options, load_world, moment, output_option, style_for
from .progress import progress_bar
from .shown import Shown, deletions_at_once
from .sinks import write

if TYPE_CHECKING:
    from ..model.world import World


@click.command()
@input_options
@output_option("table", "wide", "json", "yaml", "csv")
@click.option("--restart", multiple=True, metavar="[NAMESPACE/]NAME", help="Roll this DaemonSet out anew; repeatable.")
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="maxUnavailable=N|P%  maxSurge=N|P%  OnDelete=N|P%",
    help="A strategy to try; repeatable. OnDelete is a host that deletes in batches. Default: the usual ones.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 3 if something rolls out, 4 if a roll-out stalls.")
@gate_option
@duration_options
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    restart: tuple[str, ...],
    strategies: tuple[str, ...],
    gate: str,
    exit_code: bool,
    **durations: Any,
) -> None:
    """Compare strategies for the roll-outs of the cluster in FILE: time, waves, most pods down, lost coverage."""
    world = load_world(files, more, None if all_namespaces else namespace, selector)
    found = shown(
        world,
        moment(now, world),
        output,
        restart=restart,
        strategies=strategies,
        gate=gate,
        exit_code=exit_code,
        **durations,
    )
    write(found.text, output)
    sys.exit(found.code)


def shown(
    world: World,
    at: datetime,
    output: str,
    *,
    restart: tuple[str, ...] = (),
    strategies: tuple[str, ...] = (),
    gate: str = "pass",
    exit_code: bool = False,
    **durations: Any,
) -> Shown:
    """Return the comparison for one world."""
    from ..document.encoding import as_json, as_yaml
    from ..report.documents.compare import comparison_csv, comparison_document
    from ..report.text.compare import comparison_text
    from ..rollouts.compare import DEFAULT_STRATEGIES, compare, parse_strategy
    from ..rollouts.edits import restarted
    from ..simulator.policies import gates_assumed

    tried = tuple(parse_strategy(text) for text in strategies) or DEFAULT_STRATEGIES
    world = restarted(world, restart)
    passes = gate == "pass"
    assumed = gates_assumed(world, pass_gates=passes)
    with progress_bar("playing the strategies"):
        found = compare(world, now=at, strategies=tried, durations=overrides_of(durations), pass_gates=passes)
        costs = deletions_at_once(world, at)
    code = (
        exit_code_of_outcomes(entry.rollout.outcome for each in found for entry in each.results if entry.is_current)
        if exit_code
        else 0
    )
    if output in ("json", "yaml"):
        document = comparison_document(found, costs, assumed=assumed)
        return Shown(as_json(document) if output == "json" else as_yaml(document), code)
    if output == "csv":
        return Shown(comparison_csv(found), code)
    return Shown(comparison_text(found, costs, style_for(wide=output == "wide"), assumed=assumed), code)
