"""The account as values: rows of pairs that are alike, the lots of their pods, and the course of a roll-out."""

from __future__ import annotations

import msgspec
from pyroaring import BitMap

from ...diff import Budget
from ...eligibility import Verdict
from ...model.brief import Brief
from ...model.meta import Identity
from ...observe import Shape
from ...passes.forecast import Halt, Rollout
from .words import Awaited, By, End, Fate, Kind, LotKind, Spent, When

__all__ = ["Account", "DaemonSetAccount", "Eviction", "Lot", "Moment", "Row", "Sums"]

_BY_DESIGN = frozenset({Fate.EXCLUDED, Fate.KEPT, Fate.REMOVED})
_BLOCKED = frozenset({Fate.UNTOUCHED, Fate.STALLED, Fate.PARKED, Fate.FAILING, Fate.DOWN})
_MAY_WAIT = frozenset({Fate.CREATED, Fate.REPAIRED})


class Moment(msgspec.Struct, frozen=True):
    """When something happens. `first` and `last` are numbers of passes or waves, 0 where it is neither.

    `seconds` is in how long, where that is known; `awaited` what a moment of the kind *after* waits for.
    """

    when: When
    first: int = 0
    last: int = 0
    awaited: Awaited = Awaited.NOTHING
    seconds: float | None = None


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one pod.

    `place` is its position among the node's pods in the order M19, -1 for a pod to come. `reason` is the action's, or
    in the scheduler's words. `other` is the DaemonSet or workload whose pod evicts it, or that it evicts.
    """

    kind: LotKind
    place: int = -1
    reason: str = ""
    by: By = By.NOBODY
    moment: Moment = Moment(When.NEVER)
    end: End | None = None
    budget: Spent = Spent.NOTHING
    other: tuple[Identity, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of one DaemonSet that are alike: the same verdict, pods, fate and reason.

    `nodes` are ids in name order, `vanished` the names of nodes that do not exist. `lots` has one entry for each pod of
    `shape`, in its order, then those that come. `reason` is a code, `text` says it for people; `example` tells what
    the first node lacks, and who has it. `spends` tells whether
    each pair holds a place in the budget now (R6-R9, R13, R17, R24). `loses`: an available pod goes, and none is
    available at the end. `otherwise` is the fate in the second course, where starting pods do not become ready.
    """

    fate: Fate
    verdict: Verdict
    nodes: BitMap
    vanished: tuple[str, ...] = ()
    shape: Shape = ()
    lots: tuple[Lot, ...] = ()
    reason: str = ""
    text: str = ""
    example: str = ""
    moment: Moment = Moment(When.NEVER)
    spends: bool = False
    loses: bool = False
    otherwise: Fate | None = None

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.nodes) + len(self.vanished)

    @property
    def kind(self) -> Kind:
        """The yes, or which of the three kinds of no."""
        if self.fate in _BY_DESIGN:
            return Kind.BY_DESIGN
        if self.fate is Fate.UNPLACED:
            return Kind.IMPOSSIBLE
        waits = self.fate in _MAY_WAIT and self.moment.when is When.AFTER
        return Kind.BLOCKED if waits or self.fate in _BLOCKED else Kind.YES

    def count(self, *kinds: LotKind) -> int:
        """Return how many pods have one of these lots."""
        return len(self) * sum(lot.kind in kinds for lot in self.lots)


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What an account adds up to. `yes`, `blocked`, `impossible`, `excluded` and `vanished` are all pairs, each once.

    `excluded` are by design; `vanished` are pairs of nodes that do not exist. `update` are pairs that are replaced;
    `create` and `delete` are pods besides those; `waves` is the longest roll-out of any DaemonSet. `evictions` are pods
    of other owners; `removed` pairs lose their pod and are not wanted; `stalled` and `parked` pairs keep an outdated
    pod; `stalls` are DaemonSets whose roll-out does not get to its end.
    """

    create: int = 0
    delete: int = 0
    update: int = 0
    waves: int = 0
    yes: int = 0
    blocked: int = 0
    impossible: int = 0
    excluded: int = 0
    vanished: int = 0
    removed: int = 0
    stalled: int = 0
    parked: int = 0
    evictions: int = 0
    stalls: int = 0

    def __str__(self) -> str:
        """Return the last line of every output.

        >>> str(Sums(create=3))
        'Plan: 3 to create, 0 to delete, 0 to update; 0 blocked, 0 excluded by design.'
        >>> str(Sums(update=3, waves=3, blocked=1, impossible=1, evictions=2, stalls=1)).partition("delete, ")[2]
        '3 to update in 3 waves; 1 blocked, 1 impossible, 0 excluded by design; 2 pods evicted; 1 roll-out stalls.'
        """
        waves = f" in {self.waves:,} wave{'s' * (self.waves != 1)}" if self.update else ""
        impossible = f"{self.impossible:,} impossible, " if self.impossible else ""
        more = f"; {self.evictions:,} pod{'s' * (self.evictions != 1)} evicted" if self.evictions else ""
        more += f"; {self.stalls:,} roll-out{'s stall' if self.stalls != 1 else ' stalls'}" if self.stalls else ""
        return (
            f"Plan: {self.create:,} to create, {self.delete:,} to delete, {self.update:,} to update{waves}; "
            f"{self.blocked:,} blocked, {impossible}{self.excluded:,} excluded by design{more}."
        )

    def __add__(self, other: Sums) -> Sums:
        """Return the sums of both; of waves the larger."""
        added = {name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}
        return Sums(**{**added, "waves": max(self.waves, other.waves)})


class Eviction(msgspec.Struct, frozen=True, order=True):
    """Pods of `victim` that are evicted on some nodes (ids): so many on each of them (P2, P3)."""

    victim: Identity
    pods: int
    nodes: BitMap


class DaemonSetAccount(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one DaemonSet on every node, and of each of its pods.

    The nodes of `rows` are disjoint and make up all nodes. `adrift` pods have no target node and are ignored (A15);
    `gone` are terminal and terminating (M6); `adopted` and `released` change hands in the next pass (M2, M3).
    `course` is the expected one; `otherwise` what comes if starting pods do not become ready, None where that is
    the same.
    """

    identity: Identity
    rows: tuple[Row, ...]
    course: Rollout = Rollout()
    otherwise: Rollout | None = None
    budget: Budget | None = None
    evictions: tuple[Eviction, ...] = ()
    adrift: int = 0
    gone: int = 0
    adopted: int = 0
    released: int = 0
    error: str = ""

    @property
    def stalls(self) -> bool:
        """Whether the roll-out does not get to its end, other than by somebody's decision."""
        halted = self.course.halt not in (Halt.NONE, Halt.ON_DELETE, Halt.POLICY)
        return halted or any(row.fate is Fate.STALLED for row in self.rows)

    @property
    def spends(self) -> int:
        """How many pairs hold a place in the budget now."""
        return sum(len(row) for row in self.rows if row.spends)

    @property
    def sums(self) -> Sums:
        """What the rows add up to."""
        kinds = dict.fromkeys(Kind, 0)
        fates = dict.fromkeys(Fate, 0)
        create = delete = vanished = 0
        for row in self.rows:
            kinds[row.kind] += len(row.nodes)
            vanished += len(row.vanished)
            fates[row.fate] += len(row)
            if row.fate is not Fate.REPLACED:
                create += row.count(LotKind.COMES)
                delete += row.count(LotKind.DELETED, LotKind.COLLECTED)
        return Sums(
            create=create,
            delete=delete,
            update=fates[Fate.REPLACED],
            waves=self.course.wave_count,
            yes=kinds[Kind.YES],
            blocked=kinds[Kind.BLOCKED],
            impossible=kinds[Kind.IMPOSSIBLE],
            excluded=kinds[Kind.BY_DESIGN],
            vanished=vanished,
            removed=fates[Fate.REMOVED],
            stalled=fates[Fate.STALLED],
            parked=fates[Fate.PARKED],
            evictions=sum(entry.pods * len(entry.nodes) for entry in self.evictions),
            stalls=int(self.stalls),
        )

    def waves(self) -> dict[str, int]:
        """Return the number of the update wave of every node that has one."""
        found: dict[str, int] = {}
        wave = place = 0
        for run in self.course.waves:
            for _ in range(run.repeat):
                wave += 1
                found.update(dict.fromkeys(self.course.nodes[place : place + run.size], wave))
                place += run.size
        return found

    def row_of(self, position: int) -> Row:
        """Return the row of a node, by its id. Raises KeyError for an id that is none."""
        for row in self.rows:
            if position in row.nodes:
                return row
        raise KeyError(position)

    def row_of_vanished(self, name: str) -> Row:
        """Return the row of a node that does not exist. Raises KeyError where no pod points to it."""
        for row in self.rows:
            if name in row.vanished:
                return row
        raise KeyError(name)


class Account(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """Every DaemonSet's part, sorted by identity. `foreseen` tells whether roll-outs were played to their end.

    >>> from datetime import UTC, datetime
    >>> from dsplan import decode, solve
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "Node", "metadata": {"name": "n2"}, "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}},
    ... ])
    >>> account = solve(world, now=datetime(2026, 1, 1, tzinfo=UTC)).account
    >>> [(str(row.fate), str(row.kind), list(row.nodes), row.reason) for row in account.daemonsets[0].rows]
    [('created', 'yes', [0], 'Missing'), ('excluded', 'excluded by design', [1], 'UntoleratedNoSchedule')]
    >>> account.sums.create, account.sums.excluded
    (1, 1)
    """

    daemonsets: tuple[DaemonSetAccount, ...] = ()
    foreseen: bool = False

    @property
    def sums(self) -> Sums:
        """What all parts add up to."""
        found = Sums()
        for entry in self.daemonsets:
            found += entry.sums
        return found

    def of(self, identity: Identity) -> DaemonSetAccount:
        """Return one DaemonSet's part. Raises KeyError for one that is not there."""
        for entry in self.daemonsets:
            if entry.identity == identity:
                return entry
        raise KeyError(str(identity))
