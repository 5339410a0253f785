"""The scheduler of the simulator: kube-scheduler's filters and preemption on the pods as they are (K1-K18, P2, D9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..apiserver.admission import Refusal
from ..model.meta import Identity, controller_of
from ..model.node import Node
from ..model.pod import Pod
from ..model.world import World
from ..placement.filters.demand import Demand, Tenant, owner_of, split_pin
from ..placement.filters.failures import Failure, Plugin
from ..placement.filters.fits import failures, fits
from ..placement.filters.node_load import NodeLoad
from ..placement.filters.scheduler_view import SchedulerView
from ..placement.scheduler.preemption import victims_for
from .store import Key, key_of

__all__ = ["PlacementScheduler"]


class PlacementScheduler:
    """Binds what fits, and names who is evicted for what does not.

    A node that reports no allocatable at all is taken to have room; ports and affinity still count.

    >>> from dsplan.model.meta import ObjectMeta
    >>> node = Node(metadata=ObjectMeta(name="n1"))
    >>> PlacementScheduler(World(nodes=(node,))).refusal(Pod(), node)
    ''
    """

    def __init__(self, world: World) -> None:
        self._scene = SchedulerView(world)
        self._daemonsets = {daemonset.identity: daemonset for daemonset in world.daemonsets}
        self._budgets = world.disruption_budgets
        self._created: dict[Identity, Demand | Refusal] = {}
        self._tenants: dict[Key, Tenant] = {}
        self._counted: dict[Key, Pod] = {}
        for load in self._scene.loads:
            for tenant in load.tenants:
                self._tenants[tenant.demand.namespace, tenant.name] = tenant

    @property
    def couples_nodes(self) -> bool:
        """Whether there are quotas."""
        return bool(self._scene.quotas)

    def refusal(self, pod: Pod, node: Node, nominated: Sequence[Pod] = ()) -> str:
        """Return what every filter says that refuses the pod, empty if it fits."""
        demand = self._demand(pod)
        if isinstance(demand, Refusal):
            return demand.message
        if beyond := self._beyond_quota(pod):
            return beyond.message
        load = self._scene.loads[self._scene.positions[node.name]]
        roomy = not node.status.allocatable and not node.status.capacity
        with self._kept(nominated, load, demand.priority):
            if not roomy and fits(demand, load, self._scene.cluster):
                return ""
            found = failures(demand, load, self._scene.cluster)
        return "; ".join(_words(item) for item in found if not (roomy and item.plugin is Plugin.NODE_RESOURCES))

    def is_refused(self, pod: Pod) -> bool:
        """Return whether the API server does not create the pod at all."""
        return isinstance(self._demand(pod), Refusal) or self._beyond_quota(pod) is not None

    def _beyond_quota(self, pod: Pod) -> Refusal | None:
        return self._scene.quotas.beyond(self._admitted(pod)) if self.couples_nodes else None

    def victims(self, pod: Pod, node: Node) -> Sequence[Key]:
        """Return whom the scheduler would evict, the most important first."""
        demand = self._demand(pod)
        if isinstance(demand, Refusal) or self._beyond_quota(pod):
            return ()
        load = self._scene.loads[self._scene.positions[node.name]]
        found = victims_for(demand, load, self._scene.cluster, self._budgets)
        return tuple((tenant.demand.namespace, tenant.name) for tenant in found or ())

    @contextmanager
    def _kept(self, nominated: Sequence[Pod], load: NodeLoad, priority: int) -> Iterator[None]:
        """Let the pods that wait for their victims to go take up room, for pods that are no more important."""
        demands = [(pod, self._demand(pod)) for pod in nominated]
        tenants = [
            self._tenant(pod, demand)
            for pod, demand in demands
            if not isinstance(demand, Refusal) and demand.priority >= priority
        ]
        for tenant in tenants:
            self._scene.cluster.bind(tenant, load)
        yield
        for tenant in tenants:
            self._scene.cluster.evict(tenant, load)

    def bound(self, pod: Pod) -> None:
        """Let a pod take up room."""
        position = self._scene.positions.get(pod.spec.node_name)
        if position is None:
            return
        demand = self._demand(pod)
        if isinstance(demand, Refusal):
            return
        tenant = self._tenants[key_of(pod)] = self._tenant(pod, demand)
        self._scene.cluster.bind(tenant, self._scene.loads[position])
        if self.couples_nodes:
            counted = self._counted[key_of(pod)] = self._admitted(pod)
            self._scene.quotas.take(counted)

    def released(self, pod: Pod) -> None:
        """Give back the room of a pod."""
        if self.couples_nodes:
            self._scene.quotas.release(self._counted.pop(key_of(pod), pod))
        tenant = self._tenants.pop(key_of(pod), None)
        position = self._scene.positions.get(pod.spec.node_name)
        if tenant is not None and position is not None:
            self._scene.cluster.evict(tenant, self._scene.loads[position])

    def _admitted(self, pod: Pod) -> Pod:
        """Return a created pod as an API server stores it, any other pod as it is."""
        owner = controller_of(pod.metadata)
        identity = None if owner is None else Identity(owner.kind, pod.metadata.namespace, owner.name)
        daemonset = None if identity is None else self._daemonsets.get(identity)
        admitted = pod if daemonset is None else self._scene.admitted(daemonset)
        return pod if isinstance(admitted, Refusal) else admitted

    def _tenant(self, pod: Pod, demand: Demand) -> Tenant:
        return Tenant(name=pod.name, owner=owner_of(pod), demand=demand, started=pod.status.start_time)

    def _demand(self, pod: Pod) -> Demand | Refusal:
        """Return what a created pod asks for after admission; another pod is taken as it is."""
        owner = controller_of(pod.metadata)
        identity = None if owner is None else Identity(owner.kind, pod.metadata.namespace, owner.name)
        daemonset = None if identity is None else self._daemonsets.get(identity)
        if identity is None or daemonset is None:
            return self._scene.demands.of(pod, required=split_pin(pod.spec)[1])
        found = self._created.get(identity)
        if found is None:
            found = self._created[identity] = self._scene.created(daemonset)
        return found


def _words(failure: Failure) -> str:
    detail = ", ".join(str(shortage) for shortage in failure.shortages)
    return detail or ", ".join(failure.reasons)
