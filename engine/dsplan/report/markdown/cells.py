"""The sink for markdown: text from outside ends no cell, opens no tag, makes no link, calls nobody, breaks no line."""

from __future__ import annotations

import re

from ...errors import printable
from ..inert import inert

__all__ = ["code", "fenced", "text_cell"]

_ESCAPES = str.maketrans(
    {
        "|": "\\|",
        "<": "&lt;",
        ">": "&gt;",
        "&": "&amp;",
        "`": "'",
        "*": "\\*",
        "_": "\\_",
        "~": "\\~",
    }
)
_IN_CODE = str.maketrans({"|": "\\|", "<": "&lt;", ">": "&gt;", "`": "'"})
_LINKS = re.compile(r"(://)|(?<![a-z])(www)\.|(@)|(#)(?=\d)|(\bGH-)(?=\d)|(\])(?=[(\[:])|(##\[)", re.IGNORECASE)
_INERT = ("&#58;//", "www&#46;", "@&#8203;", "#&#8203;", "GH&#45;", "\\]", "#&#35;[")


def text_cell(text: str) -> str:
    """Return text for a cell or a line.

    >>> text_cell("a|b <script>"), text_cell("@all https://x [y](z)")
    ('a\\\\|b &lt;script&gt;', '@&#8203;all https&#58;//x [y\\\\](z)')
    """
    plain = printable(text).replace("\\", "\\\\").translate(_ESCAPES)
    return _LINKS.sub(lambda found: _INERT[(found.lastindex or 1) - 1], plain)


def code(text: str) -> str:
    """Return a name as code.

    >>> code("shop/db")
    '`shop/db`'
    """
    return f"`{inert(text).translate(_IN_CODE)}`"


def fenced(line: str) -> str:
    """Return a line of a fenced block, which it cannot end."""
    return inert(line).replace("`", "'")
