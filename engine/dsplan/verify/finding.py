"""What a check finds."""

from __future__ import annotations

import msgspec

__all__ = ["Finding"]


class Finding(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong: which check found it, where, and what."""

    check: str
    where: str
    text: str

    def __str__(self) -> str:
        """Return `check: where: text`."""
        return ": ".join(part for part in (self.check, self.where, self.text) if part)
