"""dsplan solve."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from .failures import CHANGES_PENDING, CONFLICTS
from .options import input_options, load_world, moment, output_option, style_for


@click.command()
@input_options
@output_option("table", "wide", "json", "yaml", "name")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if changes are pending, 4 if there are conflicts.")
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    exit_code: bool,
) -> None:
    """Print what the DaemonSet controller will do to the cluster in FILE: verdicts, actions and update waves."""
    from ..planner import solve

    world = load_world(files, more, None if all_namespaces else namespace, selector)
    plan = solve(world, now=moment(now))
    if output in ("table", "wide"):
        from ..report.plan_text import plan_text

        click.echo(plan_text(plan, style_for(wide=output == "wide")), nl=False)
    elif output == "name":
        from ..report.document import action_names

        for line in action_names(plan):
            click.echo(line)
    else:
        from ..report.document import plan_json, plan_yaml

        click.echo(plan_json(plan) if output == "json" else plan_yaml(plan), nl=False)
    if exit_code:
        sys.exit(CONFLICTS if plan.errored else CHANGES_PENDING if plan.applyable else 0)
