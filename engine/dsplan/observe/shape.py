"""All that any rule asks about a pod, as bits; all that any rule asks about a node's pods, as a tuple of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import IntFlag

from ..model.daemonset import HASH_LABEL, TEMPLATE_GENERATION_LABEL
from ..model.moments import shifted
from ..model.pod import Pod

__all__ = ["LONGEST_WAIT", "PodFact", "Shape", "available_in", "fact_reader", "is_ready", "ready_since"]

LONGEST_WAIT = 2**31 - 1
"""Seconds that the largest minReadySeconds of an API server comes to; more would leave the calendar."""

Shape = tuple[int, ...]
"""The facts of a node's pods in the order M19; the pods of M6 (terminal and terminating) are left out."""


class PodFact(IntFlag):
    """One bit per fact. Plain ints carry them, since building IntFlag members costs more than reading a pod."""

    TERMINATING = 1
    FAILED = 2
    SUCCEEDED = 4
    READY = 8
    AVAILABLE = 16
    HASH_CURRENT = 32
    UPDATED = 64
    BOUND = 128


_TERMINATING, _READY, _AVAILABLE = int(PodFact.TERMINATING), int(PodFact.READY), int(PodFact.AVAILABLE)
_HASH_AND_UPDATED, _UPDATED = int(PodFact.HASH_CURRENT | PodFact.UPDATED), int(PodFact.UPDATED)
_BOUND = int(PodFact.BOUND)
_PHASES = {"Failed": int(PodFact.FAILED), "Succeeded": int(PodFact.SUCCEEDED)}


def is_ready(pod: Pod) -> bool:
    """Return whether the Ready condition is True; phase and termination play no part (S1)."""
    for condition in pod.status.conditions:
        if condition.type == "Ready":
            return condition.status == "True"
    return False


def ready_since(pod: Pod) -> datetime | None:
    """Return when the Ready condition last changed, None where that is not recorded (S2)."""
    for condition in pod.status.conditions:
        if condition.type == "Ready":
            return condition.last_transition_time
    return None


def available_in(pod: Pod, min_ready_seconds: int, now: datetime) -> float | None:
    """Return in how many seconds a ready pod has been ready for `min_ready_seconds`, None where none can tell (S2).

    >>> available_in(Pod(), 30, datetime(2026, 1, 1)) is None
    True
    """
    since = ready_since(pod)
    return None if since is None else (since - now).total_seconds() + min(min_ready_seconds, LONGEST_WAIT)


def fact_reader(
    *,
    current_hash: str,
    template_generation: str | None,
    min_ready_seconds: int,
    now: datetime,
    looks_updated: Callable[[Pod], bool] | None = None,
) -> Callable[[Pod], int]:
    """Return the function that reads one pod's facts.

    Updated is hash or template generation (H12); available is ready for `min_ready_seconds` (S2). `looks_updated` is
    asked about pods without a hash label, where no revision could be compared (H13).
    """
    available_if_ready_since = shifted(now, -min(min_ready_seconds, LONGEST_WAIT))
    immediately = min_ready_seconds <= 0
    updated_by_other_means = template_generation is not None

    def read(pod: Pod) -> int:
        metadata, status = pod.metadata, pod.status
        facts = _PHASES.get(status.phase, 0)
        if metadata.deletion_timestamp is not None:
            facts |= _TERMINATING
        for condition in status.conditions:
            if condition.type == "Ready":
                if condition.status == "True":
                    since = condition.last_transition_time
                    is_available = immediately or (since is not None and since <= available_if_ready_since)
                    facts |= _READY | _AVAILABLE if is_available else _READY
                break
        if current_hash and metadata.labels.get(HASH_LABEL) == current_hash:
            facts |= _HASH_AND_UPDATED
        elif updated_by_other_means and metadata.labels.get(TEMPLATE_GENERATION_LABEL) == template_generation:
            facts |= _UPDATED
        elif looks_updated is not None and HASH_LABEL not in metadata.labels and looks_updated(pod):
            facts |= _HASH_AND_UPDATED
        if pod.spec.node_name:
            facts |= _BOUND
        return facts

    return read
