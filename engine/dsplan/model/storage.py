"""Volumes and what they are bound to, as far as fitting reads them (K19)."""

from __future__ import annotations

from .meta import ObjectMeta, Wire
from .selectors import NodeSelector

__all__ = [
    "CSINode",
    "CSINodeDriver",
    "CSINodeSpec",
    "CSISource",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PersistentVolumeClaimSpec",
    "PersistentVolumeSpec",
    "VolumeNodeAffinity",
    "VolumeNodeResources",
]


class PersistentVolumeClaimSpec(Wire, frozen=True, kw_only=True, gc=False):
    """spec of a claim; `volume_name` is empty until it is bound."""

    access_modes: tuple[str, ...] = ()
    volume_name: str = ""


class PersistentVolumeClaim(Wire, frozen=True, kw_only=True, gc=False):
    """A claim."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()


class VolumeNodeAffinity(Wire, frozen=True, kw_only=True, gc=False):
    """The nodes from which a volume can be reached."""

    required: NodeSelector | None = None


class CSISource(Wire, frozen=True, kw_only=True, gc=False):
    """The driver that attaches a volume, and its name there."""

    driver: str = ""
    volume_handle: str = ""


class PersistentVolumeSpec(Wire, frozen=True, kw_only=True, gc=False):
    """spec of a volume."""

    csi: CSISource | None = None
    node_affinity: VolumeNodeAffinity | None = None


class PersistentVolume(Wire, frozen=True, kw_only=True, gc=False):
    """A volume; zone and region labels on it bind it to nodes of that zone and region."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeSpec = PersistentVolumeSpec()


class VolumeNodeResources(Wire, frozen=True, kw_only=True, gc=False):
    """How many volumes a driver can attach to a node; None is no limit."""

    count: int | None = None


class CSINodeDriver(Wire, frozen=True, kw_only=True, gc=False):
    """spec.drivers[] of a CSINode."""

    name: str = ""
    allocatable: VolumeNodeResources | None = None


class CSINodeSpec(Wire, frozen=True, kw_only=True, gc=False):
    """spec of a CSINode."""

    drivers: tuple[CSINodeDriver, ...] = ()


class CSINode(Wire, frozen=True, kw_only=True, gc=False):
    """What the CSI drivers of the node of the same name can do."""

    metadata: ObjectMeta = ObjectMeta()
    spec: CSINodeSpec = CSINodeSpec()
