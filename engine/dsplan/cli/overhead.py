"""`dsplan overhead`: what daemons cost per class of nodes."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

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
@click.option("--by", multiple=True, metavar="LABEL", help="Group nodes by this label, or by NodePool; repeatable.")
@click.option("--exit-code", is_flag=True, help="Exit with 4 if a rolled-out DaemonSet would not fit somewhere.")
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    by: tuple[str, ...],
    exit_code: bool,
) -> None:
    """Say what daemons cost per class of nodes: who lands there, their sum, what is left, which ports are taken.

    A class is a set of nodes selected by the same DaemonSets, with equal labels of --by. By default these are the pool
    (of a NodePool manifest, of Karpenter, EKS, GKE, AKS and others), the machine type, os and arch. A NodePool or Node
    manifest among FILES is a template: its nodes count like others.

    A new or bigger DaemonSet: `dsplan overhead agent.yaml --cluster dump.json` says on which of the nodes that are
    there it would not fit, by class, once it is rolled out. With --add-pool the nodes to come are classes, too.
    """
    world = load_world(files, more, None if all_namespaces else namespace, selector)
    found = shown(world, moment(now, world), output, by=by, exit_code=exit_code)
    write(found.text, output)
    sys.exit(found.code)


def shown(world: World, at: datetime, output: str, *, by: tuple[str, ...] = (), exit_code: bool = False) -> Shown:
    """Return what daemons cost in one world."""
    from ..passes import step
    from ..placement.overhead import CLASS_LABELS, overhead

    with progress_bar("adding up") as bar:
        whole = step(world, now=at, observer=bar)
        found = overhead(world, whole, by=by or CLASS_LABELS)
    names = whole.index.names
    if output in ("table", "wide"):
        from ..report.text.overhead import overhead_text

        text = overhead_text(found, names, style_for(wide=output == "wide"))
    else:
        from ..document.encoding import as_json, as_yaml
        from ..report.documents.fit import overhead_document

        document = overhead_document(found, names)
        text = as_json(document) if output == "json" else as_yaml(document)
    return Shown(text, CONFLICTS if exit_code and found.no_room else 0)
