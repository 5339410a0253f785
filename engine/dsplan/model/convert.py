"""Raw JSON trees to typed views. Shape only: whether a value is allowed is another question (validation)."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

__all__ = ["convert", "without_nulls"]

T = TypeVar("T")


def convert(tree: Any, kind: type[T]) -> T:
    """Return `tree` as a `kind`, reading null as absent and a null map value as "" (X10).

    Raises msgspec.ValidationError with the JSON path of the first field whose type is wrong.
    """
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError:
        return msgspec.convert(without_nulls(tree), kind)


_TEXT_MAPS = ("labels", "annotations", "matchLabels", "nodeSelector")


def without_nulls(tree: Any) -> Any:
    """Return a copy in which nulls are absent; in maps of text they are "" (X10).

    >>> without_nulls({"labels": {"a": None}, "name": None, "taints": [None, {"key": "x"}]})
    {'labels': {'a': ''}, 'taints': [{}, {'key': 'x'}]}
    """
    if isinstance(tree, dict):
        copy = {}
        for key, value in tree.items():
            if value is None:
                continue
            if key in _TEXT_MAPS and isinstance(value, dict):
                copy[key] = {name: "" if text is None else text for name, text in value.items()}
            else:
                copy[key] = without_nulls(value)
        return copy
    if isinstance(tree, list):
        return [{} if entry is None else without_nulls(entry) for entry in tree]
    return tree
