"""What the real controller keeps in memory, as an explicit, versioned value (DESIGN section 3).

Functions take a State and return the next one. What it holds is never guessed: without it nothing is in back-off and
nothing is in flight, and the step says so.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from .meta import Identity

__all__ = ["STATE_VERSION", "Backoff", "Expectations", "Flight", "LearnedHash", "State"]

STATE_VERSION = 1


class Backoff(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The back-off of failed pods of one DaemonSet on one node (M10). `delay` is in seconds."""

    daemonset_uid: str
    observed_generation: int
    node: str
    delay: float
    last_deletion: datetime


class Expectations(msgspec.Struct, frozen=True, kw_only=True):
    """Creations and deletions issued for one DaemonSet and not yet seen (C6, C7)."""

    daemonset: Identity
    creates: int = 0
    deletes: int = 0
    since: datetime | None = None


class LearnedHash(msgspec.Struct, frozen=True, kw_only=True):
    """The hash of a DaemonSet's current template where no revision of it was given and the host knows it (H6, H13)."""

    daemonset: Identity
    hash: str


class Flight(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """One write that was issued and whose effect has not been seen yet (C7).

    `name` is the node for the creation of a pod, else the object's name; `uid` that of its precondition, if it had one.
    """

    daemonset: Identity
    verb: str
    kind: str
    name: str
    uid: str
    since: datetime


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one pass must remember for the next.

    `seen` is kind and newest resourceVersion of it: whoever goes on from here must not read anything older (C5).
    """

    version: int = STATE_VERSION
    backoffs: tuple[Backoff, ...] = ()
    expectations: tuple[Expectations, ...] = ()
    hashes: tuple[LearnedHash, ...] = ()
    flights: tuple[Flight, ...] = ()
    seen: tuple[tuple[str, str], ...] = ()
