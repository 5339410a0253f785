"""The sink for text that people read, on a terminal or in a log: what comes from outside arrives there as text alone.

Every report is made by `joined`, a line at a time, so that a line break, a control or bidirectional character, or a
command to a CI service in a name or message is shown and not obeyed. Markdown has `markdown/cells` besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import printable

__all__ = ["cell", "inert", "joined", "painted", "shown"]

_BEGIN, _END = "\ufdd0", "\ufdd1"
"""Around a colour until it is printed. These are no characters, and no text from outside keeps them without colour."""
_PAINT = re.compile(f"{_BEGIN}([0-9]{{1,2}}){_END}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def painted(text: str, code: str) -> str:
    """Return text that `joined` shows in a colour of the terminal."""
    return f"{_BEGIN}{code}{_END}{printable(text)}{_BEGIN}0{_END}"


def inert(line: str, *, colour: bool = False) -> str:
    """Return one line in which nothing is a command to a terminal or to a CI service; with `colour` paint is kept.

    >>> inert("a\\x1b[2J\\nb"), inert(" ::error::c"), inert("##[error]d")
    ('a\\\\x1b[2J\\\\nb', ' \\\\x3a:error::c', '#\\\\x23[error]d')
    """
    if not line.isprintable():
        pieces = _PAINT.split(line) if colour else [line]
        pieces[::2] = map(printable, pieces[::2])
        pieces[1::2] = (f"\x1b[{code}m" for code in pieces[1::2])
        line = "".join(pieces)
    if "::" in line and line.lstrip().startswith("::"):
        line = line.replace(":", "\\x3a", 1)
    return line.replace("##[", "#\\x23[")


def joined(lines: Iterable[str], *, colour: bool = False) -> str:
    """Return lines as text, each of them inert.

    >>> joined(["a", "b\\nc"])
    'a\\nb\\\\nc'
    """
    return "\n".join(inert(line, colour=colour) for line in lines)


def shown(text: object) -> str:
    """Return a cell of a table without what would change its width or break it; paint is kept for `joined`.

    >>> shown("a\\tb"), shown(3)
    ('a\\\\tb', '3')
    """
    text = str(text)
    if text.isprintable():
        return text
    pieces = _PAINT.split(text)
    pieces[::2] = map(printable, pieces[::2])
    pieces[1::2] = (f"{_BEGIN}{code}{_END}" for code in pieces[1::2])
    return "".join(pieces)


def cell(value: object) -> object:
    """Return a value for a CSV file, text without line breaks and without what a spreadsheet would run.

    >>> cell("=1+1"), cell("a\\nb"), cell(-1)
    ("'=1+1", 'a\\\\nb', -1)
    """
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return inert(f"'{text}" if text.startswith(_FORMULA) else text)
