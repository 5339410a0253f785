"""JSON text read exactly and with the place of everything: the slow path for JSON.

Grammar of RFC 8259 as Go's decoder reads it: no NaN, no trailing commas, no comments; a repeated key is a problem, the
last one wins. Several values may follow each other (`kubectl get -o json` piped together, JSON lines). A loop with a
stack, so nesting is bounded by a count and not by the interpreter.
"""

from __future__ import annotations

import contextlib
import json
import json.decoder
import math
import re
from collections.abc import Callable
from typing import Any, Final

from dsplan.errors import Problem
from dsplan.model.regex import regex
from dsplan.reading import limits
from dsplan.reading.located import Located, Marks, Place, field_path
from dsplan.reading.text import LineIndex

__all__ = ["parse_json", "skip_blanks"]

# The C scanner of the standard library: (text, offset behind the quote, strict) -> (value, offset behind the end).
_scanstring: Final[Callable[[str, int, bool], tuple[str, int]]] = vars(json.decoder)["scanstring"]
_BLANK: Final = regex(r"[ \t\n\r]*")
_NUMBER: Final = regex(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_LONE_SURROGATE: Final = regex("[\ud800-\udfff]")


def parse_json(text: str, start: int = 0, *, source: str = "", lines: LineIndex | None = None) -> tuple[Located, int]:
    """Return the JSON value that begins at `start` (blanks may precede it) and the offset behind it.

    Where the syntax is broken the tree is None, `problems` says where and why, and the offset is that of the next line
    that begins with `{`: in JSON lines and in printed objects the next value begins there.

    >>> located, end = parse_json('{"a": 1, "a": 2} {"b": 3}', source="x.json")
    >>> located.tree, end, str(located.problems[0])
    ({'a': 2}, 16, 'x.json:1:10: a: key "a" already set in map')
    """
    parser = _Parser(text, source, lines or LineIndex(text))
    try:
        end = parser.run(start)
    except _TooMany:
        return Located(None, {}, parser.problems), len(text)
    except _Refused as refused:
        with contextlib.suppress(_TooMany):
            parser.problem(refused.reason, str(refused), refused.offset)
        following = text.find("\n{", refused.offset)
        return Located(None, {}, parser.problems), following + 1 if following >= 0 else len(text)
    return Located(parser.root, parser.marks, parser.problems), end


def skip_blanks(text: str, offset: int) -> int:
    """Return the offset of the first character at or after `offset` that is no JSON white space.

    >>> skip_blanks(" \\n {}", 0)
    3
    """
    match = _BLANK.match(text, offset)
    return offset if match is None else match.end()


class _Refused(Exception):
    def __init__(self, message: str, offset: int, reason: str = "SyntaxError") -> None:
        super().__init__(message)
        self.offset = offset
        self.reason = reason


class _TooMany(Exception):
    """The value is given up; enough is said about it."""


class _Frame:
    __slots__ = ("key", "key_place", "value")

    def __init__(self, value: dict[str, Any] | list[Any]) -> None:
        self.value = value
        self.key: str | None = None
        self.key_place: Place = (0, 0)


class _Parser:
    def __init__(self, text: str, source: str, lines: LineIndex) -> None:
        self.text = text
        self.source = source
        self.lines = lines
        self.stack: list[_Frame] = []
        self.root: Any = None
        self.marks: Marks = {}
        self.start = 0
        self.values = 0
        self.problems: list[Problem] = []

    def run(self, start: int) -> int:
        """Read one value; each turn of the loop stands where a value must begin."""
        offset = self._skip(start)
        self.start = start
        while True:
            character = self.text[offset : offset + 1]
            if character in ("{", "["):
                offset, opened = self._open(character, offset)
                if opened:
                    continue
            else:
                value, end = self._scalar(character, offset)
                self._put(value, offset)
                offset = end
            offset = self._after_value(offset)
            if not self.stack:
                return offset

    def _open(self, character: str, offset: int) -> tuple[int, bool]:
        """Begin an object or array; returns whether it has a first entry, and where that entry's value begins."""
        if len(self.stack) >= limits.MAX_DEPTH:
            raise _Refused(f"more than {limits.MAX_DEPTH} levels of nesting", offset, "LimitExceeded")
        value: dict[str, Any] | list[Any] = {} if character == "{" else []
        self.marks[id(value)] = {}
        self._put(value, offset)
        offset = self._skip(offset + 1)
        if self.text.startswith("}" if character == "{" else "]", offset):
            return offset + 1, False
        self.stack.append(_Frame(value))
        return (self._key(offset) if character == "{" else offset), True

    def _after_value(self, offset: int) -> int:
        """Return where the next value begins, after closing what ends here."""
        while self.stack:
            offset = self._skip(offset)
            frame = self.stack[-1]
            closing = "}" if isinstance(frame.value, dict) else "]"
            if self.text.startswith(",", offset):
                offset = self._skip(offset + 1)
                return self._key(offset) if closing == "}" else offset
            if not self.text.startswith(closing, offset):
                raise _Refused(f"expected ',' or '{closing}'{self._seen(offset)}", offset)
            self.stack.pop()
            offset += 1
        return offset

    def _key(self, offset: int) -> int:
        frame = self.stack[-1]
        frame.key = None
        if not self.text.startswith('"', offset):
            raise _Refused(f"expected a key in double quotes{self._seen(offset)}", offset)
        key, end = self._string(offset)
        frame.key, frame.key_place = key, self.lines.position(offset)
        if key in frame.value:
            self.problem("DecodeError", f'key "{key[:80]}" already set in map', offset)
        end = self._skip(end)
        if not self.text.startswith(":", end):
            raise _Refused(f"expected ':' after a key{self._seen(end)}", end)
        return self._skip(end + 1)

    def _scalar(self, character: str, offset: int) -> tuple[Any, int]:
        if character == '"':
            return self._string(offset)
        match = _NUMBER.match(self.text, offset)
        if match is not None:
            return self._number(match), match.end()
        for word, value in _WORDS.items():
            if self.text.startswith(word, offset):
                return value, offset + len(word)
        raise _Refused(f"expected a value{self._seen(offset)}", offset)

    def _number(self, match: re.Match[str]) -> int | float:
        if match.end() - match.start() > limits.MAX_NUMBER_DIGITS:
            message = f"a number of more than {limits.MAX_NUMBER_DIGITS} characters"
            raise _Refused(message, match.start(), "LimitExceeded")
        if match[2] is None and match[3] is None:
            return int(match[1])
        value = float(match[0])
        if not math.isfinite(value):
            raise _Refused("the number does not fit a float64", match.start())
        return value

    def _string(self, offset: int) -> tuple[str, int]:
        """Return the string at `offset`; half a surrogate pair becomes U+FFFD, as in Go."""
        try:
            value, end = _scanstring(self.text, offset + 1, True)
        except json.JSONDecodeError as error:
            raise _Refused(error.msg.lower().removesuffix(" at"), error.pos) from error
        return _LONE_SURROGATE.sub("\ufffd", value), end

    def _put(self, value: Any, offset: int) -> None:
        place = self.lines.position(offset)
        if not self.stack:
            self.root = value
            self.marks[0] = {0: (place, place)}
            return
        self.values += 1
        if self.values > limits.MAX_VALUES:
            self._check_values(offset)
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            self.marks[id(frame.value)][len(frame.value)] = (place, place)
            frame.value.append(value)
        elif frame.key is not None:
            frame.value[frame.key] = value
            self.marks[id(frame.value)][frame.key] = (frame.key_place, place)

    def _check_values(self, offset: int) -> None:
        outermost = self.stack[0]
        listed = outermost.key == "items" or isinstance(outermost.value, list)
        most = limits.most_values(len(self.text) - self.start, listed=listed)
        if self.values > most:
            raise _Refused(f"more than {most:,} values in one document", offset, "LimitExceeded")

    def _skip(self, offset: int) -> int:
        return skip_blanks(self.text, offset)

    def _seen(self, offset: int) -> str:
        rest = self.text[offset : offset + 1]
        return f", found {rest!r}" if rest else ", found the end of the text"

    def problem(self, reason: str, message: str, offset: int) -> None:
        if len(self.problems) >= limits.MAX_PROBLEMS:
            raise _TooMany
        line, column = self.lines.position(offset)
        steps = [len(frame.value) if isinstance(frame.value, list) else frame.key for frame in self.stack]
        path = field_path(tuple(step for step in steps if step is not None))
        self.problems.append(
            Problem(reason=reason, message=message, field=path, source=self.source, line=line, column=column)
        )
