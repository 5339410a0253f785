"""ObjectMeta of any object (V: metadata.*).

Source: apimachinery pkg/api/validation/objectmeta.go, core validation (CV).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Findings
from .formats import dns_label, dns_subdomain, dns_subdomain_or_prefix, label_key, size
from .selectors import check_labels

__all__ = ["check_annotations", "check_metadata", "name_after_creation"]

Tree = Mapping[str, Any]

_ANNOTATIONS_LIMIT = 256 * 1024
_LONGEST_GENERATED_PREFIX = 58
_GENERATED_SUFFIX = "xxxxx"
_PLAIN_FINALIZERS = frozenset({"foregroundDeletion", "kubernetes", "orphan"})


def check_metadata(metadata: Tree, found: Findings, *, namespaced: bool, generation: bool = True) -> None:
    """Names, labels, annotations, owners and finalizers.

    A missing namespace is taken from the request and never an error; that of a cluster-wide object is cleared by the
    server (X7). `generation` is False where the server overwrites it on creation.
    """
    prefix = metadata.get("generateName", "")
    if prefix:
        found.invalid_each("metadata.generateName", prefix, dns_subdomain_or_prefix(prefix))
    name = name_after_creation(metadata)
    if name:
        found.invalid_each("metadata.name", name, dns_subdomain(name))
    else:
        found.required("metadata.name", "name or generateName is required")
    namespace = metadata.get("namespace", "")
    if namespaced and namespace:
        found.invalid_each("metadata.namespace", namespace, dns_label(namespace))
    if generation and metadata.get("generation", 0) < 0:
        found.invalid("metadata.generation", metadata["generation"], "must be greater than or equal to 0")
    check_labels(metadata.get("labels", {}), "metadata.labels", found)
    check_annotations(metadata.get("annotations", {}), "metadata.annotations", found)
    _check_owners(metadata.get("ownerReferences", ()), found)
    _check_finalizers(metadata.get("finalizers", ()), found)


def name_after_creation(metadata: Tree) -> str:
    """Return the name; one that the server generates with a made-up end, since its rules hold there too.

    >>> name_after_creation({"generateName": "a-"})
    'a-xxxxx'
    """
    name: str = metadata.get("name", "")
    prefix: str = metadata.get("generateName", "")
    return prefix[:_LONGEST_GENERATED_PREFIX] + _GENERATED_SUFFIX if prefix and not name else name


def check_annotations(annotations: Mapping[str, str], path: str, found: Findings) -> None:
    """Keys are label keys in any case; all keys and values together take at most 256 KiB."""
    total = 0
    for key, value in annotations.items():
        found.invalid_each(path, key, label_key(key.lower()))
        total += size(key) + size(value)
    if total > _ANNOTATIONS_LIMIT:
        found.too_long(path, _ANNOTATIONS_LIMIT)


def _check_owners(owners: Sequence[Tree], found: Findings) -> None:
    """Causes carry no index (X8)."""
    path = "metadata.ownerReferences"
    controllers = 0
    for owner in owners:
        version = _version_of(owner.get("apiVersion", ""))
        if not version:
            found.invalid(f"{path}.apiVersion", owner.get("apiVersion", ""), "must have a version that is not empty")
        for key in ("kind", "name", "uid"):
            if not owner.get(key):
                found.invalid(f"{path}.{key}", "", "must not be empty")
        if owner.get("kind") == "Event" and owner.get("apiVersion") in ("v1", "/v1"):
            found.invalid(path, "Event", "may not be an owner")
        if owner.get("controller"):
            controllers += 1
            if controllers > 1:
                found.invalid(path, owner.get("name", ""), "only one owner can have `controller` set to true")


def _version_of(api_version: str) -> str:
    parts = api_version.split("/")
    return parts[-1] if len(parts) <= 2 else ""


def _check_finalizers(finalizers: Sequence[str], found: Findings) -> None:
    path = "metadata.finalizers"
    for finalizer in finalizers:
        found.invalid_each(path, finalizer, label_key(finalizer))
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        found.invalid(path, list(finalizers), "orphan and foregroundDeletion cannot both be set")
    for index, finalizer in enumerate(finalizers):
        if "/" not in finalizer and finalizer not in _PLAIN_FINALIZERS:
            accepted = ", ".join(sorted(_PLAIN_FINALIZERS))
            found.invalid(f"{path}[{index}]", finalizer, f"must be fully qualified or one of {accepted}")
