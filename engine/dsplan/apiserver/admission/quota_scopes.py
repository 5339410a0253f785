"""Which pods a ResourceQuota counts: its scopes and its scope selector, all of which have to match.

Source: pkg/quota/v1/evaluator/core/pods.go (podMatchesScopeFunc), as of v1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...model.namespaces import ResourceQuota
from ...model.pod import Pod, PodAffinityTerm
from .trees import mapping, objects

__all__ = ["is_counted_by"]


def is_counted_by(pod: Pod, quota: ResourceQuota) -> bool:
    """Return whether a quota of the pod's namespace counts the pod.

    >>> import msgspec
    >>> quota = msgspec.convert({"spec": {"scopes": ["NotBestEffort"]}}, ResourceQuota)
    >>> is_counted_by(Pod(), quota)
    False
    """
    expressions = objects(mapping(quota.spec.scope_selector).get("matchExpressions"))
    return all(_in_scope(pod, {"scopeName": scope, "operator": "Exists"}) for scope in quota.spec.scopes) and all(
        _in_scope(pod, expression) for expression in expressions
    )


def _in_scope(pod: Pod, expression: Mapping[str, Any]) -> bool:
    name = expression.get("scopeName")
    if name == "PriorityClass":
        return _matches(pod.spec.priority_class_name, expression)
    scope = _SCOPES.get(str(name))
    return scope is not None and scope(pod)


def _matches(name: str, expression: Mapping[str, Any]) -> bool:
    operator, values = expression.get("operator"), expression.get("values") or ()
    if operator == "Exists":
        return bool(name)
    if operator == "DoesNotExist":
        return not name
    if operator == "In":
        return bool(name) and name in values
    return operator == "NotIn" and name not in values


def _is_best_effort(pod: Pod) -> bool:
    spec = pod.spec
    containers = [container.resources for container in (*spec.containers, *spec.init_containers)]
    resources = containers if spec.resources is None else [spec.resources]
    amounts = [amount for entry in resources for amount in (entry.requests, entry.limits)]
    return not any(name in amount for amount in amounts for name in ("cpu", "memory"))


def _crosses_namespaces(pod: Pod) -> bool:
    affinity = pod.spec.affinity
    rules = (affinity.pod_affinity, affinity.pod_anti_affinity) if affinity is not None else ()
    return any(
        _is_cross(term) for rule in rules if rule for term in rule.required_during_scheduling_ignored_during_execution
    )


def _is_cross(term: PodAffinityTerm) -> bool:
    return bool(term.namespaces) or term.namespace_selector is not None


_SCOPES: Mapping[str, Callable[[Pod], bool]] = {
    # Pods of DaemonSets have no deadline: their templates may not set one.
    "Terminating": lambda _: False,
    "NotTerminating": lambda _: True,
    "BestEffort": _is_best_effort,
    "NotBestEffort": lambda pod: not _is_best_effort(pod),
    "CrossNamespacePodAffinity": _crosses_namespaces,
}
