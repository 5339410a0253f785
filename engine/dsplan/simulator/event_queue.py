"""What is due, and when: a queue in the order of time, then of entry."""

from __future__ import annotations

from datetime import datetime
from heapq import heappop, heappush
from typing import Generic, TypeVar

__all__ = ["EventQueue"]

T = TypeVar("T")


class EventQueue(Generic[T]):
    """Items with the moment they fall due; items of one moment come out in the order they went in.

    >>> from datetime import UTC
    >>> agenda = EventQueue[str]()
    >>> for hour, item in ((2, "b"), (1, "a"), (2, "c")):
    ...     agenda.add(datetime(2026, 1, 1, hour, tzinfo=UTC), item)
    >>> agenda.next_due, agenda.take(datetime(2026, 1, 1, 2, tzinfo=UTC))
    (datetime.datetime(2026, 1, 1, 1, 0, tzinfo=datetime.timezone.utc), ['a', 'b', 'c'])
    """

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, T]] = []
        self._entered = 0

    def __len__(self) -> int:
        """Return how many items are waiting."""
        return len(self._heap)

    @property
    def next_due(self) -> datetime | None:
        """When the first item falls due; None where nothing waits."""
        return self._heap[0][0] if self._heap else None

    def add(self, due: datetime, item: T) -> None:
        """Enter an item."""
        self._entered += 1
        heappush(self._heap, (due, self._entered, item))

    def take(self, until: datetime) -> list[T]:
        """Remove and return all items due at or before a moment."""
        taken: list[T] = []
        while self._heap and self._heap[0][0] <= until:
            taken.append(heappop(self._heap)[2])
        return taken
