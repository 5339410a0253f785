"""Revisions: which one is current, what the controller writes about it, what it cleans up (H1-H10)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet
from .ownership import Claim
from .templates import new_revision_hash, revision_template, same_template

__all__ = ["History", "RevisionChange", "has_surplus", "observe_history", "surplus_revisions"]

DEFAULT_HISTORY_LIMIT = 10


class RevisionChange(msgspec.Struct, frozen=True):
    """One write to a ControllerRevision: what it then has as name, number and hash label."""

    name: str
    revision: int
    hash: str


class History(msgspec.Struct, frozen=True):
    """What one pass makes of the revisions.

    `hash` is the current hash; `learned` is False where no stored revision matches, so that `hash` is only a stand-in
    for what the real controller would compute (H6). `old` keeps the other revisions with their hash labels.
    """

    hash: str
    learned: bool
    current: ControllerRevision | None
    created: RevisionChange | None
    updated: tuple[RevisionChange, ...]
    duplicates: tuple[ControllerRevision, ...]
    old: tuple[tuple[ControllerRevision, str], ...]


def observe_history(daemonset: DaemonSet, claim: Claim[ControllerRevision], known_hash: str = "") -> History:
    """Return the history as one pass constructs it (H1-H4, H8).

    `known_hash` is the hash of a revision that is still to be created, for a host that has learned it elsewhere.
    """
    updated: list[RevisionChange] = []
    current: list[tuple[ControllerRevision, str]] = []
    old: list[tuple[ControllerRevision, str]] = []
    for revision in claim.claimed:
        label = revision.metadata.labels.get(HASH_LABEL)
        if label is None:
            label = revision.name
            updated.append(RevisionChange(revision.name, revision.revision, label))
        same = same_template(daemonset.spec.template, revision_template(revision))
        (current if same else old).append((revision, label))
    number = max((revision.revision for revision, _ in old), default=0) + 1
    if not current:
        label = known_hash or new_revision_hash(daemonset)
        created = RevisionChange(f"{daemonset.name}-{label}", number, label)
        return History(label, bool(known_hash), None, created, tuple(updated), (), tuple(old))
    kept, label = _latest(current)
    if kept.revision < number:
        updated.append(RevisionChange(kept.name, number, label))
    duplicates = tuple(revision for revision, _ in current if revision.name != kept.name)
    return History(label, True, kept, None, tuple(updated), duplicates, tuple(old))


def _latest(current: Sequence[tuple[ControllerRevision, str]]) -> tuple[ControllerRevision, str]:
    best = current[0]
    for entry in current[1:]:
        if entry[0].revision >= best[0].revision:
            best = entry
    return best


def has_surplus(daemonset: DaemonSet, history: History) -> bool:
    """Return whether there are more old revisions than the limit (H9)."""
    return len(history.old) > _limit(daemonset)


def surplus_revisions(
    daemonset: DaemonSet, history: History, live_hashes: Collection[str]
) -> tuple[ControllerRevision, ...]:
    """Return the old revisions that clean-up deletes: lowest number first, none whose hash a pod still has (H9)."""
    excess = len(history.old) - _limit(daemonset)
    surplus: list[ControllerRevision] = []
    for revision, label in sorted(history.old, key=lambda entry: (entry[0].revision, entry[0].name)):
        if len(surplus) >= excess:
            break
        if label not in live_hashes:
            surplus.append(revision)
    return tuple(surplus)


def _limit(daemonset: DaemonSet) -> int:
    limit = daemonset.spec.revision_history_limit
    return DEFAULT_HISTORY_LIMIT if limit is None else limit
