"""Policies over one pass: `plan_policies`, and which actions are the host's."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ..constraints import Rule
from ..diff import Action, Actor, Stage
from ..model.arguments import check_moment, check_world
from ..model.daemonset import RollingUpdate, UpdateStrategy
from ..model.meta import Identity
from ..model.pod import target_node
from ..model.state import PolicyProgress, State
from ..model.world import World
from ..policies.decide import decide
from ..policies.plan_types import PolicyPlan
from ..policies.subjects import Subject
from ..policies.targets import Contradiction
from .observation import Observation, Surroundings, surroundings_of
from .step import pass_over
from .step_types import DaemonSetStep, Step

__all__ = ["as_host_owns", "besides", "governed_step", "plan_policies", "with_progress"]


def plan_policies(world: World, step: Step, *, now: datetime) -> PolicyPlan:
    """Return what the world's RolloutPolicies come to: waves, bound, the host's actions now, what waits and why.

    `step` is the pass over the same world at the same moment. Progress is read from the world's State and returned in
    `PolicyPlan.progress`; `with_progress` puts it into the next State. What contradicts itself is in `contradictions`,
    and stands still; it hinders nothing else.
    """
    check_world(world)
    check_moment(now)
    flying = _flying_nodes(world)
    subjects = [
        Subject(entry.daemonset, entry.verdicts, entry.observed, frozenset(flying.get(entry.identity, ())))
        for entry in step.daemonsets
        if entry.observed is not None and entry.verdicts is not None
    ]
    plan = decide(world.rollout_policies, subjects, step.index, world.state, now, world.image_sizes)
    placed = tuple(_placed(found, world) for found in plan.contradictions)
    return msgspec.structs.replace(plan, contradictions=placed) if placed else plan


def _placed(found: Contradiction, world: World) -> Contradiction:
    """Return a contradiction with the place of the last policy that it is between, where it is known."""
    for policy in reversed(world.rollout_policies):
        if world.origins is not None and found.problem.object.endswith(f" {policy.identity}"):
            source = world.origins.locate(policy.identity, found.problem.field)
            return Contradiction(msgspec.structs.replace(found.problem, source=source), found.daemonsets)
    return found


def _flying_nodes(world: World) -> dict[Identity, set[str]]:
    """Return, per DaemonSet, the nodes where the creation or deletion of a pod was issued and is not seen yet (C7)."""
    found: dict[Identity, set[str]] = {}
    deleted: dict[tuple[str, str], Identity] = {}
    for flight in world.state.flights:
        if flight.kind == "Pod" and flight.verb == "create":
            found.setdefault(flight.daemonset, set()).add(flight.name)
        elif flight.kind == "Pod" and flight.verb == "delete":
            deleted[flight.daemonset.namespace, flight.name] = flight.daemonset
    for pod in world.pods if deleted else ():
        identity = deleted.get((pod.metadata.namespace, pod.name))
        node = target_node(pod) if identity is not None else None
        if identity is not None and node is not None:
            found.setdefault(identity, set()).add(node)
    return found


def with_progress(state: State, progress: tuple[PolicyProgress, ...]) -> State:
    """Return a State with what is remembered of policies; what is not mentioned is forgotten."""
    return msgspec.structs.replace(state, rollouts=progress)


def governed_step(whole: Step, policies: PolicyPlan, world: World, rules: tuple[Rule, ...]) -> Step:
    """Return the pass with what the host does: its deletions, and everything where it replaces the controller.

    There the update strategy decides nothing: with `surge` a node may have two pods for a while, else it is as
    OnDelete.
    """
    around: Surroundings | None = None
    entries = []
    for entry in whole.daemonsets:
        mine = tuple(action for action in policies.actions if action.daemonset == entry.identity)
        if entry.identity in policies.by_host:
            around = around or surroundings_of(world, now=whole.now, rules=rules, index=whole.index)
            surge, frozen = entry.identity in policies.surging, entry.identity in policies.frozen
            entry = as_host_owns(entry, around, surge=surge, frozen=frozen)
        mine = besides(entry, mine)
        entries.append(msgspec.structs.replace(entry, actions=entry.actions + mine) if mine else entry)
    state = with_progress(whole.state, policies.progress)
    return msgspec.structs.replace(whole, daemonsets=tuple(entries), state=state)


def besides(entry: DaemonSetStep, actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return what a policy does besides a pass: a pod that the pass deletes anyway is not deleted twice."""
    done = {action.key for action in entry.actions} if actions else set()
    return tuple(action for action in actions if action.key not in done)


def as_host_owns(
    entry: DaemonSetStep,
    around: Surroundings,
    *,
    surge: bool,
    frozen: bool,
    observation: Observation | None = None,
) -> DaemonSetStep:
    """Return one pass of which the host carries out everything; nothing that touches a pod where it is `frozen`."""
    daemonset = entry.daemonset
    doubling = UpdateStrategy(type="RollingUpdate", rolling_update=RollingUpdate(max_unavailable=0, max_surge=1))
    spec = msgspec.structs.replace(
        daemonset.spec, update_strategy=doubling if surge else UpdateStrategy(type="OnDelete")
    )
    redone = pass_over(msgspec.structs.replace(daemonset, spec=spec), around, observation)
    actions = tuple(
        msgspec.structs.replace(action, actor=Actor.HOST)
        for action in redone.actions
        if action.stage is not Stage.ROLLING_UPDATE and not (action.kind == "Pod" and frozen)
    )
    return msgspec.structs.replace(
        redone, daemonset=daemonset, actions=actions, rolling=None, budget=None, rolling_update_ran=False
    )
