"""`dsplan fit`: which pods fit where, and what could be placed at best."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import click

from .failures import CONFLICTS
from .options import input_options, load_world, moment, output_option, style_for
from .progress import progress_bar
from .shown import Shown
from .sinks import write

if TYPE_CHECKING:
    from ..model.world import World


@click.command()
@input_options
@output_option("table", "wide", "json", "yaml")
@click.option(
    "--maximise",
    type=click.Choice(["coverage", "priority"]),
    default="coverage",
    show_default=True,
    help="What the best placement maximises: pods, or pods of the highest priorities first.",
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
    world = load_world(files, more, None if all_namespaces else namespace, selector)
    options: dict[str, Any] = {
        "maximise": maximise,
        "rollout": rollout,
        "search": search,
        "steps": steps,
        "exit_code": exit_code,
    }
    found = shown(world, moment(now, world), output, **options)
    write(found.text, output)
    sys.exit(found.code)


def shown(
    world: World,
    at: datetime,
    output: str,
    *,
    maximise: Literal["coverage", "priority"] = "coverage",
    rollout: bool = False,
    search: bool = True,
    steps: int = 5000,
    exit_code: bool = False,
) -> Shown:
    """Return what fits in one world."""
    from ..passes import step
    from ..placement.fit import fit
    from ..placement.scheduler.prediction import predict

    with progress_bar("placing") as bar:
        whole = step(world, now=at, observer=bar)
        prediction = predict(world, whole, rollout=rollout)
        best = fit(world, whole, maximise=maximise, rollout=rollout, search=search, steps=steps)
    names = whole.index.names
    if output in ("table", "wide"):
        from ..report.text.fit import fit_text

        text = fit_text(prediction, best, names, style_for(wide=output == "wide"))
    else:
        from ..document.encoding import as_json, as_yaml
        from ..report.documents.fit import fit_document

        document = fit_document(prediction, best, names)
        text = as_json(document) if output == "json" else as_yaml(document)
    conflicts = best.violations or any(entry.impossible for entry in prediction.daemonsets)
    return Shown(text, CONFLICTS if exit_code and conflicts else 0)
