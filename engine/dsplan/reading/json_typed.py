"""A large dump of one kind, decoded to typed objects in a single pass over its bytes.

`kubectl get nodes -o json` of a big cluster is one list of like objects. Cutting it into entries and decoding each one
reads every byte twice; here the whole list is decoded at once, each entry being checked to be of that kind. Whatever is
not such a list (another kind in between, a null, an error) is left to the other paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from operator import attrgetter
from typing import Any, Final, Literal

import msgspec

from dsplan.model.regex import regex
from dsplan.reading import limits

__all__ = ["TypedList", "decode_list"]

_BLANK: Final = rb"[ \t\r\n]*"
_PAIR: Final = rb'"%s"' + _BLANK + rb":" + _BLANK + rb'"([^"\\]*)"' + _BLANK + rb","
_VERSION: Final = _PAIR % b"apiVersion"
_KIND: Final = _PAIR % b"kind"
# What kubectl prints begins with the items, and each of them with its apiVersion and kind.
_PLAIN_LIST: Final = regex(
    _BLANK.join((rb"", rb"\{", _VERSION, rb'"items"', rb":", rb"\[", rb"\{", _VERSION, _KIND.removesuffix(b",")))
)
# What an API server sends says at once of which kind its items are.
_TYPED_LIST: Final = regex(
    _BLANK.join((rb"", rb"\{", rb"(?:" + _KIND + _BLANK + _VERSION + rb"|" + _VERSION + _BLANK + _KIND + rb")"))
)


class TypedList(msgspec.Struct, frozen=True):
    """The typed objects of a list document, in order, and what they are."""

    api_version: str
    kind: str
    objects: list[Any]


def decode_list(data: bytes, types: Mapping[tuple[str, str], type[msgspec.Struct]]) -> TypedList | None:
    """Return the objects of a large list document whose kind is in `types`; None for anything else.

    `types` maps (apiVersion, kind) to the Struct that a list of that kind is decoded to.

    >>> class Thing(msgspec.Struct, frozen=True, kw_only=True):
    ...     name: str = ""
    >>> text = b'{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Thing", "name": "a"}], "kind": "List"}'
    >>> padded = text[:-1] + b', "x": "' + b" " * limits.MAX_CHECKED_JSON + b'"}'
    >>> decode_list(padded, {("v1", "Thing"): Thing}).objects
    [Thing(name='a')]
    >>> decode_list(text, {("v1", "Thing"): Thing}) is None  # repeated keys are looked for in what is small
    True
    """
    if len(data) <= limits.MAX_CHECKED_JSON:
        return None
    named = _kind_of(data)
    if named is None or named[:2] not in types:
        return None
    api_version, kind, inherits = named
    base = types[api_version, kind]
    try:
        document = _decoder(base, api_version, kind, inherits).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    fields = base.__struct_fields__
    values = attrgetter(*fields) if len(fields) > 1 else lambda item: (getattr(item, fields[0]),)
    objects = [base(**dict(zip(fields, values(item), strict=True))) for item in document.items]
    return TypedList(api_version, kind, objects)


def _kind_of(data: bytes) -> tuple[str, str, bool] | None:
    """Return (apiVersion, kind, whether items may leave them out) of the first item, or of the typed list."""
    plain = _PLAIN_LIST.match(data)
    if plain is not None:
        return plain[2].decode("utf-8", "replace"), plain[3].decode("utf-8", "replace"), False
    typed = _TYPED_LIST.match(data)
    if typed is None:
        return None
    kind, version = (typed[1], typed[2]) if typed[1] is not None else (typed[4], typed[3])
    name = kind.decode("utf-8", "replace")
    if not name.endswith("List") or name == "List":
        return None
    return version.decode("utf-8", "replace"), name.removesuffix("List"), True


@cache
def _decoder(base: type[msgspec.Struct], api_version: str, kind: str, inherits: bool) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a list document all of whose items are of one kind, and say so unless they inherit it."""
    item_fields: list[Any] = [("apiVersion", Literal[api_version]), ("kind", Literal[kind])]
    list_kind = kind + "List" if inherits else "List"
    if inherits:
        item_fields = [
            (name, annotation, value)
            for (name, annotation), value in zip(item_fields, (api_version, kind), strict=True)
        ]
    item = msgspec.defstruct(f"_{kind}Item", item_fields, bases=(base,), kw_only=True, frozen=True)
    document = msgspec.defstruct(
        f"_{kind}List",
        [("apiVersion", str), ("kind", Literal[list_kind]), ("items", list[item])],  # type: ignore[valid-type]
        kw_only=True,
        frozen=True,
    )
    return msgspec.json.Decoder(document)
