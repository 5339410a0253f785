"""The scheduling queue once more, as plainly as it can be written: no classes, no sums, no counts kept up to date.

After every event all loads are built anew and every filter is asked in full.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dsplan.model.world import World
from dsplan.passes import Step
from dsplan.placement.filters.demand import Demand, Tenant
from dsplan.placement.filters.fits import failures
from dsplan.placement.filters.node_load import Cluster, NodeLoad
from dsplan.placement.filters.scheduler_view import SchedulerView

Pair = tuple[str, str]


@dataclass(frozen=True)
class Waiting:
    rank: tuple[int, float, str]
    owner: str
    node: int
    demand: Demand
    late: bool = False


class Oracle:
    """`fates[owner, node]` is (kind, owners evicted or none, failing plugins)."""

    def __init__(self, world: World, step: Step) -> None:
        self.nodes = world.nodes
        self.step = step
        self.scene = SchedulerView(world)
        gone = {
            pod.name
            for entry in step.daemonsets
            for part in (entry.manage, entry.rolling)
            for _, pod, _ in (part.delete if part else ())
        }
        self.bound: list[tuple[int, Tenant]] = [
            (position, tenant)
            for position, load in enumerate(self.scene.loads)
            for tenant in load.tenants
            if tenant.name not in gone
        ]
        self.fates: dict[Pair, tuple[str, tuple[str, ...], tuple[str, ...]]] = {}
        self.waiting = [one for number in range(len(step.daemonsets)) for one in self._arrivals(number, gone)]

    def _arrivals(self, number: int, gone: set[str]) -> list[Waiting]:
        entry, found = self.step.daemonsets[number], []
        for position, node in enumerate(self.nodes):
            if position not in entry.verdicts.run:
                continue
            pods = [pod for pod in entry.observed.pods_at(node.name) if not pod.terminating and pod.name not in gone]
            slot = self.scene.created_slot(entry.daemonset, number)
            if not pods:
                found.append(Waiting(slot.rank, str(entry.identity), position, slot.demand))
            for pod in pods:
                if not pod.spec.node_name:
                    demand = self.scene.demands.of(pod)
                    rank = (-demand.priority, 0.0, f"default/{pod.name}")
                    found.append(Waiting(rank, str(entry.identity), position, demand))
        return found

    def _cluster(self, bound: list[tuple[int, Tenant]]) -> Cluster:
        cluster = Cluster([NodeLoad(node) for node in self.nodes])
        for position, tenant in bound:
            cluster.loads[position].add(tenant)
        return cluster

    def _failing(self, one: Waiting, bound: list[tuple[int, Tenant]]) -> tuple[str, ...]:
        cluster = self._cluster(bound)
        return tuple(str(entry.plugin) for entry in failures(one.demand, cluster.loads[one.node], cluster))

    def _victims(self, one: Waiting) -> list[tuple[int, Tenant]] | None:
        lower = [
            entry for entry in self.bound if entry[0] == one.node and entry[1].demand.priority < one.demand.priority
        ]
        kept = [entry for entry in self.bound if entry not in lower]
        if not one.demand.preempts or not lower or self._failing(one, kept):
            return None
        victims = []
        for entry in sorted(lower, key=lambda entry: -entry[1].demand.priority):
            if self._failing(one, [*kept, entry]):
                victims.append(entry)
            else:
                kept.append(entry)
        return victims

    def run(self) -> dict[Pair, tuple[str, tuple[str, ...], tuple[str, ...]]]:
        stuck = self._until_nothing_moves(self.waiting, "placed")
        if any(tenant.terminating for position, tenant in self.bound if any(one.node == position for one in stuck)):
            nodes = {one.node for one in stuck}
            self.bound = [(at, tenant) for at, tenant in self.bound if not (tenant.terminating and at in nodes)]
            stuck = self._until_nothing_moves(stuck, "waits")
        for one in stuck:
            self.fates[one.owner, self.nodes[one.node].name] = ("pending", (), self._failing(one, self.bound))
        return self.fates

    def _until_nothing_moves(self, waiting: list[Waiting], kind: str) -> list[Waiting]:
        moved = True
        while moved:
            moved, stuck = False, []
            queue = sorted(waiting, key=lambda one: (one.rank, one.node))
            while queue:
                one = queue.pop(0)
                victims = [] if not self._failing(one, self.bound) else self._victims(one)
                if victims is None:
                    stuck.append(one)
                    continue
                moved = True
                queue = sorted([*queue, *self._evict(victims)], key=lambda other: (other.rank, other.node))
                tenant = Tenant("new", self._identity(one.owner), one.demand)
                self.bound.append((one.node, tenant))
                taken = [entry for _, entry in victims if not entry.terminating]  # others are waited for
                evicted = tuple(sorted(str(entry.owner) for entry in taken))
                fate = "evicts" if taken else "waits" if victims else kind
                self.fates[one.owner, self.nodes[one.node].name] = (fate, evicted, ())
            waiting = stuck
        return waiting

    def _identity(self, owner: str):  # type: ignore[no-untyped-def]
        return next(entry.identity for entry in self.step.daemonsets if str(entry.identity) == owner)

    def _evict(self, victims: list[tuple[int, Tenant]]) -> list[Waiting]:
        again = []
        for position, tenant in victims:
            self.bound.remove((position, tenant))
            if tenant.terminating:
                continue  # its successor waits already
            for number, entry in enumerate(self.step.daemonsets):
                if entry.identity == tenant.owner and position in entry.verdicts.run:
                    slot = self.scene.created_slot(entry.daemonset, number)
                    again.append(Waiting(slot.rank, str(entry.identity), position, slot.demand))
        return [replace(one, late=True) for one in again]
