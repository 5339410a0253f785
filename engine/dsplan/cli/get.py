"""`dsplan get`: DaemonSets as kubectl prints them."""

from __future__ import annotations

from datetime import datetime

import click

from .options import input_options, load_world, moment, output_option
from .progress import progress_bar


@click.command()
@input_options
@output_option("table", "wide", "json", "yaml", "name")
@click.option("--fresh", is_flag=True, help="Compute the status from the pods, even where one is stored.")
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    fresh: bool,
) -> None:
    """Print what `kubectl get daemonsets -A` shows for FILE.

    A DaemonSet that a controller has seen shows its stored status, any other one the status that the next pass writes.
    """
    from ..passes import step

    world = load_world(files, more, None if all_namespaces else namespace, selector, nodes_needed=False)
    at = moment(now, world)
    with progress_bar("counting") as bar:
        entries = step(world, now=at, observer=bar).daemonsets
    if not entries:
        click.echo("No resources found", err=True)
        return
    rows = []
    for entry in entries:
        stored = entry.daemonset.status
        computed = entry.status if entry.status is not None else stored
        rows.append((entry.daemonset, computed if fresh or not stored.observed_generation else stored))
    if output == "name":
        for daemonset, _ in rows:
            click.echo(f"daemonset.apps/{daemonset.name}")
    elif output in ("json", "yaml"):
        from ..document.encoding import as_json, as_yaml

        items = [
            {"namespace": daemonset.metadata.namespace, "name": daemonset.name, "status": status}
            for daemonset, status in rows
        ]
        click.echo(as_json({"items": items}) if output == "json" else as_yaml({"items": items}), nl=False)
    else:
        from ..report.kubectl_get import kubectl_get

        namespaced = all_namespaces or namespace is None
        click.echo(kubectl_get(rows, now=at, namespaced=namespaced, wide=output == "wide"), nl=False)
