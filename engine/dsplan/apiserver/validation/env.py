"""env and envFrom of a container, and what they and downward API volumes refer to (V).

Source: core validation (CV:ValidateEnv, ValidateEnvFrom), pkg/apis/core/pods ConvertDownwardAPIFieldLabel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...model.quantity import parse_quantity, stored_text
from .findings import Findings
from .formats import config_key, dns_label, dns_subdomain, dns_subdomain_or_prefix, environment_name, label_key
from .paths import check_no_backsteps

__all__ = ["VOLUME_FIELDS", "check_env", "check_env_from", "check_field_ref", "check_resource_field_ref"]

Tree = Mapping[str, Any]

ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")

_KNOWN_FIELDS = frozenset({*ENV_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase"})
_RESOURCES = tuple(
    f"{side}.{name}" for side in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_CPU_DIVISORS = ("1m", "1")
_BYTE_DIVISORS = ("1", *(f"1{unit}" for unit in "kMGTPE"), *(f"1{unit}i" for unit in "KMGTPE"))


def check_env(variables: Sequence[Tree], path: str, found: Findings) -> None:
    """Names, and for each `valueFrom` exactly one source and no value beside it."""
    for index, variable in enumerate(variables):
        where = f"{path}[{index}]"
        name = variable.get("name", "")
        if name:
            found.invalid_each(f"{where}.name", name, environment_name(name))
        else:
            found.required(f"{where}.name")
        if "valueFrom" in variable:
            _check_value_from(variable["valueFrom"], bool(variable.get("value")), f"{where}.valueFrom", found)


def _check_value_from(source: Tree, has_value: bool, path: str, found: Findings) -> None:
    if "fieldRef" in source:
        check_field_ref(source["fieldRef"], ENV_FIELDS, f"{path}.fieldRef", found)
    if "resourceFieldRef" in source:
        check_resource_field_ref(source["resourceFieldRef"], f"{path}.resourceFieldRef", found, in_volume=False)
    for key in ("configMapKeyRef", "secretKeyRef"):
        if key in source:
            _check_key_ref(source[key], f"{path}.{key}", found)
    if "fileKeyRef" in source:
        _check_file_key_ref(source["fileKeyRef"], f"{path}.fileKeyRef", found)
    sources = len(source)
    if not sources:
        accepted = "fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef"
        found.invalid(path, "", f"must specify one of: {accepted}")
    elif has_value:
        found.invalid(path, "", "may not be specified when `value` is not empty")
    elif sources > 1:
        found.invalid(path, "", "may not have more than one field specified at a time")


def check_field_ref(reference: Tree, accepted: Sequence[str], path: str, found: Findings) -> None:
    """A field of the pod; labels and annotations take a key in brackets: `metadata.labels['app']`."""
    version, field = reference.get("apiVersion") or "v1", reference.get("fieldPath", "")
    if not field:
        found.required(f"{path}.fieldPath")
        return
    # An old name, still understood.
    plain = "spec.nodeName" if field == "spec.host" else field
    mapping, bracket, key = field.removesuffix("']").partition("['")
    if version != "v1":
        found.invalid(f"{path}.fieldPath", field, f"cannot be read in pod version {version!r}; only v1 is supported")
    elif field.endswith("']") and bracket and mapping in ("metadata.annotations", "metadata.labels"):
        key = key.lower() if mapping == "metadata.annotations" else key
        found.invalid_each(path, key, label_key(key))
    elif plain not in _KNOWN_FIELDS:
        found.invalid(f"{path}.fieldPath", field, f"is not a known field (accepted: {', '.join(accepted)})")
    elif plain not in accepted:
        found.not_supported(f"{path}.fieldPath", field, accepted)


def check_resource_field_ref(reference: Tree, path: str, found: Findings, *, in_volume: bool) -> None:
    """A request or limit, and a divisor that suits it; in a volume also the container's name."""
    resource = reference.get("resource", "")
    if in_volume and not reference.get("containerName"):
        found.required(f"{path}.containerName")
    elif not resource:
        found.required(f"{path}.resource")
    elif resource not in _RESOURCES and not resource.startswith(_HUGE_PAGES):
        found.not_supported(f"{path}.resource", resource, _RESOURCES)
    _check_divisor(resource, reference.get("divisor"), f"{path}.divisor", found)


def _check_divisor(resource: str, divisor: Any, path: str, found: Findings) -> None:
    if divisor is None or parse_quantity(divisor) == 0:
        return
    accepted: Sequence[str] = ()
    if resource.endswith(".cpu") and resource in _RESOURCES:
        accepted = _CPU_DIVISORS
    elif resource in _RESOURCES or resource.startswith(_HUGE_PAGES):
        accepted = _BYTE_DIVISORS
    if accepted and stored_text(divisor) not in accepted:
        found.invalid(path, divisor, f"is no divisor of {resource} (accepted: {', '.join(accepted)})")


def _check_key_ref(reference: Tree, path: str, found: Findings) -> None:
    name, key = reference.get("name", ""), reference.get("key", "")
    found.invalid_each(f"{path}.name", name, dns_subdomain(name))
    if key:
        found.invalid_each(f"{path}.key", key, config_key(key))
    else:
        found.required(f"{path}.key")


def _check_file_key_ref(reference: Tree, path: str, found: Findings) -> None:
    key, volume, file = (reference.get(name, "") for name in ("key", "volumeName", "path"))
    if key:
        found.invalid_each(f"{path}.key", key, environment_name(key))
    else:
        found.required(f"{path}.key")
    if volume:
        found.invalid_each(f"{path}.volumeName", volume, dns_label(volume))
    else:
        found.required(f"{path}.volumeName")
    if file:
        check_no_backsteps(file, f"{path}.path", found)
    else:
        found.required(f"{path}.path")


def check_env_from(sources: Sequence[Tree], path: str, found: Findings) -> None:
    """Exactly one of configMapRef and secretRef each; a wrong number is reported without an index."""
    for index, source in enumerate(sources):
        where = f"{path}[{index}]"
        prefix = source.get("prefix", "")
        if prefix:
            found.invalid_each(f"{where}.prefix", prefix, environment_name(prefix))
        references = [key for key in ("configMapRef", "secretRef") if key in source]
        for key in references:
            name = source[key].get("name", "")
            if name:
                found.invalid_each(f"{where}.{key}.name", name, dns_subdomain_or_prefix(name))
            else:
                found.required(f"{where}.{key}.name")
        if not references:
            found.invalid(path, "", "must specify one of: configMapRef, secretRef")
        elif len(references) > 1:
            found.invalid(path, "", "may not have more than one field specified at a time")
