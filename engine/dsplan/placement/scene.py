"""A world as the scheduler sees it: loads of all nodes, pods that wait, and what templates ask for."""

from __future__ import annotations

from ..model.daemonset import DaemonSet
from ..model.pod import Pod
from ..model.world import World
from .created import created_pod
from .demand import Demand, Demands, Tenant, owner_of, split_pin
from .failures import Failure
from .filters import failures
from .load import Cluster, NodeLoad

__all__ = ["Scene"]

_TERMINAL = ("Succeeded", "Failed")


class Scene:
    """Everything that fitting reads of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.demands = Demands()
        self.loads = [NodeLoad(node) for node in world.nodes]
        self.by_name = {load.node.name: load for load in self.loads}
        self.cluster = Cluster(self.loads, {entry.metadata.name: entry.metadata.labels for entry in world.namespaces})
        self.waiting: list[Pod] = []
        self._created: dict[int, Demand] = {}
        for pod in world.pods:
            self._settle(pod)

    @classmethod
    def of(cls, world: World) -> Scene:
        """Return the scene of a world."""
        return cls(world)

    def _settle(self, pod: Pod) -> None:
        """Put a bound pod on its node, if that exists; terminal pods use nothing, terminating ones do (K4)."""
        if pod.status.phase in _TERMINAL:
            return
        load = self.by_name.get(pod.spec.node_name)
        if load is not None:
            load.add(self.tenant(pod))
        elif not pod.spec.node_name:
            self.waiting.append(pod)

    def tenant(self, pod: Pod) -> Tenant:
        """Return a bound pod as the holder of room."""
        return Tenant(
            name=pod.name,
            owner=owner_of(pod),
            demand=self.demands.of_tenant(pod),
            started=pod.status.start_time,
            terminating=pod.terminating,
        )

    def created(self, daemonset: DaemonSet) -> Demand:
        """Return what a pod created from the DaemonSet's template asks for, wherever it is pinned to."""
        found = self._created.get(id(daemonset))
        if found is None:
            pod = created_pod(daemonset, self.world)
            found = self._created[id(daemonset)] = self.demands.of(pod, required=split_pin(pod.spec)[1])
        return found

    def failures(self, daemonset: DaemonSet, node: str) -> tuple[Failure, ...]:
        """Return why a created pod would not fit on a node as it is now; empty where it fits."""
        return failures(self.created(daemonset), self.by_name[node], self.cluster)
