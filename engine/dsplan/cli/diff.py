"""`dsplan diff`: what differs between two plans."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from ..document.types import PlanDocument
from .failures import CHANGES_PENDING
from .options import Moment, fresh_document, moment, output_option, style_for
from .progress import progress_bar
from .sources import cluster_options, read_world


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@cluster_options("A and B are manifests to apply to this.")
@click.option("--now", type=Moment(), metavar="TIME", help="Plan for this moment (RFC 3339); default: now.")
@output_option("table", "wide", "json", "yaml", "markdown")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if anything differs.")
def command(before: str, after: str, now: datetime | None, output: str, exit_code: bool) -> None:
    """Compare two plans, two clusters, or (with --cluster) two manifests over one cluster.

    Who gains a pod, who loses one, what updates, by zone and node class; -o markdown is made for pull requests.
    """
    from ..changes import between
    from ..document.encoding import as_json, as_yaml
    from ..report.text.changes import changes_markdown, changes_text

    at = moment(now)
    old, new = _document(before, at), _document(after, at)
    with progress_bar("comparing"):
        found = between(old, new)
    if output in ("json", "yaml"):
        click.echo(as_json(found) if output == "json" else as_yaml(found), nl=False)
    elif output == "markdown":
        click.echo(changes_markdown(found), nl=False)
    else:
        click.echo(changes_text(found, style_for(wide=output == "wide")), nl=False)
    if exit_code and found:
        sys.exit(CHANGES_PENDING)


def _document(path: str, at: datetime) -> PlanDocument:
    """Return a plan from its file, or the plan for a cluster or for manifests over one."""
    from .show import is_plan_file, read_plan_file

    return read_plan_file(path) if is_plan_file(path) else fresh_document(read_world((path,), None, None), at)
