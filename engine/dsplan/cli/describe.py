"""`dsplan describe`: a DaemonSet as kubectl describes it."""

from __future__ import annotations

from datetime import datetime

import click

from .named import files_and_names, named_daemonsets, names_given
from .options import load_world, moment, reading_options
from .progress import progress_bar
from .sinks import say, tell


@click.command()
@click.option("--name", "names", multiple=True, metavar="NAME", help="Only the DaemonSets of this name; repeatable.")
@click.option("--fresh", is_flag=True, help="Compute the status from the pods, even where one is stored.")
@files_and_names
@reading_options
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    names: tuple[str, ...],
    fresh: bool,
) -> None:
    """Print what `kubectl describe daemonsets -A` shows for FILE, but for events, which no dump of objects holds."""
    from ..observe import owned_pods
    from ..passes import step
    from ..report.describe import describe_daemonset

    world = load_world(files, more, None if all_namespaces else namespace, selector, nodes_needed=False)
    world = named_daemonsets(world, (*names, *names_given()))
    with progress_bar("counting") as bar:
        whole = step(world, now=moment(now, world), observer=bar)
    entries = whole.daemonsets
    if not entries:
        tell("No resources found")
    for number, entry in enumerate(entries):
        stored = entry.daemonset.status
        computed = entry.status if entry.status is not None else stored
        status = computed if fresh or not stored.observed_generation else stored
        pods = owned_pods(entry.observed.claim) if entry.observed else ()
        say(("\n\n" if number else "") + describe_daemonset(entry.daemonset, status, pods))
