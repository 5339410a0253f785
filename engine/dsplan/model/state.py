"""What the real controller keeps in memory, as an explicit, versioned value.

Functions take a State and return the next one. What it holds is never guessed: without it nothing is in back-off and
nothing is in flight, and the step says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from .brief import Brief
from .meta import Identity

__all__ = [
    "STATE_VERSION",
    "Backoff",
    "CanaryRecord",
    "Expectations",
    "Flight",
    "LearnedHash",
    "PolicyProgress",
    "Started",
    "State",
    "StepRecord",
    "Stop",
    "TargetProgress",
]

STATE_VERSION = 2


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


class Started(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What a host began at one moment; rates are measured against it."""

    at: datetime
    pods: int
    image_bytes: int = 0


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one step of one roll-out.

    `step` is what the step says and `turn` which of equal ones it is. `asked` is when its manual gate was asked: an
    answer counts for that question alone, and is forgotten when the question is withdrawn. `over`: when it was passed.
    """

    step: str
    turn: int = 0
    name: str = ""
    asked: datetime | None = None
    passed: bool = False
    note: str = ""
    over: datetime | None = None


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """Why a revision goes nowhere any more, until somebody resumes it.

    `kind` is gate (somebody found that it fails), broken (nodes became not ready after their update) or failing (new
    pods fail); the latter two end by themselves once the nodes, and the pods on them, are well.
    """

    kind: str
    step: str = ""
    note: str = ""
    nodes: tuple[str, ...] = ()


class CanaryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The canary by names. `says` is what the policy said when they were chosen, `size` how many it wanted."""

    says: str
    size: int
    nodes: tuple[str, ...] = ()


class TargetProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of one DaemonSet under one policy.

    `began` is when the policy first saw the revision as the current one. `resolved` has what percentages came to then,
    by budget: they hold as an upper limit. `excused` nodes were broken or failing when somebody resumed.
    A revision that is not the current one any more keeps nothing but its stop.
    """

    daemonset: Identity
    uid: str
    hash: str
    began: datetime
    canary: CanaryRecord | None = None
    steps: tuple[StepRecord, ...] = ()
    stop: Stop | None = None
    excused: tuple[str, ...] = ()
    resolved: dict[str, int] = {}
    through: bool = False
    retired: bool = False


class PolicyProgress(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one policy: its targets, revision by revision, and what began in the last minute.

    `resolved` has what percentages over several targets came to. `paused`: somebody paused it, whatever it says itself.
    """

    policy: Identity
    targets: tuple[TargetProgress, ...] = ()
    resolved: dict[str, int] = {}
    started: tuple[Started, ...] = ()
    paused: bool = False

    def target(self, uid: str, hash_: str) -> TargetProgress | None:
        """Return what is known of one revision of the DaemonSet with a uid."""
        return next((entry for entry in self.targets if (entry.uid, entry.hash) == (uid, hash_)), None)


class State(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one pass must remember for the next.

    `seen` is kind and newest resourceVersion of it: whoever goes on from here must not read anything older (C5).
    A State of version 1 becomes one of version 2 when it is read: its failed gates stay failed and its rates are kept,
    its numbered steps are forgotten, so that gates are asked again. Raises ValueError (a DecodeError, when it is read)
    for a newer one.
    """

    version: int = STATE_VERSION
    backoffs: tuple[Backoff, ...] = ()
    expectations: tuple[Expectations, ...] = ()
    hashes: tuple[LearnedHash, ...] = ()
    flights: tuple[Flight, ...] = ()
    seen: tuple[tuple[str, str], ...] = ()
    rollouts: tuple[PolicyProgress, ...] = ()
    policies: tuple[Any, ...] = ()
    """What version 1 kept of policies; empty in every other."""

    def __post_init__(self) -> None:
        """Take over what an older version can be trusted with."""
        if self.version == STATE_VERSION and not self.policies:
            return
        if self.version not in (1, STATE_VERSION):
            raise ValueError(f"a State of version {self.version} cannot be read; this dsplan writes {STATE_VERSION}")
        if self.policies:
            msgspec.structs.force_setattr(self, "rollouts", (*self.rollouts, *_rollouts_of_v1(self.policies)))
            msgspec.structs.force_setattr(self, "policies", ())
        msgspec.structs.force_setattr(self, "version", STATE_VERSION)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _GateV1(msgspec.Struct, frozen=True, kw_only=True):
    step: int
    passed: bool
    note: str = ""


class _ProgressV1(msgspec.Struct, frozen=True, kw_only=True):
    policy: Identity
    revisions: tuple[LearnedHash, ...] = ()
    began: datetime | None = None
    gates: tuple[_GateV1, ...] = ()
    started: tuple[Started, ...] = ()


def _rollouts_of_v1(entries: Iterable[Any]) -> Iterator[PolicyProgress]:
    """Yield what version 1 can still be trusted with of its policies. Raises ValueError for what is none of these.

    It kept an index of the step, which may belong to another list of steps by now. So steps, canaries and percentages
    are forgotten, as if the State were lost; what somebody found at a gate, if it failed, and what began within the
    last minute are kept.
    """
    for entry in entries:
        known = msgspec.convert(entry, _ProgressV1)
        failed = [gate for gate in known.gates if not gate.passed and gate is _last(known, gate.step)]
        yield PolicyProgress(
            policy=known.policy,
            targets=tuple(_stopped(known, revision, failed[-1]) for revision in known.revisions) if failed else (),
            started=known.started,
        )


def _last(known: _ProgressV1, step: int) -> _GateV1:
    return [gate for gate in known.gates if gate.step == step][-1]


def _stopped(known: _ProgressV1, revision: LearnedHash, gate: _GateV1) -> TargetProgress:
    """Return a revision that failed at a gate; which uid it was of is not known, so any with that hash is meant."""
    return TargetProgress(
        daemonset=revision.daemonset,
        uid="",
        hash=revision.hash,
        began=known.began or _LONG_AGO,
        stop=Stop(kind="gate", note=gate.note),
    )
