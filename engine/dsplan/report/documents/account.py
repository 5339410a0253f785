"""The account as the plan document has it: node ids as ranges, orders of nodes once each."""

from __future__ import annotations

from ...diff import Budget
from ...document.account import (
    BudgetEntry,
    CourseEntry,
    EvictionEntry,
    LotEntry,
    MomentEntry,
    RowEntry,
    StallEntry,
)
from ...document.idsets import ranges_of
from ...eligibility import NodeIndex
from ...passes.forecast import Rollout
from ...planner.account import Eviction, Lot, Moment, Row
from ...rollouts.stall_types import Stall

__all__ = ["Orders", "course_entry", "eviction_entry", "row_entry", "stall_entry"]


class Orders:
    """The orders of nodes that roll-outs have, each kept once."""

    def __init__(self, index: NodeIndex) -> None:
        self.index = index
        self._places: dict[tuple[int, ...], int] = {}

    def place(self, names: tuple[str, ...]) -> int | None:
        """Return the place of an order, None for an empty one."""
        ids = tuple(self.index.ids[name] for name in names)
        return self._places.setdefault(ids, len(self._places)) if ids else None

    def found(self) -> tuple[tuple[int, ...], ...]:
        """Return all orders by place."""
        return tuple(self._places)


def row_entry(row: Row) -> RowEntry:
    """Return one row."""
    return RowEntry(
        fate=str(row.fate),
        kind=str(row.kind),
        verdict=row.verdict[0],
        nodes=ranges_of(row.nodes),
        vanished=row.vanished,
        shape=row.shape,
        lots=tuple(map(_lot, row.lots)),
        reason=row.reason,
        text=row.text,
        example=row.example,
        moment=_moment(row.moment),
        spends=row.spends,
        loses=row.loses,
        otherwise=str(row.otherwise or ""),
    )


def _lot(lot: Lot) -> LotEntry:
    return LotEntry(
        kind=str(lot.kind),
        place=lot.place,
        reason=lot.reason,
        by=str(lot.by),
        moment=_moment(lot.moment),
        end=str(lot.end or ""),
        budget=str(lot.budget),
        other=tuple(map(str, lot.other)),
    )


def _moment(moment: Moment) -> MomentEntry:
    return MomentEntry(
        when=str(moment.when),
        first=moment.first,
        last=moment.last,
        awaited=str(moment.awaited),
        seconds=moment.seconds,
    )


def course_entry(rollout: Rollout, orders: Orders) -> CourseEntry:
    """Return one course of a roll-out."""
    ids = orders.index.ids
    return CourseEntry(
        strategy=str(rollout.strategy),
        order=orders.place(rollout.nodes),
        waves=tuple((run.size, run.repeat) for run in rollout.waves),
        leaving=ranges_of(ids[name] for name in rollout.leaving),
        stalled=ranges_of(ids[name] for name in rollout.stalled),
        blockers=rollout.blockers,
        halt=str(rollout.halt),
        text=rollout.text,
        begins=rollout.begins,
        collection=rollout.collection,
        lower_bound=rollout.lower_bound,
        beyond_budget=rollout.beyond_budget,
        budget=None if rollout.budget is None else _budget(rollout.budget),
        played=rollout.played,
    )


def _budget(budget: Budget) -> BudgetEntry:
    return BudgetEntry(
        max_unavailable=budget.max_unavailable,
        max_surge=budget.max_surge,
        desired=budget.desired,
        arithmetic=budget.arithmetic,
    )


def eviction_entry(eviction: Eviction) -> EvictionEntry:
    """Return whose pods are evicted, and where."""
    return EvictionEntry(victim=str(eviction.victim), pods=eviction.pods, nodes=ranges_of(eviction.nodes))


def stall_entry(stall: Stall) -> StallEntry:
    """Return a stall that a simulation has shown."""
    return StallEntry(
        kind=str(stall.kind),
        text=stall.text,
        wave=stall.wave,
        spent=stall.spent,
        limit=stall.limit,
        needs=stall.needs,
        exclude=stall.exclude,
        advice=stall.advice,
        commands=stall.commands,
    )
