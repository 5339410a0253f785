"""What the world says of storage: claims, volumes, and how many volumes a node's drivers take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...model.storage import CSINode, PersistentVolume, PersistentVolumeClaim
from ...model.world import World
from .demand import Demand

__all__ = ["Storage"]


class Storage:
    """Claims by (namespace, name), volumes by name, and how many volumes each node's drivers take."""

    def __init__(self, world: World) -> None:
        self.claims: Mapping[tuple[str, str], PersistentVolumeClaim] = {
            (claim.metadata.namespace, claim.metadata.name): claim for claim in world.volume_claims
        }
        self.volumes: Mapping[str, PersistentVolume] = {volume.metadata.name: volume for volume in world.volumes}
        self.limits: Mapping[str, Mapping[str, int]] = {node.metadata.name: _limits(node) for node in world.csi_nodes}

    def claimed(self, demand: Demand) -> Iterator[tuple[PersistentVolumeClaim, PersistentVolume | None]]:
        """Yield the claims a pod uses that are known, with the volume each is bound to."""
        for source in demand.volumes:
            if source.persistent_volume_claim is not None:
                claim = self.claims.get((demand.namespace, source.persistent_volume_claim.claim_name))
                if claim is not None:
                    yield claim, self.volumes.get(claim.spec.volume_name)

    def attached(self, demand: Demand) -> Iterator[tuple[str, str]]:
        """Yield (driver, handle) of every volume a pod has attached; volumes of its own have no handle."""
        for _, volume in self.claimed(demand):
            if volume is not None and volume.spec.csi is not None:
                yield volume.spec.csi.driver, volume.spec.csi.volume_handle
        for source in demand.volumes:
            if source.csi is not None:
                yield source.csi.driver, ""


def _limits(node: CSINode) -> dict[str, int]:
    return {
        driver.name: driver.allocatable.count
        for driver in node.spec.drivers
        if driver.allocatable is not None and driver.allocatable.count is not None
    }
