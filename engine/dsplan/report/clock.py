"""Moments and spans of time as people read them."""

from __future__ import annotations

__all__ = ["offset", "span"]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def offset(seconds: float | None) -> str:
    """Return seconds from the beginning as `T+45`; `never` for None.

    >>> offset(45.0), offset(0.25), offset(None)
    ('T+45', 'T+0.25', 'never')
    """
    return "never" if seconds is None else f"T+{_plain(seconds)}"


def span(seconds: float) -> str:
    """Return a span of time, its two greatest units.

    >>> span(137), span(45), span(459_999), span(0.5)
    ('2 min 17 s', '45 s', '5 d 7 h', '0.5 s')
    """
    parts: list[str] = []
    rest = seconds
    for size, unit in _UNITS:
        whole = int(rest // size)
        rest -= whole * size
        if whole or parts:
            parts.append(f"{whole} {unit}")
    parts.append(f"{_plain(rest)} s")
    shown = [part for part in parts[:2] if not part.startswith("0 ")] or parts[-1:]
    return " ".join(shown)


def _plain(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")
