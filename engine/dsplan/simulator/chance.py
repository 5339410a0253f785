"""Kubelets that are not all alike: seeded, and the same for the same pod whatever the order of the questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from math import exp, log
from random import Random

import msgspec

from ..model.meta import Identity
from ..model.node import Node
from ..model.pod import Pod
from .durations import DEFAULT_GRACE_SECONDS, Spread
from .kubelet import BoundPod, PodTransition, PodTransitionKind, stays_sick

__all__ = ["NO_MISFORTUNE", "ChanceKubelet", "Odds"]

_P95_OF_NORMAL = 1.6449
_FIRST_RESTART, _LONGEST_RESTART = 10.0, 300.0


class Odds(msgspec.Struct, frozen=True, kw_only=True):
    """How likely each misfortune is, from 0 to 1, for every pod by itself. The first that applies decides."""

    never_ready: float = 0.0
    fails: float = 0.0
    crash_loops: float = 0.0
    never_stops: float = 0.0


NO_MISFORTUNE = Odds()
_READY = Spread(14.0, 14.0)
_TERMINATE = Spread(DEFAULT_GRACE_SECONDS, DEFAULT_GRACE_SECONDS)


class ChanceKubelet:
    """Times spread log-normally between median and 95th percentile, and misfortunes by odds.

    >>> from datetime import UTC
    >>> kubelet = ChanceKubelet(seed=1, ready=Spread(10, 20))
    >>> bound = BoundPod(Pod(), Node(), 1, datetime(2026, 1, 1, tzinfo=UTC))
    >>> list(kubelet.start(bound)) == list(kubelet.start(bound))
    True
    """

    def __init__(
        self,
        *,
        seed: int,
        ready: Spread = _READY,
        terminate: Spread = _TERMINATE,
        create: float = 1.0,
        odds: Odds = NO_MISFORTUNE,
    ) -> None:
        self._seed = seed
        self._ready = ready
        self._terminate = terminate
        self._create = create
        self._odds = odds

    def create(self, daemonset: Identity, node: str) -> float:
        """Return the same for every node."""
        return self._create

    def start(self, bound: BoundPod) -> Iterable[PodTransition]:
        """Return what chance has in store for a pod; sick nodes start nothing."""
        if not bound.node.ready:
            return ()
        dice = self._dice(bound.pod, "start")
        after, fate = _drawn(dice, self._ready), dice.random()
        odds = self._odds
        if fate < odds.never_ready:
            return ()
        if fate < odds.never_ready + odds.fails:
            return (PodTransition(after, PodTransitionKind.FAILED),)
        if fate < odds.never_ready + odds.fails + odds.crash_loops:
            return _crash_loop(after)
        return (PodTransition(after, PodTransitionKind.READY),)

    def resume(self, pod: Pod, node: Node | None, now: datetime) -> Iterable[PodTransition]:
        """Return Ready for a pod that may still be starting."""
        return (
            ()
            if stays_sick(pod, node)
            else (PodTransition(_drawn(self._dice(pod, "resume"), self._ready), PodTransitionKind.READY),)
        )

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        """Return the time to terminate; None where the node is sick or chance has it so."""
        if not pod.spec.node_name or pod.status.phase in ("Failed", "Succeeded"):
            return 0.0
        dice = self._dice(pod, "stop")
        after = _drawn(dice, self._terminate)
        if node is None or not node.ready or dice.random() < self._odds.never_stops:
            return None
        return after

    def _dice(self, pod: Pod, question: str) -> Random:
        metadata = pod.metadata
        return Random(f"{self._seed}/{metadata.namespace}/{metadata.name}/{metadata.uid}/{question}")  # noqa: S311


def _drawn(dice: Random, spread: Spread) -> float:
    """Return a time rounded to milliseconds, so that sums of times are exact."""
    if spread.median <= 0:
        return 0.0
    sigma = max(0.0, log(max(spread.p95, spread.median) / spread.median) / _P95_OF_NORMAL)
    return round(spread.median * exp(sigma * dice.gauss(0.0, 1.0)), 3)


def _crash_loop(after: float) -> Iterator[PodTransition]:
    """Yield ready for five seconds, then a restart after 10, 20, ... 300 seconds, without end."""
    pause = _FIRST_RESTART
    yield PodTransition(after, PodTransitionKind.READY)
    while True:
        yield PodTransition(5.0, PodTransitionKind.NOT_READY)
        yield PodTransition(pause, PodTransitionKind.READY)
        pause = min(2 * pause, _LONGEST_RESTART)
