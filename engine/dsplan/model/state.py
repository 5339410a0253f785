"""What the real controller keeps in memory, as an explicit, versioned value.

Functions take a State and return the next one. What it holds is never guessed: without it nothing is in back-off and
nothing is in flight, and the step says so.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from .meta import Identity

__all__ = [
    "STATE_VERSION",
    "Backoff",
    "Expectations",
    "Flight",
    "GateResult",
    "LearnedHash",
    "PolicyProgress",
    "Started",
    "State",
]

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

    `name` is the object's, `uid` that of its precondition, if it had one; for the creation of a pod they are the node
    and the hash that the pod is to wear.
    """

    daemonset: Identity
    verb: str
    kind: str
    name: str
    uid: str
    since: datetime


class GateResult(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What somebody found at the gate after a step (steps count from 0); the host adds it for gates that are manual."""

    step: int
    passed: bool
    note: str = ""


class Started(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What a host began at one moment; rates are measured against it."""

    at: datetime
    pods: int
    image_bytes: int = 0


class PolicyProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the roll-out of one policy stands.

    `revisions` tell which roll-out this is; another hash begins a new one. `began` is when the step began, `settled`
    since when all of it is available. `down_at_start` are the nodes that were not ready before the wave that is under
    way began. `resolved` has what percentages came to when the roll-out began. `paused` is what the policy said last.
    """

    policy: Identity
    revisions: tuple[LearnedHash, ...] = ()
    step: int = 0
    began: datetime | None = None
    settled: datetime | None = None
    gates: tuple[GateResult, ...] = ()
    canary: tuple[str, ...] = ()
    wave_began: datetime | None = None
    down_at_start: tuple[str, ...] = ()
    resolved: dict[str, int] = {}
    started: tuple[Started, ...] = ()
    paused: bool = False


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
    policies: tuple[PolicyProgress, ...] = ()
