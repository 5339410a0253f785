"""What a host tells of itself: a record for every decision, write, answer and trouble; an audit log has one a line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import msgspec

from ..diff import Action

__all__ = ["Audit", "Record", "RecordKind", "line_of", "record_of"]


class RecordKind(StrEnum):
    """What is told."""

    BEGAN = "began"
    LEASE = "lease"
    LISTED = "listed"
    DECIDED = "decided"
    SAVED = "saved"
    SENT = "sent"
    ANSWERED = "answered"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    HELD = "held"
    RECALLED = "recalled"
    CONDITION = "condition"
    EVENT = "event"
    CONTROL = "control"
    TROUBLE = "trouble"
    ENDED = "ended"


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened. `message` is plain text for people; what came from outside is in it unescaped."""

    at: datetime
    kind: RecordKind
    message: str = ""
    daemonset: str = ""
    verb: str = ""
    object: str = ""
    node: str = ""
    reason: str = ""
    outcome: str = ""


Audit = Callable[[Record], None]


def record_of(at: datetime, kind: RecordKind, action: Action, *, outcome: str = "", message: str = "") -> Record:
    """Return a record about an action."""
    return Record(
        at=at,
        kind=kind,
        message=message,
        daemonset=str(action.daemonset),
        verb=action.verb,
        object=f"{action.kind} {action.namespace}/{action.name}".rstrip("/"),
        node=action.node,
        reason=str(action.reason),
        outcome=outcome,
    )


def line_of(record: Record) -> bytes:
    """Return a record as one line of JSON; control characters are escaped, so that it stays one line anywhere.

    >>> from datetime import UTC
    >>> line_of(Record(datetime(2026, 1, 1, tzinfo=UTC), RecordKind.SAVED, "a\\nb"))
    b'{"at":"2026-01-01T00:00:00Z","kind":"saved","message":"a\\\\nb"}'
    """
    return msgspec.json.encode(record)
