"""What a State of version 1 can still be trusted with.

It kept an index of the step, which may belong to another list of steps by now. So steps, canaries and percentages are
forgotten, as if the State were lost; what somebody found at a gate, if it failed, and what began within the last minute
are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from .meta import Identity
from .state import LearnedHash, PolicyProgress, Started, Stop, TargetProgress

__all__ = ["rollouts_of"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class _Gate(msgspec.Struct, frozen=True, kw_only=True):
    step: int
    passed: bool
    note: str = ""


class _Progress(msgspec.Struct, frozen=True, kw_only=True):
    policy: Identity
    revisions: tuple[LearnedHash, ...] = ()
    began: datetime | None = None
    gates: tuple[_Gate, ...] = ()
    started: tuple[Started, ...] = ()


def rollouts_of(entries: Iterable[Any]) -> Iterator[PolicyProgress]:
    """Yield what is kept of the policies of version 1. Raises ValueError for what is none of these."""
    for entry in entries:
        known = msgspec.convert(entry, _Progress)
        failed = [gate for gate in known.gates if not gate.passed and gate is _last(known, gate.step)]
        yield PolicyProgress(
            policy=known.policy,
            targets=tuple(_stopped(known, revision, failed[-1]) for revision in known.revisions) if failed else (),
            started=known.started,
        )


def _last(known: _Progress, step: int) -> _Gate:
    return [gate for gate in known.gates if gate.step == step][-1]


def _stopped(known: _Progress, revision: LearnedHash, gate: _Gate) -> TargetProgress:
    """Return a revision that failed at a gate; which uid it was of is not known, so any with that hash is meant."""
    return TargetProgress(
        daemonset=revision.daemonset,
        uid="",
        hash=revision.hash,
        began=known.began or _LONG_AGO,
        stop=Stop(kind="gate", note=gate.note),
    )
