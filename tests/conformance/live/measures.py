"""What a course of events comes to: how many pods, in which bursts, how many nodes down at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.conformance.live.recording import Event

__all__ = ["Measured", "measured"]

PAUSE = 0.45
"""Seconds without a write that part two bursts."""


@dataclass(frozen=True)
class Measured:
    """One DaemonSet in a course of events."""

    created: int
    deleted: int
    creations: tuple[tuple[float, int], ...]
    deletions: tuple[tuple[float, int], ...]
    most_down: int
    failed: int


def measured(events: Iterable[Event], before: dict[str, tuple[str, bool]]) -> Measured:
    """Return what the events of one DaemonSet come to; `before` has node and readiness of each pod by uid."""
    found = sorted(events, key=lambda event: event.at)
    created = [event.at for event in found if event.kind == "create"]
    deleted = [event.at for event in found if event.kind == "delete"]
    return Measured(
        created=len(created),
        deleted=len(deleted),
        creations=bursts(created),
        deletions=bursts(deleted),
        most_down=_most_down(found, before),
        failed=sum(event.kind == "failed" for event in found),
    )


def bursts(moments: list[float]) -> tuple[tuple[float, int], ...]:
    """Return start and size of the bursts, parted by pauses.

    >>> bursts([0.1, 0.2, 1.0])
    ((0.1, 2), (1.0, 1))
    """
    found: list[tuple[float, int]] = []
    last = float("-inf")
    for moment in sorted(moments):
        if moment - last > PAUSE:
            found.append((moment, 0))
        found[-1] = (found[-1][0], found[-1][1] + 1)
        last = moment
    return tuple(found)


def _most_down(events: list[Event], before: dict[str, tuple[str, bool]]) -> int:
    """Return how many nodes that have a pod in the end, and had one, were without a ready pod at once."""
    pods = {uid: [node, ready, False] for uid, (node, ready) in before.items()}
    served = {node for node, ready in before.values() if ready}
    staying = _staying(events, before)
    most = 0
    for event in events:
        if event.kind == "create":
            pods[event.uid] = [event.node, False, False]
        elif event.uid in pods:
            pod = pods[event.uid]
            if event.kind in ("ready", "unready", "failed"):
                pod[1] = event.kind == "ready"
                served |= {event.node} if pod[1] else set()
            elif event.kind == "delete":
                pod[2] = True
            elif event.kind == "gone":
                del pods[event.uid]
        up = {node for node, ready, going in pods.values() if ready and not going}
        most = max(most, len((served & staying) - up))
    return most


def _staying(events: list[Event], before: dict[str, tuple[str, bool]]) -> set[str]:
    there: dict[str, str] = {uid: node for uid, (node, _) in before.items()}
    for event in events:
        if event.kind == "create":
            there[event.uid] = event.node
        elif event.kind in ("gone", "release"):
            there.pop(event.uid, None)
        elif event.kind == "adopt":
            there[event.uid] = event.node
    return set(there.values())


def by_daemonset(events: Iterable[Event]) -> dict[tuple[str, str], list[Event]]:
    """Return the events of each DaemonSet's pods."""
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.daemonset:
            found[event.namespace, event.daemonset].append(event)
    return found
