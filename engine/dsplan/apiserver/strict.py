"""Raw trees to dsplan's own kinds, with every error at once: unknown fields, wrong types, missing fields.

Kubernetes' kinds are looked at leniently (planning reads a part of them); dsplan's own are small and fully known, so a
misspelt field is an error, and what it might have meant is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from dsplan.errors import InputError, Problem
from dsplan.model.convert import without_nulls

__all__ = ["close_to", "decode_strict", "shape_problems"]

T = TypeVar("T")

_GONE = object()


def decode_strict(tree: Any, kind: type[T], judge: Callable[[T], Iterable[Problem]] | None = None) -> T:
    """Return `tree` as a `kind` (a msgspec Struct); fields that the Struct does not have are errors.

    Raises InputError with one problem for every unknown field, missing field and value of a wrong type, and with all
    that `judge` finds; where the shape is wrong, `judge` sees the document without what is wrong in it.

    >>> class Pet(msgspec.Struct):
    ...     name: str
    ...     legs: int = 4
    >>> decode_strict({"name": "Tom"}, Pet)
    Pet(name='Tom', legs=4)
    >>> try:
    ...     decode_strict({"nmae": "Tom", "legs": "four"}, Pet)
    ... except InputError as error:
    ...     for problem in error.problems:
    ...         print(problem)
    nmae: unknown field, did you mean name?, seen: 'Tom' (accepted: legs, name)
    legs: expected `int`, got `str`, seen: 'four'
    name: required
    """
    problems = list(shape_problems_of(tree, inspect.type_info(kind)))
    if not problems:
        try:
            found = msgspec.convert(tree, kind)
        except msgspec.ValidationError as error:
            raise InputError.of([_of(str(error), "", tree)]) from None
        problems = list(judge(found)) if judge else []
        if not problems:
            return found
    elif judge:
        problems += _judged_without(problems, tree, kind, judge)
    raise InputError.of(problems)


def _judged_without(
    wrong: list[Problem], tree: Any, kind: type[T], judge: Callable[[T], Iterable[Problem]]
) -> list[Problem]:
    """Return what `judge` finds in the parts of a document that have their shape."""
    try:
        rest = msgspec.convert(mended(tree, inspect.type_info(kind)), kind)
    except msgspec.ValidationError:
        return []
    return of_the_rest(judge(rest), wrong)


def shape_problems(tree: Any, kind: type[msgspec.Struct]) -> list[Problem]:
    """Return every value of a wrong type in `tree`; fields that the Struct does not have and nulls are passed over.

    >>> class Pet(msgspec.Struct):
    ...     name: str = ""
    ...     legs: int = 4
    >>> [problem.field for problem in shape_problems({"name": 1, "legs": "four", "age": None, "fur": 3}, Pet)]
    ['name', 'legs']
    """
    found = shape_problems_of(without_nulls(tree), inspect.type_info(kind))
    return [problem for problem in found if problem.reason == "DecodeError"]


def close_to(word: str, words: Iterable[str]) -> str:
    """Return the one of `words` that `word` is probably meant to be, empty if none is near.

    >>> close_to("replcas", ["replicas", "labels"]), close_to("x", ["replicas"])
    ('replicas', '')
    """
    import difflib

    found = difflib.get_close_matches(word[:100], list(words), n=1, cutoff=0.6)
    return found[0] if found else ""


def shape_problems_of(value: Any, kind: inspect.Type, path: str = "") -> Iterator[Problem]:
    """Yield what is wrong with the shape of a value, in fields below `path`."""
    kind = expected_type(value, kind)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        yield from _field_problems(value, kind, path)
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        for index, entry in enumerate(value):
            yield from shape_problems_of(entry, kind.item_type, f"{path}[{index}]")
    elif isinstance(kind, inspect.DictType) and isinstance(value, dict):
        for key, entry in value.items():
            yield from shape_problems_of(entry, kind.value_type, f"{path}[{key}]")
    else:
        yield from _leaf_problems(value, kind, path)


def _field_problems(value: dict[str, Any], kind: inspect.StructType, path: str) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in kind.fields}
    for key, entry in value.items():
        place = f"{path}.{key}" if path else key
        if key in fields:
            yield from shape_problems_of(entry, fields[key].type, place)
        else:
            near = close_to(key, fields)
            message = f"unknown field, did you mean {near}?" if near else "unknown field"
            yield Problem(
                reason="FieldValueInvalid", message=message, field=place, value=entry, accepted=tuple(sorted(fields))
            )
    for name, field in fields.items():
        if field.required and name not in value:
            yield Problem(reason="FieldValueRequired", message="required", field=f"{path}.{name}" if path else name)


def _leaf_problems(value: Any, kind: inspect.Type, path: str) -> Iterator[Problem]:
    if isinstance(kind, inspect.LiteralType):
        yield from _choice_problems(value, tuple(map(str, kind.values)), path)
        return
    python_type = _python_type(kind)
    if python_type is None:
        return
    try:
        msgspec.convert(value, python_type)
    except msgspec.ValidationError as error:
        yield _of(str(error), path, value)


def _choice_problems(value: Any, accepted: tuple[str, ...], path: str) -> Iterator[Problem]:
    if value not in accepted:
        near = close_to(value, accepted) if isinstance(value, str) else ""
        message = f"unsupported value, did you mean {near}?" if near else "unsupported value"
        yield Problem(reason="FieldValueNotSupported", message=message, field=path, value=value, accepted=accepted)


def _of(text: str, path: str, value: Any) -> Problem:
    message, _, where = text.partition(" - at `$")
    field = path + where.rstrip("`") if path else where.rstrip("`").lstrip(".")
    return Problem(reason="DecodeError", message=message[:1].lower() + message[1:], field=field, value=value)


def expected_type(value: Any, kind: inspect.Type) -> inspect.Type:
    """Return the one type of a union that a value can have: an object's, or X of `X | None`; else the union."""
    if not isinstance(kind, inspect.UnionType) or value is None:
        return kind
    structs = [each for each in kind.types if isinstance(each, inspect.StructType)]
    if isinstance(value, dict) and len(structs) == 1:
        return structs[0]
    others = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    return others[0] if len(others) == 1 else kind


def _python_type(kind: inspect.Type) -> Any:
    """Return the annotation that `kind` came from, None for a type that is checked as a whole only."""
    simple: dict[type[inspect.Type], Any] = {
        inspect.StrType: str,
        inspect.BoolType: bool,
        inspect.FloatType: float,
        inspect.NoneType: type(None),
        inspect.DictType: dict,
        inspect.ListType: list,
        inspect.VarTupleType: list,
    }
    if isinstance(kind, inspect.IntType):
        return int
    if isinstance(kind, inspect.StructType):
        return kind.cls
    if isinstance(kind, inspect.UnionType):
        members = [_python_type(each) for each in kind.types]
        if any(member is None for member in members):
            return None
        union = members[0]
        for member in members[1:]:
            union = union | member
        return union
    return simple.get(type(kind))


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
