"""What an API server v1.36 fills in, struct by struct (D1-D7, D11, X1-X4).

Constants fill a field that is missing, or zero where zero counts as missing; functions do what constants cannot. Both
act on a tree that was already written anew (`rewrite`), innermost structs first.

Source: pkg/apis/{core,apps,scheduling}/v1 defaults and conversions, as of v1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .images import default_pull_policy

__all__ = ["CONSTANTS", "RULES", "Rule", "Tree"]

Tree: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[Tree, Tree], None]
"""Changes the rewritten struct (first argument); the second is the struct as it was given, only to be read."""

_FILE_MODE = 0o644
_CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}

CONSTANTS: Mapping[str, Mapping[str, Any]] = {
    "DaemonSetSpec": {"revisionHistoryLimit": 10},
    "DaemonSetUpdateStrategy": {"type": "RollingUpdate"},
    "PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "PodSpec": {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "terminationGracePeriodSeconds": 30,
        "schedulerName": "default-scheduler",
    },
    "Container": _CONTAINER,
    "EphemeralContainer": _CONTAINER,
    "ContainerPort": {"protocol": "TCP"},
    "ObjectFieldSelector": {"apiVersion": "v1"},
    "FileKeySelector": {"optional": False},
    "Probe": {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    "HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "GRPCAction": {"service": ""},
    "HostPathVolumeSource": {"type": ""},
    "SecretVolumeSource": {"defaultMode": _FILE_MODE},
    "ConfigMapVolumeSource": {"defaultMode": _FILE_MODE},
    "DownwardAPIVolumeSource": {"defaultMode": _FILE_MODE},
    "ProjectedVolumeSource": {"defaultMode": _FILE_MODE},
    "ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "ISCSIVolumeSource": {"iscsiInterface": "default"},
    "RBDVolumeSource": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "AzureDiskVolumeSource": {"cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False, "kind": "Shared"},
    "ScaleIOVolumeSource": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
    "PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
}

_INIT_CONTAINER_ANNOTATIONS = (
    "pod.alpha.kubernetes.io/init-containers",
    "pod.alpha.kubernetes.io/init-container-statuses",
    "pod.beta.kubernetes.io/init-containers",
    "pod.beta.kubernetes.io/init-container-statuses",
)


def _strategy(strategy: Tree, given: Tree) -> None:
    """Fill the rolling update (D2); with OnDelete only a block that is there, and with zeros (X1)."""
    rolling = strategy["type"] == "RollingUpdate"
    block = strategy.get("rollingUpdate")
    if block is None and rolling:
        block = strategy["rollingUpdate"] = {}
    if isinstance(block, dict):
        block.setdefault("maxUnavailable", 1 if rolling else 0)
        block.setdefault("maxSurge", 0)


def _pod_spec(spec: Tree, given: Tree) -> None:
    """Let serviceAccountName and its old name agree, the new one winning, and add the security context (D5, X3)."""
    spec.setdefault("securityContext", {})
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account


def _container(container: Tree, given: Tree) -> None:
    """Choose the pull policy (D6); a lifecycle that held only the gated stop signal goes with it (X6)."""
    container.setdefault("imagePullPolicy", default_pull_policy(container.get("image")))
    lifecycle = given.get("lifecycle")
    if container.get("lifecycle") == {} and isinstance(lifecycle, dict) and lifecycle.get("stopSignal") is not None:
        del container["lifecycle"]


def _image_volume(volume: Tree, given: Tree) -> None:
    volume.setdefault("pullPolicy", default_pull_policy(volume.get("reference")))


def _volume(volume: Tree, given: Tree) -> None:
    """Make a volume without any source an empty directory (D7)."""
    if volume.keys() <= {"name"}:
        volume["emptyDir"] = {}


def _drop_init_container_annotations(obj: Tree, given: Tree) -> None:
    """Remove what init containers were before they were fields; an API server has dropped it since v1.8."""
    metadata = obj.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and isinstance(metadata, dict):
        for key in _INIT_CONTAINER_ANNOTATIONS:
            annotations.pop(key, None)
        if not annotations:
            del metadata["annotations"]


def _node_spec(spec: Tree, given: Tree) -> None:
    """Let podCIDR and podCIDRs agree; the single one is authoritative."""
    single, several = spec.get("podCIDR"), spec.get("podCIDRs")
    if single and (not isinstance(several, list) or several[0] != single):
        spec["podCIDRs"] = [single]
    elif not single and isinstance(several, list):
        spec["podCIDR"] = several[0]


def _node_status(status: Tree, given: Tree) -> None:
    """Fill allocatable from capacity where it is missing or empty (D11, X4)."""
    capacity = status.get("capacity")
    if "allocatable" not in status and isinstance(capacity, dict):
        status["allocatable"] = dict(capacity)


RULES: Mapping[str, Rule] = {
    "DaemonSetUpdateStrategy": _strategy,
    "PodTemplateSpec": _drop_init_container_annotations,
    "Pod": _drop_init_container_annotations,
    "PodSpec": _pod_spec,
    "Container": _container,
    "EphemeralContainer": _container,
    "ImageVolumeSource": _image_volume,
    "Volume": _volume,
    "NodeSpec": _node_spec,
    "NodeStatus": _node_status,
}
