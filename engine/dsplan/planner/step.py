"""One pass of the DaemonSet controller, as a function of the world (C1-C20)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from ..constraints import BUILTIN_RULES, Rule, constraints_of
from ..diff import Action, ActionReason, Blueprint, Stage, allows_surge, blueprint_of, manage, resolve_budget
from ..diff import rolling_update as roll
from ..diff.budget import BudgetError
from ..diff.rolling import RollingError
from ..eligibility import NodeIndex, propagate
from ..model.daemonset import HASH_LABEL, DaemonSet, DaemonSetStatus
from ..model.meta import Identity
from ..model.pod import Pod
from ..model.selectors import is_empty_selector, selector_problem
from ..model.state import Backoff, Expectations
from ..model.world import Note, World
from ..observe import Claim, Observed, PodFact, count_status, is_status_written, observe, observe_history
from ..observe.history import surplus_revisions
from ..observe.learning import NOTHING_LEARNED, learn_hash
from ..observe.observed import template_generation
from ..observe.ownership import OwnedIndex, PodIndex, RevisionIndex, claim, claim_pods
from ..observe.shape import ready_since
from .memory import BackoffLedger, expectations_satisfied, next_state
from .observer import NO_OBSERVER, Observer
from .pass_actions import adoption_actions, history_actions, revision_deletions, status_action, sync_actions
from .step_types import DaemonSetStep, Event, Step

__all__ = ["Surroundings", "pass_over", "step", "surroundings_of"]

_READY, _AVAILABLE = int(PodFact.READY), int(PodFact.AVAILABLE)
_POD_EVENTS = {
    ActionReason.FAILED: (
        "Warning",
        "FailedDaemonPod",
        "Found failed daemon pod {}/{} on node {}, will try to kill it",
    ),
    ActionReason.SUCCEEDED: (
        "Normal",
        "SucceededDaemonPod",
        "Found succeeded daemon pod {}/{} on node {}, will delete it",
    ),
}


class Surroundings(msgspec.Struct, frozen=True):
    """What the passes over all DaemonSets share: indexes of the world, and State by key."""

    index: NodeIndex
    pods: PodIndex
    revisions: RevisionIndex
    rules: tuple[Rule, ...]
    now: datetime
    backoffs: dict[tuple[str, int, str], Backoff]
    expectations: dict[Identity, Expectations]
    hashes: dict[Identity, str]


def step(
    world: World,
    *,
    now: datetime,
    rules: Iterable[Rule] = BUILTIN_RULES,
    index: NodeIndex | None = None,
    observer: Observer = NO_OBSERVER,
) -> Step:
    """Return one pass of the controller over each DaemonSet, and the State for the next pass.

    Nothing written in the pass is seen within it, so the rolling update acts only where manage did nothing (C9).
    `index` may be given where the nodes are those of an earlier call. `now` must be an aware datetime.

    >>> from datetime import UTC, datetime
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}},
    ... ])
    >>> [(action.verb, action.node) for action in step(world, now=datetime(2026, 1, 1, tzinfo=UTC)).actions
    ...  if action.kind == "Pod"]
    [('create', 'n1')]
    """
    around = surroundings_of(world, now=now, rules=tuple(rules), index=index)
    backoffs, expectations = dict(around.backoffs), dict(around.expectations)
    observer.started("step", len(world.daemonsets))
    entries: list[DaemonSetStep] = []
    for done, daemonset in enumerate(world.daemonsets, start=1):
        one = _Pass(daemonset, around)
        entries.append(one.run())
        backoffs.update(one.ledger.advanced)
        if one.expectation is not None:
            expectations[daemonset.identity] = one.expectation
        observer.advanced("step", done)
    observer.finished("step")
    state = next_state(world.state, backoffs, expectations, now)
    return Step(now=now, daemonsets=tuple(entries), index=around.index, state=state)


def surroundings_of(
    world: World, *, now: datetime, rules: tuple[Rule, ...] = BUILTIN_RULES, index: NodeIndex | None = None
) -> Surroundings:
    """Return the indexes that all passes over a world share."""
    state = world.state
    return Surroundings(
        index=NodeIndex(world.nodes) if index is None else index,
        pods=OwnedIndex(world.pods),
        revisions=OwnedIndex(world.revisions),
        rules=rules,
        now=now,
        backoffs={(entry.daemonset_uid, entry.observed_generation, entry.node): entry for entry in state.backoffs},
        expectations={entry.daemonset: entry for entry in state.expectations},
        hashes={entry.daemonset: entry.hash for entry in state.hashes},
    )


def pass_over(daemonset: DaemonSet, around: Surroundings) -> DaemonSetStep:
    """Return one pass over one DaemonSet."""
    return _Pass(daemonset, around).run()


class _Pass:
    """One pass over one DaemonSet: the phases of C1 in order, with what they leave for each other."""

    def __init__(self, daemonset: DaemonSet, around: Surroundings) -> None:
        self.daemonset = daemonset
        self.around = around
        self.ledger = BackoffLedger(daemonset, around.backoffs, around.now)
        self.expectation: Expectations | None = None
        self.actions: list[Action] = []
        self.deferred = (0, 0)
        self.notes: list[Note] = []

    def run(self) -> DaemonSetStep:
        daemonset = self.daemonset
        selector = daemonset.spec.selector
        if selector is not None and is_empty_selector(selector):
            text = "This daemon set is selecting all pods. A non-empty selector is required."
            return DaemonSetStep(daemonset=daemonset, events=(Event("Warning", "SelectingAll", text),))
        if daemonset.metadata.deletion_timestamp is not None:
            return DaemonSetStep(daemonset=daemonset)
        if problem := selector_problem(selector):
            return DaemonSetStep(daemonset=daemonset, error=f"spec.selector: {problem}")
        return self._with_selector()

    def _with_selector(self) -> DaemonSetStep:
        daemonset, around = self.daemonset, self.around
        pods = claim_pods(daemonset, around.pods)
        observed = self._observe(pods)
        self.actions.extend(adoption_actions(daemonset, pods))
        self.actions.extend(history_actions(daemonset, observed.history, pods.claimed))
        blueprint = blueprint_of(daemonset, observed.history.hash, template_generation(daemonset))
        unseen = not expectations_satisfied(around.expectations.get(daemonset.identity), around.now)
        entry = DaemonSetStep(daemonset=daemonset, verdicts=self.verdicts, observed=observed)
        if not unseen:
            entry = self._phases(entry, observed, blueprint)
        status = self._status(observed, raise_generation=not unseen)
        written = is_status_written(daemonset, status)
        if written:
            self.actions.append(status_action(daemonset, status))
        return msgspec.structs.replace(
            entry,
            actions=tuple(self.actions),
            deferred=self.deferred,
            status=status,
            status_written=written,
            events=tuple(self._events()),
            notes=tuple(self.notes),
            requeue_after=self._requeue_after(entry, observed),
        )

    def _observe(self, pods: Claim[Pod]) -> Observed:
        """Learn the current hash and arrange the pods (H, M6)."""
        daemonset, around = self.daemonset, self.around
        revisions = claim(daemonset, around.revisions)
        known = around.hashes.get(daemonset.identity, "")
        learned = NOTHING_LEARNED
        if not revisions.claimed and not known and pods.claimed:
            learned = learn_hash(daemonset, pods.claimed, template_generation(daemonset))
            self.notes.append(Note(str(daemonset.identity), f"no ControllerRevision given: up to date {learned.how}"))
        history = observe_history(daemonset, revisions, known or learned.hash)
        self.verdicts = propagate(constraints_of(daemonset, around.rules), around.index)
        return observe(
            daemonset, pods, history, self.verdicts, around.index, now=around.now, looks_updated=learned.looks_updated
        )

    def _phases(self, entry: DaemonSetStep, observed: Observed, blueprint: Blueprint) -> DaemonSetStep:
        """manage, then the rolling update where manage did nothing, then history clean-up (C9, C11)."""
        daemonset, index = self.daemonset, self.around.index
        managed = manage(observed, index, surge=allows_surge(daemonset), may_retry=self.ledger.may_retry)
        self._sync(Stage.MANAGE, managed.create, managed.delete, blueprint)
        entry = msgspec.structs.replace(entry, manage=managed)
        if daemonset.spec.update_strategy.type == "RollingUpdate":
            entry = self._rolling_update(entry, observed, blueprint, may_act=not (managed.create or managed.delete))
        if entry.error is None:
            self._clean_up(observed)
        return entry

    def _rolling_update(
        self, entry: DaemonSetStep, observed: Observed, blueprint: Blueprint, *, may_act: bool
    ) -> DaemonSetStep:
        """Plan the rolling update, and act on it where manage left it the pass (C9)."""
        try:
            budget = resolve_budget(self.daemonset, len(self.verdicts.run))
            rolling = roll(observed, self.around.index, budget)
        except (BudgetError, RollingError) as error:
            failed = msgspec.structs.replace(entry, error=str(error))
            return failed if may_act else entry
        if may_act:
            self._sync(Stage.ROLLING_UPDATE, rolling.create, rolling.delete, blueprint)
        return msgspec.structs.replace(entry, budget=budget, rolling=rolling, rolling_update_ran=may_act)

    def _sync(
        self,
        stage: Stage,
        create: tuple[tuple[str, ActionReason], ...],
        delete: tuple[tuple[str, Pod, ActionReason], ...],
        blueprint: Blueprint,
    ) -> None:
        actions, self.deferred = sync_actions(self.daemonset, stage, create, delete, blueprint)
        self.actions.extend(actions)
        creates = sum(action.verb == "create" for action in actions)
        self.expectation = Expectations(
            daemonset=self.daemonset.identity, creates=creates, deletes=len(actions) - creates, since=self.around.now
        )

    def _clean_up(self, observed: Observed) -> None:
        """Delete surplus revisions, none that a pod with a target node still wears (H9)."""
        if len(observed.history.old) == 0:
            return
        adrift = {pod.metadata.name for pod in observed.adrift}
        live = {
            pod.metadata.labels.get(HASH_LABEL, "") for pod in observed.claim.claimed if pod.metadata.name not in adrift
        }
        surplus = surplus_revisions(self.daemonset, observed.history, live - {""})
        self.actions.extend(revision_deletions(self.daemonset, surplus, ActionReason.REVISION_SURPLUS))

    def _status(self, observed: Observed, *, raise_generation: bool) -> DaemonSetStatus:
        status = count_status(observed.counted(), self.daemonset.status)
        if not raise_generation:
            return status
        return msgspec.structs.replace(status, observed_generation=self.daemonset.metadata.generation)

    def _events(self) -> Iterator[Event]:
        for action in self.actions:
            if action.verb == "delete" and action.reason in _POD_EVENTS:
                kind, reason, text = _POD_EVENTS[action.reason]
                yield Event(kind, reason, text.format(action.namespace, action.name, action.node))

    def _requeue_after(self, entry: DaemonSetStep, observed: Observed) -> float | None:
        """Return when a pod becomes available (R29) or a back-off window closes (M9), whichever is sooner."""
        waits = [self.ledger.remaining(node) for node, _ in entry.held]
        if self.daemonset.spec.min_ready_seconds > 0:
            ripening = timedelta(seconds=self.daemonset.spec.min_ready_seconds)
            waits += [
                (since + ripening - self.around.now).total_seconds()
                for pod in _ripening(observed)
                if (since := ready_since(pod)) is not None
            ]
        return min(waits, default=None)


def _ripening(observed: Observed) -> Iterator[Pod]:
    """Yield the pods that are ready and not yet available."""
    shapes = {situation.shape for situation in observed.situations}
    waiting = {shape for shape in shapes if any(facts & _READY and not facts & _AVAILABLE for facts in shape)}
    if not waiting:
        return
    for group in observed.groups.values():
        if group.shape in waiting:
            for pod, facts in zip(group.pods, group.shape, strict=True):
                if facts & _READY and not facts & _AVAILABLE:
                    yield pod
