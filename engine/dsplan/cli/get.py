"""`dsplan get`: DaemonSets as kubectl prints them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from ..report.inert import inert
from .named import files_and_names, named_daemonsets, names_given
from .options import load_world, moment, output_option, reading_options
from .progress import progress_bar
from .sinks import say, tell, write

if TYPE_CHECKING:
    from ..model.daemonset import DaemonSet, DaemonSetStatus


@click.command()
@files_and_names
@reading_options
@output_option("table", "wide", "json", "yaml", "name")
@click.option("--sort-by", metavar="PATH", help="Sort by a field, for example .status.numberReady.")
@click.option("--fresh", is_flag=True, help="Compute the status from the pods, even where one is stored.")
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    sort_by: str | None,
    fresh: bool,
) -> None:
    """Print what `kubectl get daemonsets -A` shows for FILE; of the named ones (`agent`, `ds/agent`) alone.

    A DaemonSet that a controller has seen shows its stored status, any other one the status that the next pass writes.
    """
    from ..passes import step

    world = load_world(files, more, None if all_namespaces else namespace, selector, nodes_needed=False)
    world = named_daemonsets(world, names_given())
    at = moment(now, world)
    with progress_bar("counting") as bar:
        entries = step(world, now=at, observer=bar).daemonsets
    if not entries:
        tell("No resources found")
        return
    rows = []
    for entry in entries:
        stored = entry.daemonset.status
        computed = entry.status if entry.status is not None else stored
        rows.append((entry.daemonset, computed if fresh or not stored.observed_generation else stored))
    items = [_item(daemonset, status) for daemonset, status in rows]
    if sort_by is not None:
        order = sorted(range(len(rows)), key=lambda place: _sort_key(items[place], sort_by))
        rows, items = [rows[place] for place in order], [items[place] for place in order]
    if output == "name":
        for daemonset, _ in rows:
            say(inert(f"daemonset.apps/{daemonset.name}") + "\n")
    elif output in ("json", "yaml"):
        from ..document.encoding import as_json, as_yaml

        listed = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}
        write(as_json(listed) if output == "json" else as_yaml(listed), output)
    else:
        from ..report.kubectl_get import kubectl_get

        namespaced = all_namespaces or namespace is None
        say(kubectl_get(rows, now=at, namespaced=namespaced, wide=output == "wide"))


def _item(daemonset: DaemonSet, status: DaemonSetStatus) -> dict[str, Any]:
    """Return a DaemonSet as kubectl's JSON has it, without its template, which may hold secrets."""
    metadata: dict[str, Any] = {"name": daemonset.name, "namespace": daemonset.metadata.namespace}
    metadata |= {"generation": daemonset.metadata.generation, "labels": dict(daemonset.metadata.labels)}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "status": status}


def _sort_key(item: dict[str, Any], path: str) -> tuple[int, float, str]:
    """Return where a row stands: numbers by value, then text; what lacks the field comes first."""
    import msgspec

    found: Any = msgspec.to_builtins(item)
    for step in path.strip("{}").lstrip(".").split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if found is None or isinstance(found, int):
        return (0, found or 0, "")
    return (1, 0, str(found))
