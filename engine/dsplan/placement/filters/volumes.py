"""Volumes that tie a pod to nodes (K19).

What the world does not describe (claims that are yet to be made or bound, drivers without a CSINode) does not decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...constraints.node_affinity import NodeAffinityMatches
from ...constraints.protocol import project
from ...model.meta import Identity
from ...model.node import Node
from ...model.storage import PersistentVolume, PersistentVolumeClaim
from .demand import Demand
from .failures import Failure, Holder, Plugin, Shortage
from .node_load import Cluster, NodeLoad
from .storage import Storage

__all__ = ["volume_failures"]

_ZONE_LABELS = (
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
)
_ALONE = "ReadWriteOncePod"
_IN_USE = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
_LIMIT = "node(s) exceed max volume count"
_NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
_NO_ZONE = "node(s) had no available volume zone"


def volume_failures(demand: Demand, load: NodeLoad, cluster: Cluster, storage: Storage) -> Iterator[Failure]:
    """Yield what the volumes of a pod say against a node, in the scheduler's order."""
    if not demand.volumes:
        return
    claimed = list(storage.claimed(demand))
    for claim, _ in claimed:
        if _ALONE in claim.spec.access_modes and (users := list(_users(claim, cluster))):
            shortage = Shortage(f"claim {claim.metadata.name}", detail="is in use", holders=tuple(sorted(users)))
            yield Failure(Plugin.VOLUME_RESTRICTIONS, (_IN_USE,), resolvable=True, shortages=(shortage,))
    if shortages := tuple(_beyond_limits(demand, load, storage)):
        yield Failure(Plugin.VOLUME_LIMITS, (_LIMIT,), resolvable=True, shortages=shortages)
    volumes = [volume for _, volume in claimed if volume is not None]
    for plugin, words, reaches in (
        (Plugin.VOLUME_BINDING, _NODE_CONFLICT, _reaches),
        (Plugin.VOLUME_ZONE, _NO_ZONE, _is_in_zone),
    ):
        astray = [volume.metadata.name for volume in volumes if not reaches(volume, load.node)]
        if astray:
            found = tuple(Shortage(f"volume {name}", detail="cannot be reached from the node") for name in astray)
            yield Failure(plugin, (words,), resolvable=False, shortages=found)


def _users(claim: PersistentVolumeClaim, cluster: Cluster) -> Iterator[Holder]:
    for load in cluster.loads:
        for tenant in load.tenants:
            if tenant.demand.namespace == claim.metadata.namespace and any(
                source.persistent_volume_claim is not None
                and source.persistent_volume_claim.claim_name == claim.metadata.name
                for source in tenant.demand.volumes
            ):
                yield Holder(tenant.owner)


def _beyond_limits(demand: Demand, load: NodeLoad, storage: Storage) -> Iterator[Shortage]:
    limits = storage.limits.get(load.node.name, {})
    if not limits:
        return
    there: dict[str, set[tuple[Identity | str, str]]] = {}
    for tenant in load.tenants:
        for driver, handle in storage.attached(tenant.demand):
            there.setdefault(driver, set()).add((tenant.name if not handle else "", handle))
    for driver in sorted({driver for driver, _ in storage.attached(demand)} & set(limits)):
        used = there.get(driver, set())
        more = [handle for name, handle in storage.attached(demand) if name == driver and ("", handle) not in used]
        if more and len(used) + len(more) > limits[driver]:
            yield Shortage(f"volumes of {driver}", len(more), limits[driver] - len(used), limits[driver])


def _reaches(volume: PersistentVolume, node: Node) -> bool:
    affinity = volume.spec.node_affinity
    if affinity is None or affinity.required is None:
        return True
    constraint = NodeAffinityMatches(affinity.required)
    return constraint.check(project(node, constraint.reads)) is None


def _is_in_zone(volume: PersistentVolume, node: Node) -> bool:
    """Return whether the node lies in every zone and region that the volume names; one without any lies in all."""
    if not any(label in node.labels for label in _ZONE_LABELS):
        return True
    labels = volume.metadata.labels
    return all(node.labels.get(key) in labels[key].split("__") for key in _ZONE_LABELS if key in labels)
