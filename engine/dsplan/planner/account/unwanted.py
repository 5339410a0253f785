"""Pairs that are not wanted: excluded, kept or removed; and nodes that only pods point to (M20-M22, R15, R21, R25)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from ...diff import ActionReason
from ...diff.manage import manage_rule
from ...diff.shapes import new_and_old
from ...eligibility import Exclusion, Verdict
from ...observe import PodFact, Shape, Situation
from ...passes.afterwards import left_by_manage
from .lots import lots_of
from .situation import NOW, Known
from .spending import spends_place
from .types import Lot, Moment, Row
from .words import Awaited, By, Fate, LotKind, Spent, When

__all__ = ["empty_rows", "manage_moments", "unwanted_rows", "vanished_rows", "wave_moments"]

_TERMINATING, _UPDATED, _BOUND = int(PodFact.TERMINATING), int(PodFact.UPDATED), int(PodFact.BOUND)
_SEARCHED = 1000
_NO_NODE = "the node does not exist"


def empty_rows(
    nodes: BitMap, exclusions: Iterable[Exclusion], verdicts: Iterable[tuple[Verdict, BitMap]]
) -> Iterator[Row]:
    """Yield the rows of nodes that are not wanted and have no pod, by verdict and first reason."""
    known = list(verdicts)
    for part in exclusions:
        for verdict, members in known:
            if here := part.nodes & nodes & members:
                yield Row(fate=Fate.EXCLUDED, verdict=verdict, nodes=here, reason=part.code, text=part.summary)


def unwanted_rows(known: Known, situation: Situation, exclusions: Iterable[Exclusion]) -> Iterator[Row]:
    """Yield the rows of nodes that are not wanted and have pods."""
    for part in exclusions:
        if here := situation.nodes & part.nodes:
            yield from _unwanted(known, Situation(situation.verdict, situation.shape, here), part)


def _unwanted(known: Known, situation: Situation, why: Exclusion) -> Iterator[Row]:
    verdict, shape = situation.verdict, situation.shape
    rolls = known.rollout.budget is not None
    spends = spends_place(verdict, shape, surge=known.surge, rolls=rolls)

    def row(fate: Fate, nodes: BitMap, lots: tuple[Lot, ...], moment: Moment) -> Row:
        return Row(
            fate=fate,
            verdict=verdict,
            nodes=nodes,
            shape=shape,
            lots=lots,
            reason=why.code,
            text=why.summary,
            moment=moment,
            spends=spends,
        )

    if all(facts & _TERMINATING for facts in shape):
        yield row(Fate.EXCLUDED, situation.nodes, lots_of(known, verdict, shape, NOW), Moment(When.UNDER_WAY))
        return
    ruling = manage_rule(verdict, shape, known.surge)
    left = left_by_manage(verdict, shape, surge=known.surge)
    leaving = situation.nodes & known.leaving if left else BitMap()
    for moment, nodes in wave_moments(known, leaving):
        lots = lots_of(known, verdict, shape, NOW, update=moment, budget=_budget(shape, left))
        yield row(Fate.REMOVED, nodes, lots, moment)
    rest = situation.nodes - leaving
    if not rest:
        return
    if not ruling.delete and not ruling.failed:
        yield row(Fate.KEPT, rest, lots_of(known, verdict, shape, NOW), Moment(When.NEVER))
        return
    fate = Fate.KEPT if left else Fate.REMOVED
    for moment, nodes, retried in manage_moments(known, rest, failed=bool(ruling.failed), deletes=bool(ruling.delete)):
        lots = lots_of(known, verdict, shape, moment, retried=retried)
        yield row(fate, nodes, lots, moment if fate is Fate.REMOVED else Moment(When.NEVER))


def manage_moments(
    known: Known, nodes: BitMap, *, failed: bool, deletes: bool
) -> Iterator[tuple[Moment, BitMap, bool]]:
    """Yield when manage deletes on some nodes, with the nodes, and whether a failed pod's back-off is over there."""
    waiting = nodes - known.writes.retried if failed else BitMap()
    for moment, found in known.when(nodes - waiting, known.writes.deleted):
        yield moment, found, True
    if not waiting:
        return
    if deletes:
        for moment, found in known.when(waiting, known.writes.deleted):
            yield moment, found, False
    else:
        yield Moment(When.AFTER, awaited=Awaited.BACK_OFF, seconds=known.entry.retry_after), waiting, False


