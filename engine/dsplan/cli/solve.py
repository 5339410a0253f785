"""`dsplan solve`: the plan."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from .failures import CHANGES_PENDING, CONFLICTS
from .options import input_options, load_world, moment, output_option, solved
from .printing import print_plan
from .state_options import remembering, state_options

if TYPE_CHECKING:
    from ..model.meta import Identity
    from ..model.world import World
    from ..planner import DaemonSetPlan, Plan


@click.command()
@input_options
@output_option("table", "wide", "json", "yaml", "name", "markdown")
@click.option("--out", metavar="PLAN.json", help="Write the plan to a file, for show, verify, drift and diff.")
@state_options
@click.option("--bodies", is_flag=True, help="Put the complete bodies of created pods into json and yaml.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if changes are pending, 4 if there are conflicts.")
def command(
    files: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    exit_code: bool,
    bodies: bool,
    out: str | None,
    state: str | None,
    gates: tuple[str, ...],
) -> None:
    """Print what the DaemonSet controller will do: verdicts, actions and update waves.

    To the cluster in FILE; with --cluster, to that cluster once the manifests in FILE are applied; without any FILE, to
    the live cluster, read with kubectl.
    """
    from ..report.document import plan_document

    world = load_world(files, more, None if all_namespaces else namespace, selector)
    world = remembering(world, state, gates)
    if bodies:
        _warn_of_abridged(world)
    plan = solved(world, moment(now))
    kept = out is not None or output in ("json", "yaml")
    inputs = _digest(world) if kept else ""
    stalls = _stalls(world, plan)
    document = plan_document(plan, inputs=inputs, bodies=bodies, digests=kept, stalls=stalls)
    if out is not None:
        from ..document.encoding import compact_json
        from .output_files import write_whole

        write_whole(out, compact_json(document) + b"\n")
    print_plan(document, output)
    if exit_code:
        sys.exit(CONFLICTS if document.errored or document.conflicts else CHANGES_PENDING if document.applyable else 0)


def _warn_of_abridged(world: World) -> None:
    from ..apiserver.defaulting import is_abridged

    if any(is_abridged(daemonset.spec.template) for daemonset in world.daemonsets):
        click.echo("note: bodies are not complete: a snapshot without --full keeps what planning reads", err=True)


def _digest(world: World) -> str:
    from ..report.inputs import inputs_digest

    return inputs_digest(world)


def _stalls(world: World, plan: Plan) -> dict[Identity, str]:
    """Return what is foreseen about roll-outs that may not get to their end; without outdated pods there are none."""
    if not any(map(_has_outdated_pods, plan.daemonsets)):
        return {}
    from ..rollouts.forecast import expected_stalls
    from .progress import progress_bar

    with progress_bar("looking for stalls"):
        stalls, left = expected_stalls(world, now=plan.now)
    found = {stall.identity: stall.text for stall in stalls}
    long = "a long roll-out that may stall: dsplan timeline plays it"
    return {**found, **dict.fromkeys(left, long)}


def _has_outdated_pods(entry: DaemonSetPlan) -> bool:
    from ..observe import PodFact

    situations = entry.step.observed.situations if entry.step.observed else ()
    return any(not facts & PodFact.UPDATED for situation in situations for facts in situation.shape)
