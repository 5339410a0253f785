"""A document whose shape is partly wrong, made readable: what is wrong is left out, so that the rest is judged, too.

Without it somebody who misspelt one field would see the other errors of the document only one run later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import inspect

from dsplan.apiserver.strict import expected_type, shape_problems_of
from dsplan.errors import Problem

__all__ = ["mended", "of_the_rest"]

_GONE = object()


def mended(tree: Any, kind: inspect.Type) -> Any:
    """Return a copy of `tree` that has the shape of `kind`: wrong parts are left out, or replaced where one is needed.

    >>> import msgspec
    >>> class Pet(msgspec.Struct):
    ...     name: str
    ...     legs: int = 4
    >>> mended({"name": "Tom", "legs": "four", "fur": 1}, inspect.type_info(Pet)), mended({}, inspect.type_info(Pet))
    ({'name': 'Tom'}, {'name': 'x'})
    """
    found = _mended(tree, kind)
    return _placeholder(kind) if found is _GONE else found


def _mended(value: Any, kind: inspect.Type) -> Any:
    kind = expected_type(value, kind)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        return _fields(value, kind)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        return [mended(entry, kind.item_type) for entry in value]
    if isinstance(kind, inspect.DictType) and isinstance(value, dict):
        kept = {key: _mended(entry, kind.value_type) for key, entry in value.items()}
        return {key: entry for key, entry in kept.items() if entry is not _GONE}
    return _GONE if any(shape_problems_of(value, kind)) else value


def _fields(value: dict[str, Any], kind: inspect.StructType) -> dict[str, Any]:
    found = {}
    for field in kind.fields:
        kept = _mended(value[field.encode_name], field.type) if field.encode_name in value else _GONE
        if kept is _GONE and field.required:
            kept = _placeholder(field.type)
        if kept is not _GONE:
            found[field.encode_name] = kept
    return found


def _placeholder(kind: inspect.Type) -> Any:
    """Return some value of a type, one that makes sense wherever a policy has that type."""
    if isinstance(kind, inspect.UnionType):
        return _placeholder(kind.types[0])
    if isinstance(kind, inspect.StructType):
        return {field.encode_name: _placeholder(field.type) for field in kind.fields if field.required}
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return [_placeholder(kind.item_type)]
    if isinstance(kind, inspect.DictType):
        return {}
    return 1 if isinstance(kind, inspect.IntType) else "x"


def of_the_rest(found: Iterable[Problem], shape: Sequence[Problem]) -> list[Problem]:
    """Return the problems of a mended document that are not about what was left out of it.

    Left out are those at, around and inside a place of wrong shape, and "not together with" beside one.
    """
    return [problem for problem in found if not any(_is_about(problem, wrong) for wrong in shape)]


def _is_about(problem: Problem, wrong: Problem) -> bool:
    one, other = problem.field, wrong.field
    beside = problem.reason == "FieldValueForbidden" and one.rpartition(".")[0] == other.rpartition(".")[0]
    return one == other or beside or _inside(one, other) or _inside(other, one)


def _inside(field: str, outer: str) -> bool:
    return field.startswith((f"{outer}.", f"{outer}["))
