"""Bytes to text: byte order marks, UTF-16, and a clear refusal of what is no text at all."""

from __future__ import annotations

import codecs
import re
from array import array
from bisect import bisect_right
from typing import Final

from dsplan.errors import Problem
from dsplan.model.regex import regex

__all__ = ["LineIndex", "decode_text", "refuse_controls"]

_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\r") + b"\x7f"
_NOT_PRINTABLE: Final = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(data: bytes, source: str = "") -> str | Problem:
    """Return the text of `data`, without a leading byte order mark; a `Problem` with its place if it is no text.

    UTF-8, and UTF-16 or UTF-32 where a byte order mark says so.

    >>> decode_text(b"\\xef\\xbb\\xbfa: 1"), decode_text("a: 1".encode("utf-16"))
    ('a: 1', 'a: 1')
    >>> print(decode_text(b"a: 1\\nb: caf\\xe9\\n", "x.yaml"))
    x.yaml:2:7: not UTF-8 text (it looks like Windows-1252 or Latin-1: save it as UTF-8), seen: '0xe9'
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_wide(data[len(mark) :], encoding, source)
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error, source)


def refuse_controls(text: str, source: str = "") -> Problem | None:
    """Return the problem of the first character that YAML does not allow: controls other than tab and line breaks.

    >>> print(refuse_controls("a: 1\\nb: \\x00", "x.yaml"))
    x.yaml:2:4: control characters are not allowed in YAML, seen: 'U+0000'
    """
    if text.isascii() and len(text.encode().translate(None, _CONTROLS)) == len(text):
        return None
    match = _NOT_PRINTABLE.search(text)
    if match is None:
        return None
    return Problem(
        reason="DecodeError",
        message="control characters are not allowed in YAML",
        value=f"U+{ord(match[0]):04X}",
        source=source,
        line=text.count("\n", 0, match.start()) + 1,
        column=match.start() - text.rfind("\n", 0, match.start()),
    )


class LineIndex:
    """Line and column of offsets into one text, both from 1; a line ends at LF (as editors and kubectl count).

    >>> LineIndex("ab\\ncd").position(4)
    (2, 2)
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._starts = array("Q", [0])
        self._starts.extend(match.end() for match in re.finditer("\n", text))
        self._first_line = first_line

    def position(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of the character at `offset`."""
        row = bisect_right(self._starts, offset) - 1
        return row + self._first_line, offset - self._starts[row] + 1


def _decode_wide(data: bytes, encoding: str, source: str) -> str | Problem:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        return Problem(reason="DecodeError", message=f"not {encoding.upper()} text: {error.reason}", source=source)


def _not_utf8(data: bytes, error: UnicodeDecodeError, source: str) -> Problem:
    byte = data[error.start]
    start = data.rfind(b"\n", 0, error.start) + 1
    legacy = byte >= 0x80 and b"\x00" not in data[:4096]
    hint = " (it looks like Windows-1252 or Latin-1: save it as UTF-8)" if legacy else ""
    return Problem(
        reason="DecodeError",
        message=f"not UTF-8 text{hint}",
        value=f"0x{byte:02x}",
        source=source,
        line=data.count(b"\n", 0, error.start) + 1,
        column=len(data[start : error.start].decode("utf-8", "replace")) + 1,
    )
