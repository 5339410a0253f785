"""Text to documents: the cuts that kubectl makes before it parses anything.

A stream whose first character is `{` is JSON, value after value. Any other is cut at the lines that begin with `---`;
only a comment may follow the dashes, and of each piece only the first document is read. (X12)
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from dsplan.errors import Problem
from dsplan.model.regex import regex

__all__ = ["Chunk", "cut_yaml", "is_json", "looks_like_json"]

_MARKER: Final = regex(r"(?:[^\S\n]*(?:#[^\n]*)?\n)*(?:\.\.\.(?:\s|\Z)|%)")
_NOT_BLANK: Final = regex(r"^[^\S\n]*[^#\s]", re.MULTILINE)

_ACTIONS: Final = ("{{", "{%")
"""What templates begin with that were not rendered."""


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """A piece of a source: offsets of its text, and the line it begins at."""

    start: int
    end: int
    line: int


def is_json(text: str) -> bool:
    """Return whether kubectl reads `text` as JSON: the first thing in it is an opening brace.

    >>> is_json('\\t{"a": 1}'), is_json("a: {}"), is_json("[]")
    (True, False, False)
    """
    text = text.lstrip()
    return text.startswith("{") and not text.startswith(_ACTIONS)


def looks_like_json(data: bytes) -> bool:
    """Return whether the first thing in `data` is an opening brace, so that kubectl reads it as JSON.

    >>> looks_like_json(b'\\n{"a": 1}'), looks_like_json(b"a: {}")
    (True, False)
    """
    data = data.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    return data.startswith(b"{") and not data.startswith((b"{{", b"{%"))


def cut_yaml(text: str, source: str = "", *, start: int = 0, line: int = 1) -> Iterator[Chunk | Problem]:
    """Yield the documents between `---` lines, without those that hold only comments and blanks.

    `start` is where to begin, `line` the line of that place.

    A line such as `---text` is a problem, as for kubectl; the text below it is still read. A `---` line behind nothing
    stays with the text below it. That counts where an end marker or a directive follows: the document of that text is
    then empty, or broken.

    >>> [text[c.start:c.end] for text in ["# c\\n---\\na: 1\\n--- # x\\nb: 2"] for c in cut_yaml(text)]
    ['a: 1\\n', 'b: 2']
    """
    kept = False
    while (dashes := _next_dashes(text, start)) is not None:
        yield from _chunk(text, start, dashes, line, kept=kept)
        kept = not kept and dashes == start
        line += text.count("\n", start, dashes)
        end = text.find("\n", dashes)
        start = len(text) if end < 0 else end + 1
        rest = text[dashes + 3 : start].strip()
        if rest and not rest.startswith("#"):
            message = "invalid YAML document separator: only a comment may follow ---"
            yield Problem(reason="SyntaxError", message=message, value=rest, source=source, line=line, column=1)
        line += 1
    yield from _chunk(text, start, len(text), line, kept=kept)


def _next_dashes(text: str, start: int) -> int | None:
    """Return the offset of the next line that begins with `---`; `start` is the beginning of a line."""
    if text.startswith("---", start):
        return start
    found = text.find("\n---", start)
    return None if found < 0 else found + 1


def _chunk(text: str, start: int, end: int, line: int, *, kept: bool) -> Iterator[Chunk]:
    """Yield the text between two cuts if it holds anything; `kept` is whether the dashes before it belong to it."""
    if start < end and _NOT_BLANK.search(text, start, end):
        if kept and _MARKER.match(text, start, end):
            yield Chunk(text.rindex("---", 0, start), end, line - 1)
        else:
            yield Chunk(start, end, line)
