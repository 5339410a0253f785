"""What a plan says of one DaemonSet, in plain values."""

from __future__ import annotations

from typing import Any

import msgspec

from ..document.types import DaemonSetEntry
from ..model.daemonset import DaemonSetStatus

__all__ = ["told_by"]


def told_by(entry: DaemonSetEntry) -> dict[str, Any]:
    """Return what a plan says of one DaemonSet, in the form in which the rules say what the rules come to."""
    budget = entry.course.budget if entry.course is not None else None
    return {
        "facts": (entry.hash, entry.hash_learned, entry.in_flight, entry.error),
        "deferred": entry.deferred,
        "status": (DaemonSetStatus(**msgspec.structs.asdict(entry.status)), entry.status_written),
        "budget": budget and msgspec.structs.astuple(budget),
        "requeue": entry.requeue_after_seconds,
    }
