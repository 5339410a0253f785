"""RolloutPolicies over what the trackers know: the host's own actions, and who is left to the controller.

What a policy decides depends on all of its targets at once, so it is decided anew whenever one of them changes; that
costs what `plan_policies` costs, not what changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..diff import Action
from ..errors import InputError
from ..model.meta import Identity
from ..model.policy import RolloutPolicy
from ..model.state import PolicyProgress, State
from ..planner import DaemonSetStep
from ..planner.observation import Observation, Surroundings
from ..planner.policies import as_host_owns
from ..waves.rollout.decide import decide
from ..waves.rollout.plan_types import PolicyPlan
from ..waves.rollout.subjects import Subject
from .nodes import LiveNodes
from .tracker import Tracker

__all__ = ["Governor", "Rule"]


class Rule(msgspec.Struct, frozen=True):
    """What all policies come to: a plan, or what is wrong with them; `due` is when it may be another."""

    plan: PolicyPlan | None = None
    error: str = ""
    due: datetime | None = None


class Governor:
    """Keeps the progress of policies.

    Time spent in a step counts whoever asks; that a wave has begun counts only when one of its actions was issued.
    """

    def __init__(self, progress: tuple[PolicyProgress, ...]) -> None:
        self.progress = progress
        self.rule = Rule()
        self.dirty = False
        self._begun: dict[Identity, PolicyProgress] = {}

    def keep(self, progress: tuple[PolicyProgress, ...]) -> None:
        """Go on from where somebody else says that the roll-outs stand."""
        self.progress = progress
        self.dirty = True

    @property
    def governs(self) -> bool:
        """Whether there were policies when it was last decided."""
        return self.rule.plan is not None or bool(self.rule.error)

    def is_due(self, now: datetime) -> bool:
        """Return whether policies may come to something else by now: a soak is over, a window opens."""
        return self.rule.due is not None and self.rule.due <= now

    def decide(
        self,
        policies: Sequence[RolloutPolicy],
        trackers: Sequence[Tracker],
        nodes: LiveNodes,
        state: State,
        around: Surroundings,
        flying: Mapping[Identity, frozenset[str]],
    ) -> None:
        """Find what the policies come to now, given trackers that are up to date.

        `flying` are the nodes about whose pods something was issued and not seen: they count as spent (C7).
        """
        self.dirty = False
        if not policies:
            self.rule, self.progress = Rule(), ()
            return
        subjects = []
        for tracker in trackers:
            seen = tracker.observation()
            in_flight = flying[tracker.daemonset.identity]
            subjects.append(Subject(tracker.daemonset, seen.verdicts, seen.observed, in_flight))
        ordered = sorted(policies, key=lambda policy: (policy.metadata.namespace, policy.metadata.name))
        state = msgspec.structs.replace(state, policies=self.progress)
        try:
            plan = decide(ordered, subjects, nodes, state, around.now)
        except InputError as error:
            self.rule = Rule(error="; ".join(map(str, error.problems)))
            return
        before = {entry.policy: entry for entry in self.progress}
        self._begun = {entry.policy: entry for entry in plan.progress}
        self.progress = tuple(_without_begun(entry, before.get(entry.policy)) for entry in plan.progress)
        wait = plan.requeue_after
        self.rule = Rule(plan, due=None if wait is None else around.now + timedelta(seconds=wait))

    def issued(self, daemonset: Identity) -> None:
        """Take note that an action for a DaemonSet was issued: the wave of its policies has begun."""
        plan = self.rule.plan
        if plan is None:
            return
        policies = {report.policy for report in plan.policies if daemonset in report.targets}
        self.progress = tuple(
            self._begun.get(entry.policy, entry) if entry.policy in policies else entry for entry in self.progress
        )

    def governed(
        self, entry: DaemonSetStep, observation: Observation, around: Surroundings
    ) -> tuple[DaemonSetStep, tuple[Action, ...]]:
        """Return the pass over a DaemonSet as the policies leave it, and what the host does besides."""
        plan = self.rule.plan
        if plan is None:
            return entry, ()
        identity = entry.identity
        if identity in plan.by_host:
            surge, frozen = identity in plan.surging, identity in plan.frozen
            entry = as_host_owns(entry, around, surge=surge, frozen=frozen, observation=observation)
        flying = around.flights.get(entry.identity, {})
        return entry, tuple(
            action for action in plan.actions if action.daemonset == entry.identity and action.key not in flying
        )


def _without_begun(entry: PolicyProgress, before: PolicyProgress | None) -> PolicyProgress:
    known = before or PolicyProgress(policy=entry.policy)
    return msgspec.structs.replace(
        entry, started=known.started, wave_began=known.wave_began, down_at_start=known.down_at_start
    )
