"""The account of a plan: every pair once, every pod once.

Invariants: the rows of a DaemonSet are disjoint and make up all nodes; each row has one lot a pod of its shape, and one
for each that comes; what the next pass writes is what the lots of the moment *now* say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from pyroaring import BitMap

from ...diff.order import sick_nodes
from ...eligibility import Exclusion, NodeIndex, Verdict
from ...model.meta import Identity
from ...observe import Observed
from ...passes.forecast import Rollout, rollout_of
from ...passes.step_types import DaemonSetStep
from ...placement.filters.outcomes import OutcomeKind
from ...placement.scheduler.prediction import NEVER, DaemonSetPrediction
from .evidence import failing_nodes, failing_revision
from .governed import Governed, governed_rollout, waits_of
from .second import doubtful_nodes, with_second_course
from .situation import Ends, Known, Never, Played, known_writes, never_of
from .types import DaemonSetAccount, Eviction, Row
from .unwanted import empty_rows, unwanted_rows, vanished_rows
from .wanted import wanted_rows
from .words import Fate, Kind

if TYPE_CHECKING:
    from ...policies.plan_types import PolicyPlan

__all__ = ["Basis", "account_of", "ends_of", "evictions_between", "untouched_account"]


_NOBODY = BitMap()


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What the accounts of all DaemonSets share. `ousted` maps DaemonSets to who drives their pods out, and where."""

    index: NodeIndex
    now: datetime
    unknown: BitMap
    unready: BitMap
    policies: PolicyPlan | None = None
    waves: Governed = {}
    ousted: Mapping[Identity, tuple[tuple[Identity, BitMap], ...]] = {}

    @classmethod
    def of(cls, index: NodeIndex, now: datetime, unknown: BitMap) -> Basis:
        """Return the basis of a plan without policies and evictions."""
        return cls(index=index, now=now, unknown=unknown, unready=sick_nodes(index))


def account_of(
    entry: DaemonSetStep,
    exclusions: Iterable[Exclusion],
    predictions: Iterable[DaemonSetPrediction],
    basis: Basis,
    played: Played | None = None,
) -> DaemonSetAccount:
    """Return the account of one DaemonSet.

    `predictions` are those of the pods of the next pass and, where it makes a difference, of the whole roll-out;
    `played` is what a simulation has shown, where it was played.
    """
    observed, index = entry.observed, basis.index
    if observed is None or entry.verdicts is None:
        return untouched_account(entry, index)
    exclusions, predictions = tuple(exclusions), tuple(predictions)
    ends = ends_of(entry, observed, predictions, basis)
    governed = basis.policies is not None and basis.policies.enforces(entry.identity)
    if played is not None:
        rollout, ends = played.rollout, _with_played(ends, played)
    else:
        rollout = _rollout(entry, observed, ends, basis, governed=governed)
    known = _known(entry, observed, ends, rollout, basis, governed=governed)
    rows = _merged(_rows(known, exclusions))
    second = None
    if played is None and not governed and (doubtful := doubtful_nodes(rows)):
        second = _rollout(entry, observed, ends, basis, governed=False, doubtful=doubtful)
        rows = with_second_course(rows, rollout, second, doubtful, index)
    claim = observed.claim
    return DaemonSetAccount(
        identity=entry.identity,
        rows=rows,
        course=rollout,
        otherwise=second if second is not None and second.stalled != rollout.stalled else None,
        budget=rollout.budget,
        evictions=tuple(evictions_between(entry.identity, predictions, basis.unknown)),
        adrift=len(observed.adrift),
        gone=len(observed.gone),
        adopted=len(claim.adopted),
        released=len(claim.released),
        error=entry.error or "",
    )


def untouched_account(entry: DaemonSetStep, index: NodeIndex) -> DaemonSetAccount:
    """Return the account of a DaemonSet over which no pass decides (C3, C4, a selector that cannot be used)."""
    if entry.daemonset.metadata.deletion_timestamp is not None:
        reason, text = "BeingDeleted", "the DaemonSet is being deleted (C4)"
    elif entry.error is not None:
        reason, text = "Unreadable", entry.error
    else:
        reason, text = "SelectingAll", "an empty selector selects all pods: nothing is done (C3)"
    row = Row(fate=Fate.UNTOUCHED, verdict=Verdict.DENY, nodes=index.all, reason=reason, text=text)
    return DaemonSetAccount(identity=entry.identity, rows=(row,) if len(row) else (), error=entry.error or "")


def _rollout(
    entry: DaemonSetStep,
    observed: Observed,
    ends: Ends,
    basis: Basis,
    *,
    governed: bool,
    doubtful: BitMap = _NOBODY,
) -> Rollout:
    if governed and basis.policies is not None:
        return governed_rollout(entry.identity, observed, basis.policies, basis.waves)
    stuck = basis.unready | ends.hopeless | ends.sick | doubtful
    doomed = basis.index.all if ends.revision else basis.unready | ends.hopeless
    return rollout_of(entry, observed, basis.index, stuck, doomed)


def _with_played(ends: Ends, played: Played) -> Ends:
    """Return the ends with what a simulation has shown besides."""
    known = ends.hopeless
    more = tuple(msgspec.structs.replace(part, nodes=part.nodes - known) for part in played.never)
    never = _by_reason((*ends.never, *(part for part in more if part.nodes)))
    return msgspec.structs.replace(ends, never=never, revision=ends.revision or played.revision)


