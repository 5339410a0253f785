"""What an API server makes of a patch: a strategic merge, as far as the writes of a controller need it."""

from __future__ import annotations

from typing import Any

from ..model.meta import RawTree

__all__ = ["merged"]

_MERGE_KEYS = {"ownerReferences": "uid"}
"""Lists that are merged entry by entry, and the field that says which entries are the same; all others are replaced."""


def merged(tree: RawTree, patch: RawTree) -> RawTree:
    """Return a tree with a strategic merge patch applied; None removes a field.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}})
    {'a': {'c': 2, 'd': 3}}
    >>> merged({"ownerReferences": [{"uid": "1"}]}, {"ownerReferences": [{"$patch": "delete", "uid": "1"}]})
    {'ownerReferences': []}
    """
    result = dict(tree)
    for field, value in patch.items():
        known = result.get(field)
        if value is None:
            result.pop(field, None)
        elif isinstance(value, dict) and isinstance(known, dict):
            result[field] = merged(known, value)
        elif isinstance(value, list) and field in _MERGE_KEYS:
            result[field] = _merged_list(known or [], value, _MERGE_KEYS[field])
        else:
            result[field] = value
    return result


def _merged_list(known: list[Any], patch: list[Any], key: str) -> list[Any]:
    found = {entry[key]: entry for entry in known}
    for entry in patch:
        if entry.get("$patch") == "delete":
            found.pop(entry[key], None)
        else:
            found[entry[key]] = merged(found.get(entry[key], {}), entry)
    return list(found.values())
