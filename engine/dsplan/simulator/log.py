"""What happened, as a list in the order of time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from ..model.meta import Identity

__all__ = ["LogEntry", "LogEntryKind"]


class LogEntryKind(StrEnum):
    """The closed vocabulary of the log."""

    CHANGED = "changed"  # somebody else's write: an edit, a node event
    EVALUATED = "evaluated"  # the controller looked and acted, or looked for the first time
    DELETED = "deleted"  # a deletion was issued: the pod is terminating
    GONE = "gone"  # the pod does not exist any more
    CREATED = "created"
    PENDING = "pending"  # created, and does not fit
    REFUSED = "refused"  # the API server does not create it; it is asked for again until it does (L10)
    EVICTS = "evicts"  # a pending pod makes others go; the reason names them
    BOUND = "bound"  # fits after it had been pending
    READY = "ready"
    AVAILABLE = "available"
    NOT_READY = "not-ready"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


class LogEntry(msgspec.Struct, frozen=True, gc=False):
    """One event.

    `reason` is the action's for creations and deletions, `Preempted` for victims, the scheduler's for pending pods.
    """

    at: datetime
    kind: LogEntryKind
    daemonset: Identity | None
    node: str = ""
    pod: str = ""
    reason: str = ""
