"""How far a roll-out has got, read off the account: what is done, what still comes, and what will not come."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from math import ceil

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex, Verdict
from ..model.brief import Brief
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..observe import PodFact
from .account.types import DaemonSetAccount, Row
from .account.words import Fate
from .plan import Plan

__all__ = ["Goal", "Outlook", "Progress", "progress_of", "wanted_nodes"]

_COMES = frozenset({Fate.RUNS, Fate.STARTING, Fate.CREATED, Fate.REPAIRED, Fate.REPLACED})
_UPDATES = _COMES | {Fate.UNPLACED, Fate.FAILING}
_CURRENT, _GONE = int(PodFact.UPDATED), int(PodFact.TERMINATING | PodFact.FAILED | PodFact.SUCCEEDED)


class Goal(msgspec.Struct, frozen=True):
    """Where a roll-out shall get: a current pod on every wanted node, and with `available` one that serves.

    `percent` of the wanted nodes are enough, rounded up.
    """

    available: bool = True
    percent: float = 100.0

    def number(self, wanted: int) -> int:
        """Return how many of so many nodes are enough.

        >>> Goal(percent=95).number(30), Goal().number(30)
        (29, 30)
        """
        return ceil(round(wanted * self.percent / 100, 6))


class Outlook(StrEnum):
    """Whether the goal is reached."""

    REACHED = "reached"
    COMING = "coming"
    STALLED = "stalled"
    """So much will not come that the goal is not reached without somebody's help."""


class Progress(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet's way to a goal, in numbers of nodes.

    `wanted` nodes are asked about; `updated` of them have a current pod, on `available` that pod serves. `comes` is
    how many will have got there by the end of what is foreseen. `seen`: whether the controller has seen the newest
    spec. `stall` is the kind of what stands in the way, or the account's reason; `text` says it for people.
    """

    daemonset: Identity
    outlook: Outlook
    wanted: int
    updated: int
    available: int
    comes: int
    needed: int
    seen: bool
    stall: str = ""
    text: str = ""


def progress_of(
    plan: Plan,
    daemonset: DaemonSet,
    goal: Goal = Goal(),  # noqa: B008
    among: Iterable[str] | None = None,
) -> Progress:
    """Return how far a DaemonSet of the plan has got on its way to a goal.

    `among`: ask only about these nodes, so that a fleet to which nodes come all the time gets to an end; one of them
    that is gone or not wanted any more is not missed. Raises KeyError where the plan has no such DaemonSet.

    >>> from datetime import UTC, datetime
    >>> from dsplan import decode, solve
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}},
    ... ])
    >>> found = progress_of(solve(world, now=datetime(2026, 1, 1, tzinfo=UTC)), world.daemonsets[0])
    >>> found.wanted, found.available, found.comes, str(found.outlook)
    (1, 0, 1, 'coming')
    """
    account = plan.account.of(daemonset.identity)
    asked = None if among is None else _ids(plan.index, among)
    rows = [row for row in account.rows if _is_wanted(row)]
    counted = [(row, len(row.nodes if asked is None else row.nodes & asked)) for row in rows]
    wanted = sum(number for _, number in counted)
    updated = sum(number for row, number in counted if _has_current(row))
    available = sum(number for row, number in counted if row.fate is Fate.RUNS)
    missing = [entry for entry in counted if not _ends_well(entry[0], goal)]
    comes = wanted - sum(number for _, number in missing)
    needed = goal.number(wanted)
    seen = daemonset.status.observed_generation >= daemonset.metadata.generation
    outlook = _outlook(seen, available if goal.available else updated, comes, needed)
    stalled = outlook is Outlook.STALLED
    stall, text = _why(plan, account, missing) if stalled else ("", "")
    return Progress(
        daemonset=daemonset.identity,
        outlook=outlook,
        wanted=wanted,
        updated=updated,
        available=available,
        comes=comes,
        needed=needed,
        seen=seen,
        stall=stall,
        text=text,
    )


def wanted_nodes(plan: Plan, daemonset: Identity) -> frozenset[str]:
    """Return the names of the nodes that want a DaemonSet. Raises KeyError where the plan has no such DaemonSet."""
    rows = plan.account.of(daemonset).rows
    return frozenset(plan.index.names[node] for row in rows if _is_wanted(row) for node in row.nodes)


def _outlook(seen: bool, done: int, comes: int, needed: int) -> Outlook:
    if done >= needed and seen:
        return Outlook.REACHED
    return Outlook.COMING if comes >= needed else Outlook.STALLED


def _is_wanted(row: Row) -> bool:
    return row.verdict is Verdict.RUN


def _ends_well(row: Row, goal: Goal) -> bool:
    """Return whether pairs like this one get to the goal by themselves."""
    if goal.available:
        return row.fate in _COMES
    return row.fate in _UPDATES or _has_current(row)


def _has_current(row: Row) -> bool:
    return any(pod & _CURRENT and not pod & _GONE for pod in row.shape)


def _ids(index: NodeIndex, names: Iterable[str]) -> BitMap:
    return BitMap(index.ids[name] for name in names if name in index.ids)


def _why(plan: Plan, account: DaemonSetAccount, missing: list[tuple[Row, int]]) -> tuple[str, str]:
    """Return what stands in the way: the stall that was foreseen, else what most of the missing nodes suffer from."""
    if account.error:
        return "PassFails", account.error
    for stall in plan.stalls:
        if stall.identity == account.identity:
            return str(stall.kind), stall.text
    row, number = max(missing, key=lambda entry: entry[1])
    return row.reason or str(row.fate), f"{number:,} node{'s' * (number != 1)} {row.fate}: {row.text or row.reason}"
