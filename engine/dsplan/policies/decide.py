"""Everything that policies say, at one moment: the schedule, what the host does now, what waits, the next progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..eligibility.index import as_bitmap
from ..model.meta import Identity
from ..model.policy import RolloutPolicy
from ..model.state import PolicyProgress, Started, State
from ..waves.schedule import schedule
from ..waves.schedule_types import Schedule
from .allowances import Allowances, sick_units
from .assemble import Assembled, DomainRule, assemble
from .first_wave import first_wave, with_holds
from .held_reasons import HeldReasons
from .holds import Holds
from .host_actions import HostActions, PacedActions
from .limits import NodeRule, RolloutLimit, limits_of, node_rules, own_limits
from .memory import progress_of
from .node_order import order_nodes
from .plan_types import PolicyPlan, PolicyReport, Unit
from .rates import RolloutRate
from .remaining_steps import out_of_order, pending_of, steps_of
from .reports import report_of
from .subjects import Subject, units_of
from .targets import Governing, governing
from .views import View, view_of

__all__ = ["decide"]


def decide(
    policies: Sequence[RolloutPolicy],
    subjects: Sequence[Subject],
    index: NodeIndex,
    state: State,
    now: datetime,
    image_sizes: Mapping[str, int] | None = None,
    *,
    takes: Mapping[Identity, float] | None = None,
    all_waves: bool = True,
) -> PolicyPlan:
    """Return what policies come to over the DaemonSets that could be observed.

    `image_sizes` are bytes by full name, for rates of bytes. `takes` has the seconds from the deletion of a pod to its
    successor's being ready, where they are known better than from a policy's `durations`. Unless `all_waves`, what the
    host does now and no more: `schedule` has the first wave only, nothing is `held`, what contradicts itself later is
    not found. What contradicts itself stands still and is in `contradictions`; everything else goes on.
    """
    return _Decision(policies, subjects, index, state, now, image_sizes or {}, takes or {}).plan(all_waves=all_waves)


class _Decision:
    """The stages in order; each leaves its result for the next."""

    def __init__(
        self,
        policies: Sequence[RolloutPolicy],
        subjects: Sequence[Subject],
        index: NodeIndex,
        state: State,
        now: datetime,
        image_sizes: Mapping[str, int],
        takes: Mapping[Identity, float],
    ) -> None:
        self.index, self.now, self.state = index, now, state
        self.governing: Governing = governing(policies, [subject.daemonset for subject in subjects])
        self.governed = {entry.daemonset: entry for entry in self.governing.governed}
        self.subjects = {s.identity: s for s in subjects if s.identity in self.governed}
        self.units = {
            identity: units_of(subject, index, surge=self.governed[identity].surge)
            for identity, subject in self.subjects.items()
        }
        self.holds = Holds(self.governing, self.governed, self.subjects)
        self.views = [self._view(policy) for policy in policies]
        self.holds.see(self.views)
        self.rank = self._ranks()
        started = {view.policy.identity: self._started(view) for view in self.views}
        self.host_actions = HostActions(
            self.governed, self.subjects, started, image_sizes, takes, index, now, self.rank
        )

    def _view(self, policy: RolloutPolicy) -> View:
        cohorts, before = self.governing.cohorts(policy), progress_of(self.state, policy)
        return view_of(policy, cohorts, self.subjects, self.units, before, self.holds.idle, self.index, self.now)

    def _started(self, view: View) -> tuple[Started, ...]:
        """Return what a policy began lately; where State is lost, what was created within the last minute."""
        if view.before.targets or view.before.started:
            return view.before.started
        found = Counter(moment for facts in view.facts.values() for moment in facts.created_lately())
        return tuple(Started(at=moment, pods=count) for moment, count in sorted(found.items()))

    def _ranks(self) -> dict[int, int]:
        """Return the place of every node in the order; DaemonSets with an order of their own come first."""
        keys = next((view.policy.spec.node_order for view in self.views if view.policy.spec.node_order), ())
        everywhere = BitMap.union(BitMap(), *(found.wanted for found in self.units.values()))
        return {position: rank for rank, position in enumerate(order_nodes(everywhere, self.index, keys))}

    def plan(self, *, all_waves: bool) -> PolicyPlan:
        """Run the stages."""
        limits = {view.policy.identity: self._limits(view) for view in self.views}
        rules = node_rules([(view.policy, view.targets) for view in self.views], self.index)
        old = {identity: self._plannable(identity) for identity in self.units}
        seconds = self._windows(limits, rules, old)
        allowances = Allowances(self.views)
        early = out_of_order(self.governing, self.views, self.index.all)
        sick = tuple(sick_units(self.views, self.holds.untouched, early, allowances, self.index, self.rank))
        assembled = self._assembled(limits, rules, old, sick, allowances)
        for_good = with_holds(assembled, self.holds.for_good())
        whole = schedule(for_good, all_waves=all_waves)
        holding = msgspec.structs.replace(assembled, problem=for_good)
        waits = self.holds.waits()
        startable = schedule(with_holds(holding, waits), all_waves=all_waves) if waits else whole
        wave = allowances.cut(tuple(first_wave(assembled, startable, self.index)), self.index, self.rank)
        paced = self.host_actions.write(wave, sick, self._left(old, wave))
        held_reasons = HeldReasons(self.views, self.holds, holding, whole, self.index)
        never = {view.policy.identity for view in self.views if self._never_opens(view, seconds)}
        return PolicyPlan(
            policies=tuple(self._report(view, limits, whole, assembled) for view in self.views),
            assembled=holding,
            schedule=whole,
            index=self.index,
            wave=paced.wave,
            sick=paced.sick,
            actions=paced.actions,
            held=held_reasons.held(startable, paced, old) if all_waves else (),
            stalls=tuple(held_reasons.stalls(never, seconds)),
            teardown=self.governing.teardown(),
            by_host=self.governing.of_which(lambda entry: entry.by_host),
            surging=self.governing.of_which(lambda entry: entry.surge),
            frozen=self.governing.of_which(lambda entry: entry.frozen),
            progress=tuple(self._progress(limits, paced)),
            notes=tuple(sorted({*self.governing.notes, *held_reasons.notes(rules, limits), *self.host_actions.notes})),
            requeue_after=self._requeue(paced),
            begins=tuple(held_reasons.begins(paced, limits)),
            contradictions=self.governing.contradictions,
        )

    def _report(
        self, view: View, limits: Mapping[Identity, tuple[RolloutLimit, ...]], whole: Schedule, assembled: Assembled
    ) -> PolicyReport:
        return report_of(view, self.holds, limits[view.policy.identity], whole, assembled, self.index)

    def _assembled(
        self,
        limits: Mapping[Identity, Sequence[RolloutLimit]],
        rules: Sequence[NodeRule],
        old: Mapping[Identity, BitMap],
        sick: Sequence[Unit],
        allowances: Allowances,
    ) -> Assembled:
        spent = {identity: self._spent(identity) for identity in self.units}
        steps, capped = steps_of(self.views, sick, allowances)
        pending = [*pending_of(self.governing, self.views, old, spent, self.index), *capped]
        rates = [rate for view in self.views for rate in self._rates(view, old, sick)]
        every = [limit for found in limits.values() for limit in found]
        return assemble(
            old,
            every,
            rates,
            rules,
            spent,
            steps,
            self.governing.order,
            pending,
            list(self._domains()),
            self.index,
            self.rank,
        )

    def _limits(self, view: View) -> tuple[RolloutLimit, ...]:
        """Return the limits of a policy, and those of its targets' own where no budget of any policy counts them."""
        found = list(limits_of(view.policy, view.units, view.budget_use.by_daemonset, self.index, view.fixed))
        for identity in view.targets:
            policies = self.governed[identity].policies
            if policies[0].identity == view.policy.identity:
                daemonset, units = self.subjects[identity].daemonset, self.units[identity]
                found += own_limits(policies, daemonset, units, view.budget_use.by_daemonset, self.index)
        return tuple(found)

    def _rates(self, view: View, old: Mapping[Identity, BitMap], sick: Sequence[Unit]) -> Iterator[RolloutRate]:
        return self.host_actions.rates(view.policy, {identity: old[identity] for identity in view.targets}, sick)

    def _left(self, old: Mapping[Identity, BitMap], wave: Sequence[Unit]) -> frozenset[Identity]:
        """Return the DaemonSets with old pods beyond a wave, that wait for nothing else."""
        going = Counter(unit.daemonset for unit in wave)
        waits = {identity for identity, _ in self.holds.waits()}
        return frozenset(
            identity for identity, nodes in old.items() if len(nodes) > going[identity] and identity not in waits
        )

    def _spent(self, identity: Identity) -> tuple[BitMap, BitMap]:
        """Return what any policy counts as down: the strictest view, for rules per node."""
        found = [view.budget_use.by_daemonset[identity] for view in self.views if identity in view.targets]
        return BitMap.union(BitMap(), *(back for back, _ in found)), BitMap.union(BitMap(), *(s for _, s in found))

    def _plannable(self, identity: Identity) -> BitMap:
        """Return the nodes whose old pod may be replaced sooner or later."""
        away = [view.away[identity] for view in self.views if identity in view.targets]
        return self.units[identity].old - BitMap.union(BitMap(), *away)

    def _domains(self) -> Iterator[DomainRule]:
        for view in self.views:
            down = BitMap.union(BitMap(), *(back | stuck for back, stuck in view.budget_use.by_daemonset.values()))
            for rule in view.policy.spec.domains:
                column = self.index.column(rule.topology_key)
                held = frozenset(value for value, ids in column.items() if as_bitmap(ids) & down)
                yield DomainRule(
                    view.policy.identity, rule.topology_key, frozenset(view.targets), rule.max_at_once, held
                )

    def _windows(
        self,
        limits: Mapping[Identity, Sequence[RolloutLimit]],
        rules: Sequence[NodeRule],
        old: Mapping[Identity, BitMap],
    ) -> float:
        """Take note of the windows that are closed; return the seconds that the first wave takes."""
        if not any(view.policy.spec.windows for view in self.views):
            return 0.0
        assembled = self._assembled(limits, rules, old, (), Allowances(self.views))
        whole = schedule(with_holds(assembled, self.holds.for_good()), all_waves=False)
        seconds = self.host_actions.wave_seconds(first_wave(assembled, whole, self.index))
        for view in self.views:
            closed = self.host_actions.closed(view.policy, seconds)
            if closed is not None:
                self.holds.close(view, *closed)
            elif (closes := self.host_actions.closes(view.policy, seconds)) is not None:
                self.holds.closings.append((view, closes))
        return seconds

    def _never_opens(self, view: View, seconds: float) -> bool:
        return view.policy.spec.windows is not None and self.host_actions.never_opens(view.policy, seconds)

    def _progress(
        self, limits: Mapping[Identity, Sequence[RolloutLimit]], paced: PacedActions
    ) -> Iterator[PolicyProgress]:
        """Yield what is to be remembered: the policies as they stand now, those that are away as they were."""
        for view in self.views:
            progress = view.progress(limits[view.policy.identity], self.index)
            started = paced.started.get(view.policy.identity)
            yield progress if started is None else msgspec.structs.replace(progress, started=started)
        here = {view.policy.identity for view in self.views}
        yield from (entry for entry in self.state.rollouts if entry.policy not in here)

    def _requeue(self, paced: PacedActions) -> float | None:
        """Return the seconds until something may begin, or what may begin now may no longer."""
        moments = self.holds.moments()
        moments += [paced.again_at] if paced.again_at is not None else []
        acting = {action.daemonset for action in paced.actions}
        moments += [closes for view, closes in self.holds.closings if acting.intersection(view.targets)]
        return max(0.0, (min(moments) - self.now) / timedelta(seconds=1)) if moments else None
