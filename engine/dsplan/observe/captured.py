"""When a cluster was looked at, as far as its objects tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..model.daemonset import DaemonSet
from ..model.meta import controller_of
from ..model.moments import shifted
from ..model.node import Node
from ..model.pod import Pod
from ..model.world import World
from .shape import is_ready, ready_since

__all__ = ["captured_at"]


def captured_at(world: World) -> datetime | None:
    """Return a time at or after which a cluster was read, the latest that it tells; None where it tells none.

    Pods and nodes mention times; and a DaemonSet whose status counts so many available pods was looked at when so many
    had been ready for minReadySeconds.

    >>> captured_at(World()) is None
    True
    """
    return max((*_mentioned(world), *_counted(world)), default=None)


def _mentioned(world: World) -> Iterator[datetime]:
    found: tuple[Pod | Node, ...] = (*world.pods, *world.nodes)
    for item in found:
        if item.metadata.creation_timestamp is not None:
            yield item.metadata.creation_timestamp
        for condition in item.status.conditions:
            if condition.last_transition_time is not None:
                yield condition.last_transition_time
            if condition.last_heartbeat_time is not None:
                yield condition.last_heartbeat_time


def _counted(world: World) -> Iterator[datetime]:
    """Yield, for each DaemonSet with minReadySeconds, when as many pods were available as its status counts (S2)."""
    for daemonset in world.daemonsets:
        least, status = daemonset.spec.min_ready_seconds, daemonset.status
        if 0 < least < _LONGEST and status.observed_generation == daemonset.metadata.generation:
            ready = sorted(_ready_since(daemonset, world))
            if 0 < status.number_available <= len(ready):
                yield shifted(ready[status.number_available - 1], least)


def _ready_since(daemonset: DaemonSet, world: World) -> Iterator[datetime]:
    for pod in world.pods:
        owner = controller_of(pod.metadata)
        if owner is not None and owner.uid == daemonset.metadata.uid and is_ready(pod):
            since = ready_since(pod)
            if since is not None:
                yield since


_LONGEST = 86_400
"""Seconds; a longer minReadySeconds tells nothing of when a cluster was read."""
