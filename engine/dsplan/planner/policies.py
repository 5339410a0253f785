"""Policies over one pass: `plan_policies` (DESIGN section 3: actor)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ..model.state import PolicyProgress, State
from ..model.world import World
from ..waves.rollout.decide import decide
from ..waves.rollout.plan_types import PolicyPlan
from ..waves.rollout.subjects import Subject
from .step_types import Step

__all__ = ["plan_policies", "with_progress"]


def plan_policies(world: World, step: Step, *, now: datetime) -> PolicyPlan:
    """Return what the world's RolloutPolicies come to: waves, bound, the host's actions now, what waits and why.

    `step` is the pass over the same world at the same moment. Progress is read from the world's State and returned in
    `PolicyPlan.progress`; `with_progress` puts it into the next State.
    Raises InputError where two policies say what only one may, or order DaemonSets in a cycle.
    """
    subjects = [
        Subject(entry.daemonset, entry.verdicts, entry.observed)
        for entry in step.daemonsets
        if entry.observed is not None and entry.verdicts is not None
    ]
    return decide(world.rollout_policies, subjects, step.index, world.state, now)


def with_progress(state: State, progress: tuple[PolicyProgress, ...]) -> State:
    """Return a State with the progress of policies; policies that are not mentioned are forgotten."""
    return msgspec.structs.replace(state, policies=progress)
