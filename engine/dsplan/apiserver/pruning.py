"""What of a raw tree a typed view reads."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

__all__ = ["pruned"]


def pruned(tree: Any, kind: type[msgspec.Struct]) -> Any:
    """Return `tree` with nothing but the fields that `kind` has, at every level, values as they were written.

    >>> from dsplan.model.pod import PodTemplate
    >>> pruned({"spec": {"hostNetwork": True, "containers": [{"name": "a", "env": []}], "dnsPolicy": "x"}}, PodTemplate)
    {'spec': {'hostNetwork': True, 'containers': [{'name': 'a'}]}}
    """
    return _pruned(tree, _info(kind))


@cache
def _info(kind: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(kind)


def _pruned(value: Any, kind: inspect.Type) -> Any:
    if isinstance(kind, inspect.UnionType):
        kind = next((each for each in kind.types if _holds(value, each)), kind)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in kind.fields}
        return {key: _pruned(entry, fields[key]) for key, entry in value.items() if key in fields}
    if isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        return [_pruned(entry, kind.item_type) for entry in value]
    if isinstance(kind, inspect.DictType) and isinstance(value, dict):
        return {key: _pruned(entry, kind.value_type) for key, entry in value.items()}
    return value


def _holds(value: Any, kind: inspect.Type) -> bool:
    """Return whether a value of this Python type can be of that kind, as far as pruning cares."""
    if isinstance(kind, inspect.StructType | inspect.DictType):
        return isinstance(value, dict)
    return isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(value, list)
