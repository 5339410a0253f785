"""`dsplan snapshot`: a small file with what planning needs of a cluster."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import click

from ..model.world import World
from .options import narrowed
from .progress import progress_bar
from .sinks import tell, write
from .sources import choice_of, cluster_objects, cluster_options, read_cluster

if TYPE_CHECKING:
    from ..reading.read import Found


@click.command()
@click.argument("files", nargs=-1, metavar="FILE|DIR|-...")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to; with .gz it is packed, `-` prints it.")
@click.option("--full", is_flag=True, help="Keep every field of every object: environment values and arguments, too.")
@click.option("-n", "--namespace", metavar="NAME", help="Only DaemonSets of this namespace.")
@click.option("-l", "--selector", metavar="LABELS", help="Only DaemonSets with these labels.")
@cluster_options("The cluster, as a FILE is.")
def command(files: tuple[str, ...], output: str, full: bool, namespace: str | None, selector: str | None) -> None:
    """Save what planning needs of the cluster in FILE, or of the live cluster, in a small file.

    Plans from it are those of the cluster. Environment values, arguments, probes and annotations are left out;
    templates and revisions are kept as digests beside the fields that planning reads.
    """
    from ..document.encoding import inert_json
    from .output_files import write_whole

    choice = choice_of()
    paths = (*files, *choice.cluster)
    if full:
        with progress_bar() as bar:
            found = list(cluster_objects(paths, choice, bar, namespace=namespace, selector=selector))
        world, data = _whole(found, namespace, selector)
    else:
        from ..manifests.snapshot import snapshot_json

        world = narrowed(read_cluster(paths, choice, namespace=namespace, selector=selector), namespace, selector)
        data = snapshot_json(world)
    if output == "-":
        write(inert_json(data.decode()), "json")
        return
    packed = gzip.compress(data, mtime=0) if output.endswith(".gz") else data
    write_whole(output, packed, private=True)
    tell(f"{output}: {_counts(world)} in {len(packed):,} bytes.")


def _whole(found: list[Found], namespace: str | None, selector: str | None) -> tuple[World, bytes]:
    """Return the world, and all of its objects as they were read."""
    from ..apiserver.judging import Checks
    from ..manifests.load import world_of
    from ..manifests.snapshot import whole_json

    world = narrowed(world_of(found, checks=Checks(choice_of().validate)), namespace, selector)
    return world, whole_json(found, world)


def _counts(world: World) -> str:
    parts = (
        (len(world.nodes), "nodes"),
        (len(world.pods), "pods"),
        (len(world.daemonsets), "DaemonSets"),
        (len(world.revisions), "revisions"),
    )
    return ", ".join(f"{count:,} {words}" for count, words in parts)
