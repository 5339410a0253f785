"""The kinds that planning reads, what they are called in paths and on the command line, and how to get them all."""

from __future__ import annotations

from functools import cache
from typing import Final

__all__ = ["CURRENT", "GET_ALL", "HOW_TO_GET_ALL", "OWN", "kind_of_resource", "resource_of"]

CURRENT: Final = {
    "Node": "v1",
    "Pod": "v1",
    "DaemonSet": "apps/v1",
    "ControllerRevision": "apps/v1",
    "Deployment": "apps/v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "RuntimeClass": "node.k8s.io/v1",
    "Namespace": "v1",
    "LimitRange": "v1",
    "ResourceQuota": "v1",
    "ServiceAccount": "v1",
    "PodDisruptionBudget": "policy/v1",
    "PersistentVolumeClaim": "v1",
    "PersistentVolume": "v1",
    "CSINode": "storage.k8s.io/v1",
}
"""Kubernetes kinds that planning reads -> the API version it reads them in."""

OWN: Final = ("rolloutpolicies.dsplan.dev", "placementpolicies.dsplan.dev")
"""dsplan's own kinds where a cluster stores them, as kubectl names them."""

_SHORT: Final = {"pvcs": "PersistentVolumeClaim", "pvs": "PersistentVolume", "quotas": "ResourceQuota"}


def resource_of(kind: str) -> str:
    """Return the plural of a kind, as paths and kubectl have it.

    >>> resource_of("PriorityClass"), resource_of("DaemonSet"), resource_of("RolloutPolicy")
    ('priorityclasses', 'daemonsets', 'rolloutpolicies')
    """
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def kind_of_resource(name: str) -> tuple[str, str] | None:
    """Return (apiVersion, kind) of a resource that planning reads, by its plural or singular; None for any other name.

    Case, dashes and the API group behind a dot make no difference.

    >>> kind_of_resource("daemonsets.apps"), kind_of_resource("PodDisruptionBudgets"), kind_of_resource("secrets")
    (('apps/v1', 'DaemonSet'), ('policy/v1', 'PodDisruptionBudget'), None)
    """
    return _kinds().get(name.partition(".")[0].replace("-", "").lower())


@cache
def _kinds() -> dict[str, tuple[str, str]]:
    plurals = {resource_of(kind): (version, kind) for kind, version in CURRENT.items()}
    singulars = {kind.lower(): (version, kind) for kind, version in CURRENT.items()}
    return {**singulars, **plurals, **{short: (CURRENT[kind], kind) for short, kind in _SHORT.items()}}


GET_ALL: Final = f"kubectl get {','.join(resource_of(kind) for kind in CURRENT)} -A -o json"
"""The command whose output has everything of a cluster that planning reads."""

HOW_TO_GET_ALL: Final = f"to get what is needed from a cluster: {GET_ALL} > cluster.json"
"""What to do next, for messages about input that is none."""
