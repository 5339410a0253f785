"""Resource lists: names and amounts of requests and limits (V: resources, overhead, status.capacity).

Amounts are compared numerically; on decoding they are rounded up to whole thousandths (D8, Q9).

Source: core validation (CV:validateResourceRequirements), pkg/apis/core/helper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from typing import Any

from ...model.quantity import Exact, QuantityError, parse_quantity, round_up_milli, value
from ..defaulting import is_pod_level_resource
from .findings import Findings
from .formats import dns_label, label_key

__all__ = ["amount_of", "check_amount", "check_resources"]

Tree = Mapping[str, Any]

_CONTAINER_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_COUNTED = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
        "services.loadbalancers",
        "services.nodeports",
    }
)
_STANDARD_RESOURCES = (
    _CONTAINER_RESOURCES
    | _COUNTED
    | {f"{side}.{name}" for side in ("requests", "limits") for name in _CONTAINER_RESOURCES}
    | {"storage", "requests.storage"}
)
_POD_LEVEL_RESOURCES = ("cpu", "hugepages-", "memory")
_HUGE_PAGES = "hugepages-"


def amount_of(raw: Any) -> Exact:
    """Return the amount of a resource list entry that has been decoded."""
    return round_up_milli(parse_quantity(raw))


def check_resources(
    resources: Tree, path: str, found: Findings, *, claims: Set[str] = frozenset(), pod_level: bool = False
) -> None:
    """Names and amounts, requests within limits, huge pages beside cpu or memory, claims that exist.

    `claims` are the names in `spec.resourceClaims`.
    """
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    if limits or requests:
        for name, raw in limits.items():
            _check_entry(name, amount_of(raw), raw, f"{path}.limits[{name}]", found, pod_level)
        for name, raw in requests.items():
            _check_entry(name, amount_of(raw), raw, f"{path}.requests[{name}]", found, pod_level)
            _check_against_limit(name, raw, limits, path, found)
        names = limits.keys() | requests.keys()
        if any(map(_is_huge_page, names)) and not names & {"cpu", "memory"}:
            found.forbidden(path, "huge pages require cpu or memory")
    if "claims" in resources:
        _check_claims(resources, claims, f"{path}.claims", found)


def check_amount(name: str, amount: Exact, raw: Any, path: str, found: Findings) -> None:
    """Not negative; whole where the resource is counted (pods, extended resources)."""
    if amount < 0:
        found.invalid(path, raw, "must be greater than or equal to 0")
    if not isinstance(amount, int) and (name in _COUNTED or _is_extended(name)):
        found.invalid(path, raw, "must be an integer")


def _check_entry(name: str, amount: Exact, raw: Any, path: str, found: Findings, pod_level: bool) -> None:
    if pod_level:
        _check_pod_level_name(name, path, found)
    elif name not in _CONTAINER_RESOURCES:
        _check_container_name(name, path, found)
    check_amount(name, amount, raw, path, found)
    if _is_huge_page(name) and not _is_divisible(name, amount):
        found.invalid(path, raw, f"is not a positive integer multiple of {name}")


def _check_name(name: str, path: str, found: Findings) -> bool:
    """Check a resource name of any place; return whether it is fine."""
    rules = label_key(name)
    found.invalid_each(path, name, rules)
    if rules or "/" in name or name in _STANDARD_RESOURCES or _is_huge_page(name.removeprefix("requests.")):
        return not rules
    found.invalid(path, name, "must be a standard resource type or fully qualified")
    return False


def _check_container_name(name: str, path: str, found: Findings) -> None:
    _check_name(name, path, found)
    if "/" not in name:
        if not _is_huge_page(name):
            found.invalid(path, name, f"must be one of {', '.join(sorted(_CONTAINER_RESOURCES))}, hugepages-<size>")
    elif "kubernetes.io/" not in name and not _is_extended(name):
        found.invalid(path, name, "does not follow the standard for names of extended resources")


def _check_pod_level_name(name: str, path: str, found: Findings) -> None:
    if _check_name(name, path, found) and not is_pod_level_resource(name):
        found.not_supported(path, name, _POD_LEVEL_RESOURCES)


def _check_against_limit(name: str, raw: Any, limits: Mapping[str, Any], path: str, found: Findings) -> None:
    """Extended resources and huge pages cannot be overcommitted: request and limit must be equal."""
    overcommit = _is_native(name) and not _is_huge_page(name)
    if name not in limits:
        if not overcommit:
            found.required(f"{path}.limits", f"must have a limit for {name}, which cannot be overcommitted")
        return
    request, limit = amount_of(raw), amount_of(limits[name])
    if request != limit and not overcommit:
        found.invalid(f"{path}.requests", raw, f"must be equal to the {name} limit of {limits[name]}")
    elif request > limit:
        found.invalid(f"{path}.requests", raw, f"must be less than or equal to the {name} limit of {limits[name]}")


def _check_claims(resources: Tree, claims: Set[str], path: str, found: Findings) -> None:
    """Each exists; it is named once as a whole, or by requests that differ."""
    seen: set[str] = set()
    requests_of: Counter[str] = Counter()
    for index, claim in enumerate(resources["claims"]):
        where = f"{path}[{index}]"
        name, request = claim.get("name", ""), claim.get("request", "")
        if not name:
            found.required(where, "must have a name")
            continue
        if name in seen:
            found.duplicate(where, name)
        elif request:
            _check_request(name, request, seen, requests_of, where, found)
        else:
            for _ in range(requests_of[name]):
                found.duplicate(where, name)
            seen.add(name)
        if name not in claims:
            accepted = ", ".join(sorted(claims)) or "there are none"
            found.not_found(where, name, f"must be one of the names in spec.resourceClaims: {accepted}")


def _check_request(
    name: str, request: str, seen: set[str], requests_of: Counter[str], path: str, found: Findings
) -> None:
    found.invalid_each(f"{path}.request", request, dns_label(request))
    key = f"{name}/{request}"
    if key in seen:
        found.duplicate(path, key)
    else:
        requests_of[name] += 1
        seen.add(key)


def _is_huge_page(name: str) -> bool:
    return name.startswith(_HUGE_PAGES)


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    """Prefixed by another domain, and still a qualified name when a quota puts `requests.` in front."""
    return not _is_native(name) and not name.startswith("requests.") and not label_key(f"requests.{name}")


def _is_divisible(name: str, amount: Exact) -> bool:
    try:
        page = parse_quantity(name.removeprefix(_HUGE_PAGES))
    except QuantityError:
        return False
    return isinstance(page, int) and page > 0 and value(amount) % page == 0
