"""What an object without kind can only be: one row a kind, with the fields that no other kind has.

Besides the objects of a cluster these are what the tools of cloud providers print: those get an API version that names
the provider, and whoever knows what they mean reads them like any other kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

__all__ = ["CLOUD_KINDS", "kind_by_shape", "listed_in"]

_Tree: TypeAlias = dict[str, Any]
_Row: TypeAlias = tuple[str, str, Callable[[_Tree, _Tree, _Tree], bool]]
"""API version, kind, and what is asked of (object, its spec, its status)."""


def _has(tree: _Tree, *fields: str) -> bool:
    return all(field in tree for field in fields)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_CLUSTER: Final[tuple[_Row, ...]] = (
    ("v1", "Node", lambda tree, spec, status: isinstance(status.get("nodeInfo"), dict)),
    ("v1", "Pod", lambda tree, spec, status: isinstance(spec.get("containers"), list)),
    ("v1", "Event", lambda tree, spec, status: "involvedObject" in tree or _has(tree, "regarding", "reason")),
    (
        "apps/v1",
        "DaemonSet",
        lambda tree, spec, status: (
            _has(spec, "template")
            and ("desiredNumberScheduled" in status or ("updateStrategy" in spec and "replicas" not in spec))
        ),
    ),
    ("apps/v1", "StatefulSet", lambda tree, spec, status: _has(spec, "template", "serviceName")),
    ("apps/v1", "Deployment", lambda tree, spec, status: _has(spec, "template", "strategy")),
    ("batch/v1", "Job", lambda tree, spec, status: _has(spec, "template") and ("completions" in spec)),
    ("batch/v1", "CronJob", lambda tree, spec, status: _has(spec, "schedule", "jobTemplate")),
    ("apps/v1", "ReplicaSet", lambda tree, spec, status: _has(spec, "template", "replicas", "selector")),
    ("apps/v1", "ControllerRevision", lambda tree, spec, status: _has(tree, "revision", "data", "metadata")),
    ("scheduling.k8s.io/v1", "PriorityClass", lambda tree, spec, status: _has(tree, "value", "metadata")),
    ("node.k8s.io/v1", "RuntimeClass", lambda tree, spec, status: _has(tree, "handler", "metadata")),
    ("policy/v1", "PodDisruptionBudget", lambda tree, spec, status: "disruptionsAllowed" in status),
    ("v1", "PersistentVolume", lambda tree, spec, status: _has(spec, "capacity", "accessModes")),
    ("v1", "PersistentVolumeClaim", lambda tree, spec, status: _has(spec, "accessModes", "resources")),
    ("v1", "ResourceQuota", lambda tree, spec, status: isinstance(spec.get("hard"), dict)),
    ("v1", "LimitRange", lambda tree, spec, status: isinstance(spec.get("limits"), list)),
    ("v1", "Service", lambda tree, spec, status: "clusterIP" in spec),
    ("v1", "Namespace", lambda tree, spec, status: status.get("phase") in ("Active", "Terminating")),
)
"""Objects of a cluster; they have metadata."""

GKE: Final = "container.googleapis.com/v1"
AKS: Final = "containerservice.azure.com/v1"
EKS: Final = "eks.amazonaws.com/v1"
AUTO_SCALING: Final = "autoscaling.amazonaws.com/v1"
EC2: Final = "ec2.amazonaws.com/v1"
COMPUTE: Final = "compute.googleapis.com/v1"
AZURE_COMPUTE: Final = "compute.azure.com/v1"

_CLOUD: Final[tuple[_Row, ...]] = (
    (GKE, "NodePool", lambda tree, _, __: isinstance(tree.get("config"), dict) and "machineType" in tree["config"]),
    (AKS, "AgentPool", lambda tree, _, __: _has(tree, "vmSize", "name") and ("count" in tree or "osType" in tree)),
    (EKS, "Nodegroup", lambda tree, _, __: _has(tree, "nodegroupName", "scalingConfig")),
    (AUTO_SCALING, "AutoScalingGroup", lambda tree, _, __: _has(tree, "AutoScalingGroupName", "DesiredCapacity")),
    (EC2, "InstanceType", lambda tree, _, __: _has(tree, "InstanceType", "VCpuInfo", "MemoryInfo")),
    (COMPUTE, "MachineType", lambda tree, _, __: _has(tree, "guestCpus", "memoryMb", "name")),
    (AZURE_COMPUTE, "VMSize", lambda tree, _, __: _has(tree, "numberOfCores", "memoryInMB", "name")),
)
"""What gcloud, az and aws print about pools of nodes and sizes of machines."""

CLOUD_KINDS: Final = frozenset((version, kind) for version, kind, _ in _CLOUD)
"""(apiVersion, kind) of what is no object of a cluster."""

_LISTS: Final = {
    "nodePools": (GKE, "NodePool"),
    "agentPoolProfiles": (AKS, "AgentPool"),
    "AutoScalingGroups": (AUTO_SCALING, "AutoScalingGroup"),
    "InstanceTypes": (EC2, "InstanceType"),
}
_SINGLE: Final = {"nodegroup": (EKS, "Nodegroup")}


def kind_by_shape(tree: dict[str, Any]) -> tuple[str, str] | None:
    """Return (apiVersion, kind) of an object that can only be of that kind, None for all others.

    >>> kind_by_shape({"metadata": {"name": "a"}, "spec": {"containers": []}})
    ('v1', 'Pod')
    >>> kind_by_shape({"name": "pool", "vmSize": "Standard_D4s_v5", "count": 3})
    ('containerservice.azure.com/v1', 'AgentPool')
    """
    spec, status = tree.get("spec"), tree.get("status")
    parts = (tree, spec if isinstance(spec, dict) else {}, status if isinstance(status, dict) else {})
    if isinstance(tree.get("metadata", {}), dict | None) and ("metadata" in tree or "spec" in tree or "status" in tree):
        for version, kind, asks in _CLUSTER:
            if asks(*parts):
                return version, kind
    for version, kind, asks in _CLOUD:
        if asks(*parts):
            return version, kind
    return None


def listed_in(tree: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return (field, apiVersion, kind) of the list within a document of a cloud provider's tool.

    >>> listed_in({"AutoScalingGroups": []})
    ('AutoScalingGroups', 'autoscaling.amazonaws.com/v1', 'AutoScalingGroup')
    """
    for field, named in _LISTS.items():
        if isinstance(tree.get(field), list):
            return field, *named
    for field, named in _SINGLE.items():
        if isinstance(tree.get(field), dict):
            return field, *named
    return None
