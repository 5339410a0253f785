"""Time behind the stand-in: the machine's, a multiple of it, or set by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

__all__ = ["ManualClock", "ScaledClock"]


class ScaledClock:
    """Runs `speed` times as fast as the machine's clock, from a given moment on."""

    def __init__(self, start: datetime | None = None, *, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = datetime.now(UTC) if start is None else start
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        """Return the time."""
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self.speed)


class ManualClock:
    """Stands still until it is told otherwise.

    >>> clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    >>> clock.advance(90)
    >>> clock().minute
    1
    """

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """Return the time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass; a negative number is a clock that jumps back."""
        self._now += timedelta(seconds=seconds)
