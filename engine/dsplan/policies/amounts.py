"""Numbers and percentages resolved, with the arithmetic."""

from __future__ import annotations

import msgspec

from ..diff.budget import scaled

__all__ = ["Amount", "resolve"]


class Amount(msgspec.Struct, frozen=True):
    """A number of pods, and how it came about; `fixed` where it is what it came to earlier."""

    number: int
    text: str
    fixed: bool = False


def resolve(written: int | str, total: int, *, fixed: int | None = None) -> Amount:
    """Return a number or percentage of `total` pods, percentages rounded up (R1).

    `fixed` is what it was resolved to when the roll-out began: a percentage never comes to more than that.

    >>> resolve("10%", 34).text, resolve(3, 34).text
    ('10% of 34 = 4 (rounded up)', '3 of 34')
    >>> resolve("10%", 50, fixed=4).text, resolve("10%", 20, fixed=4).text
    ('10% = 4 (as resolved when the roll-out began)', '10% of 20 = 2')
    """
    if isinstance(written, int):
        return Amount(written, f"{written:,} of {total:,}")
    number = scaled(written, total)
    if fixed is not None and fixed < number:
        return Amount(fixed, f"{written} = {fixed:,} (as resolved when the roll-out began)", fixed=True)
    rounding = " (rounded up)" if number * 100 != int(written[:-1]) * total else ""
    return Amount(number, f"{written} of {total:,} = {number:,}{rounding}")
