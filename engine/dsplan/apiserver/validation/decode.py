"""The shape of an object: unknown fields and values of the wrong type, all of them (V: decode errors, X10).

An API server stops at the first such error and says nothing about the rest. Here what cannot be read is left out, so
that the other rules can still be checked, and its path is remembered, so that nothing is said about its absence.

Field names are case-sensitive; null counts as absent, in lists and maps as the zero value (X10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import msgspec

from ...errors import Problem
from ...model.quantity import QuantityError, parse_quantity
from ...model.regex import regex
from ...reading.limits import MAX_PROBLEMS
from ..schema.kinds import SCALARS, Field, Shape, fields_of
from .findings import did_you_mean

__all__ = ["Decoded", "decode_shape"]

Tree = dict[str, Any]
Check = Callable[[Any], bool]

_TIME = regex(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]+)?(?:Z|[+-]([0-9]{2}):([0-9]{2}))"
)
# A hint costs more than all other checks of a field.
_MOST_HINTS = 100
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Decoded(msgspec.Struct, frozen=True):
    """`tree` has only known fields of the right type and no nulls; `unread` are the paths of what was left out."""

    tree: Tree
    problems: list[Problem]
    unread: list[str]


def decode_shape(tree: Mapping[str, Any], struct: str, *, strict: bool = True) -> Decoded:
    """Return what can be read of `tree` as the struct of that name, and everything that cannot.

    Without `strict`, unknown fields are passed over in silence, as with `fieldValidation=Ignore`.

    >>> decoded = decode_shape({"spec": {"minReadySeconds": "5", "Selector": {}}}, "DaemonSet")
    >>> [str(problem) for problem in decoded.problems]  # doctest: +NORMALIZE_WHITESPACE
    ["spec.minReadySeconds: must be an integer, seen: '5'",
     "spec.Selector: is not a known field, did you mean 'selector'?"]
    """
    if _conforms(struct)(tree):
        return Decoded(dict(tree), [], [])
    decoder = _Decoder(strict)
    return Decoded(decoder.struct(tree, struct, ""), decoder.problems, decoder.unread)


@cache
def _conforms(kind: str) -> Check:
    """Return a quick check that nothing has to be reported or left out: almost all objects are like that."""
    if kind in SCALARS:
        return _QUICK[kind]
    checks = {name: _field_conforms(field) for name, field in fields_of(kind).items()}

    def conforms(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for key, item in value.items():
            check = checks.get(key)
            if check is None or not check(item):
                return False
        return True

    return conforms


def _struct_conforms(kind: str, value: Any) -> bool:
    """Look at a struct; its check is made when the first such struct is met."""
    return _conforms(kind)(value)


def _field_conforms(field: Field) -> Check:
    if field.gated:
        return lambda _: False
    one = _conforms(field.type) if field.type in SCALARS else partial(_struct_conforms, field.type)
    if field.shape is Shape.ONE:
        return one
    if field.type == "string":
        if field.shape is Shape.LIST:
            return lambda value: type(value) is list and _STRING.issuperset(map(type, value))
        return lambda value: (
            type(value) is dict
            and _STRING.issuperset(map(type, value))
            and _STRING.issuperset(map(type, value.values()))
        )
    if field.shape is Shape.LIST:
        return lambda value: type(value) is list and all(map(one, value))
    return lambda value: type(value) is dict and _STRING.issuperset(map(type, value)) and all(map(one, value.values()))


class _Decoder:
    """One walk over one object that does not conform."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.problems: list[Problem] = []
        self.unread: list[str] = []
        self.unknown = 0

    def struct(self, raw: Mapping[str, Any], name: str, path: str) -> Tree:
        """Return the known fields of `raw` that can be read."""
        fields = fields_of(name)
        tree: Tree = {}
        for key, value in raw.items():
            field = fields.get(key)
            if field is None:
                if self.strict:
                    self._unknown(key, fields, path)
            elif value is not None:
                read = self._field(value, field, f"{path}.{key}" if path else key)
                # Gated fields are read, and then vanish in silence (X6).
                if read is not None and not field.gated:
                    tree[key] = read
        return tree

    def _field(self, value: Any, field: Field, path: str) -> Any:
        if field.shape is Shape.ONE:
            return self._one(value, field.type, path)
        if field.shape is Shape.LIST:
            if not isinstance(value, list):
                return self._fail(path, value, f"must be a list of {_NOUNS.get(field.type, 'objects')}")
            items = [self._item(item, field.type, f"{path}[{index}]") for index, item in enumerate(value)]
            return [item for item in items if item is not None]
        if not isinstance(value, dict):
            return self._fail(path, value, f"must be an object whose values are {_NOUNS.get(field.type, 'objects')}")
        entries = ((str(key), self._item(item, field.type, f"{path}[{key}]")) for key, item in value.items())
        return {key: item for key, item in entries if item is not None}

    def _item(self, value: Any, kind: str, path: str) -> Any:
        """Read an entry of a list or map, where null stands for the zero value."""
        return _ZEROES.get(kind, {}) if value is None else self._one(value, kind, path)

    def _one(self, value: Any, kind: str, path: str) -> Any:
        if kind not in SCALARS:
            if isinstance(value, dict):
                return self.struct(value, kind, path)
            return self._fail(path, value, "must be an object")
        wrong = _READERS[kind](value)
        return value if wrong is None else self._fail(path, value, wrong)

    def _fail(self, path: str, value: Any, message: str) -> None:
        if len(self.problems) > MAX_PROBLEMS:
            return
        self.problems.append(Problem(reason="DecodeError", field=path, message=message, value=value))
        self.unread.append(path)

    def _unknown(self, key: object, fields: Mapping[str, Field], path: str) -> None:
        name = str(key)
        if len(self.problems) > MAX_PROBLEMS:
            return
        self.unknown += 1
        hint = did_you_mean(name, fields) if self.unknown <= _MOST_HINTS else ""
        prefix = f"{path}." if path else ""
        self.problems.append(
            Problem(reason="DecodeError", field=f"{prefix}{name}", message=f"is not a known field{hint}")
        )
        if hint:
            # What was meant is not missing.
            self.unread.append(prefix + hint.split("'")[1])


