"""How long things take, in seconds."""

from __future__ import annotations

import msgspec

from ..model.pod import Pod

__all__ = ["DEFAULT_GRACE_SECONDS", "SEED_DURATIONS", "Durations", "Spread"]

DEFAULT_GRACE_SECONDS = 30.0
"""D5: terminationGracePeriodSeconds where nothing is said."""


class Spread(msgspec.Struct, frozen=True):
    """A time that varies, in seconds: half take no longer than `median`, 95 of 100 no longer than `p95`."""

    median: float
    p95: float


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """What a roll-out is made of, in seconds.

    `react`: from a change of the DaemonSet to its evaluation. `create`: from the decision to the pod's existence.
    `ready`: from existence to ready. `terminate`: from deletion to gone; None is the pod's own grace period.
    `between`: from a pod's being available to the controller's next look (R29 says 1 with minReadySeconds).

    >>> Durations(ready=20).cycle(grace=30)
    51.0
    """

    react: float = 0.0
    create: float = 1.0
    ready: float = 14.0
    terminate: float | None = None
    between: float = 1.0

    def terminate_of(self, pod: Pod) -> float:
        """Return how long a pod takes to go."""
        grace = pod.spec.termination_grace_period_seconds
        return self.termination(DEFAULT_GRACE_SECONDS if grace is None else float(grace))

    def termination(self, grace: float) -> float:
        """Return how long a pod with this grace period takes to go."""
        return grace if self.terminate is None else self.terminate

    def cycle(self, grace: float = DEFAULT_GRACE_SECONDS) -> float:
        """Return the seconds from the deletion of a pod to its successor's being ready."""
        return self.termination(grace) + self.create + self.ready


SEED_DURATIONS = Durations()
"""1 s to create, 14 s to ready, the grace period to terminate, 1 s between."""
