"""One value of a plan changed: every field that the schema has, wherever it occurs in some plans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dsplan.document.types import PlanDocument

__all__ = ["Place", "corrupted", "places", "schema_fields"]

Place = tuple[tuple[str, str], tuple[Any, ...]]
"""(type, field) and the path to a value."""


def schema_fields(kind: type = PlanDocument) -> set[tuple[str, str]]:
    """Return (type, field) of every type that a plan document can have in it."""
    found: set[tuple[str, str]] = set()
    waiting: list[Any] = [kind]
    seen: set[Any] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for field in msgspec.structs.fields(one):
            found.add((one.__name__, field.name))
            waiting += [
                part for part in _parts(field.type) if isinstance(part, type) and issubclass(part, msgspec.Struct)
            ]
    return found


def _parts(kind: Any) -> Iterator[Any]:
    yield kind
    for part in getattr(kind, "__args__", ()):
        yield from _parts(part)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[Place]:
    """Yield every field of every struct in a plan, with its path."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield (type(value).__name__, field), (*path, field)
            yield from places(getattr(value, field), (*path, field))
    elif isinstance(value, (tuple, list)):
        for number, one in enumerate(value):
            yield from places(one, (*path, number))


def corrupted(plan: PlanDocument, path: tuple[Any, ...]) -> Iterator[PlanDocument]:
    """Yield plans in which the value at a path is another one of its type."""
    value: Any = plan
    for step in path:
        value = getattr(value, step) if isinstance(step, str) else value[step]
    for other in _others(value):
        yield _with(plan, path, other)


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    step, *rest = path
    if isinstance(step, str):
        return msgspec.structs.replace(value, **{step: _with(getattr(value, step), tuple(rest), other)})
    return (*value[:step], _with(value[step], tuple(rest), other), *value[step + 1 :])


def _others(value: Any) -> Iterator[Any]:
    """Yield values that differ and have the same type; None becomes nothing else, for it has no type to keep."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield value + 1
    elif isinstance(value, datetime):
        yield value + timedelta(seconds=7)
    elif isinstance(value, str):
        yield _other_text(value)
    elif isinstance(value, bytes):
        yield value[:-9] + b"corrupted"
    elif isinstance(value, (tuple, list)) and value:
        yield type(value)(value[:-1])
        yield type(value)((*value, value[-1]))
    elif isinstance(value, dict) and value:
        key = min(value)
        yield {name: one for name, one in value.items() if name != key}
        other = next(_others(value[key]), None)
        if other is not None:
            yield {**value, key: other}


def _other_text(text: str) -> str:
    """Return another text, another set of ids for a set of ids."""
    if text and set(text) <= set("0123456789-,"):
        first, comma, rest = text.partition(",")
        return rest if comma else "1" if first == "0" else "0"
    if text in ("R", "K", "D"):
        return "K" if text == "R" else "R"
    return f"{text}x"
