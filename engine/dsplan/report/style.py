"""Colour as decoration: every symbol means the same without it."""

from __future__ import annotations

import msgspec

from .inert import painted

__all__ = ["COLOURS", "PLAIN", "Style"]

_CODES = {"green": "32", "red": "31", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}

COLOURS = {"+": "green", "-": "red", "~": "yellow", "!": "yellow", "x": "red", ".": "dim"}
"""The colour of a line by the symbol that begins it."""


class Style(msgspec.Struct, frozen=True):
    """Whether text is coloured, how wide the terminal is, and how many names a list shows (None: all).

    `fixed` says that the width was asked for; else what is read by line, as the summary is, stays in one.
    """

    colour: bool = False
    width: int = 120
    limit: int | None = 10
    fixed: bool = False

    @property
    def few(self) -> int | None:
        """How many names stand behind an excluded group."""
        return None if self.limit is None else min(3, self.limit)

    def paint(self, text: str, colour: str) -> str:
        """Return the text in a colour once `inert.joined` has made lines of it, or as it is.

        >>> Style().paint("+", "green")
        '+'
        """
        return painted(text, _CODES[colour]) if self.colour else text


PLAIN = Style()
