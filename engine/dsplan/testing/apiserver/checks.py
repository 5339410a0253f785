"""What the stand-in refuses of an object that is to be stored: what a host could get wrong, and no more."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ...model.meta import RawTree
from .gojson import handed_on
from .kinds import Kind
from .wire import invalid

__all__ = ["check_creation", "check_update"]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_LABEL}(\\.{_LABEL})*')"
)
_LARGEST = 1048576
_POD_FIELDS = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_Cause = tuple[str, str, str]


def check_creation(kind: Kind, tree: RawTree) -> None:
    """Raise Refusal (422) for an object that cannot be created."""
    causes = [*_name(tree["metadata"]), *_owners(tree["metadata"]), *_of_kind(kind, tree)]
    if causes:
        raise invalid(kind, tree["metadata"].get("name", ""), *causes)


def check_update(kind: Kind, before: RawTree, after: RawTree, data_before: bytes, data_after: bytes) -> None:
    """Raise Refusal (422) for a change that is not allowed."""
    causes = [*_owners(after["metadata"]), *_of_kind(kind, after), *_finalizers(before, after)]
    name = after["metadata"]["name"]
    if kind.kind == "ControllerRevision" and data_before != data_after:
        causes.append(
            ("data", "FieldValueInvalid", f"Invalid value: {handed_on(data_after).decode()}: field is immutable")
        )
    if kind.kind == "ConfigMap" and before.get("immutable") and before.get("data") != after.get("data"):
        causes.append(("data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"))
    if kind.kind == "DaemonSet" and before["spec"].get("selector") != after["spec"].get("selector"):
        causes.append(
            (
                "spec.selector",
                "FieldValueInvalid",
                f"Invalid value: {_shown(after['spec'].get('selector'))}: field is immutable",
            )
        )
    if kind.kind == "Pod" and _fixed(before["spec"]) != _fixed(after["spec"]):
        causes.append(("spec", "FieldValueForbidden", _POD_FIELDS))
    if causes:
        raise invalid(kind, name, *causes)


def _name(metadata: RawTree) -> list[_Cause]:
    name = metadata.get("name", "")
    if not name:
        message = "Required value: name or generateName is required"
        return [("metadata.name", "FieldValueRequired", message)]
    if not _NAME.fullmatch(name):
        return [("metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {_NAME_RULE}')]
    return []


def _owners(metadata: RawTree) -> list[_Cause]:
    owners = metadata.get("ownerReferences") or []
    rulers = [f"{owner['kind']}/{owner['name']}" for owner in owners if owner.get("controller")]
    if len(rulers) < 2:
        return []
    why = f'Only one reference can have Controller set to true. Found "true" in references for {" and ".join(rulers)}'
    return [("metadata.ownerReferences", "FieldValueInvalid", f"Invalid value: {_shown(owners)}: {why}")]


def _finalizers(before: RawTree, after: RawTree) -> list[_Cause]:
    new = [
        entry
        for entry in after["metadata"].get("finalizers") or []
        if entry not in (before["metadata"].get("finalizers") or [])
    ]
    if not new or not before["metadata"].get("deletionTimestamp"):
        return []
    told = ", ".join(f'"{entry}"' for entry in new)
    rule = "no new finalizers can be added if the object is being deleted"
    message = f"Forbidden: {rule}, found new finalizers []string{{{told}}}"
    return [("metadata.finalizers", "FieldValueForbidden", message)]


def _of_kind(kind: Kind, tree: RawTree) -> list[_Cause]:
    spec = tree.get("spec") or {}
    if kind.kind == "Pod" and not spec.get("containers"):
        return [("spec.containers", "FieldValueRequired", "Required value")]
    if kind.kind == "Lease" and spec.get("leaseDurationSeconds", 1) <= 0:
        message = f"Invalid value: {spec['leaseDurationSeconds']}: must be greater than 0"
        return [("spec.leaseDurationSeconds", "FieldValueInvalid", message)]
    if kind.kind == "ControllerRevision":
        return _revision(tree)
    if kind.kind == "ConfigMap":
        size = sum(len(str(value)) for value in (tree.get("data") or {}).values())
        return (
            [("[]", "FieldValueTooLong", f"Too long: may not be more than {_LARGEST} bytes")] if size > _LARGEST else []
        )
    return []


def _revision(tree: RawTree) -> list[_Cause]:
    if tree.get("data") is None:
        return [("data", "FieldValueRequired", "Required value: data is mandatory")]
    number = tree.get("revision", 0)
    if number < 0:
        return [("revision", "FieldValueInvalid", f"Invalid value: {number}: must be greater than or equal to 0")]
    return []


def _fixed(spec: RawTree) -> RawTree:
    """Return what a pod's spec must keep."""
    kept = {key: value for key, value in spec.items() if key not in ("activeDeadlineSeconds", "tolerations")}
    for field in ("containers", "initContainers"):
        if field in kept:
            kept[field] = [{key: value for key, value in entry.items() if key != "image"} for entry in kept[field]]
    return kept


def _shown(value: Any) -> str:
    return handed_on(msgspec.json.encode(value)).decode()
