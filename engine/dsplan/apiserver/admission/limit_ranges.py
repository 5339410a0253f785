"""Requests and limits that the LimitRanges of a namespace fill in and enforce (X13).

Source: plugin/pkg/admission/limitranger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from ...model.namespaces import LimitRange
from ...model.quantity import Exact, milli_value, text_of
from ..defaulting import aggregate, default_struct, parsed_amounts
from .outcome import AdmissionContext, Refusal, forbidden
from .trees import containers_of, mapping, objects

__all__ = ["apply_limit_ranges", "check_limit_ranges"]

Amounts = Mapping[str, Exact]

_KINDS = (("containers", "container"), ("initContainers", "init container"))
_ANNOTATION = "kubernetes.io/limit-ranger"


def apply_limit_ranges(pod: dict[str, Any], namespace: str, context: AdmissionContext) -> None:
    """Give every container the default limits and requests that it lacks, and note so in an annotation.

    >>> pod = {"spec": {"containers": [{"name": "a"}]}}
    >>> limits = LimitRange(spec={"limits": [{"type": "Container", "default": {"cpu": "1"}}]})
    >>> apply_limit_ranges(pod, "", AdmissionContext(limit_ranges=(limits,)))
    >>> pod["spec"]["containers"][0]["resources"]
    {'limits': {'cpu': '1'}, 'requests': {'cpu': '1'}}
    """
    for limit_range in _of_namespace(namespace, context):
        limits, requests = _defaults(limit_range)
        spec = mapping(pod.get("spec"))
        notes = [
            note
            for field, kind in _KINDS
            for container in objects(spec.get(field))
            for note in _fill(container, kind, limits, requests)
        ]
        if notes:
            metadata = pod.setdefault("metadata", {})
            annotations = {**mapping(metadata.get("annotations")), _ANNOTATION: _note(notes)}
            metadata["annotations"] = dict(sorted(annotations.items()))


def check_limit_ranges(pod: dict[str, Any], namespace: str, context: AdmissionContext) -> Refusal | None:
    """Refuse a Pod or container below the minimum, above the maximum, or with too large a limit for its request.

    >>> pod = {"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "3"}}}]}}
    >>> limits = LimitRange(spec={"limits": [{"type": "Container", "max": {"cpu": "2"}}]})
    >>> check_limit_ranges(pod, "", AdmissionContext(limit_ranges=(limits,))).message
    'maximum cpu usage per Container is 2, but limit is 3'
    """
    spec = mapping(pod.get("spec"))
    for limit_range in _of_namespace(namespace, context):
        broken = []
        for item in _items(limit_range):
            if item.get("type") == "Container":
                for container in containers_of(spec):
                    amounts = [parsed_amounts(mapping(container.get("resources")), kind) for kind in _BOTH]
                    broken += [(f"container {container.get('name', '')}", text) for text in _broken(item, *amounts)]
            elif item.get("type") == "Pod":
                broken += [("spec", text) for text in _broken(item, *(_pod_amounts(spec, kind) for kind in _BOTH))]
        if broken:
            return forbidden(broken)
    return None


_BOTH = ("requests", "limits")


def _of_namespace(namespace: str, context: AdmissionContext) -> list[LimitRange]:
    """Return the limit ranges of a namespace in one written order; upstream has none."""
    found = [known for known in context.limit_ranges if known.metadata.namespace == namespace]
    return sorted(found, key=lambda known: known.metadata.name)


def _items(limit_range: LimitRange) -> list[dict[str, Any]]:
    return objects(mapping(limit_range.spec).get("limits"))


def _defaults(limit_range: LimitRange) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return default limits and requests of containers; what is left out comes from max, default and min in turn."""
    limits: dict[str, Any] = {}
    requests: dict[str, Any] = {}
    for item in _items(limit_range):
        if item.get("type") == "Container":
            default = {**_texts(item, "max"), **_texts(item, "default")}
            limits.update(default)
            requests.update({**_texts(item, "min"), **default, **_texts(item, "defaultRequest")})
    return limits, requests


def _texts(item: dict[str, Any], field: str) -> dict[str, Any]:
    return mapping(default_struct({"limits": item.get(field)}, "ResourceRequirements").get("limits"))


def _fill(container: dict[str, Any], kind: str, limits: dict[str, Any], requests: dict[str, Any]) -> Iterator[str]:
    """Complete one container; yield what was set, as the annotation words it."""
    resources = mapping(container.get("resources"))
    filled = dict(resources)
    for field, defaults, word in (("requests", requests, "request"), ("limits", limits, "limit")):
        given = mapping(resources.get(field))
        added = sorted(defaults.keys() - given.keys())
        if added:
            filled[field] = dict(sorted({**defaults, **given}.items()))
            yield f"{', '.join(added)} {word} for {kind} {container.get('name', '')}"
    container["resources"] = dict(sorted(filled.items()))


def _note(notes: list[str]) -> str:
    return "LimitRanger plugin set: " + "; ".join(notes)


def _pod_amounts(spec: dict[str, Any], kind: str) -> Amounts:
    """Return what the Pod asks for in all: its containers', overridden by pod-level resources; no overhead."""
    level = parsed_amounts(mapping(spec.get("resources")), kind)
    return aggregate(spec, kind) | {name: amount for name, amount in level.items() if name in ("cpu", "memory")}


def _broken(item: dict[str, Any], requests: Amounts, limits: Amounts) -> Iterator[str]:
    """Yield every constraint of one item that the amounts break, in the server's words."""
    kind = item.get("type")
    for name, bound in sorted(parsed_amounts(item, "min").items()):
        if text := _below(bound, requests.get(name), limits.get(name)):
            yield f"minimum {name} usage per {kind} is {text_of(bound)}{text}"
    for name, bound in sorted(parsed_amounts(item, "max").items()):
        if text := _above(bound, requests.get(name), limits.get(name)):
            yield f"maximum {name} usage per {kind} is {text_of(bound)}{text}"
    for name, bound in sorted(parsed_amounts(item, "maxLimitRequestRatio").items()):
        if text := _ratio(bound, requests.get(name, 0), limits.get(name, 0)):
            yield f"{name} max limit to request ratio per {kind} is {text_of(bound)}, but {text}"


def _below(bound: Exact, request: Exact | None, limit: Exact | None) -> str:
    if request is None:
        return ".  No request is specified"
    for word, amount in (("request", request), ("limit", limit)):
        if amount is not None and milli_value(amount) < milli_value(bound):
            return f", but {word} is {text_of(amount)}"
    return ""


def _above(bound: Exact, request: Exact | None, limit: Exact | None) -> str:
    if limit is None:
        return ".  No limit is specified"
    for word, amount in (("limit", limit), ("request", request)):
        if amount is not None and milli_value(amount) > milli_value(bound):
            return f", but {word} is {text_of(amount)}"
    return ""


def _ratio(bound: Exact, request: Exact, limit: Exact) -> str:
    for word, amount in (("request", request), ("limit", limit)):
        if not milli_value(amount):
            return f"no {word} is specified or {word} is 0"
    ratio = Fraction(milli_value(limit), milli_value(request))
    return f"provided ratio is {float(ratio):f}" if ratio * 1000 > milli_value(bound) else ""
