"""All that one pass over one DaemonSet comes to, and the waves after it, in the form in which plans are compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec

from .case import Case
from .course import Course, course_of
from .history import Change, surplus
from .manage import Managed, managed
from .memory import Memory, unseen
from .pods import node_of
from .rolling import Roll, RollError, allows_surge, budget_of, roll
from .trees import HASH_LABEL, Tree

__all__ = ["BURST", "WRITE_RANKS", "Outcome", "Wanted", "Write", "change_text", "outcome"]

BURST = 250
"""Creations, and separately deletions, of one phase (C12)."""

Write = tuple[str, str, str, str, str, str, str]
"""stage, verb, kind, name, node, reason, change."""

_IN_ORDER = """
adoption patch Pod Adopted Released
history create ControllerRevision NewRevision
history update ControllerRevision RevisionUpdated
history patch Pod Relabelled
history delete ControllerRevision RevisionDuplicate
manage create Pod Missing MissingUnderSurge
manage delete Pod Failed Succeeded Duplicate Replaced NotEligible NodeVanished
rolling-update create Pod Outdated OutdatedUnavailable
rolling-update delete Pod Outdated OutdatedUnavailable OutdatedNotEligible Replaced
history delete ControllerRevision RevisionSurplus
status update DaemonSet StatusChanged
"""
WRITE_RANKS = {
    (stage, verb, kind, reason): rank
    for rank, (stage, verb, kind, *reasons) in enumerate(map(str.split, _IN_ORDER.strip().splitlines()))
    for reason in reasons
}
"""Every write that a pass can have, by (stage, verb, kind, reason), with its place in the order of C1 and C14."""

_STAGES = (("manage", "create"), ("manage", "delete"), ("rolling-update", "create"), ("rolling-update", "delete"))


def change_text(change: Tree) -> str:
    """Return a change in a form that can be compared and sorted."""
    return msgspec.json.encode(change, order="sorted").decode()


Wanted = tuple[str, str, str]
"""(node, pod, reason)."""


class Outcome(NamedTuple):
    """`told` is what a plan must say, by check; `sizes` are how many pods each stage and verb writes (C12).

    `expectation` and `backoffs` are what it adds to the State; `creates` and `deletes` are what manage and the roll-out
    want, now or when their turn comes.
    """

    told: dict[str, Any]
    writes: set[Write]
    sizes: dict[tuple[str, str], int]
    backoffs: list[Tree]
    expectation: list[Tree]
    course: Course
    creates: list[Wanted]
    deletes: list[Wanted]
    surge: bool
    awaits: bool


def outcome(case: Case, lost: Collection[str], *, rolls: bool = True, surge: bool | None = None) -> Outcome:
    """Return what a case comes to. On `lost` nodes nothing gets available; without `rolls` there is no roll-out."""
    memory, awaited = Memory(case), unseen(case)
    surges = allows_surge(case) if surge is None else surge
    manage = Managed() if awaited else managed(case, memory.shut, surge=surges)
    acts = bool(manage.create or manage.delete)
    rolling = rolls and not awaited and case.strategy == "RollingUpdate"
    rolled, problem = _rolled(case) if rolling else (None, "")
    error = "" if acts else problem
    creates, deletes = _named(case, rolled)
    wants = (manage.create, manage.delete, [] if acts else creates, [] if acts else deletes)
    memory.advance(node for node, _, reason in manage.delete if reason == "Failed")
    status, written = _status(case, raised=not awaited)
    last = wants[2:] if rolled is not None and not acts else wants[:2]
    return Outcome(
        told={
            "facts": (case.history.hash, case.history.learned, bool(awaited), error),
            "deferred": tuple(max(0, len(part) - BURST) for part in last),
            "status": status,
            "status written": written,
            "desired": len(case.wanted),
            "pods": (case.adrift, case.gone, len(case.adopted), len(case.released)),
            "requeue": min(memory.waits(manage.held, awaited), default=None),
        },
        writes={
            *_pod_writes(memory, wants),
            *_other_writes(case, status if written else None, tidy=not (error or awaited)),
        },
        sizes={how: min(len(wanted), BURST) for how, wanted in zip(_STAGES, wants, strict=True)},
        backoffs=list(memory.backoffs.values()),
        expectation=[] if awaited else [memory.expectation(*(min(len(part), BURST) for part in last))],
        course=course_of(case, None if acts else rolled, failed=bool(error), surge=surges, lost=lost),
        creates=[*manage.create, *creates],
        deletes=[*manage.delete, *deletes],
        surge=surges,
        awaits=bool(awaited),
    )


def _rolled(case: Case) -> tuple[Roll | None, str]:
    try:
        return roll(case, budget_of(case), case.situations), ""
    except RollError as problem:
        return None, str(problem)


def _named(case: Case, rolled: Roll | None) -> tuple[list[Wanted], list[Wanted]]:
    if rolled is None:
        return [], []
    creates = [(node, "", reason) for node, reason in rolled.create]
    return creates, [(node, case.pod(node, place).name, reason) for node, place, reason in rolled.delete]


def _status(case: Case, *, raised: bool) -> tuple[Tree, bool]:
    """Return the status and whether it is written (S3-S11)."""
    given, generation = case.tree.get("status", {}), case.tree["metadata"].get("generation", 0)
    counts = case.status()
    before = given.get("observedGeneration", 0)
    same = all(given.get(name, 0) == count for name, count in counts.items())
    status = {**counts, "observedGeneration": generation if raised else before}
    if given.get("collisionCount") is not None:
        status["collisionCount"] = given["collisionCount"]
    return {name: count for name, count in status.items() if count or name == "collisionCount"}, not (
        same and before >= generation
    )


def _pod_writes(memory: Memory, wants: tuple[list[Wanted], ...]) -> Iterator[Write]:
    """Yield what creates and deletes pods, without what is under way already."""
    away = {(one["verb"], one["name"]) for one in memory.flying if one["kind"] == "Pod"}
    for (stage, verb), wanted in zip(_STAGES, wants, strict=True):
        for node, pod, why in wanted:
            if (verb, pod or node) not in away:
                yield stage, verb, "Pod", pod, node, why, "{}"


def _other_writes(case: Case, status: Tree | None, *, tidy: bool) -> Iterator[Write]:
    """Yield adoptions, releases, relabelling, revisions and status (C1)."""
    history = case.history
    for pods, reason in ((case.adopted, "Adopted"), (case.released, "Released")):
        yield from (("adoption", "patch", "Pod", pod.name, node_of(pod) or "", reason, "{}") for pod in pods)
    for pod in case.claimed if history.duplicates else ():
        if pod.form.labels.get(HASH_LABEL) != history.hash:
            change = change_text({"hash": history.hash})
            yield "history", "patch", "Pod", pod.name, node_of(pod) or "", "Relabelled", change
    live = {pod.form.labels.get(HASH_LABEL, "") for pod in case.claimed if node_of(pod) is not None}
    for verb, reason, changes in (
        ("create", "NewRevision", history.created),
        ("update", "RevisionUpdated", history.updated),
        ("delete", "RevisionDuplicate", history.duplicates),
        ("delete", "RevisionSurplus", surplus(case.tree, history, case.revisions, live) if tidy else ()),
    ):
        yield from (_of_revision(verb, reason, one) for one in changes)
    if status is not None:
        yield "status", "update", "DaemonSet", case.name, "", "StatusChanged", change_text(status)


def _of_revision(verb: str, reason: str, one: Change) -> Write:
    change = change_text({"revision": one.revision, "hash": one.hash})
    return "history", verb, "ControllerRevision", one.name, "", reason, change
