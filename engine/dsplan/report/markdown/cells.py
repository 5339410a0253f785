"""Text from outside as it is safe in markdown: no cell ends early, no tag opens, no line breaks."""

from __future__ import annotations

__all__ = ["code", "text_cell"]

_ESCAPES = str.maketrans({"|": "\\|", "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " ", "`": "'"})


def text_cell(text: str) -> str:
    """Return text for a cell or a line.

    >>> text_cell("a|b <script>")
    'a\\\\|b &lt;script&gt;'
    """
    return text.translate(_ESCAPES)


def code(text: str) -> str:
    """Return a name as code.

    >>> code("shop/db")
    '`shop/db`'
    """
    return f"`{text.translate(_ESCAPES)}`"
