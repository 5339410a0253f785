"""Resources of the pod as a whole: `spec.resources` (V, D10).

Source: core validation (CV:validatePodResources, validatePodResourceConsistency), component-helpers/resource (RH).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from ...model.quantity import Exact
from .findings import Findings
from .resources import amount_of, check_resources, is_pod_level_resource

__all__ = ["check_pod_resources"]

Tree = Mapping[str, Any]
Amounts = dict[str, Exact]


def check_pod_resources(spec: Tree, claims: Set[str], path: str, found: Findings) -> None:
    """cpu, memory and huge pages only; enough for the requests of the containers, and no container limit above."""
    resources = spec["resources"]
    if "claims" in resources:
        found.forbidden(f"{path}.claims", "may not be set for the resources of a pod")
    check_resources(resources, path, found, claims=claims, pod_level=True)
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    for name, needed in _aggregate_requests(spec).items():
        # A request that the pod leaves out is filled in later, from the containers (D10).
        if name in requests and is_pod_level_resource(name) and needed > amount_of(requests[name]):
            message = "must be greater than or equal to the requests of the containers together"
            found.invalid(f"{path}.requests[{name}]", requests[name], message)
    for index, container in enumerate(spec.get("containers") or ()):
        for name, raw in container.get("resources", {}).get("limits", {}).items():
            if name in limits and amount_of(raw) > amount_of(limits[name]):
                where = f"{path}.containers[{index}][{name}].limits"
                found.invalid(where, raw, f"must be less than or equal to the pod's limit of {limits[name]}")


def _aggregate_requests(spec: Tree) -> Amounts:
    """Return what containers and sidecars request together, or one init container beside earlier sidecars if more."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _requests(container))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers", ()):
        requests = _requests(container)
        if container.get("restartPolicy") == "Always":
            _add(total, requests)
            _add(sidecars, requests)
            beside = sidecars
        else:
            beside = dict(sidecars)
            _add(beside, requests)
        for name, amount in beside.items():
            peak[name] = max(peak.get(name, 0), amount)
    return {name: max(total.get(name, 0), peak.get(name, 0)) for name in (*total, *peak)}


def _requests(container: Tree) -> Amounts:
    requests = container.get("resources", {}).get("requests", {})
    return {name: amount_of(raw) for name, raw in requests.items()}


def _add(total: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount
