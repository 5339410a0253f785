"""simulate: repeated passes against a model of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from ..constraints import BUILTIN_RULES, Constraint, Rule, constraints_of
from ..diff import ActionReason, Actor, Stage
from ..diff.rolling import Place, classify
from ..eligibility import Verdict
from ..model.arguments import check_moment, check_world
from ..model.daemonset import DaemonSet, DaemonSetSpec
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.world import World
from .cluster import Cluster, Object, Removed
from .controllers import BuiltinController, Controller, Decision
from .coverage import is_down
from .durations import SEED_DURATIONS, Durations
from .event_queue import EventQueue
from .invariants import Violation, judge, judge_fixed_point
from .kubelet import Kubelet, SteadyKubelet
from .log import LogEntry, LogEntryKind
from .oscillation import Repetitions
from .policies import controller_for
from .results import DaemonSetRun, Outcome, Simulation, totals_of
from .scheduler import EverythingFits, SchedulerFactory

__all__ = ["Injection", "simulate"]

Injection = tuple[datetime, Object | Removed]
"""A change by somebody else, and when."""

_HANDLED_AT_ONCE = frozenset(
    {
        LogEntryKind.DELETED,  # a deletionTimestamp wakes like a deletion: under surge a pod is made now (M15)
        LogEntryKind.GONE,
        LogEntryKind.CREATED,
        LogEntryKind.NOT_READY,
        LogEntryKind.FAILED,
        LogEntryKind.SUCCEEDED,
    }
)
_PASSES_AT_ONE_MOMENT = 100


def simulate(
    world: World,
    kubelet: Kubelet | None = None,
    *,
    now: datetime,
    until: datetime | None = None,
    durations: Durations = SEED_DURATIONS,
    controller: Controller | None = None,
    scheduler: SchedulerFactory = EverythingFits,
    rules: Iterable[Rule] = BUILTIN_RULES,
    injections: Iterable[Injection] = (),
) -> Simulation:
    """Return the whole story of a world from `now` to its fixed point: who does what, when, and how it ends.

    Without `kubelet`, every pod takes `durations`; with one, only `react` and `between` are taken from it. Ends when
    nothing can happen any more, when only oscillations are left, or at `until`. Every decision is judged by the
    invariants. Deterministic: the same arguments give the same Simulation.

    >>> from datetime import UTC
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}},
    ... ])
    >>> story = simulate(world, now=datetime(2026, 1, 1, tzinfo=UTC), durations=Durations(react=1, create=1, ready=13))
    >>> [(item.at.second, str(item.kind)) for item in story.log]
    [(1, 'evaluated'), (2, 'created'), (15, 'ready'), (15, 'available')]
    >>> story.runs[0].outcome, story.runs[0].seconds
    (<Outcome.COMPLETE: 'Complete'>, 15.0)
    """
    check_world(world)
    check_moment(now)
    frozen_rules = tuple(rules)
    kubelet = kubelet or SteadyKubelet(durations)
    cluster = Cluster(world, kubelet, now=now, scheduler=scheduler, rules=frozen_rules)
    run = _Run(cluster, controller or controller_for(world, kubelet), durations, frozen_rules)
    return run.simulate(until, sorted(injections, key=lambda injection: injection[0]))


class _Run:
    """One simulation on its way."""

    def __init__(self, cluster: Cluster, controller: Controller, durations: Durations, rules: tuple[Rule, ...]) -> None:
        self.cluster = cluster
        self.controller = controller
        self.durations = durations
        self.rules = rules
        self.started = cluster.now
        self.violations: list[Violation] = []
        self.repetitions = Repetitions()
        self._wakes = EventQueue[Identity]()
        self._awake: set[tuple[datetime, Identity]] = set()
        self._read = 0
        self._counts: dict[Identity, Counter[tuple[str, Stage, ActionReason, Actor]]] = {}
        self._ended: dict[Identity, datetime] = {}
        self._errors: dict[Identity, str] = {}
        self._constraints: dict[Identity, tuple[DaemonSetSpec, Sequence[Constraint]]] = {}
        self._passes: Counter[Identity] = Counter()
        self._most_passes = _PASSES_AT_ONE_MOMENT + len(cluster.objects.nodes) // 10
        self._evaluated: set[Identity] = set()

    def simulate(self, until: datetime | None, injections: list[Injection]) -> Simulation:
        """Simulate to the end and return the result."""
        for identity in sorted(self.cluster.objects.daemonsets):
            self._sample(identity)
            self._wake(identity, self.durations.react)
        cut_off = False
        while (moment := self._next_moment(injections)) is not None:
            if until is not None and moment > until:
                cut_off = True
                break
            if self.repetitions and self.repetitions.is_all_there_is(self.cluster.pending(), moment):
                break
            self._play_moment(moment, injections)
        if until is not None and cut_off:
            self.cluster.advance(until)
        return self._result(cut_off=cut_off)

    def _next_moment(self, injections: list[Injection]) -> datetime | None:
        moments = [self.cluster.next_due, self._wakes.next_due, injections[0][0] if injections else None]
        return min((moment for moment in moments if moment is not None), default=None)

    def _play_moment(self, moment: datetime, injections: list[Injection]) -> None:
        """Everything of one moment: what falls due, somebody else's changes, then passes until nobody is awake."""
        self._passes.clear()
        self.cluster.advance(moment)
        while injections and injections[0][0] <= moment:
            self.cluster.inject(injections.pop(0)[1])
        changed = self._follow_log()
        while self._wakes.next_due is not None and self._wakes.next_due <= moment:
            due = sorted(set(self._wakes.take(moment)))
            self._awake = {(at, identity) for at, identity in self._awake if at > moment}
            changed |= set(due)
            for decision in self.controller.decide(self.cluster, due):
                self._carry_out(decision)
                changed |= self._follow_log() | {decision.daemonset}
        for identity in sorted(changed):
            if identity in self.cluster.objects.daemonsets:
                self._sample(identity)

    def _carry_out(self, decision: Decision) -> None:
        identity, cluster = decision.daemonset, self.cluster
        self._judge(decision)
        counts = self._counts.setdefault(identity, Counter())
        for action in decision.actions:
            if action.kind == "Pod" and action.verb in ("create", "delete"):
                counts[action.verb, action.stage, action.reason, action.actor] += 1
        busy = any(action.kind != "DaemonSet" for action in decision.actions)
        if busy or identity not in self._evaluated:
            self._evaluated.add(identity)
            cluster.log.append(LogEntry(cluster.now, LogEntryKind.EVALUATED, identity))
        cluster.carry_out(decision.actions)
        if decision.entry is not None:
            cluster.remember(decision.entry)
            self._errors[identity] = decision.entry.error or ""
        self._passes[identity] += 1
        if busy and not cluster.in_flight(identity):
            self._wake(identity, 0.0)
        if decision.again_after is not None and not busy:
            self._wake(identity, decision.again_after)

    def _judge(self, decision: Decision) -> None:
        if not any(action.kind == "Pod" for action in decision.actions):
            return
        objects = self.cluster.objects
        daemonset = objects.daemonsets[decision.daemonset]
        self.violations += judge(
            daemonset,
            decision.actions,
            self.cluster.observation(decision.daemonset).observed,
            objects.index,
            now=self.cluster.now,
            expectations=objects.expectations.get(decision.daemonset),
            constraints=self._constraints_of(daemonset),
        )

    def _constraints_of(self, daemonset: DaemonSet) -> Sequence[Constraint]:
        known = self._constraints.get(daemonset.identity)
        if known is None or known[0] is not daemonset.spec:
            known = self._constraints[daemonset.identity] = (daemonset.spec, constraints_of(daemonset, self.rules))
        return known[1]

    def _follow_log(self) -> set[Identity]:
        """Wake whom the new entries of the log concern; return them (C19, R29)."""
        new = self.cluster.log[self._read :]
        self._read = len(self.cluster.log)
        self.repetitions.note(new)
        touched: set[Identity] = set()
        for item in new:
            if item.daemonset is None:
                touched |= self._follow_stranger(item)
                continue
            touched.add(item.daemonset)
            if item.kind is not LogEntryKind.EVALUATED:
                self._ended[item.daemonset] = item.at
            if item.kind is LogEntryKind.AVAILABLE:
                self._wake(item.daemonset, self.durations.between)
            elif item.kind is LogEntryKind.CHANGED:
                self._wake(item.daemonset, self.durations.react)
            elif item.kind in _HANDLED_AT_ONCE and not self.cluster.in_flight(item.daemonset):
                self._wake(item.daemonset, 0.0)
        return touched

    def _follow_stranger(self, item: LogEntry) -> set[Identity]:
        """A node changed: every DaemonSet may think otherwise of it. A pod of nobody concerns those that select it."""
        if item.kind is LogEntryKind.CHANGED:
            concerned = set(self.cluster.objects.daemonsets)
        elif item.kind is LogEntryKind.CREATED:
            concerned = self.cluster.objects.selecting_orphan(item.pod)
        else:
            return set()
        for identity in concerned:
            self._wake(identity, 0.0)
        return concerned

    def _wake(self, identity: Identity, after: float) -> None:
        if after <= 0 and self._passes[identity] >= self._most_passes:
            self.repetitions.endless(identity, self._passes[identity])
            return
        at = shifted(self.cluster.now, after)
        if (at, identity) not in self._awake and identity in self.cluster.objects.daemonsets:
            self._awake.add((at, identity))
            self._wakes.add(at, identity)

    def _sample(self, identity: Identity) -> None:
        self.cluster.coverage(identity).sample(self.cluster.now)

    def _result(self, *, cut_off: bool) -> Simulation:
        cluster, oscillations = self.cluster, self.repetitions.found()
        if not cut_off and not oscillations and isinstance(self.controller, BuiltinController):
            self.violations += judge_fixed_point(cluster.world, cluster.now, self.rules)
        restless = {entry.daemonset for entry in oscillations}
        return Simulation(
            started=self.started,
            ended=cluster.now,
            runs=tuple(
                self._run_of(identity, cut_off=cut_off, restless=identity in restless)
                for identity in sorted(cluster.objects.daemonsets)
            ),
            log=tuple(cluster.log),
            violations=tuple(self.violations),
            oscillations=oscillations,
            world=cluster.world,
        )

    def _run_of(self, identity: Identity, *, cut_off: bool, restless: bool) -> DaemonSetRun:
        self._sample(identity)
        coverage = self.cluster.coverage(identity)
        left_outdated, left_down = self._left(identity)
        strategy = self.cluster.objects.daemonsets[identity].spec.update_strategy.type
        if restless:
            outcome = Outcome.OSCILLATING
        elif cut_off and (left_outdated or left_down):
            outcome = Outcome.CUT_OFF
        elif left_outdated:
            outcome = Outcome.PARKED if strategy == "OnDelete" else Outcome.STALLED
        else:
            outcome = Outcome.DEGRADED if left_down else Outcome.COMPLETE
        return DaemonSetRun(
            identity=identity,
            outcome=outcome,
            started=self.started,
            ended=self._ended.get(identity, self.started),
            wanted=coverage.wanted,
            totals=totals_of(self._counts.get(identity, Counter())),
            most_down=coverage.most_down,
            most_down_in_zone=coverage.most_down_in_zone,
            lost_pod_seconds=coverage.lost_pod_seconds,
            down=tuple(coverage.series),
            left_outdated=left_outdated,
            left_down=left_down,
            error=self._errors.get(identity, ""),
        )

    def _left(self, identity: Identity) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the wanted nodes with an out-of-date live pod, and those without service."""
        observed, names = self.cluster.observation(identity).observed, self.cluster.objects.index.names
        old: list[str] = []
        down: list[str] = []
        for situation in observed.situations:
            if situation.verdict is not Verdict.RUN:
                continue
            members = [names[position] for position in situation.nodes]
            if classify(situation.verdict, situation.shape, surge=True) not in (Place.DONE,):
                old += members
            if is_down(situation.shape):
                down += members
        return tuple(sorted(old)), tuple(sorted(down))
