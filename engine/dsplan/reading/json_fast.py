"""JSON at the speed of msgspec: documents and list items are cut out as bytes, and decoded when somebody wants them.

Handed over to the exact path: every error, lone surrogates, text that is not UTF-8, and, up to a size that no manifest
reaches, repeated keys and deep nesting. Larger input is taken for a dump of an API server, which writes neither.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import msgspec

from dsplan.model.regex import regex
from dsplan.reading import limits

__all__ = [
    "Envelope",
    "JsonBytes",
    "broken_far_behind",
    "cut_array",
    "cut_json",
    "cut_json_items",
    "head_of",
    "is_shallow",
    "is_spotless",
]

JsonBytes: TypeAlias = bytes | memoryview | msgspec.Raw

_TRAILING: Final = regex(r"trailing characters \(byte (\d+)\)")
_MALFORMED: Final = regex(r"JSON is malformed: (?!trailing characters|.*surrogate)(.*) \(byte (\d+)\)")
_TRUNCATED: Final = "Input data was truncated"
_SURROGATE: Final = regex(rb"\\u[dD][89a-fA-F]")
_HEAD: Final = regex(
    rb'[ \t\r\n]*\{[ \t\r\n]*"apiVersion"[ \t\r\n]*:[ \t\r\n]*"([^"\\]*)"[ \t\r\n]*,'
    rb'[ \t\r\n]*"kind"[ \t\r\n]*:[ \t\r\n]*"([^"\\]*)"[ \t\r\n]*[,}]'
)
_OBJECTS: Final = regex(rb"\[[ \t\r\n]*\{")
_STRING: Final = regex(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NOT_BRACKETS: Final = bytes(code for code in range(256) if code not in b"[]{}")


class Envelope(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What a document says about itself; `items` are cut out, not decoded."""

    api_version: str | None = None
    kind: str | None = None
    items: list[msgspec.Raw] | None = None


class _Head(msgspec.Struct, frozen=True, rename="camel", gc=False):
    api_version: str | None = None
    kind: str | None = None


_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_HEAD_DECODER: Final = msgspec.json.Decoder(_Head)


def is_spotless(data: bytes) -> bool:
    """Return whether `data` is UTF-8 and, as far as its size lets us look, free of repeated keys and deep nesting."""
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return False
    return len(data) > limits.MAX_CHECKED_JSON or is_shallow(data)


def is_shallow(data: JsonBytes) -> bool:
    """Return whether JSON text has at most `limits.MAX_DEPTH` levels.

    >>> is_shallow(b'{"a": [["[[["]]}'), is_shallow(b"[" * 1000 + b"]" * 1000)
    (True, False)
    """
    brackets = _STRING.sub(b"", bytes(data)).translate(None, _NOT_BRACKETS)
    for _ in range(limits.MAX_DEPTH):
        before = len(brackets)
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(brackets) == before:
            break
    return not brackets


def cut_json(data: bytes, start: int = 0) -> Iterator[tuple[int, int, Envelope] | int]:
    """Yield (start, end, envelope) for each JSON object in `data` from `start` on, one after the other.

    Where the fast path is not sure, it yields the offset from which the exact path has to read, and ends.

    >>> [(start, end, envelope.kind) for start, end, envelope in cut_json(b'{"kind": "A"} {"kind": "B"}')]
    [(0, 14, 'A'), (14, 27, 'B')]
    """
    view = memoryview(data)
    if not start and data.startswith(codecs.BOM_UTF8):
        start = 3
    while start < len(data):
        end = len(data)
        try:
            envelope = _ENVELOPE.decode(view[start:])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            trailing = _TRAILING.search(str(error))
            if trailing is None:
                yield start
                return
            end = start + int(trailing[1]) - 1
            try:
                envelope = _ENVELOPE.decode(view[start:end])
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                yield start
                return
        if end - start <= limits.MAX_CHECKED_JSON and _needs_exact(data[start:end]):
            yield start
            return
        yield start, end, envelope
        start = end


def broken_far_behind(data: bytes, start: int) -> tuple[int, str] | None:
    """Return where and how the JSON value at `start` is broken, if that is too far behind for the exact path.

    A dump whose end is missing would take it minutes and gigabytes. What only the exact path judges, such as half a
    surrogate pair, is left to it.

    >>> broken_far_behind(b'{"a": 1', 0)
    >>> broken_far_behind(b'{"a": "' + b"x" * 5_000_000, 0)
    (5000007, 'unexpected end of JSON input: is the file cut off?')
    """
    try:
        msgspec.json.decode(memoryview(data)[start:], type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError) as error:
        malformed = _MALFORMED.fullmatch(str(error))
        if malformed is not None:
            at, message = start + int(malformed[2]), malformed[1]
        elif str(error) == _TRUNCATED and not _SURROGATE.search(data, start):
            at, message = len(data), "unexpected end of JSON input: is the file cut off?"
        else:
            return None
        return (at, message) if at - start > limits.MAX_CHECKED_JSON else None
    return None


def cut_array(data: bytes) -> list[msgspec.Raw] | None:
    """Return the entries of a bare JSON array of objects as they are written; None where the exact path has to read it.

    >>> [bytes(item) for item in cut_array(b'[{"a": 1}, {"b": 2}]')], cut_array(b"[1,]")
    ([b'{"a": 1}', b'{"b": 2}'], None)
    """
    if not _OBJECTS.match(data) or (len(data) <= limits.MAX_CHECKED_JSON and _needs_exact(data)):
        return None
    try:
        items = _ARRAY.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return items if all(bytes(memoryview(item)[:1]) == b"{" for item in items) else None


def cut_json_items(data: bytes) -> list[bytes]:
    """Return the entries of a list document as they are written; raises ValueError where it is no such document.

    >>> cut_json_items(b'{"items": [{"a": 1}, null]}')
    [b'{"a": 1}', b'null']
    """
    try:
        items = _ENVELOPE.decode(data).items
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return [bytes(item) for item in items or ()]


def head_of(item: msgspec.Raw) -> tuple[str, str] | None:
    """Return (apiVersion, kind) of a cut-out object, empty where absent; None if it is no plain object.

    >>> head_of(msgspec.Raw(b'{"apiVersion": "v1", "kind": "Node"}')), head_of(msgspec.Raw(b"[1]"))
    (('v1', 'Node'), None)
    """
    view = memoryview(item)
    match = _HEAD.match(view)
    if match is not None:
        return match[1].decode("utf-8"), match[2].decode("utf-8")
    try:
        head = _HEAD_DECODER.decode(view)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return head.api_version or "", head.kind or ""


class _NeedsExactError(Exception):
    pass


def _needs_exact(data: bytes) -> bool:
    """Return whether a key is repeated or a number is one that only the exact path judges."""
    try:
        json.loads(
            data,
            object_pairs_hook=_without_repetition,
            parse_float=_finite,
            parse_int=_bounded,
            parse_constant=_finite,
        )
    except (_NeedsExactError, ValueError, RecursionError):
        return True
    return False


def _without_repetition(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _NeedsExactError


def _finite(number: str) -> None:
    if len(number) > limits.MAX_NUMBER_DIGITS or not math.isfinite(float(number)):
        raise _NeedsExactError


def _bounded(number: str) -> None:
    if len(number) > limits.MAX_NUMBER_DIGITS:
        raise _NeedsExactError
