"""Documents as JSON and YAML, and back."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ..errors import InputError, Problem
from .types import PLAN_KIND, PLAN_VERSION, PlanDocument

__all__ = ["as_json", "as_yaml", "compact_json", "is_plan", "read_plan"]


def as_json(tree: Any) -> str:
    """Return plain values and structs as indented JSON, keys sorted, a line break at the end."""
    return msgspec.json.format(compact_json(tree), indent=2).decode() + "\n"


def compact_json(tree: Any) -> bytes:
    """Return plain values and structs as JSON without blanks, keys sorted: the same value gives the same bytes."""
    return msgspec.json.encode(tree, order="sorted")


def as_yaml(tree: Any) -> str:
    """Return plain values and structs as YAML, keys sorted."""
    import yaml

    plain = msgspec.json.decode(compact_json(tree))
    return str(yaml.dump(plain, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=True))


def is_plan(data: bytes) -> bool:
    """Return whether bytes look like a plan that dsplan wrote.

    >>> is_plan(b'{"kind": "Plan"}'), is_plan(b"kind: Plan"), is_plan(b"{")
    (True, False, False)
    """
    try:
        head = msgspec.json.decode(data, type=_Head) if data[:1] == b"{" else _Head()
    except msgspec.DecodeError:
        return False
    return head.kind == PLAN_KIND


class _Head(msgspec.Struct):
    kind: str = ""


def read_plan(data: bytes, source: str = "") -> PlanDocument:
    """Return the plan in JSON `data`.

    Raises InputError where it is no plan, or one of another major version: a minor version adds, a major one breaks.
    """
    try:
        head = msgspec.json.decode(data, type=_Version)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError.of([Problem(reason="DecodeError", message=f"not a plan: {error}", source=source)]) from None
    version = head.version
    if head.kind != PLAN_KIND:
        raise InputError.of([Problem(reason="DecodeError", message="not a plan: kind must be Plan", source=source)])
    if re.fullmatch(rf"{PLAN_VERSION.partition('.')[0]}\.[0-9]+", version) is None:
        message = f"a plan of this version cannot be read by one that writes version {PLAN_VERSION}"
        problem = Problem(
            reason="FieldValueNotSupported",
            message=message,
            field="version",
            value=version,
            accepted=(f"{PLAN_VERSION.partition('.')[0]}.x",),
            source=source,
        )
        raise InputError.of([problem])
    try:
        return msgspec.json.decode(data, type=PlanDocument)
    except msgspec.DecodeError as error:
        raise InputError.of([Problem(reason="DecodeError", message=f"not a plan: {error}", source=source)]) from None


class _Version(msgspec.Struct):
    version: str
    kind: str = ""
