"""One policy over its targets: facts, memory, who spends the budget, what stays old, the canary, where each stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..diff.order import sick_nodes
from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.policy import BrokenNodes, RolloutPolicy
from ..model.state import CanaryRecord, PolicyProgress, Stop
from .amounts import resolve
from .budget_use import BudgetUse, budget_use_of
from .canary import ChosenCanary, canary_of
from .facts import Facts
from .limits import RolloutLimit
from .memory import Remembered, kept, remembered_of
from .node_order import order_nodes
from .step_positions import Member, StepPosition, step_positions
from .steps import StepRule, steps_in_turn
from .stops import excused_of, halted, is_ready, stop_of
from .subjects import Subject, Units

__all__ = ["View", "view_of"]


class View(msgspec.Struct, frozen=True):
    """One policy over its targets.

    `before` is what was remembered, `fixed` what percentages were resolved to when roll-outs began, `kept` the nodes
    that the partition keeps old, `stops` what stops a target whatever its step, `failing` its new pods that fail, with
    the evidence.
    """

    policy: RolloutPolicy
    targets: tuple[Identity, ...]
    cohorts: tuple[tuple[Identity, ...], ...]
    before: PolicyProgress
    facts: dict[Identity, Facts]
    fixed: dict[str, int]
    budget_use: BudgetUse
    kept: dict[Identity, BitMap]
    partition_text: str
    canaries: dict[Identity, ChosenCanary]
    rules: tuple[StepRule, ...]
    stands: dict[Identity, StepPosition]
    stops: dict[Identity, Stop]
    failing: dict[Identity, dict[str, str]]

    @property
    def units(self) -> dict[Identity, Units]:
        """The units of each target by state."""
        return {identity: facts.units for identity, facts in self.facts.items()}

    @property
    def away(self) -> dict[Identity, BitMap]:
        """Nodes where a pod is left as it is: by partition, or since the node was broken before."""
        return {identity: kept | self.budget_use.exempt for identity, kept in self.kept.items()}

    def progress(self, limits: Iterable[RolloutLimit], index: NodeIndex) -> PolicyProgress:
        """Return what is to be remembered; `limits` are the policy's."""
        own: dict[Identity, dict[str, int]] = {identity: {} for identity in self.targets}
        shared: dict[str, int] = {}
        for limit in limits:
            if isinstance(limit.written, str) and not limit.owned:
                mine = own[limit.daemonsets[0]] if "|DaemonSet|" in limit.key else shared
                mine[limit.key] = self.fixed.get(limit.key, limit.resolved)
        present = {
            identity: msgspec.structs.replace(
                stand.target,
                resolved=own[identity],
                through=self.facts[identity].is_through,
                stop=self.stops.get(identity),
            )
            for identity, stand in self.stands.items()
        }
        targets = kept(self.before, present, lambda name: is_ready(name, index))
        return msgspec.structs.replace(self.before, targets=targets, resolved=shared)


def view_of(
    policy: RolloutPolicy,
    cohorts: tuple[tuple[Identity, ...], ...],
    subjects: Mapping[Identity, Subject],
    everywhere: Mapping[Identity, Units],
    before: PolicyProgress,
    idle: Collection[Identity],
    index: NodeIndex,
    now: datetime,
) -> View:
    """Return one policy over its targets, by cohorts that go through its steps in turn.

    `before` is what is remembered; `idle` targets go nowhere for a reason of their own, and nobody waits for them.
    """
    return _Viewing(policy, cohorts, subjects, everywhere, before, index, now).view(idle)


