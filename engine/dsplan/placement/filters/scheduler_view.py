"""A world as the scheduler sees it: loads of all nodes, pods that wait, and what templates ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ...apiserver.admission import Quotas, Refusal
from ...model.daemonset import DaemonSet, Deployment
from ...model.pod import Pod
from ...model.world import Note, World
from .created import Templates
from .demand import Demand, Demands, Tenant, owner_of, split_pin
from .failures import Failure, Plugin, Shortage
from .node_load import Cluster, NodeLoad
from .outcomes import Slot
from .requests import UnknownAllocatable, reports_nothing, unchecked_text

__all__ = ["SchedulerView", "refused"]

_TERMINAL = ("Succeeded", "Failed")
_LAST = float("inf")


class SchedulerView:
    """Everything that fitting reads of a world; positions are those of the nodes in name order.

    Terminal pods use nothing, terminating ones do (K4); the pods in `leaving`, as (namespace, name), are gone. Without
    `admit`, created pods are as the controller sends them. With `doubt`, nodes that tell nothing of their room have
    plenty, and a note says so.
    """

    def __init__(
        self,
        world: World,
        *,
        leaving: Collection[tuple[str, str]] = (),
        admit: bool = True,
        doubt: bool = False,
    ) -> None:
        self.world = world
        self.demands = Demands()
        self.templates = Templates(world)
        self.admit = admit
        self.loads = [
            NodeLoad(node, UnknownAllocatable() if doubt and reports_nothing(node) else None) for node in world.nodes
        ]
        self.notes = tuple(_doubts(self.loads))
        self.names = [node.name for node in world.nodes]
        self.positions = {name: position for position, name in enumerate(self.names)}
        namespace_labels = {entry.metadata.name: entry.metadata.labels for entry in world.namespaces}
        self.cluster = Cluster(self.loads, namespace_labels)
        if world.volume_claims or world.csi_nodes:
            from .storage import Storage

            self.cluster.storage = Storage(world)
        self.waiting: list[Pod] = []
        self._created: dict[tuple[int, str], tuple[Pod | Refusal, Demand | Refusal]] = {}
        self.quotas = Quotas(world.resource_quotas, world.pods)
        if self.quotas:
            for pod in world.pods:
                if (pod.metadata.namespace, pod.name) in leaving:
                    self.quotas.release(pod)
        for pod in world.pods:
            if pod.status.phase not in _TERMINAL and (pod.metadata.namespace, pod.name) not in leaving:
                self._settle(pod)

    def _settle(self, pod: Pod) -> None:
        node = pod.spec.node_name
        if not node:
            self.waiting.append(pod)
            return
        position = self.positions.get(node)
        if position is not None:
            self.loads[position].expect(pod, self.tenant)

    def tenant(self, pod: Pod) -> Tenant:
        """Return a bound pod as the holder of room."""
        return Tenant(
            name=pod.name,
            owner=owner_of(pod),
            demand=self.demands.of_tenant(pod),
            started=pod.status.start_time,
            terminating=pod.terminating,
        )

    def created(self, daemonset: DaemonSet, current_hash: str = "") -> Demand | Refusal:
        """Return what a pod created from the DaemonSet's template asks for, wherever it is pinned to."""
        return self._of(daemonset, current_hash)[1]

    def admitted(self, daemonset: DaemonSet, current_hash: str = "") -> Pod | Refusal:
        """Return a pod created from the DaemonSet's template, or why none is; quotas that others fill do not count."""
        return self._of(daemonset, current_hash)[0]

    def _of(self, daemonset: DaemonSet, current_hash: str) -> tuple[Pod | Refusal, Demand | Refusal]:
        key = (id(daemonset), current_hash)
        found = self._created.get(key)
        if found is None:
            pod = self.templates.of_daemonset(daemonset, current_hash, admit=self.admit)
            if self.quotas and not isinstance(pod, Refusal):
                pod = self.quotas.refusal(pod) or pod
            found = self._created[key] = pod, self._demand(pod)
        return found

    def replica(self, deployment: Deployment) -> Demand | Refusal:
        """Return what a pod of the Deployment asks for."""
        return self._demand(self.templates.of_deployment(deployment))

    def _demand(self, pod: Pod | Refusal) -> Demand | Refusal:
        return pod if isinstance(pod, Refusal) else self.demands.of(pod, required=split_pin(pod.spec)[1])

    def created_slot(self, daemonset: DaemonSet, position: int, current_hash: str = "") -> Slot | Refusal:
        """Return the place in the queue of a pod created from now on, behind all that wait already."""
        demand = self.created(daemonset, current_hash)
        if isinstance(demand, Refusal):
            return demand
        return Slot(
            rank=(-demand.priority, _LAST, str(daemonset.identity)),
            owner=daemonset.identity,
            demand=demand,
            daemonset=position,
            trusted=demand.node_selector == daemonset.pod.spec.node_selector and not demand.gates,
            born_bound=bool(demand.node_name),
        )

    def failures(self, daemonset: DaemonSet, node: str) -> tuple[Failure, ...]:
        """Return why a created pod would not fit on a node as it is now; empty where it fits.

        Room that the scheduler keeps for nominated pods of equal or higher priority is taken (K4).
        """
        from .fits import failures

        demand = self.created(daemonset)
        if isinstance(demand, Refusal):
            return (refused(demand),)
        load = self.loads[self.positions[node]]
        nominated = [
            self.tenant(pod)
            for pod in self.waiting
            if pod.status.nominated_node_name == node and (pod.spec.priority or 0) >= demand.priority
        ]
        for tenant in nominated:
            self.cluster.bind(tenant, load)
        found = failures(demand, load, self.cluster)
        for tenant in nominated:
            self.cluster.evict(tenant, load)
        return found


def _doubts(loads: Iterable[NodeLoad]) -> Iterator[Note]:
    count = sum(isinstance(load.allocatable, UnknownAllocatable) for load in loads)
    if count:
        yield Note("Nodes", unchecked_text(count))


def refused(refusal: Refusal) -> Failure:
    """Return the failure of a pod that the API server does not create."""
    shortage = Shortage("admission", detail=refusal.message)
    return Failure(Plugin.ADMISSION, (refusal.reason,), resolvable=False, shortages=(shortage,))
