"""A guard that lets one call write at a time."""

from __future__ import annotations

from threading import Lock
from types import TracebackType

from ..errors import DsplanError

__all__ = ["SingleWriter"]


class SingleWriter:
    """Refuses to be entered twice at once: a race is a bug of the host, and is reported instead of being waited out."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        """Raises DsplanError where somebody else is inside."""
        if not self._lock.acquire(blocking=False):
            raise DsplanError("a Reconciler has one writer at a time: another call is still running")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one in."""
        self._lock.release()
