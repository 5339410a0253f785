"""One pass of the DaemonSet controller, as a function of the world (C1-C20)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from ..constraints import BUILTIN_RULES, Rule
from ..diff import Action, ActionReason, Stage, allows_surge, blueprint_of, manage, resolve_budget
from ..diff import rolling_update as roll
from ..diff.budget import BudgetError
from ..diff.rolling import RollingError
from ..eligibility import NodeIndex
from ..model.arguments import check_moment, check_world
from ..model.daemonset import DaemonSet, DaemonSetStatus
from ..model.pod import Pod
from ..model.selectors import is_empty_selector, selector_problem
from ..model.state import Expectations
from ..model.world import World
from ..observe import Observed, count_status, is_status_written
from ..observe.history import has_surplus, surplus_revisions
from ..observe.observed import template_generation
from ..observe.shape import available_in
from .memory import BackoffLedger, expectations_satisfied, lapses_after, next_state
from .observation import Observation, Surroundings, observe_daemonset, surroundings_of
from .observer import NO_OBSERVER, Observer, during
from .pass_actions import BURST, adoption_actions, history_actions, revision_deletions, status_action, sync_actions
from .step_types import DaemonSetStep, Event, Step

__all__ = ["ends_at_once", "pass_over", "step"]

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
    check_world(world)
    check_moment(now)
    around = surroundings_of(world, now=now, rules=tuple(rules), index=index, observer=observer)
    backoffs, expectations = dict(around.backoffs), dict(around.expectations)
    observer.started("step", len(world.daemonsets))
    entries: list[DaemonSetStep] = []
    for done, daemonset in enumerate(world.daemonsets, start=1):
        entry = pass_over(daemonset, around)
        entries.append(entry)
        backoffs.update({(item.daemonset_uid, item.observed_generation, item.node): item for item in entry.backoffs})
        if entry.expectation is not None:
            expectations[daemonset.identity] = entry.expectation
        observer.advanced("step", done)
    observer.finished("step")
    state = next_state(world.state, backoffs, expectations, now)
    return Step(now=now, daemonsets=tuple(entries), index=around.index, state=state)


def pass_over(
    daemonset: DaemonSet, around: Surroundings, observation: Observation | None = None, *, brief: bool = False
) -> DaemonSetStep:
    """Return one pass over one DaemonSet.

    `observation` is what `observe_daemonset` would return now; it is made here where it is not given. With `brief`,
    the rolling update does not list what is down and what waits, and is left out where it may not act; the actions are
    the same.
    """
    return _Pass(daemonset, around, observation, brief=brief).run()


def ends_at_once(daemonset: DaemonSet) -> DaemonSetStep | None:
    """Return the pass over a DaemonSet that ends before anything is observed, None for all others (C3, C4)."""
    selector = daemonset.spec.selector
    if selector is not None and is_empty_selector(selector):
        text = "This daemon set is selecting all pods. A non-empty selector is required."
        return DaemonSetStep(daemonset=daemonset, events=(Event("Warning", "SelectingAll", text),))
    if daemonset.metadata.deletion_timestamp is not None:
        return DaemonSetStep(daemonset=daemonset)
    if problem := selector_problem(selector):
        return DaemonSetStep(daemonset=daemonset, error=f"spec.selector: {problem}")
    return None


class _Pass:
    """One pass over one DaemonSet: the phases of C1 in order, with what they leave for each other."""

    def __init__(
        self, daemonset: DaemonSet, around: Surroundings, observation: Observation | None, *, brief: bool
    ) -> None:
        self.brief = brief
        self.daemonset = daemonset
        self.around = around
        self.observation = observation
        self.ledger = BackoffLedger(daemonset, around.backoffs, around.now)
        self.expectation: Expectations | None = None
        self.actions: list[Action] = []
        self.deferred = (0, 0)

    def run(self) -> DaemonSetStep:
        ended = ends_at_once(self.daemonset)
        if ended is not None:
            return ended
        observation = self.observation or observe_daemonset(self.daemonset, self.around)
        with during(self.around.observer, "decide"):
            return self._with_selector(observation)

    def _with_selector(self, observation: Observation) -> DaemonSetStep:
        daemonset, around, observed = self.daemonset, self.around, observation.observed
        self.actions.extend(adoption_actions(daemonset, observed.claim))
        adopted = {pod.metadata.name for pod in observed.claim.adopted}
        self.actions.extend(history_actions(daemonset, observed.history, observed.claim.claimed, adopted))
        expected = around.expectations.get(daemonset.identity)
        unseen = not expectations_satisfied(expected, around.now)
        entry = DaemonSetStep(daemonset=daemonset, verdicts=observation.verdicts, observed=observed)
        if not unseen:
            entry = self._phases(entry, observation)
        status = self._status(observed, raise_generation=not unseen)
        written = is_status_written(daemonset, status)
        if written:
            self.actions.append(status_action(daemonset, status))
        flying = around.flights.get(daemonset.identity, {})
        if flying:
            self.actions = [action for action in self.actions if action.key not in flying]
        return msgspec.structs.replace(
            entry,
            actions=tuple(self.actions),
            deferred=self.deferred,
            status=status,
            status_written=written,
            events=tuple(self._events()),
            notes=observation.notes,
            expectation=self.expectation,
            backoffs=tuple(self.ledger.advanced.values()),
            looks_again_after=min((self.ledger.delay(node) for node, _ in entry.held), default=None),
            retry_after=min((self.ledger.remaining(node) for node, _ in entry.held), default=None),
            available_after=self._available_after(observation),
            lapse_after=lapses_after(expected, flying, around.now),
        )

    def _phases(self, entry: DaemonSetStep, observation: Observation) -> DaemonSetStep:
        """manage, then the rolling update where manage did nothing, then history clean-up (C9, C11)."""
        daemonset, index, observed = self.daemonset, self.around.index, observation.observed
        first = BURST if self.brief else None
        surge = allows_surge(daemonset)
        managed = manage(observed, index, surge=surge, may_retry=self.ledger.may_retry, first=first)
        self._sync(Stage.MANAGE, managed.create, managed.delete, observed)
        self.deferred = self.deferred[0] + managed.more[0], self.deferred[1] + managed.more[1]
        entry = msgspec.structs.replace(entry, manage=managed)
        if daemonset.spec.update_strategy.type == "RollingUpdate":
            may_act = not (managed.create or managed.delete)
            entry = self._rolling_update(entry, observation, may_act=may_act)
        if entry.error is None:
            self._clean_up(observation)
        return entry

    def _rolling_update(self, entry: DaemonSetStep, observation: Observation, *, may_act: bool) -> DaemonSetStep:
        """Plan the rolling update, and act on it where manage left it the pass (C9)."""
        try:
            budget = resolve_budget(self.daemonset, len(observation.verdicts.run))
            if self.brief and not may_act:
                return msgspec.structs.replace(entry, budget=budget)
            rolling = roll(observation.observed, self.around.index, budget, brief=self.brief)
        except (BudgetError, RollingError) as error:
            failed = msgspec.structs.replace(entry, error=str(error))
            return failed if may_act else entry
        if may_act:
            self._sync(Stage.ROLLING_UPDATE, rolling.create, rolling.delete, observation.observed)
        return msgspec.structs.replace(entry, budget=budget, rolling=rolling, rolling_update_ran=may_act)

    def _sync(
        self,
        stage: Stage,
        create: tuple[tuple[str, ActionReason], ...],
        delete: tuple[tuple[str, Pod, ActionReason], ...],
        observed: Observed,
    ) -> None:
        generation = template_generation(self.daemonset)
        blueprint = blueprint_of(self.daemonset, observed.history.hash, generation) if create else None
        written = {action.name for action in self.actions if action.verb == "patch"} if delete else frozenset[str]()
        actions, self.deferred = sync_actions(self.daemonset, stage, create, delete, blueprint, written)
        self.actions.extend(actions)
        creates = sum(action.verb == "create" for action in actions)
        self.expectation = Expectations(
            daemonset=self.daemonset.identity, creates=creates, deletes=len(actions) - creates, since=self.around.now
        )

    def _clean_up(self, observation: Observation) -> None:
        """Delete surplus revisions, none whose hash a pod with a target node still has (H9)."""
        history = observation.observed.history
        if has_surplus(self.daemonset, history):
            surplus = surplus_revisions(self.daemonset, history, observation.live_hashes())
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

    def _available_after(self, observation: Observation) -> float | None:
        """Return when the next pod becomes available (R29)."""
        least = self.daemonset.spec.min_ready_seconds
        if least <= 0:
            return None
        pods = observation.becoming_available(self.around.index)
        waits = (available_in(pod, least, self.around.now) for pod in pods)
        return min((wait for wait in waits if wait is not None), default=None)
