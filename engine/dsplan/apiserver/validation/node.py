"""A Node (V: node spec.taints[], status.capacity, status.allocatable).

Source: core validation (CV:ValidateNode).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ...model.regex import regex
from .addresses import broken_cidr_rules, cidr_family
from .findings import Findings
from .formats import size
from .metadata import check_metadata
from .resources import amount_of, check_amount
from .tolerations import check_taints

__all__ = ["check_node"]

Tree = Mapping[str, Any]

_TAINTS = "scheduler.alpha.kubernetes.io/taints"
_FEATURE = regex(r"[A-Z][a-zA-Z0-9]*(?:/[a-zA-Z0-9]+)*")
_LONGEST_FEATURE = 253


def check_node(node: Tree, found: Findings) -> None:
    """Metadata, taints, amounts of resources (of any name), pod CIDRs, swap and declared features."""
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
    swap = status.get("nodeInfo", {}).get("swap", {}).get("capacity")
    if swap is not None and swap <= 0:
        found.invalid("metadata.nodeSwapStatus.capacity", swap, "must be greater than 0")
    _check_pod_cidrs(_pod_cidrs(spec), found)
    _check_declared_features(status.get("declaredFeatures", ()), "status.declaredFeatures", found)


def _check_taint_annotation(text: str, found: Findings) -> None:
    import json

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
    for index, cidr in enumerate(cidrs):
        found.invalid_each(f"{path}[{index}]", cidr, broken_cidr_rules(cidr))
    if len(cidrs) < 2:
        return
    families = [cidr_family(cidr) for cidr in cidrs]
    if None in families:
        found.internal(path, "cannot tell the IP families of blocks that are not valid")
    if sorted(family or 0 for family in families) != [4, 6]:
        found.invalid(path, list(cidrs), "may have no more than one CIDR block for each IP family")


def _check_declared_features(features: Sequence[str], path: str, found: Findings) -> None:
    """Names such as `GuaranteedQoSPodCPUResize` or `Feature/sub`: sorted, each once."""
    for index, feature in enumerate(features):
        if size(feature) > _LONGEST_FEATURE or _FEATURE.fullmatch(feature) is None:
            found.invalid(f"{path}[{index}]", feature, "must be a CamelCase name of at most 253 characters")
    for index, (feature, following) in enumerate(pairwise(features), 1):
        if feature == following:
            found.duplicate(f"{path}[{index}]", following)
        elif feature > following:
            found.invalid(f"{path}[{index}]", following, "must be sorted")
