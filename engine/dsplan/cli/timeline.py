"""`dsplan timeline`: roll-outs in time."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from .durations import duration_options, overrides_of
from .failures import exit_code_of_outcomes
from .options import gate_option, input_options, load_world, moment, output_option, shows, style_for
from .progress import progress_bar
from .shown import Shown, deletions_at_once
from .sinks import write

if TYPE_CHECKING:
    from ..model.world import World


@click.command()
@input_options
@output_option("table", "wide", "json", "yaml", "csv")
@click.option("--restart", multiple=True, metavar="[NAMESPACE/]NAME", help="Roll this DaemonSet out anew; repeatable.")
@click.option("--broken", multiple=True, metavar="[NAMESPACE/]NAME", help="Its new pods never get ready; repeatable.")
@click.option("--events", is_flag=True, help="Every event of every pod, however many.")
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
    broken: tuple[str, ...],
    events: bool,
    gate: str,
    exit_code: bool,
    **durations: Any,
) -> None:
    """Print the roll-outs of the cluster in FILE in time: when each wave starts and ends, what is down meanwhile."""
    world = load_world(files, more, None if all_namespaces else namespace, selector)
    found = shown(
        world,
        moment(now, world),
        output,
        restart=restart,
        broken=broken,
        events=events,
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
    broken: tuple[str, ...] = (),
    events: bool = False,
    gate: str = "pass",
    exit_code: bool = False,
    **durations: Any,
) -> Shown:
    """Return the timeline of one world."""
    from ..document.encoding import as_json, as_yaml
    from ..report.chart import BLOCKS
    from ..report.documents.timeline import timeline_csv, timeline_document
    from ..report.text.timeline import timeline_text
    from ..rollouts.edits import find_daemonsets, restarted
    from ..rollouts.timeline import timeline
    from ..simulator.policies import gates_assumed

    world = restarted(world, restart)
    passes = gate == "pass"
    assumed = gates_assumed(world, pass_gates=passes)
    never_ready = find_daemonsets(world, broken)
    with progress_bar("playing the roll-outs"):
        stories = timeline(world, now=at, durations=overrides_of(durations), broken=never_ready, pass_gates=passes)
        costs = deletions_at_once(world, at)
    code = exit_code_of_outcomes(story.window.outcome for story in stories) if exit_code else 0
    if output in ("json", "yaml"):
        document = timeline_document(stories, costs, events=events, assumed=assumed)
        return Shown(as_json(document) if output == "json" else as_yaml(document), code)
    if output == "csv":
        return Shown(timeline_csv(stories), code)
    plain = os.environ.get("TERM") == "dumb" or not shows(BLOCKS)
    style = style_for(wide=output == "wide")
    return Shown(timeline_text(stories, costs, style, events=events, plain=plain, assumed=assumed), code)
