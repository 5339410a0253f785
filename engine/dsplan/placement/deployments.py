"""A Deployment beside the DaemonSets: its replicas exactly, spread over the nodes that fit, and which nodes get none.

DaemonSets have their places first. Replicas that are there stay; the others go, one after the other, to the node with
the fewest of them, then to the zone with the fewest, then by name: as even as the filters allow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush

import msgspec
from pyroaring import BitMap

from ..apiserver.admission import Refusal
from ..diff.order import ZONE_LABEL
from ..model.daemonset import Deployment
from ..model.meta import Identity
from ..model.selectors import selector_matches
from .filters.demand import Demand, Tenant
from .filters.fits import fits
from .filters.node_load import Cluster, NodeLoad
from .filters.scheduler_view import SchedulerView
from .search.causes import Cause, CauseCode
from .search.conflicts import minimal

__all__ = ["DeploymentFit", "place_deployment"]


class DeploymentFit(msgspec.Struct, frozen=True, kw_only=True):
    """Where the replicas of a Deployment are, or would be placed.

    `present` replicas run already, `placed` more have a place, `short` have none. `nodes` are (node id, replicas there)
    in name order. Of the `eligible` nodes, those where a replica is or could be, `without` are left without one: a
    DaemonSet would be on them. `causes` say why some are short.
    """

    identity: Identity
    replicas: int
    present: int
    placed: int
    nodes: tuple[tuple[int, int], ...]
    eligible: BitMap
    without: BitMap
    causes: tuple[Cause, ...] = ()

    @property
    def short(self) -> int:
        """Replicas without a place."""
        return max(0, self.replicas - self.present - self.placed)


def place_deployment(
    deployment: Deployment, scene: SchedulerView, daemons: Sequence[tuple[Identity, BitMap]]
) -> DeploymentFit:
    """Return where the replicas go on loads that hold the daemons' pods already; the loads keep the replicas.

    `daemons` are the DaemonSets with the nodes of the pods that are new: they may be in the way.
    """
    demand, identity = scene.replica(deployment), deployment.identity
    here = _present(deployment, scene)
    wanted = max(0, deployment.spec.replicas - sum(here.values()))
    if isinstance(demand, Refusal):
        refusal = Cause(code=CauseCode.ADMISSION, object=identity, observed=demand.message)
        return _result(deployment, here, Counter(), BitMap(), (refusal,) if wanted else ())
    eligible = BitMap(
        position for position, load in enumerate(scene.loads) if position in here or fits(demand, load, scene.cluster)
    )
    new = _spread(demand, identity, wanted, here, eligible, scene.cluster)
    short = wanted - sum(new.values())
    causes = _in_the_way(demand, identity, short, daemons, scene) if short else ()
    return _result(deployment, here, new, eligible, causes)


def _result(
    deployment: Deployment, here: Counter[int], new: Counter[int], eligible: BitMap, causes: tuple[Cause, ...]
) -> DeploymentFit:
    together = here + new
    return DeploymentFit(
        identity=deployment.identity,
        replicas=deployment.spec.replicas,
        present=sum(here.values()),
        placed=sum(new.values()),
        nodes=tuple(sorted(together.items())),
        eligible=eligible,
        without=eligible - BitMap(together),
        causes=causes,
    )


def _present(deployment: Deployment, scene: SchedulerView) -> Counter[int]:
    """Return the replicas that run, by node: pods of a ReplicaSet of the Deployment's name, or that it selects."""
    selector, name, namespace = deployment.spec.selector, deployment.metadata.name, deployment.metadata.namespace
    found: Counter[int] = Counter()
    for position, load in enumerate(scene.loads):
        for tenant in load.tenants:
            owner = tenant.owner
            if tenant.terminating or owner.kind != "ReplicaSet" or owner.namespace != namespace:
                continue
            if owner.name.rpartition("-")[0] == name and (
                selector is None or selector_matches(selector, tenant.demand.labels)
            ):
                found[position] += 1
    return found


def _spread(
    demand: Demand, owner: Identity, count: int, here: Counter[int], eligible: Iterable[int], cluster: Cluster
) -> Counter[int]:
    """Place up to `count` replicas one by one; a node that refuses one is not asked again unless affinity may help."""
    zones: Counter[str] = Counter()
    for position, number in here.items():
        zones[_zone(cluster.loads[position])] += number
    new: Counter[int] = Counter()

    def key(position: int) -> tuple[int, int, int]:
        return here[position] + new[position], zones[_zone(cluster.loads[position])], position

    heap = [key(position) for position in eligible]
    heapify(heap)
    while heap and count:
        entry = heappop(heap)
        position = entry[2]
        if key(position) != entry:
            heappush(heap, key(position))
            continue
        load = cluster.loads[position]
        if fits(demand, load, cluster):
            cluster.bind(Tenant("", owner, demand), load)
            new[position] += 1
            zones[_zone(load)] += 1
            count -= 1
            heappush(heap, key(position))
    return new


def _zone(load: NodeLoad) -> str:
    return load.node.labels.get(ZONE_LABEL, "")


def _in_the_way(
    demand: Demand, owner: Identity, short: int, daemons: Sequence[tuple[Identity, BitMap]], scene: SchedulerView
) -> tuple[Cause, ...]:
    """Return a minimal set of DaemonSets whose new pods leave too little room; none where it would not fit anyway."""
    wanted = Cause(code=CauseCode.WANTED, object=owner, field="spec.replicas", needed=f"{short} more replicas")
    counting = _without(demand, short, scene)
    everyone = [name for name, nodes in daemons if nodes]
    if counting(everyone):
        room = Cause(code=CauseCode.ALLOCATABLE, object=Identity("Node", "", "all nodes"), field="status.allocatable")
        return (wanted, room)
    kept = minimal(everyone, lambda staying: counting([name for name in everyone if name not in staying]))
    return (wanted, *(Cause(code=CauseCode.WANTED, object=name, field="spec.template.spec") for name in kept))


def _without(demand: Demand, short: int, scene: SchedulerView) -> Callable[[Sequence[Identity]], bool]:
    """Return the question: with the new pods of these gone, are there still fewer than `short` places?"""

    def too_few(leaving: Sequence[Identity]) -> bool:
        places, going = 0, set(leaving)
        for load in scene.loads:
            places += _places(demand, load, going, short - places)
            if places >= short:
                return False
        return True

    return too_few


def _places(demand: Demand, load: NodeLoad, going: set[Identity], most: int) -> int:
    """Return how many more replicas have room on a node once new pods of `going` are gone, `most` at most."""
    staying = [tenant for tenant in load.tenants if tenant.name or tenant.owner not in going]
    room = NodeLoad(load.node, load.allocatable)
    for tenant in staying:
        room.add(tenant)
    cluster, count = Cluster([room]), 0
    while count < most and fits(demand, room, cluster):
        room.add(Tenant("", Identity("Pod", "", ""), demand))
        count += 1
    return count
