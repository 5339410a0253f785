"""When to try again, and how often at most: back-off with jitter, Retry-After, a rate. Seconds on a monotonic clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, Protocol

__all__ = ["Backoff", "Clock", "Rate", "SystemClock", "first_of", "retry_after"]

_LONGEST_RETRY_AFTER = 300.0


class Clock(Protocol):
    """Time as a host sees it; tests bring one that runs faster."""

    def now(self) -> datetime:
        """Return the time of day, aware; it may jump."""

    def monotonic(self) -> float:
        """Return seconds that never go back, and that count while the process is stopped."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def first_of(*waits: Awaitable[Any]) -> Any:
    """Wait until one of several is there; return what the first of them returned, None where that is not the one.

    The others are cancelled, and have ended when this returns, also where it is cancelled itself.
    """
    tasks = [asyncio.ensure_future(found) for found in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].result() if tasks[0].done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Backoff:
    """Waits that double up to a bound, each drawn from its upper half, until `reset`.

    >>> backoff = Backoff(Random(1), first=1.0, longest=8.0)
    >>> [0.5 * bound <= backoff.next() <= bound for bound in (1, 2, 4, 8, 8)]
    [True, True, True, True, True]
    """

    def __init__(self, dice: Random, *, first: float = 0.5, longest: float = 30.0) -> None:
        self._dice = dice
        self._first = first
        self._longest = longest
        self._failures = 0

    def next(self) -> float:
        """Return how many seconds to wait after one more failure."""
        bound = min(self._longest, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return bound * self._dice.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew: something worked."""
        self._failures = 0


class Rate:
    """At most `per_second` on average, and `burst` at once.

    >>> rate = Rate(2.0, burst=2)
    >>> [rate.wait(at) for at in (0.0, 0.0, 0.0, 0.0)]
    [0.0, 0.0, 0.5, 1.0]
    """

    def __init__(self, per_second: float, *, burst: int) -> None:
        self._interval = 1.0 / per_second
        self._ahead = self._interval * (burst - 1)
        self._next = float("-inf")

    def wait(self, now: float) -> float:
        """Take a place, and return how many seconds it is away."""
        at = max(now, self._next)
        self._next = max(self._next, now - self._ahead) + self._interval
        return max(0.0, at - now) if self._next - self._interval > now else 0.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, at most five minutes; None where it does not say, or a date.

    >>> retry_after({"Retry-After": "2"}), retry_after({"retry-after": "-1"}), retry_after({})
    (2.0, None, None)
    """
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return min(float(found), _LONGEST_RETRY_AFTER) if found.isascii() and found.isdigit() else None
