"""What becomes of every pod that is wanted: placed, placed by evicting whom, or Pending for want of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from pyroaring import BitMap

from ...apiserver.admission import Refusal
from ...model.arguments import check_world
from ...model.brief import Brief
from ...model.daemonset import DaemonSet
from ...model.meta import Identity
from ...model.world import Note, World
from ..filters.demand import Tenant, split_pin
from ..filters.failures import Holder
from ..filters.outcomes import Outcome, OutcomeKind, Slot
from ..filters.scheduler_view import SchedulerView, refused
from .arrivals import Arrivals, PassOverAll, leaving_pods, pending_slot
from .classes import Bundle, bundle_of, class_key, takes_all
from .coupling import Coupling

if TYPE_CHECKING:
    from .queue import Queue

__all__ = ["NEVER", "DaemonSetPrediction", "Fate", "Prediction", "predict"]


NEVER = (OutcomeKind.PENDING, OutcomeKind.REFUSED, OutcomeKind.REJECTED)
"""What becomes of a pod that does not run in the end."""


class Fate(msgspec.Struct, frozen=True):
    """One outcome and the nodes (ids in name order) where it is this DaemonSet's."""

    outcome: Outcome
    nodes: BitMap


def _written_order(fate: Fate) -> tuple[object, ...]:
    outcome = fate.outcome
    return fate.nodes[0], outcome.kind, str(outcome.evicted_by), outcome.holders, outcome.failures


