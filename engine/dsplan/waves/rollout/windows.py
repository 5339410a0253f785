"""When waves may begin: windows on the clock of a named time zone.

A window is looked at day by day in local time, so a change to or from daylight saving time moves its length and not its
ends; a local time that a change skips is read as the moment after it, one that comes twice as the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from ...model.durations import END_OF_DAY, parse_clock, parse_date
from ...model.policy import Window, Windows

__all__ = ["HORIZON_DAYS", "Opening", "opening"]

HORIZON_DAYS = 400
"""How far ahead an opening is looked for."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Interval = tuple[datetime, datetime]


class Opening(msgspec.Struct, frozen=True):
    """Whether waves may begin now; until when (None: for good), or from when on (None: not within 400 days)."""

    is_open: bool
    until: datetime | None = None
    next: datetime | None = None


def opening(windows: Sequence[Windows], now: datetime, seconds: float = 0.0) -> Opening:
    """Return whether all of several policies' windows are open at `now` for `seconds` more, and when that changes.

    >>> night = Windows(time_zone="Europe/Berlin", allow=(Window(start="22:00", end="04:00"),))
    >>> found = opening([night], datetime(2026, 7, 1, 12, tzinfo=UTC))
    >>> found.is_open, found.next.isoformat()
    (False, '2026-07-01T20:00:00+00:00')
    """
    if not windows:
        return Opening(True)
    moment, horizon = now, now + timedelta(days=HORIZON_DAYS)
    while moment < horizon:
        states = [_state(one, moment) for one in windows]
        changes = [change for _, change in states if change is not None]
        until = min(changes, default=None)
        long_enough = until is None or until - moment >= timedelta(seconds=seconds)
        if long_enough and all(is_open for is_open, _ in states):
            return Opening(True, until=until) if moment == now else Opening(False, next=moment)
        if until is None:
            break
        moment = until
    return Opening(False)


def _state(windows: Windows, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether one policy's windows are open, and when that changes next."""
    zone = _zone(windows.time_zone)
    first = now.astimezone(zone).date() - timedelta(days=2)
    allowed = _merged(windows.allow, zone, first) if windows.allow else None
    blocked = _merged(windows.block, zone, first)
    is_open = _is_open(allowed, blocked, now)
    for edge in sorted({edge for interval in (*(allowed or ()), *blocked) for edge in interval if edge > now}):
        if _is_open(allowed, blocked, edge) != is_open:
            return is_open, edge
    return is_open, None


def _is_open(allowed: Sequence[Interval] | None, blocked: Sequence[Interval], now: datetime) -> bool:
    inside = allowed is None or any(start <= now < end for start, end in allowed)
    return inside and not any(start <= now < end for start, end in blocked)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=64)
def _merged(windows: tuple[Window, ...], zone: ZoneInfo, first: date) -> tuple[Interval, ...]:
    return tuple(sorted(interval for window in windows for interval in _intervals(window, zone, first)))


def _intervals(window: Window, zone: ZoneInfo, first: date) -> Iterator[Interval]:
    start, end = parse_clock(window.start), parse_clock(window.end)
    assert start is not None
    assert end is not None
    begins, ends = parse_date(window.first_date), parse_date(window.last_date)
    for offset in range(HORIZON_DAYS + 2):
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
    return local.replace(tzinfo=zone).astimezone(UTC)
