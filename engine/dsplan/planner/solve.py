"""The whole plan: one pass, the account of DESIRED, the roll-out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pyroaring import BitMap

from ..constraints import BUILTIN_RULES, Rule
from ..constraints.builtin import scheduling_constraints
from ..eligibility import NodeIndex, Verdict, exclusions, propagate
from ..model.arguments import check_moment, check_world
from ..model.daemonset import Deployment
from ..model.world import Note, World
from ..observe import Observed, PodFact
from ..passes.forecast import Rollout, Strategy, rollout_of
from ..passes.observer import NO_OBSERVER, Observer, during
from ..passes.step import step
from ..passes.step_types import DaemonSetStep, Step
from ..placement.impossible import evictions_of, impossible_of, notes_of, room_unknown
from ..placement.scheduler.prediction import DaemonSetPrediction, predict
from .plan import DaemonSetPlan, DeploymentContrast, Held, HeldReason, Plan, Summary

if TYPE_CHECKING:
    from ..placement.fit_types import Fit

__all__ = ["solve"]

_TERMINATING = int(PodFact.TERMINATING)


def solve(
    world: World,
    *,
    now: datetime,
    rules: Iterable[Rule] = BUILTIN_RULES,
    index: NodeIndex | None = None,
    observer: Observer = NO_OBSERVER,
) -> Plan:
    """Return the plan for a world: the next pass of the controller and everything it leads to.

    Impossible is a result, not an exception. The same world gives the same plan, whatever order its objects came in.

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
        from .governed import governed_plan

        with during(observer, "policies"):
            policies = plan_policies(world, whole, now=now)
            whole = governed_step(whole, policies, world, rules)
    with during(observer, "placement"):
        prediction, unknown = predict(world, whole), room_unknown(whole.index)
    observer.started("plan", len(whole.daemonsets))
    entries: list[DaemonSetPlan] = []
    for done, entry in enumerate(whole.daemonsets, start=1):
        planned = _plan_of(entry, whole.index, prediction.of(entry.identity), unknown)
        entries.append(planned if policies is None else governed_plan(planned, policies))
        observer.advanced("plan", done)
    observer.finished("plan")
    notes = {*world.notes, *(note for entry in whole.daemonsets for note in entry.notes), *_notes(world)}
    notes.update(notes_of(prediction, unknown, world))
    notes.update(policies.notes if policies is not None else ())
    return Plan(
        now=now,
        daemonsets=tuple(entries),
        deployments=tuple(_contrast(deployment, whole.index) for deployment in world.deployments),
        index=whole.index,
        state=whole.state,
        notes=tuple(sorted(notes)),
        requeue_after=_sooner(whole.requeue_after, policies.requeue_after if policies is not None else None),
        policies=policies,
        placement=_best_placement(world, whole, entries, observer),
    )


def _best_placement(world: World, whole: Step, entries: Iterable[DaemonSetPlan], observer: Observer) -> Fit | None:
    """Return what could be placed at best, where that is a question at all."""
    if not world.placement_policies and not any(entry.impossible for entry in entries):
        return None
    from ..placement.fit import fit

    with during(observer, "search"):
        return fit(world, whole)


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((seconds for seconds in (one, other) if seconds is not None), default=None)


def _plan_of(entry: DaemonSetStep, index: NodeIndex, prediction: DaemonSetPrediction, unknown: BitMap) -> DaemonSetPlan:
    if entry.observed is None or entry.verdicts is None:
        return DaemonSetPlan(step=entry, nodes=len(index))
    impossible = impossible_of(prediction, unknown)
    hopeless = BitMap.union(BitMap(), *(part.nodes for part in impossible))
    rollout = rollout_of(entry, entry.observed, index, hopeless)
    held = tuple(sorted(_held(entry, entry.observed, rollout, index)))
    excluded = exclusions(entry.verdicts, index)
    garbage = tuple(
        (name, pod)
        for name, group in entry.observed.vanished.items()
        for pod in group.pods
        if pod.spec.node_name and not pod.terminating
    )
    blocked = {waiting.node for waiting in held}
    blocked.update(index.names[position] for position in hopeless)
    managed = entry.manage
    summary = Summary(
        create=len(managed.create) if managed else 0,
        delete=(len(managed.delete) if managed else 0) + len(rollout.leaving) + len(garbage),
        update=len(rollout.nodes),
        waves=rollout.wave_count,
        blocked=len(blocked),
        excluded=sum(len(exclusion.nodes) for exclusion in excluded),
    )
    return DaemonSetPlan(
        step=entry,
        nodes=len(index),
        exclusions=excluded,
        held=held,
        garbage=garbage,
        impossible=impossible,
        evictions=evictions_of(prediction, unknown),
        prediction=prediction,
        rollout=rollout,
        summary=summary,
    )


def _held(entry: DaemonSetStep, observed: Observed, rollout: Rollout, index: NodeIndex) -> Iterator[Held]:
    for node, pod in entry.held:
        yield Held(node, HeldReason.BACK_OFF, f"failed pod {pod.name} is in back-off")
    acted = {node for node, _ in entry.manage.create} if entry.manage else set()
    for situation in observed.situations:
        gone = situation.shape and all(facts & _TERMINATING for facts in situation.shape)
        if situation.verdict is Verdict.RUN and gone:
            for position in situation.nodes:
                name = index.names[position]
                if name not in acted:
                    yield Held(name, HeldReason.TERMINATING, f"waits for {observed.pods_at(name)[0].name} to be gone")
    reason, text = _why_not_updated(entry, rollout)
    yield from (Held(node, reason, text) for node in rollout.stalled)


def _why_not_updated(entry: DaemonSetStep, rollout: Rollout) -> tuple[HeldReason, str]:
    if rollout.strategy is Strategy.ON_DELETE:
        return HeldReason.ON_DELETE, "out of date; updateStrategy OnDelete replaces it when somebody deletes the pod"
    if entry.error is not None:
        return HeldReason.STALLED, entry.error
    if entry.manage is None:
        return HeldReason.IN_FLIGHT, "creations or deletions were issued and not yet seen"
    if rollout.budget is None:
        return HeldReason.STALLED, "the rolling update fails in a later pass, as maxUnavailable or the pods are now"
    blockers, limit = rollout.blockers, rollout.budget.max_surge or rollout.budget.max_unavailable
    shown = ", ".join(blockers[:3]) + (f" and {len(blockers) - 3} more" if len(blockers) > 3 else "")
    return HeldReason.STALLED, f"{len(blockers)} down of {limit} allowed, and they stay down: {shown}"


def _contrast(deployment: Deployment, index: NodeIndex) -> DeploymentContrast:
    eligible = propagate(scheduling_constraints(deployment.pod.spec), index).run
    schedulable = sum(not index.nodes[position].spec.unschedulable for position in eligible)
    return DeploymentContrast(
        identity=deployment.identity, replicas=deployment.spec.replicas, nodes=len(index), eligible=schedulable
    )


def _notes(world: World) -> Iterator[Note]:
    if world.daemonsets and not world.state.backoffs and any(pod.status.phase == "Failed" for pod in world.pods):
        yield Note("State", "no back-off of failed pods was given: none is assumed (M10)")
