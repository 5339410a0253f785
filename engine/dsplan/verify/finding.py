"""What a check finds, and the one comparison that nearly every check is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

__all__ = ["Check", "Finding", "same"]


class Finding(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong: which check found it, where, and what."""

    check: str
    where: str
    text: str

    def __str__(self) -> str:
        """Return `check: where: text`."""
        return ": ".join(part for part in (self.check, self.where, self.text) if part)


Check = Iterator[tuple[str, str]]
"""Pairs of (check, what is wrong)."""


def same(check: str, said: Any, mine: Any) -> Check:
    """Yield a finding where a plan says one thing and the rules another.

    >>> list(same("status", 3, 4))
    [('status', 'says 3, is 4')]
    """
    if said == mine:
        return
    if isinstance(mine, set) and isinstance(said, set):
        yield check, f"wrong {sorted(said - mine)[:3]}, missing {sorted(mine - said)[:3]}"
    else:
        yield check, f"says {said!r:.300}, is {mine!r:.300}"
