"""`dsplan overhead`: what daemons cost per class of nodes."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from .failures import CONFLICTS
from .options import input_options, load_world, moment, output_option, style_for
from .progress import progress_bar
from .what_if import WhatIf, what_if_options


@click.command()
@input_options
@what_if_options
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
    what_if: WhatIf,
) -> None:
    """Say what daemons cost per class of nodes: who lands there, their sum, what is left, which ports are taken.

    A class are nodes that the same DaemonSets want and that agree in the labels of --by. By default these are the pool
    (of a NodePool manifest, of Karpenter, EKS, GKE, AKS and others), the machine type, os and arch. A NodePool or Node
    manifest among FILES is a template: its nodes count like others.

    A new or bigger DaemonSet: `dsplan overhead agent.yaml --cluster dump.json` says on which of the nodes that are
    there it would not fit, by class, once it is rolled out. With --add-pool the nodes to come are classes, too.
    """
    from ..passes import step
    from ..placement.overhead import CLASS_LABELS, overhead

    world = load_world(files, more, None if all_namespaces else namespace, selector)
    if what_if:
        from ..explain.edits import apply

        world = apply(world, what_if.edits(world))
    with progress_bar("adding up") as bar:
        whole = step(world, now=moment(now), observer=bar)
        found = overhead(world, whole, by=by or CLASS_LABELS)
    names = whole.index.names
    if output in ("table", "wide"):
        from ..report.text.overhead import overhead_text

        click.echo(overhead_text(found, names, style_for(wide=output == "wide")), nl=False)
    else:
        from ..document.encoding import as_json, as_yaml
        from ..report.documents.fit import overhead_document

        document = overhead_document(found, names)
        click.echo(as_json(document) if output == "json" else as_yaml(document), nl=False)
    if exit_code and found.no_room:
        sys.exit(CONFLICTS)
