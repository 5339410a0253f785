"""Numbers and percentages resolved, with the arithmetic."""

from __future__ import annotations

import msgspec

from ..diff.budget import scaled

__all__ = ["Amount", "resolve"]


class Amount(msgspec.Struct, frozen=True):
    """A number of pods, and how it came about."""

    number: int
    text: str


def resolve(written: int | str, total: int, *, fixed: int | None = None) -> Amount:
    """Return a number or percentage of `total` pods, percentages rounded up (R1).

    `fixed` is what it was resolved to when the roll-out began: a percentage is resolved once.

    >>> resolve("10%", 34).text, resolve(3, 34).text, resolve("10%", 50, fixed=4).text
    ('10% of 34 = 4 (rounded up)', '3 of 34', '10% = 4 (as resolved when the roll-out began)')
    """
    if isinstance(written, int):
        return Amount(written, f"{written:,} of {total:,}")
    if fixed is not None:
        return Amount(fixed, f"{written} = {fixed:,} (as resolved when the roll-out began)")
    number = scaled(written, total)
    rounding = " (rounded up)" if number * 100 != int(written[:-1]) * total else ""
    return Amount(number, f"{written} of {total:,} = {number:,}{rounding}")
