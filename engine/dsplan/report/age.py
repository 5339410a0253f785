"""Ages as kubectl prints them."""

from __future__ import annotations

from datetime import datetime

__all__ = ["age"]

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86_400, 31_536_000


def age(created: datetime | None, now: datetime) -> str:
    """Return the time since `created`: two units at most, fewer the longer it is.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 5, 1, tzinfo=UTC)
    >>> [age(now - timedelta(seconds=s), now) for s in (119, 150, 7200, 100_000, 400_000, 70_000_000)]
    ['119s', '2m30s', '120m', '27h', '4d15h', '2y80d']
    """
    if created is None:
        return "<unknown>"
    seconds = int((now - created).total_seconds())
    if seconds < 0:
        return "0s" if seconds >= -1 else "<invalid>"
    for limit, unit, name, minor, minor_name in (
        (2 * _MINUTE, 1, "s", 0, ""),
        (10 * _MINUTE, _MINUTE, "m", 1, "s"),
        (3 * _HOUR, _MINUTE, "m", 0, ""),
        (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
        (2 * _DAY, _HOUR, "h", 0, ""),
        (8 * _DAY, _DAY, "d", _HOUR, "h"),
        (2 * _YEAR, _DAY, "d", 0, ""),
        (8 * _YEAR, _YEAR, "y", _DAY, "d"),
    ):
        if seconds < limit:
            rest = seconds % unit // minor if minor else 0
            return f"{seconds // unit}{name}" + (f"{rest}{minor_name}" if rest else "")
    return f"{seconds // _YEAR}y"
