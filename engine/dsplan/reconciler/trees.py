"""Objects of any client to the wire format: one protocol, no client imported.

An object is understood if it is, in this order:

- one of dsplan's own typed objects;
- a mapping: raw JSON, a kopf body, a lightkube generic resource;
- something with a `raw` mapping: kr8s;
- a model of the official client or its asyncio twin: `attribute_map` says which attribute has which wire name;
- something whose `to_dict()` returns the wire format: lightkube's models, or a class of your own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import msgspec

from dsplan.model.moments import in_utc

from ..errors import InputError, Problem, shorten
from ..manifests.decode import decode_object
from ..model.meta import ObjectMeta, RawTree
from ..model.node import Node
from ..model.world import FIELDS, type_of
from .images import images_in

if TYPE_CHECKING:
    from ..model.world import KubernetesObject

__all__ = ["Convertible", "Read", "kind_of", "object_of", "read_object", "stamp_of", "tree_of"]

_KIND_OF_OWN = {type_of(kind): kind for kind in FIELDS}
_OWN = tuple(_KIND_OF_OWN)
_MODEL_NAME = re.compile(r"(?:V[0-9]+(?:(?:alpha|beta)[0-9]+)?)?(?P<kind>[A-Z][A-Za-z0-9]*)")
_DEEPEST = 200


@runtime_checkable
class Convertible(Protocol):
    """What an embedder's own class offers to be understood."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return the object in the wire format: camelCase names, `kind` included."""


def object_of(shape: Any, kind: str = "") -> KubernetesObject | None:
    """Return the typed view of an object of any shape, None for a kind that planning does not read.

    `kind` is used where the object does not say its own, as items of a typed list. Raises InputError where the shape is
    not understood, or a field has another type than Kubernetes gives it.

    >>> from dsplan.model.node import Node
    >>> object_of({"kind": "Node", "metadata": {"name": "n1"}}) == object_of({"metadata": {"name": "n1"}}, "Node")
    True
    """
    return read_object(shape, kind).item


class Read(NamedTuple):
    """An object that came in: its typed view, the metadata to judge its freshness by, and a node's images."""

    item: KubernetesObject | None
    stamp: ObjectMeta
    images: Sequence[Any] = ()


def read_object(shape: Any, kind: str = "") -> Read:
    """Return an object of any shape as `object_of` does, with what is told besides."""
    if isinstance(shape, _OWN):
        return Read(_named(shape), stamp_of(shape.metadata))
    tree = shape if type(shape) is dict and "kind" in shape else tree_of(shape, kind)
    decoded = decode_object(tree)
    if decoded is None:
        return Read(None, ObjectMeta())
    return Read(_named(decoded), stamp_of(decoded.metadata), images_in(tree) if isinstance(decoded, Node) else ())


def _named(item: KubernetesObject) -> KubernetesObject:
    """Return the object. Raises InputError where it has no name: nobody could say which one it is."""
    if item.metadata.name:
        return item
    message = (
        "an object without a name cannot be told from others; hand over whole objects, as the API server sends them"
    )
    raise InputError.of(
        [Problem(reason="FieldValueRequired", field="metadata.name", object=type(item).__name__, message=message)]
    )


def stamp_of(metadata: Any) -> ObjectMeta:
    """Return the metadata to judge an object's freshness by; those of policies are of a type of their own."""
    if isinstance(metadata, ObjectMeta):
        return metadata
    return ObjectMeta(
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
    )


def tree_of(shape: Any, kind: str = "") -> RawTree:
    """Return an object of any shape in the wire format.

    Raises InputError where it is not understood.

    >>> class Pod:
    ...     def to_dict(self):
    ...         return {"metadata": {"name": "p"}}
    >>> tree_of(Pod())
    {'metadata': {'name': 'p'}, 'kind': 'Pod'}
    """
    tree = _top(shape)
    found = tree.get("kind") or kind or _kind_by_class(shape)
    if found not in (None, tree.get("kind")):
        tree = {**tree, "kind": found}
    return tree


def kind_of(shape: Any) -> str:
    """Return the kind of a typed object, empty for anything else."""
    return _KIND_OF_OWN.get(type(shape), "")


def _top(shape: Any) -> RawTree:
    if isinstance(shape, _OWN):
        tree: RawTree = msgspec.to_builtins(shape)
        return tree
    if isinstance(shape, Mapping):
        return _plain_map(shape, 0)
    raw = getattr(shape, "raw", None)
    if isinstance(raw, Mapping):
        return _plain_map(raw, 0)
    if isinstance(getattr(shape, "attribute_map", None), Mapping):
        return _of_model(shape, 0)
    if isinstance(shape, Convertible):
        made = shape.to_dict()
        if isinstance(made, Mapping):
            return _plain_map(made, 0)
    raise _refusal(f"a {type(shape).__name__} is not a shape of object that is understood", shape)


def _kind_by_class(shape: Any) -> str | None:
    """Return the kind that a model's class name says: V1DaemonSet, DaemonSet."""
    if isinstance(shape, Mapping):
        return None
    found = _MODEL_NAME.fullmatch(type(shape).__name__)
    return found["kind"] if found else None


def _of_model(model: Any, depth: int) -> RawTree:
    pairs = ((wire, getattr(model, attribute, None)) for attribute, wire in model.attribute_map.items())
    return {wire: _plain(value, depth + 1) for wire, value in pairs if value is not None}


def _plain_map(tree: Mapping[Any, Any], depth: int) -> RawTree:
    return {str(key): _plain(value, depth + 1) for key, value in tree.items()}


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if depth > _DEEPEST:
        raise _refusal(f"nested deeper than {_DEEPEST} levels", value)
    if isinstance(value, Mapping):
        return _plain_map(value, depth)
    if isinstance(value, list | tuple):
        return [_plain(entry, depth + 1) for entry in value]
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(getattr(value, "attribute_map", None), Mapping):
        return _of_model(value, depth)
    if isinstance(value, Convertible):
        return _plain(value.to_dict(), depth + 1)
    raise _refusal(f"a {type(value).__name__} has no place in an object", value)


def _time(value: datetime) -> str:
    """Return a time as the wire format has it; one without a zone is UTC, as the API server means it."""
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else in_utc(value)
    return aware.isoformat().replace("+00:00", "Z")


def _refusal(message: str, value: Any) -> InputError:
    accepted = ("a mapping", "a model of the official client", "an object with .raw or .to_dict()")
    problem = Problem(reason="DecodeError", message=message, value=shorten(value), accepted=accepted)
    return InputError.of([problem])
