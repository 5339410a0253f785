"""JSON as Go writes it, and as Go hands on what it was sent; the data of ControllerRevisions depends on both."""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["as_go_writes", "handed_on", "raw_data"]

_ESCAPES = {
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    b"\xe2\x80\xa8": b"\\u2028",
    b"\xe2\x80\xa9": b"\\u2029",
}
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[^\s"]+', re.DOTALL)
_UNSAFE = re.compile(b"|".join(re.escape(raw) for raw in _ESCAPES))


class _Envelope(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw()


def raw_data(body: bytes) -> bytes:
    """Return the bytes of `data` as they stand in an object, without white space around them; empty if it has none.

    >>> raw_data(b'{"a": 1, "data": {"b": [1, 2]} }')
    b'{"b": [1, 2]}'
    """
    return bytes(msgspec.json.decode(body, type=_Envelope).data).strip()


def handed_on(data: bytes) -> bytes:
    """Return raw JSON as answers show it: compact, with HTML characters escaped, all else as it was.

    >>> handed_on(b'{ "b": "<", "a": 1.0 }')
    b'{"b":"\\\\u003c","a":1.0}'
    """
    return _UNSAFE.sub(lambda found: _ESCAPES[found[0]], b"".join(_TOKENS.findall(data)))


def as_go_writes(tree: Any) -> bytes:
    """Return a tree as encoding/json writes it: keys sorted, compact, UTF-8, HTML characters escaped, 1.0 as 1."""
    encoded = msgspec.json.encode(_plain(tree), order="sorted")
    return _UNSAFE.sub(lambda found: _ESCAPES[found[0]], encoded)


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_plain(value) for value in tree]
    return int(tree) if isinstance(tree, float) and tree.is_integer() else tree
