"""spec.volumes: one source each, unique names (V).

Source: core validation (CV:ValidateVolumes, validateVolumeSource).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import volume_files as files
from . import volume_sources as sources
from .claims import check_ephemeral
from .findings import Findings
from .formats import dns_label, dns_subdomain, size

__all__ = ["check_volumes"]

Tree = Mapping[str, Any]
Check = Callable[[Tree, str, Findings], None]

# Field, name in the message about a second source, name below which the source is checked, check. In the order of the
# server; some names differ from those of the API.
_SOURCES: tuple[tuple[str, str, str, Check], ...] = (
    ("emptyDir", "emptyDir", "emptyDir", sources.check_empty_dir),
    ("hostPath", "hostPath", "hostPath", sources.check_host_path),
    ("gitRepo", "gitRepo", "gitRepo", sources.check_git_repo),
    ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk", sources.check_gce_disk),
    ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore", sources.check_aws_disk),
    ("secret", "secret", "secret", files.check_secret),
    ("nfs", "nfs", "nfs", sources.check_nfs),
    ("iscsi", "iscsi", "iscsi", sources.check_iscsi),
    ("glusterfs", "glusterfs", "glusterfs", sources.require("endpoints", "path")),
    ("flocker", "flocker", "flocker", sources.check_flocker),
    ("persistentVolumeClaim", "persistentVolumeClaim", "persistentVolumeClaim", sources.require("claimName")),
    ("rbd", "rbd", "rbd", sources.require("monitors", "image")),
    ("cinder", "cinder", "cinder", sources.check_cinder),
    ("cephfs", "cephFS", "cephfs", sources.require("monitors")),
    ("quobyte", "quobyte", "quobyte", sources.check_quobyte),
    ("downwardAPI", "downwarAPI", "downwardAPI", files.check_downward_api),
    ("fc", "fc", "fc", sources.check_fc),
    ("flexVolume", "flexVolume", "flexVolume", sources.check_flex_volume),
    ("configMap", "configMap", "configMap", files.check_config_map),
    ("azureFile", "azureFile", "azureFile", sources.require("secretName", "shareName")),
    ("vsphereVolume", "vsphereVolume", "vsphereVolume", sources.require("volumePath")),
    ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk", sources.require("pdID")),
    ("portworxVolume", "portworxVolume", "portworxVolume", sources.require("volumeID")),
    ("azureDisk", "azureDisk", "azureDisk", sources.check_azure_disk),
    ("storageos", "storageos", "storageos", sources.check_storage_os),
    ("projected", "projected", "projected", files.check_projected),
    ("scaleIO", "scaleIO", "scaleIO", sources.require("gateway", "system", "volumeName")),
    ("csi", "csi", "csi", sources.check_csi),
    ("ephemeral", "ephemeral", "ephemeral", check_ephemeral),
    ("image", "image", "image", sources.check_image),
)


def check_volumes(
    volumes: Sequence[Tree], path: str, found: Findings, *, pod_name: str = "", is_pod: bool = False
) -> dict[str, Tree]:
    """Return the volumes without problems by name: only these can be mounted.

    `pod_name` is known for a Pod with a name; ephemeral volumes make claims that carry it. Only a Pod needs the
    reference of an image volume: something may still put it into a template.
    """
    valid: dict[str, Tree] = {}
    created = {f"{pod_name}-{item.get('name', '')}" for item in volumes if pod_name and "ephemeral" in item}
    for index, volume in enumerate(volumes):
        where, before = f"{path}[{index}]", len(found.problems)
        name = volume.get("name", "")
        _check_source(volume, name, where, found, pod_name)
        if is_pod and "image" in volume and not volume["image"].get("reference"):
            found.required(f"{where}.image.reference")
        if name:
            found.invalid_each(f"{where}.name", name, dns_label(name))
        else:
            found.required(f"{where}.name")
        if name in valid:
            found.duplicate(f"{where}.name", name)
        if len(found.problems) == before:
            valid[name] = volume
        claim = volume.get("persistentVolumeClaim", {}).get("claimName", "")
        if claim in created:
            message = "must not be a claim that is created for an ephemeral volume of this pod"
            found.invalid(f"{where}.persistentVolumeClaim.claimName", claim, message)
    return valid


def _check_source(volume: Tree, name: str, path: str, found: Findings, pod_name: str) -> None:
    """Exactly one source; of several only the first is looked into. No source at all is an emptyDir (D7)."""
    used = ""
    for field, second_name, check_name, check in _SOURCES:
        if field not in volume:
            continue
        if used:
            found.forbidden(f"{path}.{second_name}", f"may not be specified beside {used}")
        else:
            used = field
            check(volume[field], f"{path}.{check_name}", found)
    if used == "ephemeral" and pod_name and name:
        claim = f"{pod_name}-{name}"
        found.invalid_each(
            f"{path}.name", name, [f"makes the claim name {claim!r}, which {rule}" for rule in dns_subdomain(claim)]
        )
    if "initiatorName" in volume.get("iscsi", {}):
        portal = volume["iscsi"].get("targetPortal", "")
        if size(f"{name}:{portal}") > 64:
            found.invalid(f"{path}.name", name, "must be at most 64 characters together with the iSCSI target portal")
