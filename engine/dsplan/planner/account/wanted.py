"""Pairs that are wanted: what manage does about their pods, what the roll-out does, and how the new pod ends up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from pyroaring import BitMap

from ...diff import ActionReason
from ...diff.manage import Ruling, manage_rule
from ...diff.shapes import new_and_old
from ...eligibility import Verdict
from ...model.meta import Identity
from ...observe import PodFact, Shape, Situation
from ...passes.afterwards import left_by_manage
from ...passes.forecast import Halt
from .lots import lots_of
from .situation import NOW, Known, Never
from .spending import spends_place
from .types import Lot, Moment, Row
from .unwanted import manage_moments, wave_moments
from .words import Awaited, End, Fate, LotKind, When

__all__ = ["wanted_rows"]

_TERMINATING, _UPDATED, _BOUND = int(PodFact.TERMINATING), int(PodFact.UPDATED), int(PodFact.BOUND)
_AVAILABLE, _READY = int(PodFact.AVAILABLE), int(PodFact.READY)
_GONE = Moment(When.AFTER, awaited=Awaited.POD_GONE)
_READINESS = Moment(When.AFTER, awaited=Awaited.READINESS)
_ROOM = Moment(When.AFTER, awaited=Awaited.ROOM)
_CODES = {End.UNPLACED: "pending", End.REFUSED: "refused", End.REJECTED: "rejected"}
_RELABELLED = "its pod, made from another template, gets the current hash and counts as up to date from then on (H8)"
_NODE_NOT_READY = "the node is not ready"


def wanted_rows(known: Known, situation: Situation) -> Iterator[Row]:
    """Yield the rows of the wanted nodes of one situation; together they are all of its nodes."""
    yield from (row for row in _Wanted(known, situation).rows() if row.nodes)


T = TypeVar("T")


def _parted(nodes: BitMap, parts: Iterable[tuple[T, BitMap]]) -> Iterator[tuple[T, BitMap]]:
    """Yield the share of `nodes` that each part has, each node once."""
    for what, members in parts:
        if here := nodes & members:
            nodes = nodes - here
            yield what, here


class _Wanted:
    """One situation of wanted nodes."""

    def __init__(self, known: Known, situation: Situation) -> None:
        self.known = known
        self.shape: Shape = situation.shape
        self.nodes = situation.nodes
        self.ruling: Ruling = manage_rule(Verdict.RUN, situation.shape, known.surge)
        self.left = left_by_manage(Verdict.RUN, situation.shape, surge=known.surge)
        rolls = known.rollout.budget is not None
        self.spends = spends_place(Verdict.RUN, situation.shape, surge=known.surge, rolls=rolls)

    def rows(self) -> Iterator[Row]:
        if not self.left:
            yield from self._coming()
            return
        new, old = new_and_old(tuple(self.shape[place] for place in self.left))
        superseded = any(reason is ActionReason.REPLACED for _, reason in self.ruling.delete)
        if new is not None and old is None:
            yield from self._current(self.left[new], superseded=superseded)
        elif old is not None and new is None:
            yield from self._outdated(self.left[old])
        else:
            yield from self._doubled()

    def _row(self, fate: Fate, nodes: BitMap, lots: tuple[Lot, ...], moment: Moment, **more: Any) -> Row:
        return Row(
            fate=fate,
            verdict=Verdict.RUN,
            nodes=nodes,
            shape=self.shape,
            lots=lots,
            moment=moment,
            spends=self.spends,
            **more,
        )

    # No pod is left: one comes.

    def _coming(self) -> Iterator[Row]:
        live = any(not facts & _TERMINATING for facts in self.shape)
        fate = Fate.REPAIRED if live else Fate.CREATED
        if not self.shape or self.ruling.create is not None:
            reason = str(self.ruling.create)
            for moment, nodes in self.known.when(self.nodes, self.known.writes.created):
                for here, retried in self._by_retry(nodes):
                    lots = lots_of(self.known, Verdict.RUN, self.shape, moment, retried=retried)
                    yield from self._new_pod(fate, here, lots, moment, moment, reason)
            return
        if not live:
            lots = lots_of(self.known, Verdict.RUN, self.shape, NOW)
            yield from self._new_pod(fate, self.nodes, lots, _GONE, _GONE, str(ActionReason.MISSING))
            return
        failed, deletes = bool(self.ruling.failed), bool(self.ruling.delete)
        for moment, nodes, retried in manage_moments(self.known, self.nodes, failed=failed, deletes=deletes):
            lots = lots_of(self.known, Verdict.RUN, self.shape, moment, retried=retried)
            yield from self._new_pod(fate, nodes, lots, _GONE, moment, str(ActionReason.MISSING))

    def _by_retry(self, nodes: BitMap) -> Iterator[tuple[BitMap, bool]]:
        """Yield the nodes whose failed pod goes now, and those whose back-off is not over (M9)."""
        retrying = self.known.writes.retried if self.ruling.failed else nodes
        for here, retried in ((nodes & retrying, True), (nodes - retrying, False)):
            if here:
                yield here, retried

    def _new_pod(
        self, fate: Fate, nodes: BitMap, lots: tuple[Lot, ...], comes: Moment, moment: Moment, reason: str
    ) -> Iterator[Row]:
        """Yield the rows of nodes where a pod comes, by how it ends up."""
        known, ends = self.known, self.known.ends
        had = any(
            self.shape[place] & _AVAILABLE and not self.shape[place] & _TERMINATING for place in range(len(self.shape))
        )

        def coming(end: End, others: tuple[Identity, ...] = ()) -> tuple[Lot, ...]:
            return (*lots, Lot(kind=LotKind.COMES, reason=reason, by=known.by, moment=comes, end=end, other=others))

        for never, here in _parted(nodes, ((never, never.nodes) for never in ends.never)):
            yield self._unplaced(here, coming(never.end), moment, never, had)
        nodes = nodes - ends.hopeless
        if down := nodes & known.unready:
            text = _NODE_NOT_READY
            yield self._row(Fate.DOWN, down, coming(End.UNKNOWN), moment, reason="NodeNotReady", text=text, loses=had)
        nodes = nodes - known.unready
        if ends.revision:
            text = ends.revision
            yield self._row(Fate.FAILING, nodes, coming(End.FAILS), moment, reason="Revision", text=text, loses=had)
            return
        for victims, here in _parted(nodes, ends.evicts):
            yield self._row(fate, here, coming(End.RUNS, victims), moment, reason=reason)
            nodes = nodes - here
        later = moment if fate is Fate.REPLACED else _ROOM
        yield self._row(fate, nodes & ends.waits, coming(End.RUNS), later, reason=reason)
        nodes = nodes - ends.waits
        yield self._row(fate, nodes & ends.unknown, coming(End.UNKNOWN), moment, reason=reason)
        yield self._row(fate, nodes - ends.unknown, coming(End.RUNS), moment, reason=reason)

    def _unplaced(self, nodes: BitMap, lots: tuple[Lot, ...], moment: Moment, never: Never, loses: bool) -> Row:
        text = f"{never.reason}; {never.by} takes its place" if never.by is not None else never.reason
        return self._row(
            Fate.UNPLACED, nodes, lots, moment, reason=_CODES[never.end], text=text, example=never.example, loses=loses
        )

    # One pod of the current revision is left.

    def _current(self, place: int, *, superseded: bool) -> Iterator[Row]:
        known, facts = self.known, self.shape[place]
        nodes = self.nodes
        for by, members in known.ends.ousted:
            if here := nodes & members:
                nodes = nodes - here
                yield from self._ousted(by, here, facts)
        for moment, here, retried in self._managed(nodes):
            lots = lots_of(known, Verdict.RUN, self.shape, moment, retried=retried)
            if facts & _AVAILABLE:
                fate = Fate.REPLACED if superseded else Fate.REPAIRED if self._acts else Fate.RUNS
                yield self._row(fate, here, lots, moment)
            else:
                yield from self._unavailable(here, lots, moment, facts, superseded=superseded)

    @property
    def _acts(self) -> bool:
        return bool(self.ruling.delete or self.ruling.failed)

    def _managed(self, nodes: BitMap) -> Iterator[tuple[Moment, BitMap, bool]]:
        if not nodes:
            return
        if self._acts:
            failed, deletes = bool(self.ruling.failed), bool(self.ruling.delete)
            yield from manage_moments(self.known, nodes, failed=failed, deletes=deletes)
        else:
            yield Moment(When.NEVER), nodes, True

    def _ousted(self, by: Identity, nodes: BitMap, facts: int) -> Iterator[Row]:
        """Yield the rows of nodes where another DaemonSet's pod drives this one's out."""
        lots = lots_of(self.known, Verdict.RUN, self.shape, NOW, ousted=by)
        yield from self._new_pod(Fate.REPAIRED, nodes, lots, _GONE, NOW, str(ActionReason.MISSING))

    def _unavailable(
        self, nodes: BitMap, lots: tuple[Lot, ...], moment: Moment, facts: int, *, superseded: bool
    ) -> Iterator[Row]:
        """Yield the rows of nodes whose current pod is not available: never placed, failing, down or starting."""
        known, ends = self.known, self.known.ends
        pending = not facts & _BOUND
        for never, here in _parted(nodes, ((never, never.nodes) for never in ends.never)) if pending else ():
            yield self._unplaced(here, lots, moment, never, loses=False)
            nodes = nodes - here
        if not facts & _READY:
            down = nodes & known.unready
            yield self._row(Fate.DOWN, down, lots, moment, reason="NodeNotReady", text=_NODE_NOT_READY)
            nodes = nodes - down
        for text, here in _parted(nodes, ends.failing):
            yield self._row(Fate.FAILING, here, lots, moment, reason="Evidence", text=text)
            nodes = nodes - here
        if pending and ends.revision:
            yield self._row(Fate.FAILING, nodes, lots, moment, reason="Revision", text=ends.revision)
            return
        fate = Fate.REPLACED if superseded else Fate.REPAIRED if self._acts else Fate.STARTING
        moment = moment if moment.when is not When.NEVER else _READINESS
        yield from self._pending(nodes, fate, lots, moment) if pending else (self._row(fate, nodes, lots, moment),)

    def _pending(self, nodes: BitMap, fate: Fate, lots: tuple[Lot, ...], moment: Moment) -> Iterator[Row]:
        """Yield the rows of nodes whose current pod is not bound yet and will be."""
        ends = self.known.ends
        for victims, here in _parted(nodes, ends.evicts):
            evicting = tuple(
                msgspec.structs.replace(lot, other=victims) if lot.kind is LotKind.STAYS else lot for lot in lots
            )
            yield self._row(fate, here, evicting, moment)
            nodes = nodes - here
        yield self._row(fate, nodes & ends.waits, lots, _ROOM)
        yield self._row(fate, nodes - ends.waits, lots, moment)

    # One outdated pod is left.

    def _outdated(self, place: int) -> Iterator[Row]:
        known, facts = self.known, self.shape[place]
        going = self.nodes & (known.first | known.later)
        for moment, nodes in wave_moments(known, going):
            unavailable = not facts & _AVAILABLE
            reason = ActionReason.OUTDATED_UNAVAILABLE if unavailable else ActionReason.OUTDATED
            for here, retried in self._by_retry(nodes):
                yield from self._replaced(here, moment, reason, retried=retried)
        rest = self.nodes - going
        for by, members in known.ends.ousted:
            if here := rest & members:
                rest = rest - here
                yield from self._ousted(by, here, facts)
        if rest:
            yield from self._left(rest)

    def _replaced(self, nodes: BitMap, moment: Moment, reason: ActionReason, *, retried: bool) -> Iterator[Row]:
        """Yield the rows of nodes whose outdated pod is replaced at a moment."""
        known, shape = self.known, self.shape
        if known.surge and not known.governed:
            why = ActionReason.REPLACED
            lots = lots_of(known, Verdict.RUN, shape, NOW, update=_READINESS, reason=why, retried=retried)
            yield from self._surged(nodes, lots, moment, reason)
            return
        lots = lots_of(known, Verdict.RUN, shape, NOW, update=moment, reason=reason, retried=retried)
        yield from self._new_pod(Fate.REPLACED, nodes, lots, _GONE, moment, str(reason))

    def _surged(self, nodes: BitMap, lots: tuple[Lot, ...], moment: Moment, reason: ActionReason) -> Iterator[Row]:
        """Yield the rows of nodes where a pod comes beside the outdated one; where it never runs, that one stays."""
        for row in self._new_pod(Fate.REPLACED, nodes, lots, moment, moment, str(reason)):
            if row.fate is Fate.REPLACED:
                yield row
                continue
            stays = lots_of(self.known, Verdict.RUN, self.shape, NOW)
            yield msgspec.structs.replace(row, lots=(*stays, row.lots[-1]), loses=False)

    def _left(self, nodes: BitMap) -> Iterator[Row]:
        """Yield the rows of nodes whose pod stays outdated: by somebody's decision, or because the roll-out stalls."""
        known, rollout = self.known, self.known.rollout
        if known.observed.history.duplicates:
            yield from self._relabelled(nodes)
            return
        for text, members, decided in known.waits:
            if here := nodes & members:
                nodes = nodes - here
                fate = Fate.PARKED if decided else Fate.STALLED
                yield from self._keeps_old(fate, here, "Policy", text)
        if nodes:
            parked = rollout.halt in (Halt.ON_DELETE, Halt.POLICY)
            yield from self._keeps_old(Fate.PARKED if parked else Fate.STALLED, nodes, str(rollout.halt), rollout.text)

    def _relabelled(self, nodes: BitMap) -> Iterator[Row]:
        """Yield the rows of nodes whose pod gets the current hash in this pass, and so counts as up to date (H8)."""
        for moment, here, retried in self._managed(nodes):
            lots = lots_of(self.known, Verdict.RUN, self.shape, moment, retried=retried)
            available = any(self.shape[place] & _AVAILABLE for place in self.left)
            fate = Fate.REPAIRED if self._acts else Fate.RUNS if available else Fate.STARTING
            yield self._row(fate, here, lots, moment, reason=str(ActionReason.RELABELLED), text=_RELABELLED)

    def _keeps_old(self, fate: Fate, nodes: BitMap, reason: str, text: str) -> Iterator[Row]:
        for moment, here, retried in self._managed(nodes):
            lots = lots_of(self.known, Verdict.RUN, self.shape, moment, retried=retried)
            yield self._row(fate, here, lots, Moment(When.NEVER), reason=reason, text=text)

    # An outdated and a current pod are left, as they are for a while under surge.

    def _doubled(self) -> Iterator[Row]:
        known = self.known
        live = tuple(self.shape[place] for place in self.left)
        new, old = new_and_old(live)
        if new is None or old is None or new < 0 or old < 0:
            yield from self._left(self.nodes)
            return
        facts = live[new]
        if not facts & _AVAILABLE:
            lots = lots_of(known, Verdict.RUN, self.shape, NOW, update=_READINESS, reason=ActionReason.REPLACED)
            stays = lots_of(known, Verdict.RUN, self.shape, NOW)
            for row in self._unavailable(self.nodes, lots, Moment(When.UNDER_WAY), facts, superseded=True):
                yield row if row.fate is Fate.REPLACED else msgspec.structs.replace(row, lots=stays)
            return
        for moment, nodes in known.when(self.nodes, known.writes.updated):
            lots = lots_of(known, Verdict.RUN, self.shape, NOW, update=moment, reason=ActionReason.REPLACED)
            yield self._row(Fate.REPLACED, nodes, lots, moment)
