"""What State remembers of a policy's targets, and what of it goes on into the next State.

A memory belongs to (policy, uid, hash). A revision that is not in it begins at the first step. A target that is not
seen keeps what is known of it; a revision that is not the current one any more keeps its stop alone, so that it is
stopped still, should somebody go back to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from ..model.meta import Identity
from ..model.policy import RolloutPolicy
from ..model.state import PolicyProgress, State, StepRecord, Stop, TargetProgress
from .steps import StepRule
from .subjects import Subject

__all__ = ["Remembered", "kept", "noted", "progress_of", "record_of", "remembered_of"]

_MOST_TARGETS = 256
"""Revisions that are remembered of one policy; of those that are not there any more, the oldest are forgotten first."""


class Remembered(msgspec.Struct, frozen=True):
    """One target: what is known of its present revision, whether that is new, and what earlier revisions broke.

    `is_known`: State knows some revision of it, so when this one began is known, too.
    """

    target: TargetProgress
    is_new: bool
    broken: frozenset[str] = frozenset()
    is_known: bool = True


def progress_of(state: State, policy: RolloutPolicy) -> PolicyProgress:
    """Return what is remembered of a policy, by its name."""
    known = (entry for entry in state.rollouts if entry.policy == policy.identity)
    return next(known, PolicyProgress(policy=policy.identity))


def remembered_of(progress: PolicyProgress, subject: Subject, now: datetime) -> Remembered:
    """Return what is known of a target under its present revision."""
    uid, hash_ = subject.daemonset.metadata.uid, subject.observed.history.hash
    same = [entry for entry in progress.targets if _is_of(entry, subject.identity, uid)]
    earlier = [entry.stop for entry in same if entry.hash != hash_ and entry.stop is not None]
    broken = frozenset(name for stop in earlier if stop.kind == "broken" for name in stop.nodes)
    found = next((entry for entry in same if entry.hash == hash_), None)
    if found is not None and found.uid and not found.retired:
        return Remembered(found, is_new=False, broken=broken)
    stop = found.stop if found is not None else None
    target = TargetProgress(daemonset=subject.identity, uid=uid, hash=hash_, began=now, stop=stop)
    return Remembered(target, is_new=True, broken=broken, is_known=any(entry.uid for entry in same))


def _is_of(entry: TargetProgress, identity: Identity, uid: str) -> bool:
    """Return whether an entry is of this incarnation; one of a State of version 1 does not tell."""
    return entry.uid == uid if entry.uid else entry.daemonset == identity


def kept(
    progress: PolicyProgress, present: Mapping[Identity, TargetProgress], recovered: Callable[[str], bool]
) -> tuple[TargetProgress, ...]:
    """Return the targets of the next State: those that are here as they stand, the others as they were.

    Of nodes that a revision broke and that have `recovered`, nothing is remembered: should they fall again, another
    revision may have done it.
    """
    here = {entry.uid: entry for entry in present.values()}
    found = list(present.values())
    for entry in progress.targets:
        now = here.get(entry.uid) if entry.uid else present.get(entry.daemonset)
        if now is None and not entry.retired:
            found.append(entry)
        elif (now is None or entry.hash != now.hash) and (stop := _lasting(entry.stop, recovered)) is not None:
            found.append(_retired(entry, stop))
    found.sort(key=lambda entry: (entry.daemonset, entry.uid, entry.hash))
    if len(found) <= _MOST_TARGETS:
        return tuple(found)
    away = [entry for entry in found if here.get(entry.uid) is not entry]
    dropped = {id(entry) for entry in sorted(away, key=lambda entry: entry.began)[: len(found) - _MOST_TARGETS]}
    return tuple(entry for entry in found if id(entry) not in dropped)


def _lasting(stop: Stop | None, recovered: Callable[[str], bool]) -> Stop | None:
    """Return what is left of a stop: a gate that failed, nodes that have not recovered."""
    if stop is None or stop.kind == "failing":
        return None
    nodes = tuple(name for name in stop.nodes if not recovered(name))
    return msgspec.structs.replace(stop, nodes=nodes) if nodes or stop.kind == "gate" else None


def _retired(entry: TargetProgress, stop: Stop) -> TargetProgress:
    return TargetProgress(
        daemonset=entry.daemonset, uid=entry.uid, hash=entry.hash, began=entry.began, stop=stop, retired=True
    )


def record_of(target: TargetProgress, rule: StepRule) -> StepRecord:
    """Return what is known of a step, by what it says."""
    known = (entry for entry in target.steps if (entry.step, entry.turn) == (rule.says, rule.turn))
    return next(known, StepRecord(step=rule.says, turn=rule.turn, name=rule.name))


def noted(target: TargetProgress, record: StepRecord) -> TargetProgress:
    """Return a target with a step's record; one that says nothing is left out."""
    others = [entry for entry in target.steps if (entry.step, entry.turn) != (record.step, record.turn)]
    tells = record.asked is not None or record.over is not None
    return msgspec.structs.replace(target, steps=tuple(sorted([*others, *([record] if tells else [])], key=_key)))


def _key(record: StepRecord) -> tuple[str, int]:
    return record.step, record.turn
