"""The fields that an API server v1.36 knows, as data: of the planned kinds and of all that a Pod template reaches.

Decoding, validation and defaulting read the same table. A field also says how the server writes it back, which is how
the Go types are declared: left out when zero, always there, or a pointer (there whenever it was given, even if zero).

Source: k8s.io/api core/v1, apps/v1, scheduling/v1 and apimachinery meta/v1, as of v1.36.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache

import msgspec

from .nodes import NODES
from .pods import PODS
from .volumes import VOLUMES
from .workloads import WORKLOADS

__all__ = ["KINDS", "SCALARS", "Field", "Presence", "Shape", "Struct", "fields_of", "structs"]

SCALARS = frozenset({"string", "bool", "int32", "int64", "quantity", "intOrString", "time", "raw"})
"""Types of values that are no structs; `raw` is any JSON value, kept as it is."""

KINDS: Mapping[tuple[str, str], str] = {
    ("apps/v1", "DaemonSet"): "DaemonSet",
    ("apps/v1", "ControllerRevision"): "ControllerRevision",
    ("v1", "Pod"): "Pod",
    ("v1", "Node"): "Node",
    ("scheduling.k8s.io/v1", "PriorityClass"): "PriorityClass",
}
"""The struct that holds an object of an (apiVersion, kind)."""


class Shape(Enum):
    """Whether a field holds one value, a list of them, or a map from strings to them."""

    ONE = "one"
    LIST = "list"
    MAP = "map"


class Presence(Enum):
    """When the server writes a field back; structs that are no pointers are always written, times as null if unset."""

    OMITTED_IF_ZERO = "omitted if zero"
    ALWAYS = "always"
    POINTER = "if given"
    POINTER_OR_NULL = "null if not given"


class Field(msgspec.Struct, frozen=True, gc=False):
    """One field: `type` is a scalar or the name of a struct; `gated` ones vanish in silence on creation (X6)."""

    name: str
    type: str
    shape: Shape
    presence: Presence
    gated: bool


Struct = Mapping[str, Field]
"""The fields of a struct by their JSON name, in order of declaration."""

_PRESENCES = {
    (False, False): Presence.OMITTED_IF_ZERO,
    (True, False): Presence.ALWAYS,
    (False, True): Presence.POINTER,
    (True, True): Presence.POINTER_OR_NULL,
}
_SHAPES = {"[]": Shape.LIST, "{}": Shape.MAP}


def structs() -> Mapping[str, Struct]:
    """Return all structs by name.

    >>> structs()["Toleration"]["tolerationSeconds"].type, structs()["Toleration"]["tolerationSeconds"].presence.value
    ('int64', 'if given')
    """
    return {name: fields_of(name) for name in _declarations()}


@cache
def fields_of(struct: str) -> Struct:
    """Return the fields of one struct; few objects have all of them, so each is read when it is asked for.

    >>> sorted(fields_of("HTTPGetAction"))
    ['host', 'httpHeaders', 'path', 'port', 'scheme']
    """
    return _struct(_declarations()[struct].split())


@cache
def _declarations() -> Mapping[str, str]:
    parts = (part.partition(":") for table in (WORKLOADS, NODES, PODS, VOLUMES) for part in table.strip().split("\n\n"))
    return {name: body for name, _, body in parts}


def _struct(declarations: list[str]) -> Struct:
    """Read a struct's fields; `+Name` stands for all fields of another struct."""
    fields: dict[str, Field] = {}
    for declaration in declarations:
        if declaration.startswith("+"):
            fields.update(fields_of(declaration[1:]))
        else:
            field = _field(declaration)
            fields[field.name] = field
    return fields


def _field(declaration: str) -> Field:
    """Read `name:type`: after the name `!` is always written and `~` is gated; before the type `*` `[]` `{}`."""
    name, _, kind = declaration.partition(":")
    presence = _PRESENCES["!" in name, kind.startswith("*")]
    kind = kind.removeprefix("*")
    shape = _SHAPES.get(kind[:2], Shape.ONE)
    return Field(name.rstrip("!~"), kind if shape is Shape.ONE else kind[2:], shape, presence, "~" in name)
