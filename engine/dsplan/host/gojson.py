"""Bodies as Go writes them: keys sorted, compact, UTF-8, `<`, `>` and `&` escaped.

A ControllerRevision keeps the bytes of its `data`, and every later patch must come to the same ones: sent in any other
way it can never be patched again (422), and what is stored cannot be read back.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["encode"]

_ESCAPES = {
    b"<": rb"\u003c",
    b">": rb"\u003e",
    b"&": rb"\u0026",
    "\u2028".encode(): rb"\u2028",
    "\u2029".encode(): rb"\u2029",
}
_UNSAFE = re.compile(b"|".join(_ESCAPES))


def encode(tree: Any) -> bytes:
    """Return a tree as JSON, byte for byte as encoding/json of Go writes it.

    >>> encode({"b": "<é>", "a": 1.0})
    b'{"a":1,"b":"\\\\u003c\\xc3\\xa9\\\\u003e"}'
    """
    encoded = msgspec.json.encode(_plain(tree), order="sorted")
    return _UNSAFE.sub(lambda found: _ESCAPES[found[0]], encoded)


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(value) for value in tree]
    if isinstance(tree, float) and tree.is_integer() and abs(tree) < 1e21:
        return int(tree)
    return tree
