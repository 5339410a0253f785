"""Durations and clock times as policies write them."""

from __future__ import annotations

from datetime import date, time
from fractions import Fraction

from .regex import regex

__all__ = ["END_OF_DAY", "duration_text", "parse_clock", "parse_date", "parse_duration"]

_PART = regex(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)")
_SECONDS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600), "d": Fraction(86400)}
_CLOCK = regex(r"([0-9]{2}):([0-9]{2})")
_DATE = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

END_OF_DAY = time.max
"""What 24:00 is read as."""


def parse_duration(text: str) -> float | None:
    """Return seconds, None for text that is no duration; empty text is 0.

    >>> parse_duration("1h30m"), parse_duration("250ms"), parse_duration("10"), parse_duration("2d")
    (5400.0, 0.25, None, 172800.0)
    """
    total, reached = Fraction(0), 0
    for part in _PART.finditer(text):
        if part.start() != reached:
            return None
        total += Fraction(part[1]) * _SECONDS[part[2]]
        reached = part.end()
    return float(total) if reached == len(text) else None


def duration_text(seconds: float) -> str:
    """Return a duration to the second, its two largest units.

    >>> duration_text(5400), duration_text(86461), duration_text(0)
    ('1h30m', '1d1m', '0s')
    """
    parts: list[str] = []
    rest = round(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"


def parse_clock(text: str) -> time | None:
    """Return a time of day; 24:00 is the end of the day.

    >>> parse_clock("09:30"), parse_clock("9:30"), parse_clock("24:00") == END_OF_DAY
    (datetime.time(9, 30), None, True)
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if (hour, minute) == (24, 0):
        return END_OF_DAY
    return time(hour, minute) if hour < 24 and minute < 60 else None


def parse_date(text: str) -> date | None:
    """Return a calendar date, None for text that is none.

    >>> parse_date("2026-12-24"), parse_date("2026-02-30")
    (datetime.date(2026, 12, 24), None)
    """
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
