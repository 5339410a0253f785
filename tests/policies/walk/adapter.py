"""The few places where the walk touches the engine, so that it can be held against an engine of another version."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from dsplan.diff import Actor
from dsplan.errors import DsplanError
from dsplan.manifests.rollout_policies import decode_policy
from dsplan.model.pod import ContainerState, ContainerStatus, ContainerWaiting
from dsplan.model.state import State
from dsplan.model.world import World
from dsplan.passes import step
from dsplan.passes.governed import plan_policies, with_progress
from dsplan.policies.answers import answered
from dsplan.policies.decide import decide
from dsplan.policies.subjects import Subject

__all__ = ["answer", "begun_by", "crash_loop", "decode_policy", "texts_of"]


def begun_by(world: World, now: datetime) -> tuple[list[tuple[str, str]], State]:
    """Return (DaemonSet, node) of what the host begins, and the next State."""
    whole = step(world, now=now)
    subjects = [
        Subject(entry.daemonset, entry.verdicts, entry.observed)
        for entry in whole.daemonsets
        if entry.observed is not None and entry.verdicts is not None
    ]
    plan = decide(world.rollout_policies, subjects, whole.index, world.state, now, all_waves=False)
    begun = [(action.daemonset.name, action.node) for action in plan.actions if action.actor is Actor.HOST]
    return begun, with_progress(world.state, plan.progress)


def texts_of(world: World, now: datetime) -> str:
    """Return what is told of what waits and of what never goes on, line by line."""
    plan = plan_policies(world, step(world, now=now), now=now)
    return "\n".join([*(held.text for held in plan.held), *plan.stalls])


def answer(state: State, policy: str, what: str) -> State | None:
    """Return the State after a word about a policy, None where it is refused."""
    try:
        return answered(state, policy, what)
    except DsplanError:
        return None


@lru_cache(maxsize=1)
def crash_loop() -> Any:
    """Return container statuses of a pod that crashes."""
    state = ContainerState(waiting=ContainerWaiting(reason="CrashLoopBackOff"))
    return (ContainerStatus(name="main", restart_count=3, state=state),)
