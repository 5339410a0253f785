"""The form in which kubectl once printed objects from memory: no kind, metadata mixed in, names of fields as in Go.

`kubectl cluster-info dump` did so for some releases. `{"name": "n1", "Spec": {"PodCIDR": ""}, "Status": {...}}` is a
node; the rest of the house wants `{"metadata": {"name": "n1"}, "spec": {"podCIDR": ""}, "status": {...}}`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from dsplan.model.regex import regex

__all__ = ["external", "is_internal"]

_META: Final = frozenset(
    {
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
        "clusterName", "managedFields",
    }
)  # fmt: skip
_SPOKEN: Final = frozenset({"Spec", "Status"})
_MAPS: Final = frozenset(
    {
        "Capacity", "Allocatable", "Limits", "Requests", "NodeSelector", "Data", "BinaryData", "Hard", "Used",
        "Annotations", "Labels", "DefaultRequest", "Default", "Max", "Min", "MaxLimitRequestRatio", "Overhead",
    }
)  # fmt: skip
"""Fields whose keys are somebody's data."""
_HOST_FIELDS: Final = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
_LEADING_CAPITALS: Final = regex(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]+(?![a-z])|[A-Z]")


def is_internal(tree: dict[str, Any]) -> bool:
    """Return whether an object is in this form.

    >>> is_internal({"name": "n1", "Spec": {}}), is_internal({"metadata": {}, "spec": {}})
    (True, False)
    """
    if isinstance(tree.get("Items"), list):
        return "kind" not in tree
    return "name" in tree and not _SPOKEN.isdisjoint(tree) and tree.keys().isdisjoint(("kind", "metadata"))


def external(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the object, or the list of objects, in the form that an API server sends.

    >>> external({"name": "n1", "labels": {"Os": "x"}, "Spec": {"PodCIDR": "", "Taints": [{"Key": "a"}]}})
    {'metadata': {'name': 'n1', 'labels': {'Os': 'x'}}, 'spec': {'podCIDR': '', 'taints': [{'key': 'a'}]}}
    """
    if isinstance(tree.get("Items"), list):
        items = [external(item) if isinstance(item, dict) and is_internal(item) else item for item in tree["Items"]]
        return {"items": items}
    found = _object(tree)
    if isinstance(spec := found.get("spec"), dict):
        _lift_host_fields(spec)
        template = spec.get("template")
        if isinstance(template, dict) and isinstance(template.get("spec"), dict):
            _lift_host_fields(template["spec"])
    return found


def _object(tree: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in tree.items() if key in _META}
    rest = {_small(key): _field(key, value) for key, value in tree.items() if key not in _META}
    return {"metadata": metadata, **rest}


def _field(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        if key in _MAPS or key[:1].islower():
            return value
        return (
            _object(value) if key == "Template" else {_small(name): _field(name, part) for name, part in value.items()}
        )
    if isinstance(value, list):
        return [_field("Items", part) for part in value]
    return value


def _small(name: str) -> str:
    """Return a Go name as the API spells it: PodCIDR is podCIDR, DNSPolicy is dnsPolicy, UID is uid.

    >>> [_small(name) for name in ("PodCIDR", "DNSPolicy", "UID", "HostIP", "Name", "matchLabels")]
    ['podCIDR', 'dnsPolicy', 'uid', 'hostIP', 'name', 'matchLabels']
    """
    return _LEADING_CAPITALS.sub(_lowered, name, count=1) if name[:1].isupper() else name


def _lowered(match: re.Match[str]) -> str:
    return match[0].lower()


def _lift_host_fields(spec: dict[str, Any]) -> None:
    """Put the fields of the host where the API has them; the former name of the service account goes."""
    spec.pop("deprecatedServiceAccount", None)
    context = spec.get("securityContext")
    if isinstance(context, dict):
        spec.update({name: context.pop(name) for name in _HOST_FIELDS if name in context})
