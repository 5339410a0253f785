"""restartPolicy and its rules of a container, and resizePolicy (V, X7).

Source: core validation (CV:validateContainerRestartPolicy, validateResizePolicy).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Findings

__all__ = ["check_resize_of_init_container", "check_resize_policy", "check_restart_policy"]

Tree = Mapping[str, Any]

_POLICIES = ("Always", "Never", "OnFailure")
_ACTIONS = ("Restart", "RestartAllContainers")
_MOST_RULES = 20
_MOST_EXIT_CODES = 255
_RESIZABLE = ("cpu", "memory")
_RESIZE_POLICIES = ("NotRequired", "RestartContainer")


def check_restart_policy(container: Tree, path: str, found: Findings) -> None:
    """A known policy, which rules need."""
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules", ())
    if policy is None:
        if rules:
            found.required(f"{path}.restartPolicy", "must be set when restartPolicyRules are used")
    elif policy not in _POLICIES:
        found.not_supported(f"{path}.restartPolicy", policy, _POLICIES)
    if len(rules) > _MOST_RULES:
        found.too_many(f"{path}.restartPolicyRules", _MOST_RULES, "rules")
    for index, rule in enumerate(rules):
        where = f"{path}.restartPolicyRules[{index}]"
        if rule.get("action", "") not in _ACTIONS:
            found.not_supported(f"{where}.action", rule.get("action", ""), _ACTIONS)
        _check_exit_codes(rule.get("exitCodes"), f"{where}.exitCodes", found)


def _check_exit_codes(codes: Tree | None, path: str, found: Findings) -> None:
    if codes is None:
        found.required(path)
        return
    if codes.get("operator", "") not in ("In", "NotIn"):
        found.not_supported(f"{path}.operator", codes.get("operator", ""), ("In", "NotIn"))
    if len(codes.get("values", ())) > _MOST_EXIT_CODES:
        found.too_many(f"{path}.values", _MOST_EXIT_CODES, "values")


def check_resize_of_init_container(policies: Sequence[Tree], path: str, found: Findings) -> None:
    """A container that runs once has no restart to resize it in; only sidecars do."""
    for index, entry in enumerate(policies):
        if entry.get("restartPolicy") == "RestartContainer":
            message = "is not supported for init containers without restartPolicy Always"
            found.invalid(f"{path}[{index}].restartPolicy", "RestartContainer", message)


def check_resize_policy(policies: Sequence[Tree], restart_policy: str, path: str, found: Findings) -> None:
    """One entry for cpu and memory each; only repetitions are reported with an index."""
    seen: set[str] = set()
    for index, entry in enumerate(policies):
        resource, policy = entry.get("resourceName", ""), entry.get("restartPolicy", "")
        if resource in seen:
            found.duplicate(f"{path}[{index}]", resource)
        seen.add(resource)
        for value, accepted in ((resource, _RESIZABLE), (policy, _RESIZE_POLICIES)):
            if not value:
                found.required(path)
            elif value not in accepted:
                found.not_supported(path, value, accepted)
        if restart_policy == "Never" and policy != "NotRequired":
            found.invalid(path, policy, "must be NotRequired when `restartPolicy` is Never")
