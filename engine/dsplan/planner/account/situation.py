"""All that is known about one DaemonSet before its account is made: one value that every rule of the account reads."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from pyroaring import BitMap

from ...diff import ActionReason, Actor, Stage, allows_surge
from ...eligibility import NodeIndex
from ...model.meta import Identity
from ...observe import Observed
from ...passes.forecast import Rollout
from ...passes.pass_actions import BURST
from ...passes.step_types import DaemonSetStep
from ...placement.filters.outcomes import Outcome, OutcomeKind
from .types import Moment
from .words import Awaited, By, End, When

__all__ = ["Ends", "Known", "Never", "Played", "Writes", "known_writes", "never_of"]

_NEVER_ENDS = {
    OutcomeKind.PENDING: End.UNPLACED,
    OutcomeKind.REFUSED: End.REFUSED,
    OutcomeKind.REJECTED: End.REJECTED,
}
NOW = Moment(When.NOW)
UNSEEN = Moment(When.AFTER, awaited=Awaited.WRITE)


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation has shown of one DaemonSet: its roll-out, where new pods find no place, why they fail."""

    rollout: Rollout
    never: tuple[Never, ...] = ()
    revision: str = ""


class Never(msgspec.Struct, frozen=True):
    """Nodes where a pod does not run for one reason; `example` tells what the first lacks, and who has it."""

    end: End
    reason: str
    example: str
    nodes: BitMap
    by: Identity | None = None


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a pod that is wanted, by node: never placed, by evicting whom, once room is left, not known.

    `ousted` are nodes where another DaemonSet's pod evicts the one that is there. `failing` pods of the current
    revision are there, by the evidence; where the `revision` fails everywhere, new pods fail as well.
    """

    never: tuple[Never, ...] = ()
    evicts: tuple[tuple[tuple[Identity, ...], BitMap], ...] = ()
    waits: BitMap = BitMap()
    unknown: BitMap = BitMap()
    ousted: tuple[tuple[Identity, BitMap], ...] = ()
    failing: tuple[tuple[str, BitMap], ...] = ()
    revision: str = ""

    @property
    def hopeless(self) -> BitMap:
        """The nodes where the pod is never placed."""
        return BitMap.union(BitMap(), *(part.nodes for part in self.never))

    @property
    def sick(self) -> BitMap:
        """The nodes where the current pod fails."""
        return BitMap.union(BitMap(), *(nodes for _, nodes in self.failing))


def never_of(outcome: Outcome, nodes: BitMap) -> Never:
    """Return one outcome that leaves a pod without a place."""
    told = [reason for failure in outcome.failures for reason in failure.reasons]
    example = "; ".join(str(shortage) for failure in outcome.failures for shortage in failure.shortages)
    reason = "; ".join(dict.fromkeys(told)) or str(outcome.kind)
    return Never(_NEVER_ENDS[outcome.kind], reason, example, nodes, outcome.evicted_by)


class Writes(msgspec.Struct, frozen=True, kw_only=True):
    """Which nodes the next pass writes to, as sets of ids.

    `created` and `deleted` are written by manage, `updated` by the roll-out. `flying` are nodes whose writes were
    issued and are not seen yet (C7); `retried` nodes have a failed pod whose back-off is over (M9). `vanished` are
    (node, pod) deleted now on nodes that do not exist.
    """

    created: BitMap
    deleted: BitMap
    updated: BitMap
    flying: BitMap
    retried: BitMap
    vanished: frozenset[tuple[str, str]]


def known_writes(entry: DaemonSetStep, index: NodeIndex) -> Writes:
    """Return what the next pass writes, as its actions say."""
    ids = index.ids
    created, deleted, updated = list[int](), list[int](), list[int]()
    vanished = set[tuple[str, str]]()
    for action in entry.actions:
        if action.kind != "Pod" or action.verb not in ("create", "delete"):
            continue
        position = ids.get(action.node)
        if position is None:
            vanished.add((action.node, action.name))
        elif action.stage is Stage.ROLLING_UPDATE:
            updated.append(position)
        else:
            (created if action.verb == "create" else deleted).append(position)
    now = BitMap(created), BitMap(deleted), BitMap(updated)
    return Writes(
        created=now[0],
        deleted=now[1],
        updated=now[2],
        flying=BitMap(ids[name] for name in _wanted_now(entry) if name in ids).difference(*now),
        retried=_retried(entry, index),
        vanished=frozenset(vanished),
    )


def _wanted_now(entry: DaemonSetStep) -> Iterable[str]:
    """Yield the nodes that one pass writes to unless it has done so already."""
    rolling = entry.rolling if entry.rolling_update_ran else None
    for create in (entry.manage.create if entry.manage else (), rolling.create if rolling else ()):
        yield from (name for name, _ in create[:BURST])
    for delete in (entry.manage.delete if entry.manage else (), rolling.delete if rolling else ()):
        yield from (name for name, *_ in delete[:BURST])


def _retried(entry: DaemonSetStep, index: NodeIndex) -> BitMap:
    deleted = entry.manage.delete if entry.manage else ()
    return BitMap(index.ids[name] for name, _, reason in deleted if reason is ActionReason.FAILED and name in index.ids)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet with what the pass, the prediction and the forecast say of it.

    `first` and `later` are the nodes of the first and of all other update waves, `leaving` those of both that lose
    their pod for good, `left` those that keep an outdated one. `waits` maps nodes to what a policy lets them wait for;
    `frozen`: nothing is written to any pod.
    """

    entry: DaemonSetStep
    observed: Observed
    index: NodeIndex
    ends: Ends
    writes: Writes
    rollout: Rollout
    first: BitMap
    later: BitMap
    leaving: BitMap
    left: BitMap
    unready: BitMap
    governed: bool = False
    frozen: bool = False
    waits: tuple[tuple[str, BitMap, bool], ...] = ()

    @property
    def surge(self) -> bool:
        """Whether manage works with surge (M14)."""
        return allows_surge(self.entry.daemonset)

    @property
    def by(self) -> By:
        """Who carries out what manage wants."""
        return By.HOST if any(action.actor is Actor.HOST for action in self.entry.actions) else By.CONTROLLER

    def when(self, nodes: BitMap, now: BitMap) -> list[tuple[Moment, BitMap]]:
        """Return the moments at which manage writes to some nodes, with the nodes; `now` are those of this pass."""
        if self.frozen:
            return [(Moment(When.AFTER, awaited=Awaited.POLICY), nodes)]
        if self.entry.manage is None:
            return [(UNSEEN, nodes)]
        at_once, under_way = nodes & now, (nodes & self.writes.flying) - now
        parts = [(NOW, at_once), (Moment(When.UNDER_WAY, awaited=Awaited.WRITE), under_way)]
        parts.append((Moment(When.LATER_PASS, first=2), nodes - at_once - under_way))
        return [(moment, found) for moment, found in parts if found]