def wave_moments(known: Known, nodes: BitMap) -> Iterator[tuple[Moment, BitMap]]:
    """Yield when the roll-out comes to some nodes, with the nodes."""
    waves = known.rollout.wave_count
    if now := nodes & known.writes.updated & known.first:
        yield Moment(When.NOW, first=1, last=1), now
        nodes = nodes - now
    for _, members, _ in known.waits:
        if here := nodes & members:
            yield Moment(When.AFTER, first=1, last=waves, awaited=Awaited.POLICY), here
            nodes = nodes - here
    awaited = Awaited.COLLECTION if known.rollout.collection else Awaited.NOTHING
    when = When.AFTER if known.rollout.collection else When.WAVE
    if first := nodes & known.first:
        yield Moment(when, first=1, last=1, awaited=awaited), first
    if later := nodes - known.first:
        begin, end = _span(known, later)
        yield Moment(when, first=begin, last=end, awaited=awaited), later


def _span(known: Known, nodes: BitMap) -> tuple[int, int]:
    """Return the first and the last wave of some nodes; of long roll-outs the bounds that need no search."""
    rollout = known.rollout
    if len(rollout.nodes) > _SEARCHED:
        return 2 if known.first else 1, rollout.wave_count
    ids, found, wave, place = known.index.ids, list[int](), 0, 0
    for run in rollout.waves:
        for _ in range(run.repeat):
            wave += 1
            if any(ids[name] in nodes for name in rollout.nodes[place : place + run.size]):
                found.append(wave)
            place += run.size
    return min(found, default=0), max(found, default=0)


def _budget(shape: Shape, left: list[int]) -> Spent:
    available = any(shape[place] & int(PodFact.AVAILABLE) for place in left)
    return Spent.WITHIN if available else Spent.BEYOND


def vanished_rows(known: Known) -> Iterator[Row]:
    """Yield the rows of nodes that do not exist: unbound pods go in the next pass, bound ones are collected (M22)."""
    found: dict[tuple[Shape, tuple[Lot, ...], bool], list[str]] = {}
    rolls = known.rollout.budget is not None
    for name, group in known.observed.vanished.items():
        pods = zip(group.pods, group.shape, strict=True)
        lots = tuple(_lot_of_stray(known, name, place, pod.name, facts) for place, (pod, facts) in enumerate(pods))
        spends = spends_place(Verdict.DENY, group.shape, surge=known.surge, rolls=rolls)
        found.setdefault((group.shape, lots, spends), []).append(name)
    for (shape, lots, spends), names in sorted(found.items(), key=lambda item: item[1]):
        live = any(not facts & _TERMINATING for facts in shape)
        yield Row(
            fate=Fate.REMOVED if live else Fate.EXCLUDED,
            verdict=Verdict.DENY,
            nodes=BitMap(),
            vanished=tuple(names),
            shape=shape,
            lots=lots,
            reason=ActionReason.NODE_VANISHED,
            text=_NO_NODE,
            moment=lots[0].moment,
            spends=spends,
        )


def _lot_of_stray(known: Known, node: str, place: int, pod: str, facts: int) -> Lot:
    collection = Moment(When.AFTER, awaited=Awaited.COLLECTION)
    if facts & _TERMINATING and (node, pod) not in known.writes.vanished:
        return Lot(kind=LotKind.GOING, place=place, by=By.POD_GC, moment=Moment(When.UNDER_WAY))
    if (node, pod) in known.writes.vanished:
        _, old = new_and_old(known.observed.vanished[node].shape)
        outdated = bool(facts & _BOUND) and old == place
        reason = ActionReason.OUTDATED if outdated else ActionReason.NODE_VANISHED
        budget = Spent.WITHIN if outdated and facts & int(PodFact.AVAILABLE) else Spent.OUTSIDE
        return Lot(kind=LotKind.DELETED, place=place, reason=reason, by=known.by, moment=NOW, budget=budget)
    if not facts & _BOUND:
        moment = known.when(BitMap([0]), BitMap())[0][0]
        return Lot(kind=LotKind.DELETED, place=place, reason=ActionReason.NODE_VANISHED, by=known.by, moment=moment)
    return Lot(kind=LotKind.COLLECTED, place=place, reason=ActionReason.NODE_VANISHED, by=By.POD_GC, moment=collection)
