"""Text that flows within the width of the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from .inert import shown

__all__ = ["counted", "fitting", "flow", "wrapped"]


def flow(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Return lines of at most `width` columns, longer only where one word is; `first` and `rest` begin them.

    >>> flow("one two three", 9, "- ")
    ['- one two', '  three']
    """
    indent = " " * len(first) if rest is None else rest
    return textwrap.wrap(
        shown(text),
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def counted(number: int, word: str) -> str:
    """Return a number and its noun.

    >>> counted(1, "node"), counted(1200, "node")
    ('1 node', '1,200 nodes')
    """
    return f"{number:,} {word}{'s' * (number != 1)}"


def wrapped(line: str, width: int, indent: int) -> list[str]:
    """Return a line in pieces of at most `width` columns, all but the first indented; what is short enough is kept.

    >>> wrapped("  one two three", 10, 4)
    ['  one two', '    three']
    """
    line = shown(line)
    return [line] if len(line) <= width else flow(line, width, rest=" " * indent)


def fitting(head: str, names: Sequence[str], width: int, most: int) -> str:
    """Return names behind a head in one line: all, or as many as fit of the first `most`, the rest counted.

    Where not even one fits, the head stands alone.

    >>> fitting("on ", ["n1", "n2"], 20, 3), fitting("on ", ["node-1"] + ["another-node"] * 5, 26, 3)
    ('on n1 n2', 'on node-1 ... and 5 more')
    """
    if len(whole := head + " ".join(names)) <= width:
        return whole
    for count in range(min(most, len(names) - 1), 0, -1):
        line = f"{head}{' '.join(names[:count])} ... and {len(names) - count:,} more"
        if len(line) <= width:
            return line
    return head.rstrip().removesuffix(":")
