"""What a host may watch of a computation: progress bars, stage times and metrics hang on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["NO_OBSERVER", "STAGES", "Observer", "during"]

STAGES = {
    "step": "one pass over every DaemonSet; advances once for each",
    "index": "the nodes sorted and numbered",
    "owners": "pods and revisions sorted by their controller",
    "claim": "within step, per DaemonSet: which pods and revisions are its own, and the current revision (M1-M5, H)",
    "propagate": "within step, per DaemonSet: the verdict for every node, columns built where none are yet (E)",
    "observe": "within step, per DaemonSet: facts of every pod, pods by node, nodes by situation (M6, S)",
    "decide": "within step, per DaemonSet: manage, rolling update, clean-up, status (M7-M23, R, S)",
    "policies": "the waves of roll-out policies, where there are any",
    "placement": "what the scheduler will do with every daemon pod",
    "plan": "exclusions, what is held and the waves of every DaemonSet; advances once for each",
    "search": "the best placement, where not everything fits or a policy asks for it",
}
"""What is timed between `started` and `finished`, by name of the stage."""


class Observer(Protocol):
    """Told about the STAGES; must not raise and cannot influence the result."""

    def started(self, stage: str, total: int) -> None:
        """A stage begins that will advance `total` times (0 where that is not known)."""

    def advanced(self, stage: str, done: int) -> None:
        """A stage has done that much."""

    def finished(self, stage: str) -> None:
        """A stage is over."""


@contextmanager
def during(observer: Observer, stage: str) -> Iterator[None]:
    """Tell the observer when a stage begins and ends."""
    observer.started(stage, 0)
    yield
    observer.finished(stage)


class _NoObserver:
    def __repr__(self) -> str:
        return "NO_OBSERVER"

    def started(self, stage: str, total: int) -> None:
        pass

    def advanced(self, stage: str, done: int) -> None:
        pass

    def finished(self, stage: str) -> None:
        pass


NO_OBSERVER: Observer = _NoObserver()
