"""How long a pod took to start, from its own timestamps, without restarts and reboots of its node in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median

import msgspec

from ..model.pod import Pod
from .shape import is_ready, ready_since

__all__ = ["Startup", "percentile", "startup_of", "startup_seconds"]


class Startup(msgspec.Struct, frozen=True):
    """Seconds from creation to the containers' start, and from there to Ready; None where no timestamp tells.

    `first` is known of pods only that never restarted: of others, the first start is not in their status any more.
    """

    first: float | None
    ready: float


def startup_of(pod: Pod) -> Startup | None:
    """Return how long a ready pod took to start, None where its timestamps do not tell.

    From the last start of a container to the moment when all were ready. The condition ContainersReady is believed
    before Ready: a node that is out of reach for a while changes the latter alone (L4).

    >>> from dsplan.testing import a_daemonset, a_pod
    >>> startup_of(a_pod(a_daemonset(), "n1", ready_since=None)) is None
    True
    """
    created, ready = pod.metadata.creation_timestamp, _containers_ready_since(pod)
    if created is None or ready is None or not is_ready(pod):
        return None
    started = _started(pod)
    restarted = any(status.restart_count for status in pod.status.container_statuses)
    if started is None:
        seconds = (ready - created).total_seconds()
        return None if restarted or seconds < 0 else Startup(0.0, seconds)
    if ready < started:
        return None
    first = None if restarted else max(0.0, (started - created).total_seconds())
    return Startup(first, (ready - started).total_seconds())


def startup_seconds(pods: Iterable[Pod]) -> list[float]:
    """Return how long pods of one kind took from creation to Ready, sorted, one number per pod that tells.

    A pod that restarted gets its siblings' usual time up to the start of containers.
    """
    found = [startup for pod in pods if (startup := startup_of(pod)) is not None]
    firsts = [startup.first for startup in found if startup.first is not None]
    usual = median(firsts) if firsts else 0.0
    return sorted((usual if startup.first is None else startup.first) + startup.ready for startup in found)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that at least `percent` of 100 values do not exceed.

    >>> percentile([3, 1, 2], 50), percentile(range(1, 101), 95)
    (2, 95)
    """
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]


def _containers_ready_since(pod: Pod) -> datetime | None:
    for condition in pod.status.conditions:
        if condition.type == "ContainersReady" and condition.status == "True" and condition.last_transition_time:
            return condition.last_transition_time
    return ready_since(pod)


def _started(pod: Pod) -> datetime | None:
    """Return when the last of the containers started, None where that is not told of each."""
    moments = []
    for status in pod.status.container_statuses:
        running = status.state.running if status.state is not None else None
        if running is None or running.started_at is None:
            return None
        moments.append(running.started_at)
    return max(moments, default=None)
