"""Flow collections that people write on one line, such as `{app: agent}` and `["--v", 2]`; all others are handed over.

Accepted are braces and brackets around plain words, quoted texts and each other, separated by commas; a key is a plain
word with a colon and a blank behind it. No comment, anchor, alias, tag, colon inside a word, empty entry or trailing
comma: whatever could mean two things is `None`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dsplan.model.regex import regex

__all__ = ["parse_flow"]

_TOKEN: Final = regex(
    r" *+(?:([{}\[\],])"
    r"|([A-Za-z_](?:[A-Za-z0-9_./-]*[A-Za-z0-9_])?): +"
    r"|((?:[A-Za-z0-9_/]|[.+-](?=[A-Za-z0-9]))(?:[A-Za-z0-9_./%*-]|(?<=[A-Za-z0-9]) (?=[A-Za-z0-9]))*"
    r'|"[^"\\\n]*+"|\'[^\'\n]*+\'))'
)
_LONGEST: Final = 1000
_DEEPEST: Final = 20


class _UnsureError(Exception):
    pass


def parse_flow(text: str, value_of: Callable[[str], Any], is_key: Callable[[str], bool]) -> Any:
    """Return the list or object that `text` is, None where that is not certain.

    `value_of` gives the value of a scalar as written, `is_key` whether a plain word is a key by itself.

    >>> parse_flow("{a: [x, y z, 'q'], b: {}}", str, lambda key: True)
    {'a': ['x', 'y z', "'q'"], 'b': {}}
    >>> parse_flow("[a,,b]", str, lambda key: True), parse_flow("{a:b}", str, lambda key: True)
    (None, None)
    """
    if len(text) > _LONGEST:
        return None
    tokens = _tokens(text)
    try:
        found = _collection(tokens, next(tokens), value_of, is_key, 0)
        return found if next(tokens, None) is None else None
    except (_UnsureError, StopIteration):
        return None


_Token = tuple[str, str, str]
"""Punctuation, key, or scalar as written: two of the three are empty."""


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _UnsureError
        yield match[1] or "", match[2] or "", match[3] or ""
        at = match.end()
        if match[3] and text[at : at + 1] not in (",", "}", "]", " "):
            raise _UnsureError


def _collection(
    tokens: Iterator[_Token],
    opening: _Token,
    value_of: Callable[[str], Any],
    is_key: Callable[[str], bool],
    depth: int,
) -> Any:
    """Return what stands between a brace or bracket, which was read, and its end."""
    is_map, closing = opening[0] == "{", "}" if opening[0] == "{" else "]"
    found: Any = {} if is_map else []
    if opening[0] not in ("{", "[") or depth > _DEEPEST:
        raise _UnsureError
    token = next(tokens)
    if token[0] == closing:
        return found
    while True:
        key = token[1]
        if is_map:
            if not key or key in found or not is_key(key):
                raise _UnsureError
            token = next(tokens)
        value = value_of(token[2]) if token[2] else _collection(tokens, token, value_of, is_key, depth + 1)
        if is_map:
            found[key] = value
        else:
            found.append(value)
        token = next(tokens)
        if token[0] == closing:
            return found
        if token[0] != ",":
            raise _UnsureError
        token = next(tokens)
