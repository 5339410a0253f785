"""The status that a pass writes (S3-S11)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..eligibility import Verdict
from ..model.daemonset import DaemonSet, DaemonSetStatus
from .shape import PodFact, Shape

__all__ = ["count_status", "is_status_written"]

_READY, _AVAILABLE, _UPDATED = int(PodFact.READY), int(PodFact.AVAILABLE), int(PodFact.UPDATED)
_COUNTERS = (
    "desired_number_scheduled",
    "current_number_scheduled",
    "number_misscheduled",
    "number_ready",
    "updated_number_scheduled",
    "number_available",
    "number_unavailable",
)


def count_status(situations: Iterable[tuple[Verdict, Shape, int]], observed: DaemonSetStatus) -> DaemonSetStatus:
    """Return the counters for existing nodes, given how many are in each situation.

    Only the first pod of a node, in the order M19, is judged (S7, S10). `observed_generation` and `collision_count` are
    those of `observed`.
    """
    desired = current = misscheduled = ready = updated = available = 0
    for verdict, shape, nodes in situations:
        if verdict is not Verdict.RUN:
            misscheduled += nodes if shape else 0
            continue
        desired += nodes
        if not shape:
            continue
        current += nodes
        judged = shape[0]
        ready += nodes if judged & _READY else 0
        available += nodes if judged & _AVAILABLE else 0
        updated += nodes if judged & _UPDATED else 0
    return msgspec.structs.replace(
        observed,
        desired_number_scheduled=desired,
        current_number_scheduled=current,
        number_misscheduled=misscheduled,
        number_ready=ready,
        updated_number_scheduled=updated,
        number_available=available,
        number_unavailable=desired - available,
    )


def is_status_written(daemonset: DaemonSet, status: DaemonSetStatus) -> bool:
    """Return whether the controller writes this status: a counter differs or the generation is news (S11)."""
    same = all(getattr(status, counter) == getattr(daemonset.status, counter) for counter in _COUNTERS)
    return not (same and daemonset.status.observed_generation >= daemonset.metadata.generation)
