"""`dsplan show`: a plan from a file."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from ..report.inert import inert
from .failures import exit_code_of
from .options import Moment, output_option
from .plan_files import read_plan_file
from .printing import print_plan
from .sinks import say
from .sources import cluster_options

__all__ = ["command"]


@click.command()
@click.argument("plan", metavar="PLAN.json")
@output_option("table", "wide", "json", "jsonl", "yaml", "name", "markdown")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 3 if changes are pending, 4 if something is impossible, fails or stalls.",
)
@click.option("--status", is_flag=True, help="One line: how far the plan has been carried out in --cluster or --live.")
@click.option(
    "--now", type=Moment(), metavar="TIME", help="When the cluster was read (RFC 3339); default: as it tells."
)
@cluster_options("The cluster as it is now, for --status.")
def command(plan: str, output: str, exit_code: bool, status: bool, now: datetime | None) -> None:
    """Print a plan that `dsplan solve --out` has written, from the file alone; with --status, how far it has come.

    With --status it exits with 4 if the plan is off course, with --exit-code with 3 if something is left to do.
    """
    document = read_plan_file(plan)
    if status:
        from .drift import drift_of, exit_with_drift

        fared = drift_of(document, now)
        say(inert(fared.status) + "\n")
        exit_with_drift(fared, exit_code=exit_code)
        return
    print_plan(document, output)
    if exit_code:
        sys.exit(exit_code_of(document))
