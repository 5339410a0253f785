"""What an answer means: done, refused, or unknown; and what the server said about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from ..errors import DsplanError
from .client import Answer
from .pacing import retry_after

__all__ = ["ApiError", "Outcome", "outcome_of", "status_of", "tree_in"]


class Outcome(StrEnum):
    """What became of a write."""

    DONE = "done"
    GONE = "gone"
    """The object is not there any more, or another one of its name is: there is nothing to do."""
    CONFLICT = "conflict"
    """The object is another version by now: what was decided rests on an old one."""
    EXISTS = "exists"
    """The name is taken: most likely by an earlier attempt whose answer was lost."""
    THROTTLED = "throttled"
    """The server did not even look at it."""
    HELD = "held"
    """A PodDisruptionBudget does not allow the eviction now."""
    REFUSED = "refused"
    """The server does not take it."""
    UNKNOWN = "unknown"
    """It may have been carried out or not."""


class Status(msgspec.Struct, frozen=True):
    """The parts of a Status body that decide something."""

    kind: str = ""
    reason: str = ""
    message: str = ""
    details: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class ApiError(DsplanError):
    """A server's refusal: `status` is that of HTTP, `reason` that of Kubernetes, `wait` seconds if it asks for any."""

    def __init__(self, answer: Answer) -> None:
        found = status_of(answer[2])
        super().__init__(f"{answer[0]} {found.reason or 'error'}: {found.message}")
        self.status = answer[0]
        self.reason = found.reason
        self.body = found.message
        self.wait = retry_after(answer[1])


def status_of(body: bytes) -> Status:
    """Return the Status in a body; of any other body its first 200 characters as the message.

    >>> status_of(b"Too many requests").message
    'Too many requests'
    """
    try:
        found = msgspec.json.decode(body, type=Status)
    except msgspec.MsgspecError:
        return Status(message=body[:200].decode(errors="replace").strip())
    return found if found.kind == "Status" else Status()


def tree_in(answer: Answer) -> dict[str, Any]:
    """Return the object in an answer. Raises ApiError unless its status is 2xx and its body an object."""
    if not 200 <= answer[0] < 300:
        raise ApiError(answer)
    try:
        return msgspec.json.decode(answer[2], type=dict[str, Any])
    except msgspec.MsgspecError:
        raise ApiError((502, answer[1], b"the answer is not JSON")) from None


def outcome_of(answer: Answer) -> Outcome:
    """Return what became of the write that was answered so.

    A 500 says nothing about it: the server may have failed after the write.

    >>> str(outcome_of((500, {}, b""))), str(outcome_of((409, {}, b'{"kind":"Status","reason":"AlreadyExists"}')))
    ('unknown', 'exists')
    """
    code = answer[0]
    if 200 <= code < 300:
        return Outcome.DONE
    if code == 409:
        return Outcome.EXISTS if status_of(answer[2]).reason == "AlreadyExists" else Outcome.CONFLICT
    if code == 429:
        causes = (status_of(answer[2]).details or {}).get("causes") or ()
        held = any(cause.get("reason") == "DisruptionBudget" for cause in causes)
        return Outcome.HELD if held else Outcome.THROTTLED
    if code == 404:
        return Outcome.GONE
    return Outcome.UNKNOWN if code >= 500 or code < 200 else Outcome.REFUSED
