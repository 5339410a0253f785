"""What somebody says about a roll-out: its gate passes or fails, it goes on again, it pauses."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..errors import DsplanError
from ..model.state import PolicyProgress, State, Stop, TargetProgress

__all__ = ["ANSWERS", "answered", "asked_of", "with_gate", "with_pause"]

ANSWERS = ("pass", "fail", "resume", "pause")
"""What may be said of a policy's roll-outs."""


def answered(state: State, policy: str, answer: str, *, note: str = "") -> State:
    """Return a State with one of `ANSWERS` about a policy (`namespace/name`).

    pass: the gates that are asked now, also one that was said to fail; where none is, a roll-out that is stopped goes
    on, as with resume. fail: what
    waits at a gate, else what is under way, is stopped until somebody resumes it. resume: what is stopped or paused
    goes on; gates are asked anew, and nodes that broke are no reason to stop any more. pause: nothing begins until
    then.
    Raises DsplanError where there is nothing to say it of: an answer counts only once it is asked for.

    >>> from dsplan.model.meta import Identity
    >>> state = State(rollouts=(PolicyProgress(policy=Identity("RolloutPolicy", "default", "p")),))
    >>> answered(state, "default/p", "pause").rollouts[0].paused
    True
    >>> answered(state, "default/p", "pass")
    Traceback (most recent call last):
    dsplan.errors.DsplanError: policy default/p: nothing is asked; an answer counts only once its gate waits for it
    """
    known = next((entry for entry in state.rollouts if str(entry.policy) == policy), None)
    if known is None or answer not in ANSWERS:
        raise DsplanError(f"no policy {policy} is known to roll anything out")
    progress = {"pass": _passed, "fail": _failed, "resume": _resumed, "pause": _paused}[answer](known, note)
    rollouts = tuple(progress if entry is known else entry for entry in state.rollouts)
    return msgspec.structs.replace(state, rollouts=rollouts)


def asked_of(state: State, policy: str) -> tuple[str, ...]:
    """Return what the gates of a policy (`namespace/name`) are asked about now: DaemonSet, revision hash and step.

    An approval that names these counts only as long as they are the same.
    """
    known = [entry for entry in state.rollouts if str(entry.policy) == policy]
    found = [
        f"{target.daemonset} {target.hash} {record.name}"
        for entry in known
        for target in entry.targets
        if _is_asked(target)
        for record in target.steps
        if record.asked is not None and record.over is None and not record.passed
    ]
    return tuple(sorted(found))


def with_gate(state: State, policy: str, *, passed: bool, note: str = "") -> State:
    """Return a State in which somebody has decided at the gates where a policy (`namespace/name`) waits.

    Raises DsplanError where nothing is asked: see `answered`.
    """
    return answered(state, policy, "pass" if passed else "fail", note=note)


def with_pause(state: State, policy: str, *, paused: bool) -> State:
    """Return a State in which somebody has paused a policy, or lets it go on."""
    return answered(state, policy, "pause" if paused else "resume")


def _passed(known: PolicyProgress, note: str) -> PolicyProgress:
    if any(_is_asked(target) for target in known.targets):
        return _each(known, _is_asked, lambda target: _with_answer(target, note))
    if any(_has_failed(target) for target in known.targets):
        return _each(known, _has_failed, lambda target: _with_answer(msgspec.structs.replace(target, stop=None), note))
    if any(_is_stopped(target) for target in known.targets):
        return _resumed(known, note)
    raise DsplanError(f"policy {known.policy}: nothing is asked; an answer counts only once its gate waits for it")


def _failed(known: PolicyProgress, note: str) -> PolicyProgress:
    present = [target for target in known.targets if not target.retired]
    concerned = [target for target in present if _is_asked(target)]
    concerned = concerned or [target for target in present if not target.through] or present
    if not concerned:
        raise DsplanError(f"policy {known.policy}: nothing that could fail is known to roll out")
    return _each(known, lambda target: target in concerned, lambda target: _stopped(target, note))


def _resumed(known: PolicyProgress, note: str) -> PolicyProgress:
    if not known.paused and not any(_is_stopped(target) for target in known.targets):
        raise DsplanError(f"policy {known.policy}: nothing is stopped or paused")
    freed = _each(known, _is_stopped, _free)
    return msgspec.structs.replace(freed, paused=False)


def _paused(known: PolicyProgress, note: str) -> PolicyProgress:
    return msgspec.structs.replace(known, paused=True)


def _each(
    known: PolicyProgress,
    concerns: Callable[[TargetProgress], bool],
    change: Callable[[TargetProgress], TargetProgress],
) -> PolicyProgress:
    targets = tuple(change(target) if concerns(target) else target for target in known.targets)
    return msgspec.structs.replace(known, targets=targets)


def _has_failed(target: TargetProgress) -> bool:
    """Return whether the gate that is asked was found to fail: whoever said so may say otherwise."""
    return (
        target.stop is not None and target.stop.kind == "gate" and _is_asked(msgspec.structs.replace(target, stop=None))
    )


def _is_asked(target: TargetProgress) -> bool:
    waiting = any(record.asked is not None and record.over is None and not record.passed for record in target.steps)
    return not target.retired and not _is_stopped(target) and waiting


def _is_stopped(target: TargetProgress) -> bool:
    return target.stop is not None


def _with_answer(target: TargetProgress, note: str) -> TargetProgress:
    steps = tuple(
        msgspec.structs.replace(record, passed=True, note=note)
        if record.asked is not None and record.over is None
        else record
        for record in target.steps
    )
    return msgspec.structs.replace(target, steps=steps)


def _stopped(target: TargetProgress, note: str) -> TargetProgress:
    asked = [record for record in target.steps if record.asked is not None and record.over is None]
    nodes = target.stop.nodes if target.stop is not None and target.stop.kind == "broken" else ()
    stop = Stop(kind="gate", step=asked[0].name if asked else "", note=note, nodes=nodes)
    return msgspec.structs.replace(target, stop=stop)


def _free(target: TargetProgress) -> TargetProgress:
    """Return a target that goes on: its open gates are asked anew, the nodes that stopped it are excused."""
    nodes = target.stop.nodes if target.stop is not None else ()
    steps = tuple(record for record in target.steps if record.over is not None)
    excused = tuple(sorted({*target.excused, *nodes}))
    return msgspec.structs.replace(target, stop=None, steps=steps, excused=excused)
