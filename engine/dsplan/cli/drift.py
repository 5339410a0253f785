"""`dsplan drift`, and the one line of show --status."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..document.types import PlanDocument
from .failures import CHANGES_PENDING, CONFLICTS
from .made_from import same_again
from .options import Moment, moment, output_option, solved, style_for
from .plan_files import read_plan_file
from .progress import progress_bar
from .sinks import say, write
from .sources import choice_of, cluster_options, read_cluster

if TYPE_CHECKING:
    from ..changes import Drift
    from ..model.world import World

__all__ = ["command", "drift_of", "exit_with_drift"]


@click.command()
@click.argument("plan", metavar="PLAN.json")
@cluster_options("The cluster as it is now; without it, the live cluster.")
@click.option(
    "--now", type=Moment(), metavar="TIME", help="When the cluster was read (RFC 3339); default: as it tells."
)
@output_option("table", "wide", "json", "yaml")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if something is left to do.")
def command(plan: str, now: datetime | None, output: str, exit_code: bool) -> None:
    """How far has a plan been carried out: done, under way, still to do, void and why, new.

    Manifests that the plan was made with are laid over the cluster, whether they have been applied by now or not. Exits
    with 4 if the plan is off course.
    """
    from ..document.encoding import as_json, as_yaml
    from ..report.text.changes import drift_text

    fared = drift_of(read_plan_file(plan), now)
    if output in ("json", "yaml"):
        write(as_json(fared) if output == "json" else as_yaml(fared), output)
    else:
        say(drift_text(fared, style_for(wide=output == "wide")))
    exit_with_drift(fared, exit_code=exit_code)


def exit_with_drift(fared: Drift, *, exit_code: bool) -> None:
    """End with 4 where a plan is off course, with 3 where something is left and that is asked for."""
    if fared.reasons:
        sys.exit(CONFLICTS)
    if exit_code and fared.left:
        sys.exit(CHANGES_PENDING)


def drift_of(document: PlanDocument, now: datetime | None) -> Drift:
    """Return how a plan fares on the cluster of the command line, else on the live one."""
    from ..changes import drift
    from ..observe.captured import captured_at
    from ..report.documents.plan import plan_document
    from ..report.inputs import inputs_digest

    choice = choice_of()
    cluster = read_cluster(choice.cluster, choice)
    foreign = dict(_foreign(document, cluster))
    world = same_again(document, tuple(foreign), cluster, again=True)
    assert world is not None
    told = captured_at(cluster) if choice.cluster else None
    at = now or max(document.now, told or moment(None))
    plan = solved(world, at)
    with progress_bar("comparing"):
        fresh = plan_document(plan, inputs=inputs_digest(world), digests=False)
        return drift(document, fresh, plan, foreign=foreign)


def _foreign(document: PlanDocument, cluster: World) -> Iterator[tuple[str, str]]:
    """Yield the DaemonSets that have another template by now than the planned one and the one it was to replace."""
    from ..observe.templates import digest_of

    digests = document.made_from.digests
    generations = {f"{entry.namespace}/{entry.name}": entry.generation for entry in document.daemonsets}
    for one in cluster.daemonsets:
        name = str(one.identity)
        planned = digests.get(f"template {name}")
        stored, now = digests.get(f"stored {name}", planned), f"sha256:{digest_of(one.spec.template)}"
        if planned is None or now == planned:
            continue
        if now != stored:
            yield name, "another template was applied since"
        elif one.metadata.generation > generations[name] - 1:
            yield name, "its template was taken back"
