"""The history of a DaemonSet: its revisions, what each of them changed, and which pods still run them (H1, H8)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from ..apiserver.defaulting import is_abridged
from ..errors import InputError, Problem
from ..manifests.field_changes import FieldChange, template_changes
from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet
from ..model.meta import Identity, RawTree
from ..model.node import pool_of
from ..model.pod import Pod, target_node
from ..model.world import Note, World
from ..observe.ownership import OwnedIndex, claim
from ..observe.templates import revision_template, same_template
from ..passes.observation import observe_daemonset, surroundings_of

__all__ = ["RevisionHistory", "RevisionUse", "newest_revision", "revision_history", "revision_to_undo"]


class RevisionUse(msgspec.Struct, frozen=True, kw_only=True):
    """One revision and who runs it. `number` is None for a hash that pods have and no revision explains.

    `changes` is what it changed against the revision before it, None where that is not known. `pools` counts pods by
    the node pool of their node, the largest first.
    """

    number: int | None
    name: str
    hash: str
    created: datetime | None
    is_current: bool
    pods: int
    pools: tuple[tuple[str, int], ...] = ()
    changes: tuple[FieldChange, ...] | None = None


class RevisionHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The revisions of a DaemonSet, newest first, then the hashes that no revision explains."""

    daemonset: Identity
    revisions: tuple[RevisionUse, ...]
    notes: tuple[Note, ...] = ()


def revision_history(world: World, daemonset: DaemonSet, *, now: datetime) -> RevisionHistory:
    """Return the history of a DaemonSet of the world as the next pass leaves it: renumbered after an undo (H8).

    >>> from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
    >>> ds = a_daemonset()
    >>> world = World(nodes=(a_node("n1"),), daemonsets=(ds,), pods=(a_pod(ds, "n1", hash_label="6d4b"),),
    ...               revisions=(a_revision(ds, hash_label="6d4b"),))
    >>> found, = revision_history(world, ds, now=NOW).revisions
    >>> found.number, found.is_current, found.pods
    (1, True, 1)
    """
    observation = observe_daemonset(daemonset, surroundings_of(world, now=now))
    history = observation.observed.history
    numbers = {change.name: change.revision for change in history.updated}
    kept = _in_order(
        msgspec.structs.replace(revision, revision=numbers.get(revision.name, revision.revision))
        for revision in _sorted(world, daemonset)
    )
    changes = _changes_of(kept)
    users = _users(observation.observed.claim.claimed, world)
    found = [
        RevisionUse(
            number=revision.revision,
            name=revision.name,
            hash=_hash(revision),
            created=revision.metadata.creation_timestamp,
            is_current=_hash(revision) == history.hash,
            pods=users[_hash(revision)].total(),
            pools=_pools(users[_hash(revision)]),
            changes=changes[revision.name],
        )
        for revision in reversed(kept)
    ]
    if history.created is not None and kept:
        found.insert(0, _coming(daemonset, kept[-1], history.created.revision, users.get(history.hash)))
    known = {entry.hash for entry in found}
    found += [_unexplained(worn, users[worn], history.hash) for worn in sorted(users.keys() - known)]
    return RevisionHistory(daemonset=daemonset.identity, revisions=tuple(found), notes=observation.notes)


def revision_to_undo(world: World, daemonset: DaemonSet, number: int | None = None) -> tuple[int, RawTree]:
    """Return the number and template that `kubectl rollout undo` goes back to: the one before the last, or `number`.

    Raises InputError where there is no such revision, where the template is that one already, and where a snapshot
    kept no more than a digest of it.
    """
    kept = _sorted(world, daemonset)
    numbers = tuple(str(revision.revision) for revision in kept)
    if number is None and len(kept) < 2:
        raise _refused("has no earlier revision to go back to", daemonset, numbers)
    chosen = [kept[-2]] if number is None else [revision for revision in kept if revision.revision == number]
    if not chosen:
        raise _refused(f"has no revision {number}", daemonset, numbers)
    revision = chosen[0]
    template = {name: part for name, part in revision_template(revision).items() if name != "$patch"}
    if same_template(template, daemonset.spec.template):
        raise _refused(f"is at revision {revision.revision} already", daemonset, numbers)
    if is_abridged(template):
        raise _refused("comes from a snapshot without --full, which keeps digests of revisions only", daemonset, ())
    return revision.revision, template


def newest_revision(world: World, daemonset: DaemonSet) -> int:
    """Return the highest number of a DaemonSet's revisions, 0 where it has none."""
    return max((revision.revision for revision in _sorted(world, daemonset)), default=0)


def _sorted(world: World, daemonset: DaemonSet) -> list[ControllerRevision]:
    return _in_order(claim(daemonset, OwnedIndex(world.revisions)).claimed)


def _in_order(revisions: Iterable[ControllerRevision]) -> list[ControllerRevision]:
    return sorted(revisions, key=lambda revision: (revision.revision, revision.name))


def _changes_of(kept: Sequence[ControllerRevision]) -> Mapping[str, tuple[FieldChange, ...] | None]:
    found: dict[str, tuple[FieldChange, ...] | None] = {}
    for place, revision in enumerate(kept):
        before = revision_template(kept[place - 1]) if place else {}
        after = revision_template(revision)
        whole = place and not is_abridged(before) and not is_abridged(after)
        found[revision.name] = template_changes(before, after) if whole else None
    return found


def _coming(daemonset: DaemonSet, last: ControllerRevision, number: int, users: Counter[str] | None) -> RevisionUse:
    """Return the revision that the next pass creates for a new template."""
    before, after = revision_template(last), daemonset.spec.template
    whole = not is_abridged(before) and not is_abridged(after)
    return RevisionUse(
        number=number,
        name="",
        hash="",
        created=None,
        is_current=True,
        pods=users.total() if users else 0,
        pools=_pools(users or Counter()),
        changes=template_changes(before, after) if whole else None,
    )


def _unexplained(worn: str, users: Counter[str], current: str) -> RevisionUse:
    return RevisionUse(
        number=None,
        name="",
        hash=worn,
        created=None,
        is_current=worn == current,
        pods=users.total(),
        pools=_pools(users),
    )


def _users(pods: Iterable[Pod], world: World) -> defaultdict[str, Counter[str]]:
    """Return how many pods of each hash label are on each pool."""
    pools = {node.name: pool_of(node.labels) for node in world.nodes}
    users: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pod in pods:
        users[pod.metadata.labels.get(HASH_LABEL, "")][pools.get(target_node(pod) or "", "")] += 1
    return users


def _pools(users: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(users.items(), key=lambda entry: (-entry[1], entry[0])))


def _hash(revision: ControllerRevision) -> str:
    return revision.metadata.labels.get(HASH_LABEL, revision.name)


def _refused(message: str, daemonset: DaemonSet, accepted: Sequence[str]) -> InputError:
    problem = Problem(
        reason="NotFound", object=f"DaemonSet {daemonset.identity}", message=message, accepted=tuple(accepted)
    )
    return InputError.of([problem])
