"""`dsplan fit`: which pods fit where, and what could be placed at best."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Literal

import click

from .failures import CONFLICTS
from .options import input_options, load_world, moment, output_option, style_for
from .progress import progress_bar


@click.command()
@input_options
@output_option("table", "wide", "json", "yaml")
@click.option(
    "--maximise",
    type=click.Choice(["coverage", "priority"]),
    default="coverage",
    show_default=True,
    help="What the best placement has most of: pods, or pods of the highest priorities first.",
)
@click.option("--rollout", is_flag=True, help="As if every outdated pod had been replaced already.")
@click.option("--search/--no-search", default=True, help="Search for the best, or take the greedy answer.")
@click.option("--steps", type=click.IntRange(min=0), default=5000, show_default=True, help="Search nodes a component.")
@click.option("--exit-code", is_flag=True, help="Exit with 4 if a wanted pod finds no place or a policy is violated.")
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    maximise: Literal["coverage", "priority"],
    rollout: bool,
    search: bool,
    steps: int,
    exit_code: bool,
) -> None:
    """Say which daemon pods the scheduler can place once the next pass is done, and what could be placed at best.

    PlacementPolicy documents among FILES hold for the best placement; the scheduler knows nothing of them.
    """
    from ..passes import step
    from ..placement.fit import fit
    from ..placement.scheduler.prediction import predict

    world = load_world(files, more, None if all_namespaces else namespace, selector)
    with progress_bar("placing") as bar:
        whole = step(world, now=moment(now), observer=bar)
        prediction = predict(world, whole, rollout=rollout)
        best = fit(world, whole, maximise=maximise, rollout=rollout, search=search, steps=steps)
    names = whole.index.names
    if output in ("table", "wide"):
        from ..report.text.fit import fit_text

        click.echo(fit_text(prediction, best, names, style_for(wide=output == "wide")), nl=False)
    else:
        from ..document.encoding import as_json, as_yaml
        from ..report.documents.fit import fit_document

        document = fit_document(prediction, best, names)
        click.echo(as_json(document) if output == "json" else as_yaml(document), nl=False)
    if exit_code and (best.violations or any(entry.impossible for entry in prediction.daemonsets)):
        sys.exit(CONFLICTS)
