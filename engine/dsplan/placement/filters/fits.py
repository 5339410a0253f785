"""The filters of the default scheduler for one pod on one node, each asked by itself (K1-K19).

`fits` answers fast; `failures` says everything. A property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...constraints.node_affinity import NodeAffinityMatches
from ...constraints.protocol import project
from ...constraints.tolerations import tolerates
from ...model.node import EFFECTS_THAT_EXCLUDE, Taint
from .demand import Demand
from .failures import Failure, Plugin, Shortage, holders_of
from .node_load import Cluster, NodeLoad
from .pod_affinity import affinity_failures
from .ports import conflict
from .requests import PODS
from .spread import spread_failures
from .volumes import volume_failures

__all__ = ["failures", "fits", "has_room", "node_failures", "resource_failure", "static_failures"]

_UNSCHEDULABLE = Taint(key="node.kubernetes.io/unschedulable", effect=EFFECTS_THAT_EXCLUDE[0])


def fits(demand: Demand, load: NodeLoad, cluster: Cluster) -> bool:
    """Return whether every filter lets the pod onto the node; room first, as the likeliest to fail."""
    return has_room(demand, load) and next(_rare_failures(demand, load, cluster), None) is None


def has_room(demand: Demand, load: NodeLoad) -> bool:
    """Return whether the node has room for the pod: pods, resources, ports (K5-K13)."""
    if len(load.tenants) >= load.pods:
        return False
    used, allocatable = load.used, load.allocatable
    for name, amount in demand.requests.items():
        if amount > allocatable.get(name, 0) - used.get(name, 0) and amount > 0:
            return False
    return not demand.ports or not any(conflict(port, load.ports) for port in demand.ports)


def _rare_failures(demand: Demand, load: NodeLoad, cluster: Cluster) -> Iterator[Failure]:
    yield from static_failures(demand, load)
    if cluster.storage is not None:
        yield from volume_failures(demand, load, cluster, cluster.storage)
    yield from spread_failures(demand, load, cluster)
    yield from affinity_failures(demand, load, cluster.domains, named=False)


def failures(demand: Demand, load: NodeLoad, cluster: Cluster) -> tuple[Failure, ...]:
    """Return what every filter says that refuses the pod, in the scheduler's order; empty where it fits.

    The real scheduler reports the first of them alone.
    """
    found = [*static_failures(demand, load), *node_failures(demand, load)]
    if cluster.storage is not None:
        found += volume_failures(demand, load, cluster, cluster.storage)
    found += spread_failures(demand, load, cluster)
    found += affinity_failures(demand, load, cluster.domains)
    return tuple(found)


def static_failures(demand: Demand, load: NodeLoad) -> Iterator[Failure]:
    """Yield what no pod on the node has to do with: cordon, name, taints, labels (K1-K3). Nothing evicts these."""
    node = load.node
    if demand.gates:
        words = "Scheduling is blocked due to non-empty scheduling gates"
        yield _static(Plugin.SCHEDULING_GATES, words, "scheduling gates", ", ".join(demand.gates))
    if node.spec.unschedulable and not any(tolerates(entry, _UNSCHEDULABLE) for entry in demand.tolerations):
        yield _static(Plugin.NODE_UNSCHEDULABLE, "node(s) were unschedulable", "node", "is cordoned")
    if demand.node_name and demand.node_name != node.name:
        text = f"must run on {demand.node_name}"
        yield _static(Plugin.NODE_NAME, "node(s) didn't match the requested node name", "nodeName", text)
    untolerated = [
        str(taint)
        for taint in node.taints
        if taint.effect in EFFECTS_THAT_EXCLUDE and not any(tolerates(entry, taint) for entry in demand.tolerations)
    ]
    if untolerated:
        text = f"not tolerated: {', '.join(untolerated)}"
        yield _static(Plugin.TAINT_TOLERATION, "node(s) had untolerated taint(s)", "taints", text)
    missing = [f"{key}={text}" for key, text in sorted(demand.node_selector.items()) if node.labels.get(key) != text]
    if demand.required is not None:
        constraint = NodeAffinityMatches(demand.required)
        reason = constraint.check(project(node, constraint.reads))
        missing += [cause.needed for cause in reason.causes] if reason else []
    if missing:
        text = f"the node has not {', '.join(missing)}"
        words = "node(s) didn't match Pod's node affinity/selector"
        yield _static(Plugin.NODE_AFFINITY, words, "labels", text)


def _static(plugin: Plugin, words: str, subject: str, detail: str) -> Failure:
    return Failure(plugin, (words,), resolvable=False, shortages=(Shortage(subject, detail=detail),))


def node_failures(demand: Demand, load: NodeLoad) -> Iterator[Failure]:
    """Yield what the pods on this very node take up: ports and resources (K5-K13)."""
    taken = [(port, used) for port in demand.ports if (used := conflict(port, load.ports))]
    if taken:
        shortages = tuple(
            Shortage(
                f"port {port}",
                detail="" if used == port else f"{used} is taken",
                holders=holders_of(tenant for tenant in load.tenants if conflict(port, tenant.demand.ports)),
            )
            for port, used in taken
        )
        words = "node(s) didn't have free ports for the requested pod ports"
        yield Failure(Plugin.NODE_PORTS, (words,), resolvable=True, shortages=shortages)
    if failure := resource_failure(demand, load):
        yield failure


def resource_failure(demand: Demand, load: NodeLoad) -> Failure | None:
    """Return every shortage of pods and resources (K5-K7, K11).

    A request larger than the whole node makes all of it unresolvable.
    """
    shortages: list[Shortage] = []
    reasons: list[str] = []
    resolvable = True
    if len(load.tenants) >= load.pods:
        reasons.append("Too many pods")
        left = load.pods - len(load.tenants)
        shortages.append(Shortage(PODS, 1, left, load.pods, holders=load.holders("")))
    for name, amount in demand.requests.items():
        free = load.free(name)
        if amount > 0 and amount > free:
            total = load.allocatable.get(name, 0)
            shortages.append(Shortage(name, amount, free, total, holders=load.holders(name)))
            reasons.append(f"Insufficient {name}")
            resolvable = resolvable and amount <= total
    return Failure(Plugin.NODE_RESOURCES, tuple(reasons), resolvable, tuple(shortages)) if reasons else None
