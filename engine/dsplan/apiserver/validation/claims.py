"""Ephemeral volumes: the template of a PersistentVolumeClaim (V).

Source: core validation (CV:ValidatePersistentVolumeClaimTemplate, ValidatePersistentVolumeClaimSpec).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .formats import dns_label, dns_subdomain
from .metadata import check_annotations
from .resources import amount_of
from .selectors import check_label_selector, check_labels

__all__ = ["check_ephemeral"]

Tree = Mapping[str, Any]

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")


def check_ephemeral(source: Tree, path: str, found: Findings) -> None:
    """A template whose metadata has labels and annotations only, and the spec of a claim."""
    template, where = source.get("volumeClaimTemplate"), f"{path}.volumeClaimTemplate"
    if template is None:
        found.required(where)
        return
    metadata = template.get("metadata", {})
    check_annotations(metadata.get("annotations", {}), f"{where}.metadata.annotations", found)
    check_labels(metadata.get("labels", {}), f"{where}.metadata.labels", found)
    for field, value in metadata.items():
        if field not in ("annotations", "labels") and value not in ("", 0):
            found.forbidden(f"{where}.metadata.{field}", "cannot be set")
    _check_claim(template.get("spec", {}), f"{where}.spec", found)


def _check_claim(spec: Tree, path: str, found: Findings) -> None:
    modes = spec.get("accessModes", ())
    if not modes:
        found.required(f"{path}.accessModes", "must have at least one access mode")
    check_label_selector(spec.get("selector"), f"{path}.selector", found)
    for mode in modes:
        if mode not in _ACCESS_MODES:
            found.not_supported(f"{path}.accessModes", mode, _ACCESS_MODES)
    known = set(modes) & set(_ACCESS_MODES)
    if "ReadWriteOncePod" in known and len(known) > 1:
        found.forbidden(f"{path}.accessModes", "may not use ReadWriteOncePod with other access modes")
    storage = spec.get("resources", {}).get("requests", {}).get("storage")
    if storage is None:
        found.required(f"{path}.resources[storage]")
    elif amount_of(storage) <= 0:
        found.invalid(f"{path}.resources[storage]", storage, "must be greater than zero")
    for field in ("storageClassName", "volumeAttributesClassName"):
        if spec.get(field):
            found.invalid_each(f"{path}.{field}", spec[field], dns_subdomain(spec[field]))
    if spec.get("volumeMode", "Filesystem") not in _VOLUME_MODES:
        found.not_supported(f"{path}.volumeMode", spec["volumeMode"], _VOLUME_MODES)
    _check_data_sources(spec, path, found)


def _check_data_sources(spec: Tree, path: str, found: Findings) -> None:
    for field in ("dataSource", "dataSourceRef"):
        if field in spec:
            _check_data_source(spec[field], f"{path}.{field}", found)
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is None or reference is None:
        return
    if reference.get("namespace"):
        found.invalid(path, "dataSource", "may not be specified when dataSourceRef.namespace is specified")
    elif any(source.get(key) != reference.get(key) for key in ("apiGroup", "kind", "name")):
        found.invalid(path, "dataSource", "must match dataSourceRef")


def _check_data_source(source: Tree, path: str, found: Findings) -> None:
    for key in ("name", "kind"):
        if not source.get(key):
            found.required(f"{path}.{key}")
    group, namespace = source.get("apiGroup", ""), source.get("namespace", "")
    if not group and source.get("kind") != "PersistentVolumeClaim":
        found.invalid(path, source.get("kind", ""), "must be a PersistentVolumeClaim in the default apiGroup")
    if group:
        found.invalid_each(f"{path}.apiGroup", group, dns_subdomain(group))
    if namespace:
        found.invalid_each(f"{path}.namespace", namespace, dns_label(namespace))
