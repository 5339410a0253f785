"""The revisions of one DaemonSet: which is current, what is written about them, what is cleaned up (H1-H9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from .labels import matches
from .pods import takes
from .trees import HASH_LABEL, Owner, PlannedWorld, Tree, owner_of, template_digest

__all__ = ["Change", "History", "history_of", "revisions_of", "surplus"]

_PRIME = 9_999_999_967
_ALPHABET = "456789bcdf"


class Change(NamedTuple):
    """A revision as a write leaves it, or finds it where it is deleted."""

    name: str
    revision: int
    hash: str


class History(NamedTuple):
    """The current hash, whether it is known and not made up, and what is created, updated, deleted as a duplicate."""

    hash: str
    learned: bool
    created: tuple[Change, ...]
    updated: tuple[Change, ...]
    duplicates: tuple[Change, ...]
    old: tuple[Change, ...]


def revisions_of(daemonset: Tree, world: PlannedWorld) -> list[Tree]:
    """Return the revisions that a DaemonSet has or adopts (H10)."""
    selector, namespace = daemonset["spec"].get("selector"), daemonset["metadata"].get("namespace", "")
    owned: dict[Owner, list[Tree]] = defaultdict(list)
    orphans: list[Tree] = []
    for one in world.others.get("ControllerRevision", ()):
        owner = owner_of(one)
        if owner is not None:
            owned[owner].append(one)
        elif one["metadata"].get("namespace", "") == namespace and "deletionTimestamp" not in one["metadata"]:
            orphans.append(one)
    orphans = [one for one in orphans if takes(daemonset, one["metadata"].get("labels") or {}, world)]
    mine = [*world.owned(daemonset, owned), *orphans]
    return [one for one in mine if matches(selector, one["metadata"].get("labels") or {})]


def history_of(daemonset: Tree, revisions: list[Tree], known: str) -> History:
    """Return the history that one pass constructs; `known` is a hash learned elsewhere (H1-H8)."""
    mine, number = template_digest(daemonset["spec"]["template"])
    updated: list[Change] = []
    old: list[Change] = []
    current: list[Change] = []
    for one in revisions:
        label = (one["metadata"].get("labels") or {}).get(HASH_LABEL)
        change = Change(one["metadata"].get("name", ""), one.get("revision", 0), label or "")
        if label is None:
            change = change._replace(hash=change.name)
            updated.append(change)
        template = ((one.get("data") or {}).get("spec") or {}).get("template") or {}
        (current if template_digest(template)[0] == mine else old).append(change)
    newest = max((one.revision for one in old), default=0) + 1
    if not current:
        label = known or _stand_in(number, daemonset.get("status", {}).get("collisionCount") or 0)
        created = Change(f"{daemonset['metadata'].get('name', '')}-{label}", newest, label)
        return History(label, bool(known), (created,), tuple(updated), (), tuple(old))
    kept = max(reversed(current), key=lambda one: one.revision)
    if kept.revision < newest:
        updated.append(kept._replace(revision=newest))
    worn = {one["metadata"].get("name", ""): one["metadata"].get("labels", {}).get(HASH_LABEL, "") for one in revisions}
    duplicates = tuple(one._replace(hash=worn[one.name]) for one in current if one.name != kept.name)
    return History(kept.hash, True, (), tuple(updated), duplicates, tuple(one for one in old))


def _stand_in(number: int, collisions: int) -> str:
    """Return the name of a revision whose hash nobody can know (H6)."""
    if collisions:
        number = int.from_bytes(f"{number}/{collisions}".encode()) % _PRIME
    return "".join(_ALPHABET[int(digit)] for digit in f"{number:010}")


def surplus(daemonset: Tree, history: History, revisions: list[Tree], live: Collection[str]) -> list[Change]:
    """Return the old revisions that clean-up deletes: lowest first, none that a pod wears (H9)."""
    limit = daemonset["spec"].get("revisionHistoryLimit", 10)
    excess = len(history.old) - limit
    worn = {one["metadata"].get("name", ""): one["metadata"].get("labels", {}).get(HASH_LABEL, "") for one in revisions}
    idle = sorted((one.revision, one.name, one) for one in history.old if one.hash not in live)
    return [one._replace(hash=worn[one.name]) for _, _, one in idle[: max(0, excess)]]
