"""`dsplan verify`: is a plan right?."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ..document.types import PlanDocument
from ..errors import InputError, Problem
from ..report.inert import inert
from .failures import CONFLICTS
from .made_from import same_again
from .plan_files import read_plan_file
from .progress import progress_bar
from .sinks import say
from .sources import choice_of, cluster_options

if TYPE_CHECKING:
    from ..document.origin import MadeFrom
    from ..model.world import World
    from ..verify import Finding


@click.command()
@click.argument("plan", metavar="PLAN.json")
@cluster_options("The cluster that the plan was made from, where it is not in the plan and not where it was.")
def command(plan: str) -> None:
    """Is every statement of a plan true of the world it was made from? Checked without the solver.

    The world is that in the plan (solve --with-world), else it is put together again from what the plan names. Exits
    with 4 if anything is wrong, with 1 if the world is another one: whether a plan still holds is a question to drift.
    """
    from ..verify import TAKEN_ON_TRUST, unproved

    document = read_plan_file(plan)
    findings, checked = _findings(document)
    for finding in findings:
        say(inert(f"! {finding}") + "\n")
    for text in unproved(document):
        say(inert(f"? {text}: not proved") + "\n")
    nodes, pairs = len(document.nodes), len(document.nodes) * len(document.daemonsets)
    held = "everything holds" if checked else "true of itself; its world is not at hand (--cluster, solve --with-world)"
    wrong = f"{len(findings):,} finding{'s' * (len(findings) != 1)}" if findings else held
    say(inert(f"Not checked: {', '.join(TAKEN_ON_TRUST)}.") + "\n")
    say(inert(f"Verified {nodes:,} nodes, {pairs:,} pairs, {len(document.actions):,} actions: {wrong}.") + "\n")
    if findings:
        sys.exit(CONFLICTS)


def _findings(document: PlanDocument) -> tuple[tuple[Finding, ...], bool]:
    """Return what is wrong, and whether a world was there to ask."""
    from ..document.worlds import unpacked_world
    from ..planner.checking import planned_trees
    from ..verify import verify

    with progress_bar("verifying"):
        findings = verify(document)
    if findings:
        return findings, False
    origin, choice = document.made_from, choice_of()
    if origin.world and not (choice.cluster or choice.wants_live):
        if findings := _wrong_seal(origin):
            return findings, False
        with progress_bar("verifying"):
            return verify(document, unpacked_world(origin.world, origin.world_bytes)), True
    world = same_again(document)
    if world is None:
        return (), False
    _refuse_another(document, world)
    with progress_bar("verifying"):
        return verify(document, planned_trees(world, document)), True


def _wrong_seal(origin: MadeFrom) -> tuple[Finding, ...]:
    from hashlib import sha256

    from ..verify import Finding

    said = origin.digests.get("world", "")
    own = f"sha256:{sha256(origin.world).hexdigest()}"
    return (
        ()
        if said == own
        else (Finding("world", "madeFrom", "the world in the plan is not the one that was put there"),)
    )


def _refuse_another(document: PlanDocument, world: World) -> None:
    from ..report.inputs import inputs_digest

    if inputs_digest(world) != document.inputs:
        message = "this is not the world of this plan; use drift to ask how it fares there"
        raise InputError.of([Problem(reason="FieldValueInvalid", message=message, field="inputs")])
