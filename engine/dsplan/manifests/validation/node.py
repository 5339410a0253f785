"""A Node (V: node spec.taints[], status.capacity, status.allocatable).

Source: core validation (CV:ValidateNode).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .addresses import cidr_family
from .findings import Findings
from .metadata import check_metadata
from .resources import amount_of, check_amount
from .tolerations import check_taints

__all__ = ["check_node"]

Tree = Mapping[str, Any]

_TAINTS = "scheduler.alpha.kubernetes.io/taints"


def check_node(node: Tree, found: Findings) -> None:
    """Metadata, taints, amounts of resources (of any name), and pod CIDRs; the rest of the status is not looked at."""
    metadata, spec, status = node.get("metadata", {}), node.get("spec", {}), node.get("status", {})
    check_metadata(metadata, found, namespaced=False)
    text = metadata.get("annotations", {}).get(_TAINTS)
    if text:
        _check_taint_annotation(text, found)
    # The server reports taints under metadata.
    check_taints(spec.get("taints", ()), "metadata.taints", found)
    for side in ("capacity", "allocatable"):
        for name, raw in status.get(side, {}).items():
            check_amount(name, amount_of(raw), raw, f"status.{side}.{name}", found)
    _check_pod_cidrs(_pod_cidrs(spec), found)


def _check_taint_annotation(text: str, found: Findings) -> None:
    try:
        taints = json.loads(text)
    except (ValueError, RecursionError):
        taints = None
    if not isinstance(taints, list) or not all(isinstance(item, dict) for item in taints):
        found.invalid("metadata.annotations", _TAINTS, "must be a JSON list of taints")
        return
    texts = [{key: value for key, value in item.items() if isinstance(value, str)} for item in taints]
    check_taints(texts, f"metadata.annotations.{_TAINTS}", found)


def _pod_cidrs(spec: Tree) -> Sequence[str]:
    """Return podCIDRs; podCIDR mirrors the first of them and wins where they differ."""
    first, cidrs = spec.get("podCIDR", ""), spec.get("podCIDRs", ())
    return (first,) if first and (not cidrs or cidrs[0] != first) else cidrs


def _check_pod_cidrs(cidrs: Sequence[str], found: Findings) -> None:
    """Each is a CIDR block; of several there is one of each family."""
    path = "spec.podCIDRs"
    families = [cidr_family(cidr) for cidr in cidrs]
    for index, family in enumerate(families):
        if family is None:
            message = "must be a CIDR block, such as 10.9.8.0/24 or 2001:db8::/64"
            found.invalid(f"{path}[{index}]", cidrs[index], message)
    if len(cidrs) < 2:
        return
    if None in families:
        found.internal(path, "cannot tell the IP families of blocks that are not valid")
    if sorted(family or 0 for family in families) != [4, 6]:
        found.invalid(path, list(cidrs), "may have no more than one CIDR block for each IP family")
    seen: set[str] = set()
    for index, cidr in enumerate(cidrs):
        if cidr in seen:
            found.duplicate(f"{path}[{index}]", cidr)
        seen.add(cidr)
