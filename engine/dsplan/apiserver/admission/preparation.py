"""What an API server writes into a new Pod besides defaults and plugins (X9, X13).

Source: pkg/registry/core/pod/strategy.go (PrepareForCreate), pkg/apis/core/helper/qos.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.quantity import Exact
from ..defaulting import parsed_amounts
from .trees import containers_of, mapping, objects

__all__ = ["prepare", "qos_class"]

_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_APPARMOR_TYPES = {"runtime/default": "RuntimeDefault", "unconfined": "Unconfined"}
_LOCALHOST = "localhost/"
_LONGEST_PROFILE = 4095
_QOS_RESOURCES = ("cpu", "memory")


def prepare(pod: dict[str, Any]) -> None:
    """Resolve label keys into selectors, turn old AppArmor annotations into fields, mend a negative grace period.

    >>> pod = {"metadata": {"labels": {"app": "x"}}, "spec": {"topologySpreadConstraints": [
    ...     {"labelSelector": {}, "matchLabelKeys": ["app", "other"]}]}}
    >>> prepare(pod)
    >>> pod["spec"]["topologySpreadConstraints"][0]["labelSelector"]
    {'matchExpressions': [{'key': 'app', 'operator': 'In', 'values': ['x']}]}
    """
    spec, metadata = mapping(pod.get("spec")), mapping(pod.get("metadata"))
    labels = mapping(metadata.get("labels"))
    for term in _affinity_terms(mapping(spec.get("affinity"))):
        _resolve(term, "matchLabelKeys", "In", labels)
        _resolve(term, "mismatchLabelKeys", "NotIn", labels)
    for constraint in objects(spec.get("topologySpreadConstraints")):
        _resolve(constraint, "matchLabelKeys", "In", labels)
    _apply_apparmor(spec, mapping(metadata.get("annotations")))
    seconds = spec.get("terminationGracePeriodSeconds")
    if isinstance(seconds, int) and seconds < 0:
        spec["terminationGracePeriodSeconds"] = 1


def qos_class(spec: dict[str, Any]) -> str:
    """Return the quality of service of a Pod: Guaranteed, Burstable or BestEffort.

    >>> qos_class({"containers": [{"resources": {"requests": {"cpu": "1"}}}]})
    'Burstable'
    """
    level = spec.get("resources")
    parts = [level] if isinstance(level, dict) else [mapping(entry.get("resources")) for entry in containers_of(spec)]
    requests, limits = ([_positive(part, kind) for part in parts] for kind in ("requests", "limits"))
    asked, capped = _sum(requests), _sum(limits)
    if not asked and not capped:
        return "BestEffort"
    complete = all(entry.keys() == set(_QOS_RESOURCES) for entry in limits)
    return "Guaranteed" if complete and asked == capped else "Burstable"


def _affinity_terms(affinity: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = mapping(affinity.get(kind))
        for weighted in objects(rules.get("preferredDuringSchedulingIgnoredDuringExecution")):
            yield mapping(weighted.get("podAffinityTerm"))
        yield from objects(rules.get("requiredDuringSchedulingIgnoredDuringExecution"))


def _resolve(term: dict[str, Any], field: str, operator: str, labels: dict[str, Any]) -> None:
    """Add a requirement for every key that the Pod's labels have; a term without a selector matches nothing anyway."""
    selector, keys = term.get("labelSelector"), term.get(field)
    if not isinstance(selector, dict) or not isinstance(keys, list):
        return
    added = [
        {"key": key, "operator": operator, "values": [labels[key]]}
        for key in keys
        if isinstance(key, str) and key in labels
    ]
    if added:
        expressions = [*objects(selector.get("matchExpressions")), *added]
        term["labelSelector"] = dict(sorted({**selector, "matchExpressions": expressions}.items()))


def _apply_apparmor(spec: dict[str, Any], annotations: dict[str, Any]) -> None:
    if mapping(spec.get("os")).get("name") == "windows":
        return
    of_pod = mapping(spec.get("securityContext")).get("appArmorProfile")
    for container in containers_of(spec) + objects(spec.get("ephemeralContainers")):
        profile = _profile(annotations.get(f"{_APPARMOR}{container.get('name', '')}"))
        context = mapping(container.get("securityContext"))
        if profile is not None and profile != of_pod and context.get("appArmorProfile") is None:
            container["securityContext"] = {**context, "appArmorProfile": profile}


def _profile(annotation: Any) -> dict[str, str] | None:
    """Return the field that an annotation stands for, None for one that says nothing valid."""
    if not isinstance(annotation, str):
        return None
    if annotation in _APPARMOR_TYPES:
        return {"type": _APPARMOR_TYPES[annotation]}
    name = annotation.removeprefix(_LOCALHOST)
    if name == annotation or not name or name != name.strip() or len(name) > _LONGEST_PROFILE:
        return None
    return {"type": "Localhost", "localhostProfile": name}


def _positive(resources: dict[str, Any], kind: str) -> dict[str, Exact]:
    amounts = parsed_amounts(resources, kind)
    return {name: amounts[name] for name in _QOS_RESOURCES if amounts.get(name, 0) > 0}


def _sum(parts: list[dict[str, Exact]]) -> dict[str, Exact]:
    total: dict[str, Exact] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, 0) + amount
    return total
