"""Affinity of a pod spec: node affinity, pod affinity and anti-affinity (V).

Source: core validation (CV:validateAffinity).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .formats import dns_label
from .label_keys import check_label_keys
from .selectors import check_label_key, check_label_selector, check_node_selector, check_node_selector_term

__all__ = ["check_affinity"]

Tree = Mapping[str, Any]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def check_affinity(affinity: Tree, path: str, found: Findings) -> None:
    """All three kinds; empty ones are fine."""
    _check_node_affinity(affinity.get("nodeAffinity", {}), f"{path}.nodeAffinity", found)
    for kind in ("podAffinity", "podAntiAffinity"):
        _check_pod_affinity(affinity.get(kind, {}), f"{path}.{kind}", found)


def _check_node_affinity(affinity: Tree, path: str, found: Findings) -> None:
    required = affinity.get(_REQUIRED)
    if required is not None:
        check_node_selector(required, f"{path}.{_REQUIRED}", found)
    for index, term in enumerate(affinity.get(_PREFERRED, ())):
        where = f"{path}.{_PREFERRED}[{index}]"
        _check_weight(term, where, found)
        # Illegal label values are tolerated here, for the sake of old objects.
        check_node_selector_term(term.get("preference", {}), f"{where}.preference", found, any_value=True)


def _check_weight(term: Tree, path: str, found: Findings) -> None:
    weight = term.get("weight", 0)
    if not 1 <= weight <= 100:
        found.invalid(f"{path}.weight", weight, "must be in the range 1-100")


def _check_pod_affinity(affinity: Tree, path: str, found: Findings) -> None:
    for index, term in enumerate(affinity.get(_REQUIRED, ())):
        _check_pod_affinity_term(term, f"{path}.{_REQUIRED}[{index}]", found)
    for index, weighted in enumerate(affinity.get(_PREFERRED, ())):
        where = f"{path}.{_PREFERRED}[{index}]"
        _check_weight(weighted, where, found)
        _check_pod_affinity_term(weighted.get("podAffinityTerm", {}), f"{where}.podAffinityTerm", found)


def _check_pod_affinity_term(term: Tree, path: str, found: Findings) -> None:
    check_label_selector(term.get("labelSelector"), f"{path}.labelSelector", found)
    check_label_selector(term.get("namespaceSelector"), f"{path}.namespaceSelector", found)
    for namespace in term.get("namespaces", ()):
        # The path in the server's answer is singular and has no index.
        found.invalid_each(f"{path}.namespace", namespace, dns_label(namespace))
    check_label_keys(term, path, found)
    key = term.get("topologyKey", "")
    if not key:
        found.required(f"{path}.topologyKey", "must not be empty")
    check_label_key(key, f"{path}.topologyKey", found)
