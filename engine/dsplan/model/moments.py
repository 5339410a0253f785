"""Arithmetic on moments that come from outside, which may lie at the ends of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["FIRST", "LAST", "in_utc", "shifted"]

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


def shifted(moment: datetime, seconds: float) -> datetime:
    """Return the moment so many seconds later (earlier, if negative), at most at the end of the calendar it would pass.

    >>> shifted(datetime(2026, 1, 1, tzinfo=UTC), 90).isoformat()
    '2026-01-01T00:01:30+00:00'
    >>> shifted(LAST, 1) == shifted(LAST, float("inf")) == LAST, shifted(FIRST, -1) == FIRST
    (True, True)
    """
    try:
        return moment + timedelta(seconds=seconds)
    except (OverflowError, ValueError):  # ValueError: not a number
        return LAST if seconds > 0 else FIRST


def in_utc(moment: datetime) -> datetime:
    """Return an aware moment in UTC, at most at the end of the calendar that its offset would take it past.

    >>> in_utc(datetime.fromisoformat("0001-01-01T00:00:00+23:59")) == FIRST
    True
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return FIRST if moment.year == 1 else LAST