class DaemonSetPrediction(msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet: where its pod is already, where a new one fits without further ado, and what happens elsewhere.

    `present`, `placed` and the nodes of `fates` are disjoint and together are the nodes where it wants to run.
    """

    identity: Identity
    present: BitMap
    placed: BitMap
    fates: tuple[Fate, ...] = ()

    def nodes(self, *kinds: OutcomeKind) -> BitMap:
        """Return the nodes where one of these happens."""
        return BitMap.union(BitMap(), *(fate.nodes for fate in self.fates if fate.outcome.kind in kinds))

    @property
    def running(self) -> BitMap:
        """The nodes where the pod is or will be."""
        return self.present | self.placed | self.nodes(OutcomeKind.EVICTS)

    @property
    def impossible(self) -> BitMap:
        """The nodes where it is wanted and cannot be."""
        return self.nodes(*NEVER)

    def at(self, position: int) -> Outcome | None:
        """Return what happens on one node; None where nothing is wanted or the pod is there already."""
        if position in self.placed:
            return _PLACED
        return next((fate.outcome for fate in self.fates if position in fate.nodes), None)


class Prediction(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """Every DaemonSet sorted by identity, who is evicted in all, and what was assumed.

    `settled` counts how the nodes were decided: by one sum, by the answer of an equal node, or by a queue of their own.
    """

    daemonsets: tuple[DaemonSetPrediction, ...]
    evicted: tuple[Holder, ...] = ()
    notes: tuple[Note, ...] = ()
    settled: dict[str, int] = {}

    def of(self, identity: Identity) -> DaemonSetPrediction:
        """Return the prediction for one DaemonSet. Raises KeyError for one that was not asked about."""
        for entry in self.daemonsets:
            if entry.identity == identity:
                return entry
        raise KeyError(identity)


_PLACED = Outcome(OutcomeKind.PLACED)


def predict(world: World, step: PassOverAll, *, rollout: bool = False) -> Prediction:
    """Return what the scheduler will make of the pods that exist once `step` has been carried out.

    `step` is what `dsplan.step` returned for this world: what it deletes is gone, what it creates or replaces queues,
    and so does what is Pending already. With `rollout`, every outdated pod has been replaced as well.

    >>> from datetime import UTC, datetime
    >>> from dsplan import decode, step
    >>> def spec(memory, **more):
    ...     return {"containers": [{"name": "c", "resources": {"requests": {"memory": memory}}}], **more}
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}, "status": {"allocatable": {"memory": "1Gi", "pods": "9"}}},
    ...     {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
    ...      "spec": spec("700Mi", nodeName="n1")},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}},
    ...               "template": {"metadata": {"labels": {"app": "d"}}, "spec": spec("512Mi")}}},
    ... ])
    >>> fate, = predict(world, step(world, now=datetime(2026, 1, 1, tzinfo=UTC))).daemonsets[0].fates
    >>> print(fate.outcome.kind, fate.outcome.failures[0].shortages[0])
    pending memory: needs 512Mi, 324Mi free of 1Gi; taken by shop/web
    """
    check_world(world)
    return _Prediction(world, step, rollout=rollout).run()


class _Prediction:
    """One prediction in the making."""

    def __init__(self, world: World, step: PassOverAll, *, rollout: bool) -> None:
        leaving = leaving_pods(step, rollout=rollout)
        self.world = world
        self.scene = SchedulerView(world, leaving=leaving, doubt=True)
        self.arrivals = [
            Arrivals(entry, position, self.scene, leaving, rollout=rollout)
            for position, entry in enumerate(step.daemonsets)
        ]
        self.wanted = [entry.verdicts.run if entry.verdicts else BitMap() for entry in step.daemonsets]
        self.daemonsets: list[DaemonSet] = [entry.daemonset for entry in step.daemonsets]
        self.by_owner = {daemonset.identity: n for n, daemonset in enumerate(self.daemonsets)}
        self.results: list[dict[Outcome, BitMap]] = [defaultdict(BitMap) for _ in step.daemonsets]
        self.evicted: dict[Identity, int] = defaultdict(int)
        self.settled = {"sum": 0, "class": 0, "queue": 0}
        self._returning: dict[tuple[int, Identity], Slot] = {}

    def run(self) -> Prediction:
        queues = self._queues()
        in_play = {slot.demand for slots in queues.values() for slot in slots}
        in_play.update(
            arrivals.created.demand
            for arrivals in self.arrivals
            if arrivals.present and not isinstance(arrivals.created, Refusal)
        )
        self.coupling = coupling = Coupling(in_play, self.scene.cluster)
        entangled: list[tuple[int, Slot]] = []
        known: dict[tuple[Slot, ...], Bundle] = {}
        equal: dict[Hashable, list[tuple[int, list[Slot]]]] = defaultdict(list)
        for position, slots in sorted(queues.items()):
            slots.sort(key=lambda slot: slot.rank)
            load = self.scene.loads[position]
            if takes_all(load, bundle_of(slots, coupling.touched, known)):
                self._all_fit(position, slots)
            elif coupling.entangles(load, slots):
                entangled.extend((position, slot) for slot in slots)
            else:
                equal[class_key(load, slots, coupling.keys)].append((position, slots))
        for members in equal.values():
            self._settle_class(members)
        if entangled:
            self._settle_entangled(entangled)
        for arrivals, results in zip(self.arrivals, self.results, strict=True):
            if arrivals.refusal is not None and arrivals.refused:
                results[_refusal(arrivals.refusal)] |= arrivals.refused
        return self._result()

    def _queues(self) -> dict[int, list[Slot]]:
        queues: dict[int, list[Slot]] = defaultdict(list)
        for arrivals in self.arrivals:
            for position, slot in arrivals.slots:
                queues[position].append(slot)
        for position, slot in self._bystanders():
            queues[position].append(slot)
        return queues

    def _bystanders(self) -> Iterator[tuple[int, Slot]]:
        """Yield pods of other workloads that wait for one certain node, pinned or nominated (K4); the others may go
        anywhere."""
        queued = {
            (slot.demand.namespace, slot.name) for arrivals in self.arrivals for _, slot in arrivals.slots if slot.name
        }
        self.adrift = 0
        for pod in self.scene.waiting:
            where = split_pin(pod.spec)[0] or pod.status.nominated_node_name
            position = self.scene.positions.get(where) if where else None
            if position is None:
                self.adrift += 1
            elif (pod.metadata.namespace, pod.name) not in queued:
                yield position, pending_slot(pod, self.scene, -1)

    def _queue(self) -> Queue:
        from .queue import Queue

        return Queue(
            self.scene.cluster,
            recreate=self._recreate,
            budgets=self.world.disruption_budgets,
            touched=self.coupling.touched,
        )

    def _recreate(self, tenant: Tenant, position: int, by: Identity, fresh: bool) -> Slot | None:
        """An evicted daemon pod is created anew for its node, from the current template, if still wanted there.

        Where a successor queues already, the pod that was there gets no second one.
        """
        number = self.by_owner.get(tenant.owner)
        if number is None or position not in self.wanted[number]:
            return None
        if not fresh and position not in self.arrivals[number].present:
            return None
        created = self.arrivals[number].created
        if isinstance(created, Refusal):
            self.results[number][_refusal(created, by)].add(position)
            return None
        slot = self._returning.get((number, by))
        if slot is None:
            slot = self._returning[number, by] = msgspec.structs.replace(created, evicted_by=by)
        return slot

    def _all_fit(self, position: int, slots: Sequence[Slot]) -> None:
        self.settled["sum"] += 1
        for slot in slots:
            if slot.daemonset >= 0:
                self.results[slot.daemonset][_PLACED].add(position)

    def _settle_class(self, members: Sequence[tuple[int, list[Slot]]]) -> None:
        """Settle the first node of a class; the others come to the same."""
        position, slots = members[0]
        self.settled["queue"] += 1
        self.settled["class"] += len(members) - 1
        outcomes = self._queue().run((position, slot) for slot in slots)
        nodes = BitMap([other for other, _ in members])
        for (_, slot), outcome in outcomes.items():
            self._note(slot, outcome, nodes)

    def _settle_entangled(self, entries: list[tuple[int, Slot]]) -> None:
        self.settled["queue"] += len({position for position, _ in entries})
        for (position, slot), outcome in self._queue().run(entries).items():
            self._note(slot, outcome, BitMap([position]))

    def _note(self, slot: Slot, outcome: Outcome, nodes: BitMap) -> None:
        if outcome.kind is OutcomeKind.EVICTS:
            for holder in outcome.holders:
                self.evicted[holder.owner] += holder.pods * len(nodes)
        if slot.daemonset >= 0:
            self.results[slot.daemonset][outcome] |= nodes

    def _result(self) -> Prediction:
        evicted = [Holder(owner, pods) for owner, pods in self.evicted.items()]
        return Prediction(
            daemonsets=tuple(map(self._entry, range(len(self.daemonsets)))),
            evicted=tuple(sorted(evicted, key=lambda holder: (-holder.pods, holder.owner))),
            notes=tuple(self._notes()),
            settled=self.settled,
        )

    def _entry(self, number: int) -> DaemonSetPrediction:
        """Return one DaemonSet's part; what happens to a node's queue counts before what is there already."""
        results = self.results[number]
        placed = results.pop(_PLACED, BitMap())
        fates = [Fate(outcome, nodes) for outcome, nodes in results.items() if nodes]
        elsewhere = BitMap.union(placed, *(fate.nodes for fate in fates)) if fates else placed
        return DaemonSetPrediction(
            identity=self.daemonsets[number].identity,
            present=self.arrivals[number].present - elsewhere,
            placed=placed - BitMap.union(BitMap(), *(fate.nodes for fate in fates)),
            fates=tuple(sorted(fates, key=_written_order)),
        )

    def _notes(self) -> Iterator[Note]:
        yield from self.scene.templates.notes
        yield from self.scene.notes
        if self.adrift:
            text = f"{self.adrift:,} Pending pods of other workloads may go to any node; none of them is placed"
            yield Note("prediction", text)


def _refusal(refusal: Refusal, by: Identity | None = None) -> Outcome:
    return Outcome(OutcomeKind.REFUSED, failures=(refused(refusal),), evicted_by=by)
