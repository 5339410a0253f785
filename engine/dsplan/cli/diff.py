"""dsplan diff."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from ..document.types import PlanDocument
from .failures import CHANGES_PENDING
from .options import Moment, fresh_document, moment, output_option, style_for


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--cluster", multiple=True, metavar="FILE", help="A and B are manifests to apply to this; repeatable.")
@click.option("--now", type=Moment(), metavar="TIME", help="Plan for this moment (RFC 3339); default: now.")
@output_option("table", "wide", "json", "yaml", "markdown")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if anything differs.")
def command(
    before: str, after: str, cluster: tuple[str, ...], now: datetime | None, output: str, exit_code: bool
) -> None:
    """Compare two plans, two clusters, or (with --cluster) two manifests over one cluster.

    Who gains a pod, who loses one, what updates, by zone and node class; -o markdown is made for pull requests.
    """
    from ..changes import between
    from ..document.encoding import as_json, as_yaml
    from ..report.changes_text import changes_markdown, changes_text

    at = moment(now)
    found = between(_document(before, cluster, at), _document(after, cluster, at))
    if output in ("json", "yaml"):
        click.echo(as_json(found) if output == "json" else as_yaml(found), nl=False)
    elif output == "markdown":
        click.echo(changes_markdown(found), nl=False)
    else:
        click.echo(changes_text(found, style_for(wide=output == "wide")), nl=False)
    if exit_code and found:
        sys.exit(CHANGES_PENDING)


def _document(path: str, cluster: tuple[str, ...], at: datetime) -> PlanDocument:
    """Return a plan from its file, or the plan for a cluster or for manifests over one."""
    from ..document.encoding import is_plan
    from ..manifests.load import load
    from ..manifests.overlay import overlay
    from .show import read_plan_file

    if is_plan(path):
        return read_plan_file(path)
    world = load([path])
    return fresh_document(overlay(load(cluster), world) if cluster else world, at)
