"""`dsplan verify`: is a plan right?."""

from __future__ import annotations

import sys

import click

from ..document.types import PlanDocument
from .failures import CONFLICTS
from .options import fresh_document
from .progress import progress_bar
from .show import read_plan_file
from .sources import choice_of, cluster_options, read_cluster


@click.command()
@click.argument("plan", metavar="PLAN.json")
@cluster_options("The cluster to check it against.")
def command(plan: str) -> None:
    """Check a plan without trusting the solver: against itself and, with --cluster, against the cluster.

    Where the cluster has changed since the plan was made, it lists what changed and which actions no longer hold. Exits
    with 4 if anything is wrong.
    """
    from ..changes import drift
    from ..report.text.changes import drift_text
    from ..verify import Finding, verify

    document = read_plan_file(plan)
    with progress_bar("verifying"):
        findings: tuple[Finding, ...] = verify(document)
    broken = 0
    choice = choice_of()
    if (choice.cluster or choice.wants_live) and not findings:
        world = read_cluster(choice.cluster, choice)
        fresh = fresh_document(world, document.now)
        with progress_bar("comparing"):
            fared = drift(document, fresh)
        if fared.same_inputs or _same_cluster(document, fresh):
            with progress_bar("verifying"):
                findings = verify(document, world)
        else:
            click.echo(drift_text(fared), nl=False)
            broken = len(fared.broken)
    for finding in findings:
        click.echo(f"! {finding}")
    nodes, pairs = len(document.nodes), len(document.nodes) * len(document.daemonsets)
    wrong = f"{len(findings)} findings" if findings else "everything holds"
    if not findings and broken:
        wrong = f"true of itself, but {broken} of its actions no longer hold"
    click.echo(f"Verified {nodes:,} nodes, {pairs:,} pairs, {len(document.actions):,} actions: {wrong}.")
    if findings or broken:
        sys.exit(CONFLICTS)


def _same_cluster(plan: PlanDocument, fresh: PlanDocument) -> bool:
    """Return whether nothing that decides has changed, so that whatever differs is not true of the cluster."""
    seen = [[(one.namespace, one.name, one.uid, one.generation) for one in each.daemonsets] for each in (plan, fresh)]
    return seen[0] == seen[1] and (plan.nodes, plan.digests) == (fresh.nodes, fresh.digests)
