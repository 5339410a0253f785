"""Resources of the pod as a whole: `spec.resources` (V, D10).

Source: core validation (CV:validatePodResources, validatePodResourceConsistency), component-helpers/resource (RH).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from ..defaulting import aggregate
from .findings import Findings
from .resources import amount_of, check_resources

__all__ = ["check_pod_resources"]

Tree = Mapping[str, Any]


def check_pod_resources(spec: Tree, claims: Set[str], path: str, found: Findings) -> None:
    """cpu, memory and huge pages only; enough for the requests of the containers, and no container limit above."""
    resources = spec["resources"]
    if spec.get("os", {}).get("name") == "windows":
        found.forbidden(path, "may not be set for a windows pod")
        return
    if "claims" in resources:
        found.forbidden(f"{path}.claims", "may not be set for the resources of a pod")
    check_resources(resources, path, found, claims=claims, pod_level=True)
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    pod = dict(spec)
    for name, needed in aggregate(pod, "requests").items():
        # A request that the pod leaves out is filled in later, from the containers (D10).
        if name in requests and needed > amount_of(requests[name]):
            message = "must be greater than or equal to the requests of the containers together"
            found.invalid(f"{path}.requests[{name}]", requests[name], message)
    for name, needed in aggregate(pod, "limits").items():
        if name.startswith("hugepages-") and name in limits and needed > amount_of(limits[name]):
            message = "must be greater than or equal to the limits of the containers together"
            found.invalid(f"{path}.limits[{name}]", limits[name], message)
    for index, container in enumerate(spec.get("containers") or ()):
        for name, raw in container.get("resources", {}).get("limits", {}).items():
            if name in limits and amount_of(raw) > amount_of(limits[name]):
                where = f"{path}.containers[{index}][{name}].limits"
                found.invalid(where, raw, f"must be less than or equal to the pod's limit of {limits[name]}")
