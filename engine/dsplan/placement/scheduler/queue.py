"""The scheduling queue, simulated: priority, age, name; filters; preemption (P1-P3).

Assumptions: nobody else creates pods; an evicted pod of another workload goes elsewhere, an evicted daemon pod is
created again for its node and queues anew; what does not fit is tried again whenever something that could help changed.
It ends because eviction goes strictly down in priority.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from heapq import heapify, heappop, heappush

from ...model.disruption import PodDisruptionBudget
from ...model.meta import Identity
from ..filters.demand import Demand, Tenant
from ..filters.failures import Failure, Holder, Plugin, holders_of
from ..filters.fits import failures, fits, has_room
from ..filters.node_load import Cluster, NodeLoad
from ..filters.outcomes import Outcome, OutcomeKind, Slot
from .preemption import victims_for

__all__ = ["Queue", "Recreate"]

_CRITICAL = 2_000_000_000
_KUBELET_ASKS = (Plugin.NODE_NAME, Plugin.NODE_AFFINITY, Plugin.NODE_PORTS, Plugin.NODE_RESOURCES)


Recreate = Callable[[Tenant, int, Identity, bool], Slot | None]
"""(evicted pod, node position, who evicted it, whether this queue placed it) -> what its controller creates instead."""


class Queue:
    """Runs a queue over loads, which it changes."""

    def __init__(
        self,
        cluster: Cluster,
        *,
        recreate: Recreate | None = None,
        budgets: Sequence[PodDisruptionBudget] = (),
        touched: Collection[Demand] | None = None,
    ) -> None:
        """`touched` demands are asked by every filter, trusted others about room alone; None asks all everything."""
        self.cluster = cluster
        self.touched = touched
        self.recreate = recreate
        self.budgets = budgets
        self.outcomes: dict[tuple[int, Slot], Outcome] = {}
        self._heap: list[tuple[tuple[int, float, str], int, int, Slot]] = []
        self._sequence = 0
        self._stuck: list[tuple[int, Slot]] = []
        self._placed_kind = OutcomeKind.PLACED
        self._awaited: dict[int, tuple[Holder, ...]] = {}
        self._bound: dict[Tenant, tuple[int, Slot]] = {}

    def run(self, entries: Iterable[tuple[int, Slot]]) -> dict[tuple[int, Slot], Outcome]:
        """Return what becomes of every (node position, slot), evicted daemon pods that come back included."""
        for position, slot in entries:
            self._push(position, slot)
        heapify(self._heap)
        self._admit_born_bound()
        self._settle()
        if self._stuck and self._release_terminating():
            self._settle()
        loads, cluster = self.cluster.loads, self.cluster
        for position, slot in self._stuck:
            found = failures(slot.demand, loads[position], cluster)
            self.outcomes[position, slot] = Outcome(OutcomeKind.PENDING, (), found, slot.evicted_by)
        return self.outcomes

    def _push(self, position: int, slot: Slot) -> None:
        self._sequence += 1
        self._heap.append((slot.rank, position, self._sequence, slot))

    def _admit_born_bound(self) -> None:
        """Let the kubelet judge what was created bound (K1, K21)."""
        if not any(entry[3].born_bound for entry in self._heap):
            return
        bound = sorted(entry for entry in self._heap if entry[3].born_bound)
        self._heap = [entry for entry in self._heap if not entry[3].born_bound]
        heapify(self._heap)
        for _, position, _, slot in bound:
            load = self.cluster.loads[position]
            found = tuple(
                failure for failure in failures(slot.demand, load, self.cluster) if failure.plugin in _KUBELET_ASKS
            )
            victims = self._makes_way(slot, load, found) if found else ()
            if victims is None:
                self.outcomes[position, slot] = Outcome(OutcomeKind.REJECTED, (), found, slot.evicted_by)
                continue
            for tenant in victims:
                self._evict(position, load, tenant, slot)
            kind = OutcomeKind.EVICTS if victims else OutcomeKind.PLACED
            self._bind(position, slot, Outcome(kind, holders_of(victims), evicted_by=slot.evicted_by))

    def _makes_way(self, slot: Slot, load: NodeLoad, found: Sequence[Failure]) -> tuple[Tenant, ...] | None:
        """Return whom the kubelet evicts for a critical pod that lacks room alone (P4), None where it does not."""
        if slot.demand.priority < _CRITICAL or any(entry.plugin is not Plugin.NODE_RESOURCES for entry in found):
            return None
        return victims_for(slot.demand, load, self.cluster)

    def _settle(self) -> None:
        """Try all that waits until nothing that happened could help what is left."""
        while self._heap:
            changes = self.cluster.changes
            while self._heap:
                _, position, _, slot = heappop(self._heap)
                self._attempt(position, slot)
            if self.cluster.changes != changes:
                self._retry(changes)

    def _retry(self, changes: tuple[int, int]) -> None:
        """Queue again whom a later event may have helped: evictions help all, new pods who wants to be near them."""
        evicted = self.cluster.changes[1] != changes[1]
        again, self._stuck = self._stuck, []
        for position, slot in again:
            if evicted or slot.demand.affinity or slot.demand.spread:
                self._sequence += 1
                heappush(self._heap, (slot.rank, position, self._sequence, slot))
            else:
                self._stuck.append((position, slot))

    def _attempt(self, position: int, slot: Slot) -> None:
        """Place one pod if it can be. Who is terminating already is not evicted once more, but waited for."""
        load = self.cluster.loads[position]
        if self._fits(slot, load):
            holders = self._awaited.get(position, ()) if self._placed_kind is OutcomeKind.WAITS else ()
            self._bind(position, slot, Outcome(self._placed_kind, holders, evicted_by=slot.evicted_by))
            return
        victims = victims_for(slot.demand, load, self.cluster, self.budgets)
        if victims is None:
            self._stuck.append((position, slot))
            return
        evicted = [tenant for tenant in victims if not tenant.terminating]
        for tenant in victims:
            if tenant.terminating:
                self.cluster.evict(tenant, load)
            else:
                self._evict(position, load, tenant, slot)
        kind = OutcomeKind.EVICTS if evicted else OutcomeKind.WAITS
        self._bind(position, slot, Outcome(kind, holders_of(evicted or victims), evicted_by=slot.evicted_by))

    def _fits(self, slot: Slot, load: NodeLoad) -> bool:
        demand = slot.demand
        if self.touched is not None and slot.trusted and not demand.volumes and demand not in self.touched:
            return has_room(demand, load)
        return fits(demand, load, self.cluster)

    def _evict(self, position: int, load: NodeLoad, tenant: Tenant, by: Slot) -> None:
        self.cluster.evict(tenant, load)
        fresh = tenant in self._bound
        if fresh:
            del self.outcomes[self._bound.pop(tenant)]
        again = self.recreate(tenant, position, by.owner, fresh) if self.recreate else None
        if again is not None:
            self._sequence += 1
            heappush(self._heap, (again.rank, position, self._sequence, again))

    def _bind(self, position: int, slot: Slot, outcome: Outcome) -> None:
        tenant = Tenant(slot.name, slot.owner, slot.demand)
        self.cluster.bind(tenant, self.cluster.loads[position])
        self.outcomes[position, slot] = outcome
        self._bound[tenant] = (position, slot)

    def _release_terminating(self) -> bool:
        """Let the pods go that are going already, and queue again who may profit; return whether there were any."""
        positions = sorted({position for position, _ in self._stuck})
        for position in positions:
            load = self.cluster.loads[position]
            leaving = [tenant for tenant in load.tenants if tenant.terminating]
            for tenant in leaving:
                self.cluster.evict(tenant, load)
            if leaving:
                self._awaited[position] = holders_of(leaving)
        if not self._awaited:
            return False
        self._placed_kind = OutcomeKind.WAITS
        again, self._stuck = self._stuck, []
        for position, slot in again:
            self._push(position, slot)
        heapify(self._heap)
        return True
