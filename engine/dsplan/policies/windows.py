"""When waves may begin: windows on the clock of a named time zone.

A window is looked at day by day in local time, so a change to or from daylight saving time moves its length and not its
ends; a local time that a change skips is read as the moment after it, one that comes twice as the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from ..model.durations import END_OF_DAY, parse_clock, parse_date
from ..model.moments import FIRST, LAST, in_utc, shifted
from ..model.policy import Window, Windows

__all__ = ["HORIZON_DAYS", "Opening", "opening"]

HORIZON_DAYS = 400
"""How far ahead an opening is looked for."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PAST, _FUTURE = FIRST, LAST
_DAY = 86_400
Interval = tuple[datetime, datetime]


class Opening(msgspec.Struct, frozen=True):
    """Whether waves may begin now; until when (None: for good), or from when on (None: not within 400 days)."""

    is_open: bool
    until: datetime | None = None
    next: datetime | None = None


def opening(windows: Sequence[Windows], now: datetime, seconds: float = 0.0) -> Opening:
    """Return whether all of several policies' windows are open at `now` for `seconds` more, and when that changes.

    >>> from datetime import UTC
    >>> night = Windows(time_zone="Europe/Berlin", allow=(Window(start="22:00", end="04:00"),))
    >>> found = opening([night], datetime(2026, 7, 1, 12, tzinfo=UTC))
    >>> found.is_open, found.next.isoformat()
    (False, '2026-07-01T20:00:00+00:00')
    """
    if not windows:
        return Opening(True)
    first = shifted(now, -2 * _DAY).date()
    horizon = shifted(now, HORIZON_DAYS * _DAY)
    open_times: Sequence[Interval] = ((_PAST, _FUTURE),)
    for one in windows:
        open_times = _both(open_times, _open_times(one, first))
    for start, end in open_times:
        begins = max(start, now)
        if (end - begins).total_seconds() >= seconds and end > now and begins < horizon:
            until = None if end == _FUTURE else end
            return Opening(True, until=until) if start <= now else Opening(False, next=start)
    return Opening(False)


@lru_cache(maxsize=64)
def _open_times(windows: Windows, first: date) -> tuple[Interval, ...]:
    """Return when one policy's windows are open, from `first` on for somewhat more than the horizon."""
    zone = ZoneInfo(windows.time_zone)
    allowed = [interval for window in windows.allow for interval in _intervals(window, zone, first)]
    blocked = [interval for window in windows.block for interval in _intervals(window, zone, first)]
    return _both(_union(allowed) if windows.allow else ((_PAST, _FUTURE),), _gaps(_union(blocked)))


def _union(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the same time as intervals that ascend and do not touch."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _gaps(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the time between intervals that ascend."""
    starts = (_PAST, *(end for _, end in intervals))
    ends = (*(start for start, _ in intervals), _FUTURE)
    return tuple(zip(starts, ends, strict=True))


def _both(one: Sequence[Interval], other: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the time in both of two ascending sequences of intervals."""
    found: list[Interval] = []
    left = right = 0
    while left < len(one) and right < len(other):
        start, end = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if start < end:
            found.append((start, end))
        if one[left][1] <= other[right][1]:
            left += 1
        else:
            right += 1
    return tuple(found)


def _intervals(window: Window, zone: ZoneInfo, first: date) -> Iterator[Interval]:
    start, end = parse_clock(window.start), parse_clock(window.end)
    assert start is not None
    assert end is not None
    begins, ends = parse_date(window.first_date), parse_date(window.last_date)
    for offset in range(min(HORIZON_DAYS + 2, (date.max - first).days)):
        day = first + timedelta(days=offset)
        if window.days and _DAYS[day.weekday()] not in window.days:
            continue
        if (begins and day < begins) or (ends and day > ends):
            continue
        opens = _instant(datetime.combine(day, start), zone)
        if end == END_OF_DAY:
            closes = _instant(datetime.combine(day + timedelta(days=1), datetime.min.time()), zone)
        else:
            closes = _instant(datetime.combine(day + timedelta(days=int(end <= start)), end), zone)
        if opens < closes:
            yield opens, closes


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return in_utc(local.replace(tzinfo=zone))
