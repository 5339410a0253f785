"""`dsplan drift`: which actions of a plan still hold."""

from __future__ import annotations

import sys

import click

from .failures import CONFLICTS
from .options import fresh_document, output_option, style_for
from .progress import progress_bar
from .show import read_plan_file
from .sources import choice_of, cluster_options, read_cluster


@click.command()
@click.argument("plan", metavar="PLAN.json")
@cluster_options("The cluster as it is now; without it, the live cluster.")
@output_option("table", "wide", "json", "yaml")
@click.option("--exit-code", is_flag=True, help="Exit with 4 if an action of the plan no longer holds.")
def command(plan: str, output: str, exit_code: bool) -> None:
    """Say what changed since a plan was made, and which of its actions still hold. A heartbeat changes nothing."""
    from ..changes import drift
    from ..document.encoding import as_json, as_yaml
    from ..report.text.changes import drift_text

    document = read_plan_file(plan)
    choice = choice_of()
    fresh = fresh_document(read_cluster(choice.cluster, choice), document.now)
    with progress_bar("comparing"):
        fared = drift(document, fresh)
    if output in ("json", "yaml"):
        click.echo(as_json(fared) if output == "json" else as_yaml(fared), nl=False)
    else:
        click.echo(drift_text(fared, style_for(wide=output == "wide")), nl=False)
    if exit_code and fared.broken:
        sys.exit(CONFLICTS)
