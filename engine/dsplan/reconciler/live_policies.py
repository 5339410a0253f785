"""RolloutPolicies kept up to date over the trackers: the host's own actions, and who is left to the controller.

What a policy decides depends on all of its targets at once, so it is decided anew whenever one of them changes; that
costs what `plan_policies` costs, not what changed. DaemonSets that no policy governs are not concerned by any of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from ..diff import Action
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.policy import RolloutPolicy
from ..model.state import PolicyProgress, State
from ..passes import DaemonSetStep
from ..passes.governed import as_host_owns, besides
from ..passes.observation import Observation, Surroundings
from ..policies.decide import decide
from ..policies.plan_types import PolicyPlan
from ..policies.subjects import Subject
from .nodes import LiveNodes

__all__ = ["LivePolicies", "Rule", "Share"]


class Share(msgspec.Struct, frozen=True):
    """What policies come to for one DaemonSet: the host's actions, who owns it, what it waits for, what never goes on.

    `contradiction` is what policies say of it that cannot hold together, empty where it can. `due` is when it may be
    another without an event.
    """

    actions: tuple[Action, ...] = ()
    by_host: bool = False
    surging: bool = False
    frozen: bool = False
    waits: tuple[str, ...] = ()
    stalls: tuple[str, ...] = ()
    contradiction: str = ""
    due: datetime | None = None


class Rule(msgspec.Struct, frozen=True):
    """What all policies come to: the share of every DaemonSet that they govern."""

    shares: dict[Identity, Share] = {}
    policies: dict[Identity, frozenset[Identity]] = {}
    due: datetime | None = None


class LivePolicies:
    """Keeps what policies come to, and their progress.

    Time spent in a step counts whoever asks; that a wave has begun counts only when one of its actions was issued.
    """

    def __init__(self, progress: tuple[PolicyProgress, ...], image_sizes: Mapping[str, int]) -> None:
        self.progress = progress
        self._image_sizes = image_sizes
        self.rule = Rule()
        self.dirty = True
        self._begun: dict[Identity, PolicyProgress] = {}

    def keep(self, progress: tuple[PolicyProgress, ...]) -> None:
        """Go on from where somebody else says that the roll-outs stand."""
        self.progress = progress
        self.dirty = True

    def governs(self, daemonset: Identity) -> bool:
        """Return whether a DaemonSet was governed when it was last decided."""
        return daemonset in self.rule.shares

    def share(self, daemonset: Identity) -> Share | None:
        """Return what policies come to for a DaemonSet, None where none governs it."""
        return self.rule.shares.get(daemonset)

    def is_due(self, now: datetime) -> bool:
        """Return whether policies may come to something else by now: a soak is over, a window opens."""
        return self.rule.due is not None and self.rule.due <= now

    def decide(
        self,
        policies: Sequence[RolloutPolicy],
        subjects: Sequence[Subject],
        nodes: LiveNodes,
        state: State,
        now: datetime,
    ) -> set[Identity]:
        """Find what the policies come to now; return for whom that is another than before."""
        before, self.dirty = self.rule, False
        self.rule = self._rule(policies, subjects, nodes, state, now)
        known = before.shares.keys() | self.rule.shares.keys()
        return {identity for identity in known if before.shares.get(identity) != self.rule.shares.get(identity)}

    def _rule(
        self,
        policies: Sequence[RolloutPolicy],
        subjects: Sequence[Subject],
        nodes: LiveNodes,
        state: State,
        now: datetime,
    ) -> Rule:
        if not policies:
            return Rule()
        ordered = sorted(policies, key=lambda policy: (policy.metadata.namespace, policy.metadata.name))
        state = msgspec.structs.replace(state, rollouts=self.progress)
        plan = decide(ordered, subjects, nodes, state, now, self._image_sizes)
        before = {entry.policy: entry for entry in self.progress}
        self._begun = {entry.policy: entry for entry in plan.progress}
        self.progress = tuple(_without_begun(entry, before.get(entry.policy)) for entry in plan.progress)
        return _rule_of(plan, now)

    def issued(self, daemonset: Identity) -> None:
        """Take note that an action for a DaemonSet was issued: the wave of its policies has begun."""
        policies = self.rule.policies.get(daemonset)
        if policies:
            self.progress = tuple(
                self._begun.get(entry.policy, entry) if entry.policy in policies else entry for entry in self.progress
            )

    def governed(
        self, entry: DaemonSetStep, observation: Observation, around: Surroundings
    ) -> tuple[DaemonSetStep, tuple[Action, ...]]:
        """Return the pass over a DaemonSet as the policies leave it, and what the host does besides."""
        share = self.share(entry.identity)
        if share is None:
            return entry, ()
        if share.by_host:
            entry = as_host_owns(entry, around, surge=share.surging, frozen=share.frozen, observation=observation)
        flying = around.flights.get(entry.identity, {})
        return entry, besides(entry, tuple(action for action in share.actions if action.key not in flying))


def _rule_of(plan: PolicyPlan, now: datetime) -> Rule:
    """Return a plan of policies DaemonSet by DaemonSet."""
    due = None if plan.requeue_after is None else shifted(now, plan.requeue_after)
    policies: dict[Identity, set[Identity]] = defaultdict(set)
    for report in plan.policies:
        for identity in report.targets:
            policies[identity].add(report.policy)
    actions: dict[Identity, list[Action]] = defaultdict(list)
    for action in plan.actions:
        actions[action.daemonset].append(action)
    waits: dict[Identity, list[str]] = defaultdict(list)
    for held in plan.held:
        if held.blocks:
            waits[held.daemonset].append(f"{held.text} ({len(held.nodes)} nodes)")
    shares = {
        identity: Share(
            actions=tuple(actions[identity]),
            by_host=identity in plan.by_host,
            surging=identity in plan.surging,
            frozen=identity in plan.frozen,
            waits=tuple(waits[identity]),
            stalls=tuple(_stalls(plan, identity, named)),
            contradiction="; ".join(found.text for found in plan.contradictions if identity in found.daemonsets),
            due=due,
        )
        for identity, named in policies.items()
    }
    return Rule(shares, {identity: frozenset(named) for identity, named in policies.items()}, due=due)


def _stalls(plan: PolicyPlan, daemonset: Identity, policies: set[Identity]) -> Iterator[str]:
    """Yield what never goes on by itself, as far as it concerns a DaemonSet."""
    own = {str(daemonset), *(f"policy {policy}" for policy in policies)}
    yield from (stall for stall in plan.stalls if stall.split(": ", 1)[0] in own)
    yield from (report.halted for report in plan.policies if report.halted and report.policy in policies)


def _without_begun(entry: PolicyProgress, before: PolicyProgress | None) -> PolicyProgress:
    return msgspec.structs.replace(entry, started=before.started if before is not None else ())
