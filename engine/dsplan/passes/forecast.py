"""The waves of a DaemonSet's own updateStrategy, as the real controller would go (R33).

Assumes health: every replaced pod becomes available, and so does every node that is down, unless it is itself not ready
or its pod does not fit there.
Under that assumption the number of waves is the least possible, since every wave uses the whole budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from pyroaring import BitMap

from ..diff import ActionReason, Budget, Rolling
from ..diff.rolling import Place, classify
from ..eligibility import NodeIndex, Verdict
from ..observe import Observed
from .step_types import DaemonSetStep

__all__ = ["Rollout", "Strategy", "WaveRun", "forecast", "outdated_nodes", "rollout_of"]


class Strategy(StrEnum):
    """How pods of an older template come to be replaced."""

    ROLLING_UPDATE = "RollingUpdate"
    ON_DELETE = "OnDelete"


class WaveRun(msgspec.Struct, frozen=True):
    """`repeat` consecutive waves of `size` nodes each."""

    size: int
    repeat: int


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """How the out-of-date pods of one DaemonSet will be replaced.

    `nodes` are in the order of the waves; `waves` cut that order, run-length coded. `stalled` nodes follow in no wave,
    because `blockers` hold the whole budget. `leaving` nodes lose their old pod and get no new one (R15, R21, R25). No
    plan under this budget has fewer waves than `lower_bound`: budgeted nodes / budget, rounded up.
    `beyond_budget` nodes of the first wave have sick pods, which are replaced whatever the budget (R12, R20).
    """

    strategy: Strategy
    nodes: tuple[str, ...] = ()
    waves: tuple[WaveRun, ...] = ()
    stalled: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    lower_bound: int = 0
    beyond_budget: int = 0
    budget: Budget | None = None

    @property
    def wave_count(self) -> int:
        """Number of waves."""
        return sum(run.repeat for run in self.waves)


def outdated_nodes(observed: Observed, index: NodeIndex) -> tuple[str, ...]:
    """Return the wanted nodes whose live pod is out of date, by name."""
    found = [
        index.names[position]
        for situation in observed.situations
        if situation.verdict is Verdict.RUN
        and classify(situation.verdict, situation.shape, surge=False) in (Place.CANDIDATE, Place.MUST_REPLACE)
        for position in situation.nodes
    ]
    return tuple(sorted(found))


def rollout_of(entry: DaemonSetStep, observed: Observed, index: NodeIndex, hopeless: BitMap) -> Rollout:
    """Return how the out-of-date pods of one DaemonSet will be replaced, as its pass found them."""
    if entry.rolling is not None and entry.budget is not None:
        return forecast(observed, index, entry.rolling, entry.budget, hopeless)
    on_delete = entry.daemonset.spec.update_strategy.type == "OnDelete"
    strategy = Strategy.ON_DELETE if on_delete else Strategy.ROLLING_UPDATE
    return Rollout(strategy=strategy, stalled=outdated_nodes(observed, index))


def forecast(
    observed: Observed, index: NodeIndex, rolling: Rolling, budget: Budget, hopeless: BitMap | None = None
) -> Rollout:
    """Return the waves of a RollingUpdate from the first pass on. On `hopeless` nodes no pod will ever run."""
    first, leaving = _first_wave(observed, index, rolling, budget)
    waiting = [name for name in rolling.waiting if _wanted(observed, index, name)]
    leaving += [name for name in rolling.waiting if name in index.ids and not _wanted(observed, index, name)]
    blockers = tuple(sorted(name for name in rolling.down if _stays_down(index, name, hopeless or BitMap())))
    limit = max(0, (budget.max_surge or budget.max_unavailable) - len(blockers))
    sick = _beyond_budget(rolling, budget, set(first))
    stalled = limit <= 0
    going = [] if stalled else waiting
    return Rollout(
        strategy=Strategy.ROLLING_UPDATE,
        nodes=(*first, *going),
        waves=_waves(len(first), len(going), limit),
        stalled=tuple(waiting) if stalled else (),
        blockers=blockers if stalled and waiting else (),
        leaving=tuple(leaving),
        lower_bound=_lower_bound(len(first) + len(going), sick, budget),
        beyond_budget=sick,
        budget=budget,
    )


def _waves(first: int, waiting: int, limit: int) -> tuple[WaveRun, ...]:
    waves = [WaveRun(first, 1)] if first else []
    if waiting:
        whole, rest = divmod(waiting, limit)
        waves += [WaveRun(limit, whole)] if whole else []
        waves += [WaveRun(rest, 1)] if rest else []
    return _merged(waves)


def _beyond_budget(rolling: Rolling, budget: Budget, first: set[str]) -> int:
    surging = [(name, reason) for name, reason in rolling.create]
    chosen = surging if budget.max_surge else [(name, reason) for name, _, reason in rolling.delete]
    return sum(name in first and reason is ActionReason.OUTDATED_UNAVAILABLE for name, reason in chosen)


def _lower_bound(nodes: int, sick: int, budget: Budget) -> int:
    """Return the least number of waves for `nodes`, of which the `sick` do not spend the budget."""
    limit = budget.max_surge or budget.max_unavailable
    return max(-(-(nodes - sick) // limit) if limit > 0 else 0, 1 if nodes else 0)


def _first_wave(observed: Observed, index: NodeIndex, rolling: Rolling, budget: Budget) -> tuple[list[str], list[str]]:
    """Return the nodes of the first wave, and those that lose their pod for good; vanished nodes are in neither."""
    deleted = [name for name, *_ in rolling.delete if name in index.ids]
    leaving = [name for name in deleted if not _wanted(observed, index, name)]
    if budget.max_surge != 0:
        return [name for name, _ in rolling.create], leaving
    return [name for name in deleted if _wanted(observed, index, name)], leaving


def _wanted(observed: Observed, index: NodeIndex, name: str) -> bool:
    position = index.ids.get(name)
    return position is not None and position in observed.verdicts.run


def _stays_down(index: NodeIndex, name: str, hopeless: BitMap) -> bool:
    position = index.ids.get(name)
    return position is not None and (position in hopeless or not index.nodes[position].ready)


def _merged(waves: Sequence[WaveRun]) -> tuple[WaveRun, ...]:
    merged: list[WaveRun] = []
    for run in waves:
        if merged and merged[-1].size == run.size:
            run = WaveRun(run.size, merged.pop().repeat + run.repeat)
        merged.append(run)
    return tuple(merged)