def _known(
    entry: DaemonSetStep, observed: Observed, ends: Ends, rollout: Rollout, basis: Basis, *, governed: bool
) -> Known:
    index, policies = basis.index, basis.policies
    size = rollout.waves[0].size if rollout.waves else 0
    return Known(
        entry=entry,
        observed=observed,
        index=index,
        ends=ends,
        writes=known_writes(entry, index),
        rollout=rollout,
        first=_ids(rollout.nodes[:size], index),
        later=_ids(rollout.nodes[size:], index),
        leaving=_ids(rollout.leaving, index),
        left=_ids(rollout.stalled, index),
        unready=basis.unready,
        governed=governed,
        frozen=policies is not None and entry.identity in policies.frozen and entry.identity in policies.by_host,
        waits=waits_of(entry.identity, policies) if policies is not None and governed else (),
    )


def _ids(names: Iterable[str], index: NodeIndex) -> BitMap:
    ids = index.ids
    return BitMap([ids[name] for name in names])


def ends_of(
    entry: DaemonSetStep, observed: Observed, predictions: tuple[DaemonSetPrediction, ...], basis: Basis
) -> Ends:
    """Return what becomes of a pod that is wanted, by node; nodes of unknown room have the benefit of the doubt."""
    never: list[Never] = []
    evicts: dict[tuple[Identity, ...], BitMap] = {}
    waits, settled = BitMap(), BitMap()
    for prediction in reversed(predictions):
        for fate in prediction.fates:
            kind = fate.outcome.kind
            here = (fate.nodes if kind is OutcomeKind.REFUSED else fate.nodes - basis.unknown) - settled
            if not here:
                continue
            if kind in NEVER:
                never.append(never_of(fate.outcome, here))
            elif kind is OutcomeKind.EVICTS:
                victims = tuple(sorted({holder.owner for holder in fate.outcome.holders}))
                evicts[victims] = evicts.get(victims, BitMap()) | here
            elif kind is OutcomeKind.WAITS:
                waits |= here
        settled = settled.union(*(part.nodes for part in never))
    failing = failing_nodes(entry.daemonset, observed, basis.index, basis.now)
    return Ends(
        never=_by_reason(never),
        evicts=tuple(sorted(evicts.items(), key=lambda item: item[0])),
        waits=waits,
        unknown=basis.unknown,
        ousted=basis.ousted.get(entry.identity, ()),
        failing=failing,
        revision=failing_revision(observed, failing),
    )


def _by_reason(found: Iterable[Never]) -> tuple[Never, ...]:
    """Return one entry for every reason, with the example of its first node."""
    merged: dict[tuple[str, str, str], Never] = {}
    for part in found:
        key = str(part.end), part.reason, str(part.by)
        known = merged.get(key)
        if known is not None:
            example = known.example if known.nodes.min() <= part.nodes.min() else part.example
            part = msgspec.structs.replace(part, nodes=known.nodes | part.nodes, example=example)
        merged[key] = part
    return tuple(merged[key] for key in sorted(merged))


def evictions_between(
    identity: Identity, predictions: Iterable[DaemonSetPrediction], unknown: BitMap
) -> Iterator[Eviction]:
    """Yield whose pods a DaemonSet's pods drive away, how many on each node, and where (P2, P3)."""
    found: dict[tuple[Identity, int], BitMap] = {}
    told = BitMap()
    for prediction in predictions:
        here = BitMap()
        for fate in prediction.fates:
            nodes = fate.nodes - unknown - told
            if fate.outcome.kind is not OutcomeKind.EVICTS or not nodes:
                continue
            here |= nodes
            for holder in fate.outcome.holders:
                key = holder.owner, holder.pods
                found[key] = found.get(key, BitMap()) | nodes
        told |= here
    yield from (Eviction(owner, pods, nodes) for (owner, pods), nodes in sorted(found.items(), key=lambda e: e[0]))


def _rows(known: Known, exclusions: tuple[Exclusion, ...]) -> Iterator[Row]:
    occupied = BitMap()
    for situation in known.observed.situations:
        occupied |= situation.nodes
        if situation.verdict is Verdict.RUN:
            yield from wanted_rows(known, situation)
        else:
            yield from unwanted_rows(known, situation, exclusions)
    verdicts = known.observed.verdicts
    denied = known.index.all - verdicts.run - verdicts.keep
    empty = known.index.all - occupied
    yield from empty_rows(empty, exclusions, ((Verdict.KEEP, verdicts.keep), (Verdict.DENY, denied)))
    yield from vanished_rows(known)


_ORDER = {kind: place for place, kind in enumerate((Kind.IMPOSSIBLE, Kind.BLOCKED, Kind.YES, Kind.BY_DESIGN))}


def _merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows sorted, those that differ in their nodes alone as one."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = (
            row.fate,
            row.verdict,
            row.shape,
            row.lots,
            row.reason,
            row.text,
            row.example,
            row.moment,
            row.spends,
            row.loses,
        )
        known = found.get(key)
        if known is not None:
            row = msgspec.structs.replace(row, nodes=known.nodes | row.nodes, vanished=known.vanished + row.vanished)
        found[key] = row
    return tuple(sorted(found.values(), key=_row_order))


def _row_order(row: Row) -> tuple[int, str, int, str]:
    first = row.nodes.min() if row.nodes else 1 << 32
    return _ORDER[row.kind], row.fate, first, row.vanished[0] if row.vanished else ""
