"""The whole plan: one pass, the account of DESIRED, the roll-out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ..constraints import BUILTIN_RULES, Rule
from ..constraints.builtin import scheduling_constraints
from ..eligibility import NodeIndex, propagate
from ..model.arguments import check_moment, check_world
from ..model.daemonset import Deployment
from ..model.world import Note, World
from ..passes.observer import NO_OBSERVER, Observer, during
from ..passes.step import step
from ..passes.step_types import Step
from ..placement.impossible import notes_of, room_unknown
from ..placement.scheduler.prediction import predict
from .entries import Predicted, entries_of, needs_room_later
from .foresight import foreseen
from .plan import DaemonSetPlan, DeploymentContrast, Plan

if TYPE_CHECKING:
    from ..placement.fit_types import Fit

__all__ = ["solve"]


def solve(
    world: World,
    *,
    now: datetime,
    rules: Iterable[Rule] = BUILTIN_RULES,
    index: NodeIndex | None = None,
    observer: Observer = NO_OBSERVER,
    forecast: bool = False,
) -> Plan:
    """Return the plan for a world: the next pass of the controller and everything it leads to.

    Impossible is a result, not an exception. The same world gives the same plan, whatever order its objects came in.
    With `forecast`, roll-outs that may stall are played to their end, which can take seconds, and the account says what
    came of it.

    >>> from datetime import UTC, datetime
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}},
    ... ])
    >>> print(solve(world, now=datetime(2026, 1, 1, tzinfo=UTC)).summary)
    Plan: 1 to create, 0 to delete, 0 to update; 0 blocked, 0 excluded by design.
    """
    check_world(world)
    check_moment(now)
    rules = tuple(rules)
    whole = step(world, now=now, rules=rules, index=index, observer=observer)
    policies = None
    if world.rollout_policies:
        from ..passes.governed import governed_step, plan_policies

        with during(observer, "policies"):
            policies = plan_policies(world, whole, now=now)
            whole = governed_step(whole, policies, world, rules)
    with during(observer, "placement"):
        prediction, unknown = predict(world, whole), room_unknown(whole.index)
        later = predict(world, whole, rollout=True) if needs_room_later(world, whole) else None
    with during(observer, "account"):
        entries = entries_of(whole, Predicted(prediction, later, unknown), policies)
    notes = {*world.notes, *(note for entry in whole.daemonsets for note in entry.notes), *_notes(world)}
    notes.update(notes_of(prediction, unknown, world))
    notes.update(policies.notes if policies is not None else ())
    plan = Plan(
        now=now,
        daemonsets=entries,
        deployments=tuple(_contrast(deployment, whole.index) for deployment in world.deployments),
        index=whole.index,
        state=whole.state,
        notes=tuple(sorted(notes)),
        requeue_after=_sooner(whole.requeue_after, policies.requeue_after if policies is not None else None),
        policies=policies,
        placement=_best_placement(world, whole, entries, observer),
    )
    return foreseen(plan, world, observer) if forecast else plan


def _best_placement(world: World, whole: Step, entries: Iterable[DaemonSetPlan], observer: Observer) -> Fit | None:
    """Return what could be placed at best, where that is a question at all."""
    if not world.placement_policies and not any(entry.account.sums.impossible for entry in entries):
        return None
    from ..placement.fit import fit

    with during(observer, "search"):
        return fit(world, whole)


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((seconds for seconds in (one, other) if seconds is not None), default=None)


def _contrast(deployment: Deployment, index: NodeIndex) -> DeploymentContrast:
    eligible = propagate(scheduling_constraints(deployment.pod.spec), index).run
    schedulable = sum(not index.nodes[position].spec.unschedulable for position in eligible)
    return DeploymentContrast(
        identity=deployment.identity, replicas=deployment.spec.replicas, nodes=len(index), eligible=schedulable
    )


def _notes(world: World) -> Iterator[Note]:
    if world.daemonsets and not world.state.backoffs and any(pod.status.phase == "Failed" for pod in world.pods):
        yield Note("State", "no back-off of failed pods was given: none is assumed (M10)")
