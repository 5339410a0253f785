"""What a host may watch of a computation: progress bars, stage times and metrics hang on it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["NO_OBSERVER", "Observer"]


class Observer(Protocol):
    """Told about stages; must not raise and cannot influence the result."""

    def started(self, stage: str, total: int) -> None:
        """A stage begins that will advance `total` times (0 where that is not known)."""

    def advanced(self, stage: str, done: int) -> None:
        """A stage has done that much."""

    def finished(self, stage: str) -> None:
        """A stage is over."""


class _NoObserver:
    def started(self, stage: str, total: int) -> None:
        pass

    def advanced(self, stage: str, done: int) -> None:
        pass

    def finished(self, stage: str) -> None:
        pass


NO_OBSERVER: Observer = _NoObserver()