def _read_string(value: Any) -> str | None:
    return None if isinstance(value, str) else "must be a string"


def _read_bool(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _read_integer(bits: int) -> Callable[[Any], str | None]:
    bound = 1 << (bits - 1)

    def read(value: Any) -> str | None:
        if type(value) is not int:
            return "must be an integer"
        return None if -bound <= value < bound else f"must be an integer of {bits} bits"

    return read


_read_int32 = _read_integer(32)


def _read_integer_or_string(value: Any) -> str | None:
    if isinstance(value, str) or _read_int32(value) is None:
        return None
    return "must be an integer of 32 bits or a string"


def _read_quantity(value: Any) -> str | None:
    try:
        parse_quantity(value)
    except QuantityError as error:
        return str(error)
    return None


def _read_time(value: Any) -> str | None:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None or not _exists(*(int(part or 0) for part in match.groups())):
        return "must be a time such as 2006-01-02T15:04:05Z (RFC 3339)"
    return None


def _exists(
    year: int, month: int, day: int, hour: int, minute: int, second: int, zone_hour: int, zone_minute: int
) -> bool:
    """Return whether that moment exists; years are those of the Gregorian calendar, also before it."""
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (
        (leap or (month, day) != (2, 29))
        and hour < 24
        and minute < 60
        and second < 60
        and zone_hour <= 24
        and zone_minute < 60
    )


def _read_anything(_: Any) -> str | None:
    return None


_READERS: dict[str, Callable[[Any], str | None]] = {
    "string": _read_string,
    "bool": _read_bool,
    "int32": _read_int32,
    "int64": _read_integer(64),
    "intOrString": _read_integer_or_string,
    "quantity": _read_quantity,
    "time": _read_time,
    "raw": _read_anything,
}


def _unless_null(read: Callable[[Any], str | None]) -> Check:
    return lambda value: value is not None and read(value) is None


_STRING = frozenset({str})
_QUICK: dict[str, Check] = {
    # null goes the long way: it is left out.
    **{kind: _unless_null(read) for kind, read in _READERS.items()},
    "string": lambda value: type(value) is str,
    "bool": lambda value: type(value) is bool,
}
_NOUNS = {"string": "strings", "int32": "integers", "int64": "integers", "quantity": "quantities"}
_ZEROES: dict[str, Any] = {"string": "", "int32": 0, "int64": 0, "bool": False, "quantity": "0", "intOrString": 0}
