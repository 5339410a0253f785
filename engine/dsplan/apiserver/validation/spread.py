"""topologySpreadConstraints of a pod spec (V).

Source: core validation (CV:validateTopologySpreadConstraints).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Findings
from .label_keys import check_label_keys
from .selectors import check_label_selector

__all__ = ["check_topology_spread"]

Tree = Mapping[str, Any]

_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_POLICIES = ("Honor", "Ignore")


def check_topology_spread(constraints: Sequence[Tree], path: str, found: Findings) -> None:
    """Each constraint, and no pair of topologyKey and whenUnsatisfiable twice."""
    pairs = [(item.get("topologyKey", ""), item.get("whenUnsatisfiable", "")) for item in constraints]
    last = {pair: index for index, pair in enumerate(pairs)}
    for index, constraint in enumerate(constraints):
        where = f"{path}[{index}]"
        key, action = pairs[index]
        skew = constraint.get("maxSkew", 0)
        if skew <= 0:
            found.invalid(f"{where}.maxSkew", skew, "must be greater than zero")
        if not key:
            found.required(f"{where}.topologyKey", "must not be empty")
        if action not in _ACTIONS:
            found.not_supported(f"{where}.whenUnsatisfiable", action, _ACTIONS)
        if last[pairs[index]] > index:
            found.duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        _check_details(constraint, action, where, found)


def _check_details(constraint: Tree, action: str, path: str, found: Findings) -> None:
    domains = constraint.get("minDomains")
    if domains is not None:
        if domains <= 0:
            found.invalid(f"{path}.minDomains", domains, "must be greater than zero")
        if action != "DoNotSchedule":
            found.invalid(f"{path}.minDomains", domains, "can only be used if whenUnsatisfiable is DoNotSchedule")
    for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        policy = constraint.get(name)
        if policy is not None and policy not in _POLICIES:
            found.not_supported(f"{path}.{name}", policy, _POLICIES)
    check_label_keys(constraint, path, found)
    check_label_selector(constraint.get("labelSelector"), f"{path}.labelSelector", found)
