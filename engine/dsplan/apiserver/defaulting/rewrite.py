"""Decode a tree and write it back as an API server would: only known fields, zeros left out, defaults filled in (X10).

Every struct of the schema is compiled once into a list of fields with a converter each; rewriting is then a walk over
those lists, whose order the output has. Values of the wrong JSON type are kept as they are, since saying so is
validation's part; so are values of type `raw`, which are shared with the input.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from ...model.moments import in_utc
from ...model.quantity import QuantityError, RawQuantity
from ..schema.kinds import SCALARS, Field, Presence, Shape, fields_of
from .rules import CONSTANTS, RULES, Rule, Tree

__all__ = ["QuantityText", "Rewriter"]

Convert: TypeAlias = Callable[[Any], Any]
QuantityText: TypeAlias = Callable[[RawQuantity, bool], str]
"""Text of a quantity; the flag says that it stands in a resource list and is rounded up to milli (D8)."""

_ZEROS = {"string": "", "bool": False, "int32": 0, "int64": 0, "quantity": "0", "intOrString": 0}


class _Compiled(NamedTuple):
    """One field: its converter, what makes an absent value (None: nothing), and whether a zero counts as absent."""

    name: str
    convert: Convert
    absent: Callable[[], Any] | None
    omits_zero: bool


class _Struct:
    """How one struct is rewritten; structs refer to each other."""

    def __init__(self, name: str, compile_fields: Callable[[str], list[_Compiled]]) -> None:
        self._name = name
        self._compile_fields = compile_fields
        self.rule: Rule | None = RULES.get(name)

    @cached_property
    def fields(self) -> list[_Compiled]:
        """The fields, compiled when the first such struct is met: few objects have all of them."""
        return self._compile_fields(self._name)

    def rewrite(self, given: Any) -> Any:
        """Return the struct as the server writes it back; the input is not touched."""
        if not isinstance(given, dict):
            return {} if given is None else given
        out: Tree = {}
        for name, convert, absent, omits_zero in self.fields:
            raw = given.get(name)
            if raw is not None:
                value = convert(raw)
                if value or not omits_zero:
                    out[name] = value
                    continue
            if absent is not None:
                out[name] = absent()
        if self.rule is not None:
            self.rule(out, given)
        return out


class Rewriter:
    """Rewrites trees by the schema, with one way of writing quantities.

    >>> from ...model.quantity import stored_text
    >>> rewriter = Rewriter(lambda raw, milli: stored_text(raw, milli=milli))
    >>> rewriter.rewrite({"httpGet": {"port": 80}, "initialDelaySeconds": 0, "colour": "red"}, "Probe")["httpGet"]
    {'path': '/', 'port': 80, 'scheme': 'HTTP'}
    """

    def __init__(self, quantity: QuantityText) -> None:
        self._quantity = quantity
        self._structs: dict[str, _Struct] = {}

    def rewrite(self, tree: Any, struct: str) -> Any:
        """Return `tree` as a server stores a `struct` of the schema; a tree that is no object is returned as it is."""
        return self._struct(struct).rewrite(tree) if tree is not None else None

    def _struct(self, name: str) -> _Struct:
        struct = self._structs.get(name)
        if struct is None:
            struct = self._structs[name] = _Struct(name, self._fields)
        return struct

    def _fields(self, name: str) -> list[_Compiled]:
        constants = CONSTANTS.get(name, {})
        fields = []
        for field in fields_of(name).values():
            if not field.gated:
                compiled = self._compile(field)
                constant = constants.get(field.name)
                fields.append(compiled if constant is None else compiled._replace(absent=_always(constant)))
        return fields

    def _compile(self, field: Field) -> _Compiled:
        convert, zero = self._scalar(field)
        omits_zero = field.presence is Presence.OMITTED_IF_ZERO
        if field.shape is not Shape.ONE:
            many = _list_of if field.shape is Shape.LIST else _map_of
            return _Compiled(field.name, many(convert, zero), _absent(field, None), omits_zero)
        if field.type in SCALARS:
            return _Compiled(field.name, convert, _absent(field, zero), omits_zero)
        pointer = field.presence in (Presence.POINTER, Presence.POINTER_OR_NULL)
        return _Compiled(field.name, convert, _absent(field, None) if pointer else zero, omits_zero=False)

    def _scalar(self, field: Field) -> tuple[Convert, Callable[[], Any] | None]:
        """Return the converter of one value and what makes its zero; `time` and `raw` have none."""
        if field.type == "quantity":
            milli = field.shape is Shape.MAP
            return lambda raw: _quantity_text(raw, self._quantity, milli), lambda: self._quantity(None, milli)
        if field.type in _CONVERTERS:
            zero = _ZEROS.get(field.type)
            return _CONVERTERS[field.type], None if zero is None else lambda: zero
        struct = self._struct(field.type)
        return struct.rewrite, lambda: struct.rewrite({})


def _always(constant: Any) -> Callable[[], Any]:
    return lambda: constant


def _absent(field: Field, zero: Callable[[], Any] | None) -> Callable[[], Any] | None:
    if field.presence is Presence.ALWAYS:
        return zero or (lambda: None)
    return (lambda: None) if field.presence is Presence.POINTER_OR_NULL else None


def _list_of(convert: Convert, zero: Callable[[], Any] | None) -> Convert:
    def convert_list(raw: Any) -> Any:
        if not isinstance(raw, list):
            return raw
        return [convert(entry) if entry is not None else zero and zero() for entry in raw] or None

    return convert_list


def _map_of(convert: Convert, zero: Callable[[], Any] | None) -> Convert:
    def convert_map(raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        # Keys of a wrong type cannot be compared with each other, but are kept.
        entries = sorted(raw.items(), key=_key_text)
        return {key: convert(entry) if entry is not None else zero and zero() for key, entry in entries}

    return convert_map


def _key_text(entry: tuple[Any, Any]) -> str:
    return str(entry[0])


def _quantity_text(raw: Any, text: QuantityText, milli: bool) -> Any:
    try:
        return text(raw, milli)
    except QuantityError:
        return raw


def _same(raw: Any) -> Any:
    return raw


def _integer(raw: Any) -> Any:
    """Return 1 for 1.0, which YAML readers hand on and JSON written from it does not distinguish (X10)."""
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def _time(raw: Any) -> Any:
    """Return an RFC 3339 time in UTC and whole seconds, as the server prints it."""
    if not isinstance(raw, str) or (len(raw) == 20 and raw.endswith("Z")):
        return raw
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return raw
    return in_utc(moment).replace(microsecond=0, tzinfo=None).isoformat() + "Z" if moment.tzinfo else raw


_CONVERTERS: dict[str, Convert] = {
    "string": _same,
    "bool": _same,
    "raw": _same,
    "time": _time,
    "int32": _integer,
    "int64": _integer,
    "intOrString": _integer,
}