class _Viewing:
    """The parts of a view, each from those before it."""

    def __init__(
        self,
        policy: RolloutPolicy,
        cohorts: tuple[tuple[Identity, ...], ...],
        subjects: Mapping[Identity, Subject],
        everywhere: Mapping[Identity, Units],
        before: PolicyProgress,
        index: NodeIndex,
        now: datetime,
    ) -> None:
        self.policy, self.cohorts, self.before, self.index, self.now = policy, cohorts, before, index, now
        self.targets = tuple(sorted(identity for cohort in cohorts for identity in cohort))
        self.remembered = {identity: remembered_of(before, subjects[identity], now) for identity in self.targets}
        self.facts = {
            identity: Facts(subjects[identity], everywhere[identity], index, known.target.began, now)
            for identity, known in self.remembered.items()
        }
        self.not_ready = sick_nodes(index)
        self.budget_use = budget_use_of(policy, self.facts, self.remembered, self.not_ready, index)
        self.kept, self.partition_text = _kept(policy, self.units(), index)

    def units(self) -> dict[Identity, Units]:
        return {identity: facts.units for identity, facts in self.facts.items()}

    def view(self, idle: Collection[Identity]) -> View:
        chosen = {identity: canary for identity in self.targets if (canary := self._canary(identity)) is not None}
        excused = {i: excused_of(self.remembered[i].target, self.facts[i], self.index) for i in self.targets}
        stops = {i: stop for i in self.targets if (stop := self._stop(i, excused[i])) is not None}
        sizes = [{identity: len(self.facts[identity].units.wanted) for identity in c} for c in self.cohorts]
        rules = steps_in_turn(self.policy.spec, sizes)
        members = {
            identity: self._member(identity, chosen, excused[identity], stands=identity in stops or identity in idle)
            for identity in self.targets
        }
        stands = step_positions(rules, self.cohorts, members, self.index, self.now)
        failing = {identity: self._failing(identity, excused[identity]) for identity in self.targets}
        for identity, stand in stands.items():
            stands[identity], stop = halted(stand, stops.pop(identity, None), failing[identity], len(rules))
            if stop is not None:
                stops[identity] = stop
        return View(
            policy=self.policy,
            targets=self.targets,
            cohorts=self.cohorts,
            before=self.before,
            facts=self.facts,
            fixed=dict(_fixed(self.before, self.remembered)),
            budget_use=self.budget_use,
            kept=self.kept,
            partition_text=self.partition_text,
            canaries={identity: canary for identity, (canary, _) in chosen.items()},
            rules=rules,
            stands=stands,
            stops=stops,
            failing=failing,
        )

    def _canary(self, identity: Identity) -> tuple[ChosenCanary, CanaryRecord] | None:
        known = self.remembered[identity]
        return canary_of(self.policy, self.facts[identity], known, self.kept[identity], self.index)

    def _stop(self, identity: Identity, excused: frozenset[str]) -> Stop | None:
        causal = (self.policy.spec.broken_nodes or BrokenNodes()).mode == "Causal"
        broken = self.budget_use.broken.get(identity, BitMap())
        target = self.remembered[identity].target
        return stop_of(target, self.facts[identity], broken, excused, self.index, causal=causal)

    def _failing(self, identity: Identity, excused: frozenset[str]) -> dict[str, str]:
        found = self.facts[identity].failing(self.not_ready)
        return {name: why for position, why in found.items() if (name := self.index.names[position]) not in excused}

    def _member(
        self,
        identity: Identity,
        chosen: Mapping[Identity, tuple[ChosenCanary, CanaryRecord]],
        excused: frozenset[str],
        *,
        stands: bool,
    ) -> Member:
        target = msgspec.structs.replace(self.remembered[identity].target, excused=tuple(sorted(excused)))
        canary, record = chosen.get(identity, (None, None))
        nodes = BitMap(canary.nodes) if canary is not None else BitMap()
        return Member(
            facts=self.facts[identity],
            target=msgspec.structs.replace(target, canary=record),
            stays=self.kept[identity] | self.budget_use.exempt,
            exempt=self.budget_use.exempt,
            canary=nodes,
            short=max(0, record.size - len(nodes)) if record is not None else 0,
            stands=stands,
        )


def _fixed(before: PolicyProgress, remembered: Mapping[Identity, Remembered]) -> Iterator[tuple[str, int]]:
    """Yield what percentages were resolved to; those over several targets hold until none is under way."""
    if any(not known.is_new and not known.target.through for known in remembered.values()):
        yield from before.resolved.items()
    for known in remembered.values():
        yield from known.target.resolved.items()


def _kept(
    policy: RolloutPolicy, units: Mapping[Identity, Units], index: NodeIndex
) -> tuple[dict[Identity, BitMap], str]:
    """Return the nodes that stay old: the last in the order of nodes."""
    kept, text = {}, ""
    for identity, found in units.items():
        amount = resolve(policy.spec.partition, len(found.wanted))
        kept[identity] = BitMap()
        if amount.number > 0:
            ordered = order_nodes(found.old | found.sick, index, policy.spec.node_order)
            kept[identity] = BitMap(ordered[max(0, len(ordered) - amount.number) :])
        text = text or (f"partition {amount.text} of {identity} stay old" if policy.spec.partition else "")
    return kept, text
