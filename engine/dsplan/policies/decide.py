"""Everything that policies say, at one moment: the schedule, what the host does now, what waits, the next progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..eligibility.index import as_bitmap
from ..model.meta import Identity
from ..model.policy import BrokenNodes, RolloutPolicy
from ..model.state import PolicyProgress, State
from ..model.world import Note
from ..waves.schedule import schedule
from ..waves.schedule_types import Schedule
from .assemble import Assembled, DomainRule, Pending, assemble
from .beginning import first_wave, with_holds
from .limits import NodeRule, RolloutLimit, limits_of, node_rules
from .node_order import order_nodes
from .plan_types import PolicyHeld, PolicyPlan, Unit
from .rates import RolloutRate
from .reports import report_of, switch_of
from .subjects import Subject, units_of
from .targets import Governing, governing
from .views import View, view_of
from .writing import Paced, Writing

__all__ = ["decide"]

Wait = tuple[str, datetime | None]
"""Why a DaemonSet waits, and when to look again."""


def decide(
    policies: Sequence[RolloutPolicy],
    subjects: Sequence[Subject],
    index: NodeIndex,
    state: State,
    now: datetime,
    image_sizes: Mapping[str, int] | None = None,
    *,
    takes: Mapping[Identity, float] | None = None,
    ahead: bool = True,
) -> PolicyPlan:
    """Return what policies come to over the DaemonSets that could be observed.

    `image_sizes` are bytes by full name, for rates of bytes. `takes` has the seconds from the deletion of a pod to its
    successor's being ready, where they are known better than from a policy's `durations`. Unless `ahead`, what the host
    does now and no more: `schedule` has the first wave only, nothing is `held`, and what contradicts itself later is
    not found.
    Raises InputError where two policies contradict each other.
    """
    return _Decision(policies, subjects, index, state, now, image_sizes or {}, takes or {}).plan(ahead=ahead)


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
        self.index = index
        self.now = now
        self.governing: Governing = governing(policies, [subject.daemonset for subject in subjects])
        self.governed = {entry.daemonset: entry for entry in self.governing.governed}
        self.subjects = {s.identity: s for s in subjects if s.identity in self.governed}
        self.units = {
            identity: units_of(subject, index, surge=self.governed[identity].surge)
            for identity, subject in self.subjects.items()
        }
        progress = {entry.policy: entry for entry in state.policies}
        self.views = [self._view(policy, progress.get(policy.identity)) for policy in policies]
        self.rank = self._ranks()
        before = {view.policy.identity: view.before for view in self.views}
        self.writing = Writing(self.governed, self.subjects, before, image_sizes, takes, index, now, self.rank)
        self._closed: set[Identity] = set()
        self._closings: list[tuple[View, datetime]] = []
        self._closed_by: dict[Identity, str] = {}

    def _view(self, policy: RolloutPolicy, before: PolicyProgress | None) -> View:
        cohorts = self.governing.cohorts(policy)
        return view_of(policy, cohorts, self.subjects, self.units, before, self.index, self.now)

    def _ranks(self) -> dict[int, int]:
        """Return the place of every node in the order; DaemonSets with an order of their own come first."""
        keys = next((view.policy.spec.node_order for view in self.views if view.policy.spec.node_order), ())
        everywhere = BitMap.union(BitMap(), *(found.wanted for found in self.units.values()))
        return {position: rank for rank, position in enumerate(order_nodes(everywhere, self.index, keys))}

    def plan(self, *, ahead: bool) -> PolicyPlan:
        """Run the stages."""
        limits = {view.policy.identity: self._limits(view) for view in self.views}
        rules = node_rules([(view.policy, view.targets) for view in self.views], self.index)
        spent = {identity: self._spent(identity) for identity in self.units}
        old = {identity: self._plannable(identity) for identity in self.units}
        assembled = assemble(
            old,
            [limit for found in limits.values() for limit in found],
            [rate for view in self.views for rate in self._rates(view, old)],
            rules,
            spent,
            [plan for view in self.views for plan in view.standing.plans],
            self.governing.order,
            list(self._pending(old, spent)),
            list(self._domains()),
            self.index,
            self.rank,
        )
        for_good = with_holds(assembled, self._held_for_good())
        whole = schedule(for_good, ahead=ahead)
        waits = self._waits(assembled, whole)
        holds = [(identity, text) for identity, (text, _) in waits.items()]
        holding = msgspec.structs.replace(assembled, problem=for_good)
        startable = schedule(with_holds(holding, holds), ahead=ahead) if holds else whole
        wave = tuple(first_wave(assembled, startable, self.index))
        sick = tuple(self._sick())
        paced = self.writing.write(wave, sick, self._left(old, wave, waits))
        return PolicyPlan(
            policies=tuple(
                report_of(
                    view,
                    self._closed_by.get(view.policy.identity, ""),
                    found,
                    whole,
                    assembled,
                    self.governed,
                    self.subjects,
                    self.index,
                )
                for view, found in zip(self.views, limits.values(), strict=True)
            ),
            assembled=msgspec.structs.replace(assembled, problem=for_good),
            schedule=whole,
            index=self.index,
            wave=paced.wave,
            sick=paced.sick,
            actions=paced.actions,
            held=_merged(self._held(assembled, whole, startable, waits, paced.wave, old)) if ahead else (),
            stalls=tuple(self._stalls(whole, assembled)),
            teardown=self.governing.teardown(),
            by_host=frozenset(identity for identity, entry in self.governed.items() if entry.by_host),
            surging=frozenset(identity for identity, entry in self.governed.items() if entry.surge),
            frozen=frozenset(identity for identity, entry in self.governed.items() if entry.frozen),
            progress=tuple(self._progress(view, limits, paced.started) for view in self.views),
            notes=tuple(sorted({*self.governing.notes, *self._notes(rules), *self.writing.notes})),
            requeue_after=self._requeue(waits, paced),
        )

    def _limits(self, view: View) -> tuple[RolloutLimit, ...]:
        return tuple(limits_of(view.policy, view.units, view.spending.by_daemonset, self.index, view.fixed))

    def _rates(self, view: View, old: Mapping[Identity, BitMap]) -> Iterator[RolloutRate]:
        return self.writing.rates(view.policy, {identity: old[identity] for identity in view.targets}, self._sick())

    def _left(
        self, old: Mapping[Identity, BitMap], wave: Sequence[Unit], waits: Mapping[Identity, Wait]
    ) -> frozenset[Identity]:
        """Return the DaemonSets with old pods beyond a wave, that wait for nothing else."""
        going = Counter(unit.daemonset for unit in wave)
        return frozenset(
            identity for identity, nodes in old.items() if len(nodes) > going[identity] and identity not in waits
        )

    def _spent(self, identity: Identity) -> tuple[BitMap, BitMap]:
        """Return what any policy counts as down: the strictest view, for rules per node."""
        found = [view.spending.by_daemonset[identity] for view in self.views if identity in view.targets]
        return BitMap.union(BitMap(), *(back for back, _ in found)), BitMap.union(BitMap(), *(s for _, s in found))

    def _plannable(self, identity: Identity) -> BitMap:
        """Return the nodes whose old pod may be replaced sooner or later."""
        away = [view.away[identity] for view in self.views if identity in view.targets]
        return self.units[identity].old - BitMap.union(BitMap(), *away)

    def _pending(
        self, old: Mapping[Identity, BitMap], spent: Mapping[Identity, tuple[BitMap, BitMap]]
    ) -> Iterator[Pending]:
        """Yield the units that come, by order, after pods that are down."""
        for edge in self.governing.order:
            after = old[edge.then]
            for down, for_good in zip(spent[edge.first], (False, True), strict=True):
                held = after & down if edge.per_node else after if down else BitMap()
                if held:
                    where = "on the same node" if edge.per_node else f"on {', '.join(self._names(down)[:3])}"
                    stays = ", and it stays down" if for_good else ""
                    yield Pending(edge.then, held, f"comes after {edge.first}, which is down {where}{stays}", for_good)

    def _domains(self) -> Iterator[DomainRule]:
        for view in self.views:
            down = BitMap.union(BitMap(), *(back | stuck for back, stuck in view.spending.by_daemonset.values()))
            for rule in view.policy.spec.domains:
                column = self.index.column(rule.topology_key)
                held = frozenset(value for value, ids in column.items() if as_bitmap(ids) & down)
                yield DomainRule(
                    view.policy.identity, rule.topology_key, frozenset(view.targets), rule.max_at_once, held
                )

    def _held_for_good(self) -> Iterator[tuple[Identity, str]]:
        for identity, entry in self.governed.items():
            policy = entry.the_one("paused")
            if policy is not None:
                word = "frozen" if entry.frozen else "paused"
                yield identity, f"{word} by policy {policy.identity}"
        for view in self.views:
            if view.spending.halted:
                yield from ((identity, view.spending.halted) for identity in view.targets)

    def _waits(self, assembled: Assembled, whole: Schedule) -> dict[Identity, Wait]:
        """Return the DaemonSets of which nothing may begin now: until when, and why."""
        found: dict[Identity, Wait] = {}
        for identity, entry in self.governed.items():
            if switch := switch_of(self.subjects[identity], entry):
                found[identity] = (f"not enforced: {switch}", None)
        seconds = self.writing.wave_seconds(first_wave(assembled, whole, self.index))
        for view in self.views:
            closed = self.writing.closed(view.policy, seconds)
            if closed is not None:
                self._closed |= set(view.targets)
                self._closed_by[view.policy.identity] = closed[0]
            elif (closes := self.writing.closes(view.policy, seconds)) is not None:
                self._closings.append((view, closes))
            text, again_at = closed or (view.standing.waits, view.standing.again_at)
            for identity in view.targets if text else ():
                found.setdefault(identity, (f"policy {view.policy.identity}: {text}", again_at))
        return found

    def _sick(self) -> Iterator[Unit]:
        """Yield the sick pods that are replaced now, beyond every budget and whatever the step (R9, R12).

        Closed windows hold them back, and so does a policy that is frozen or not enforced.
        """
        for identity, found in sorted(self.units.items()):
            entry = self.governed[identity]
            if entry.frozen or switch_of(self.subjects[identity], entry):
                continue
            views = [view for view in self.views if identity in view.targets]
            if identity in self._closed:
                continue
            away = BitMap.union(BitMap(), *(view.away[identity] for view in views))
            for position in sorted(found.sick - away, key=lambda position: self.rank[position]):
                yield Unit(identity, self.index.names[position])

    def _held(
        self,
        assembled: Assembled,
        whole: Schedule,
        startable: Schedule,
        waits: Mapping[Identity, Wait],
        wave: Sequence[Unit],
        old: Mapping[Identity, BitMap],
    ) -> Iterator[PolicyHeld]:
        """Yield why each old pod that does not go now does not, DaemonSet by DaemonSet."""
        going = set(wave)
        reasons: dict[Identity, dict[str, list[int]]] = {identity: {} for identity in old}
        for entry in (*startable.stalled, *whole.stalled):
            identity = assembled.daemonsets[entry.cell[1]]
            reasons[identity].setdefault(entry.rule, []).extend(assembled.nodes[entry.cell[0]])
        for identity, nodes in old.items():
            told: set[int] = set()
            for text, positions in reasons[identity].items():
                fresh = [position for position in dict.fromkeys(positions) if position not in told]
                told |= set(fresh)
                if fresh:
                    yield PolicyHeld(identity, text, self._names(fresh))
            left = [p for p in nodes if p not in told and Unit(identity, self.index.names[p]) not in going]
            if left:
                yield PolicyHeld(identity, "goes in a later wave", self._names(left), blocks=False)
        yield from self._sick_held(waits)
        for view in self.views:
            for identity in view.targets:
                if view.kept[identity]:
                    kept = self._names(view.kept[identity])
                    yield PolicyHeld(identity, view.partition_text, kept, blocks=False, for_good=True)
                broken = (self.units[identity].old | self.units[identity].sick) & view.spending.broken
                if broken:
                    text = "the node was not ready before the wave began; its pod is replaced when it is back"
                    yield PolicyHeld(identity, text, self._names(broken))

    def _sick_held(self, waits: Mapping[Identity, Wait]) -> Iterator[PolicyHeld]:
        """Yield why sick pods are not replaced now, where even these wait."""
        going = {(unit.daemonset, unit.node) for unit in self._sick()}
        for identity, found in sorted(self.units.items()):
            away = BitMap.union(BitMap(), *(view.away[identity] for view in self.views if identity in view.targets))
            left = [p for p in found.sick - away if (identity, self.index.names[p]) not in going]
            if left:
                policy = self.governed[identity].the_one("paused")
                text = waits[identity][0] if identity in waits else f"frozen by policy {policy and policy.identity}"
                yield PolicyHeld(identity, text, self._names(left))

    def _names(self, positions: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.index.names[position] for position in sorted(positions))

    def _stalls(self, whole: Schedule, assembled: Assembled) -> Iterator[str]:
        """Yield what will never go on by itself."""
        rules: dict[tuple[Identity, str], int] = {}
        for entry in whole.stalled:
            key = assembled.daemonsets[entry.cell[1]], entry.rule
            rules[key] = rules.get(key, 0) + entry.count
        for (identity, rule), count in sorted(rules.items()):
            remedy = next((_remedy(limit, self.views) for limit in assembled.limits if limit.rule == rule), "")
            yield f"{identity}: {count:,} pods never go: {rule}{remedy}"
        seconds = self.writing.wave_seconds(first_wave(assembled, whole, self.index))
        for view in self.views:
            name = f"policy {view.policy.identity}"
            if view.canary is not None and not view.canary.nodes:
                yield f"{name}: the canary has no node"
            if view.policy.spec.windows is not None and self.writing.never_opens(view.policy, seconds):
                yield f"{name}: no window is long enough for one wave, which takes {round(seconds):,} s at least"
            if view.standing.waits.endswith("failed") or "its gate failed" in view.standing.waits:
                yield f"{name}: {view.standing.waits}"

    def _progress(
        self,
        view: View,
        limits: Mapping[Identity, Sequence[RolloutLimit]],
        started: Mapping[Identity, PolicyProgress],
    ) -> PolicyProgress:
        progress = view.standing.progress
        percentages = (limit for limit in limits[view.policy.identity] if isinstance(limit.written, str))
        resolved = {limit.key: limit.limit for limit in percentages}
        acted = started.get(view.policy.identity)
        if acted is not None:
            broken = self._names(view.spending.broken_when_begun)
            progress = msgspec.structs.replace(
                progress, started=acted.started, wave_began=acted.wave_began, down_at_start=broken
            )
        return msgspec.structs.replace(progress, resolved=resolved)

    def _notes(self, rules: Sequence[NodeRule]) -> Iterator[Note]:
        for view in self.views:
            if view.standing.assumed:
                yield Note(f"RolloutPolicy {view.policy.identity}", view.standing.assumed)
        for rule in rules:
            if len(rule.policies) > 1:
                text = (
                    f"rules per node overlap with {', '.join(map(str, rule.policies[1:]))}; the stricter holds for all"
                )
                yield Note(f"RolloutPolicy {rule.policies[0]}", text)

    def _requeue(self, waits: Mapping[Identity, Wait], paced: Paced) -> float | None:
        """Return the seconds until something may begin, or what may begin now may no longer."""
        moments = [moment for _, moment in waits.values() if moment is not None]
        moments += [paced.again_at] if paced.again_at is not None else []
        acting = {action.daemonset for action in paced.actions}
        moments += [closes for view, closes in self._closings if acting.intersection(view.targets)]
        return max(0.0, (min(moments) - self.now) / timedelta(seconds=1)) if moments else None


def _remedy(limit: RolloutLimit, views: Sequence[View]) -> str:
    """Return what would let a budget go on that pods which stay down have spent."""
    strict = any(
        view.policy.identity == limit.policy and (view.policy.spec.broken_nodes or BrokenNodes()).mode == "Strict"
        for view in views
    )
    causal = ", or brokenNodes.mode Causal" if strict else ""
    return f"; needs maxUnavailable >= {limit.stuck + 1:,}{causal}" if limit.stuck >= limit.limit else ""


def _merged(held: Iterable[PolicyHeld]) -> tuple[PolicyHeld, ...]:
    """Return one entry for all nodes of a DaemonSet that wait for the same."""
    nodes: dict[tuple[Identity, str, bool, bool], set[str]] = {}
    for entry in held:
        nodes.setdefault((entry.daemonset, entry.text, entry.blocks, entry.for_good), set()).update(entry.nodes)
    return tuple(
        PolicyHeld(identity, text, tuple(sorted(names)), blocks, for_good)
        for (identity, text, blocks, for_good), names in sorted(nodes.items())
    )
