"""The waves of a DaemonSet's own updateStrategy, as the real controller would go (R33).

Assumes health: every replaced pod becomes available, every node that is down recovers unless it is itself not ready.
Under that assumption the number of waves is the least possible, since every wave uses the whole budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from ..diff import ActionReason, Budget, Rolling
from ..diff.rolling import Place, classify
from ..eligibility import NodeIndex, Verdict
from ..observe import Observed

__all__ = ["Rollout", "Strategy", "WaveRun", "forecast", "outdated_nodes"]


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
    plan under this budget has fewer waves than `lower_bound` (DESIGN section 6): budgeted nodes / budget, rounded up.
    """

    strategy: Strategy
    nodes: tuple[str, ...] = ()
    waves: tuple[WaveRun, ...] = ()
    stalled: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    lower_bound: int = 0
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


def forecast(observed: Observed, index: NodeIndex, rolling: Rolling, budget: Budget) -> Rollout:
    """Return the waves of a RollingUpdate from the first pass on."""
    first, leaving = _first_wave(observed, index, rolling, budget)
    waiting = [name for name in rolling.waiting if _wanted(observed, index, name)]
    leaving += [name for name in rolling.waiting if not _wanted(observed, index, name)]
    blockers = tuple(name for name in rolling.down if _stays_down(index, name))
    limit = budget.max_surge or max(0, budget.max_unavailable - len(blockers))
    waves = [WaveRun(len(first), 1)] if first else []
    if limit <= 0:
        return Rollout(
            strategy=Strategy.ROLLING_UPDATE,
            nodes=tuple(first),
            waves=tuple(waves),
            stalled=tuple(waiting),
            blockers=blockers if waiting else (),
            lower_bound=len(waves),
            leaving=tuple(leaving),
            budget=budget,
        )
    whole, rest = divmod(len(waiting), limit)
    waves += [WaveRun(limit, whole)] if whole else []
    waves += [WaveRun(rest, 1)] if rest else []
    return Rollout(
        strategy=Strategy.ROLLING_UPDATE,
        nodes=(*first, *waiting),
        waves=_merged(waves),
        leaving=tuple(leaving),
        lower_bound=_lower_bound(rolling, budget, len(first), len(waiting)),
        budget=budget,
    )


def _lower_bound(rolling: Rolling, budget: Budget, first: int, waiting: int) -> int:
    """Return the least number of waves: sick pods are replaced beyond the budget, all others within it (R12, R20)."""
    chosen = [reason for _, reason in rolling.create] if budget.max_surge else [reason for *_, reason in rolling.delete]
    budgeted = waiting + min(first, chosen.count(ActionReason.OUTDATED))
    limit = budget.max_surge or budget.max_unavailable
    return max(-(-budgeted // limit) if limit > 0 else 0, 1 if first + waiting else 0)


def _first_wave(observed: Observed, index: NodeIndex, rolling: Rolling, budget: Budget) -> tuple[list[str], list[str]]:
    if budget.max_surge != 0:
        wanted = [name for name, _ in rolling.create]
        return wanted, [name for name, *_ in rolling.delete if not _wanted(observed, index, name)]
    names = [name for name, *_ in rolling.delete]
    return (
        [name for name in names if _wanted(observed, index, name)],
        [name for name in names if not _wanted(observed, index, name)],
    )


def _wanted(observed: Observed, index: NodeIndex, name: str) -> bool:
    position = index.ids.get(name)
    return position is not None and position in observed.verdicts.run


def _stays_down(index: NodeIndex, name: str) -> bool:
    position = index.ids.get(name)
    return position is not None and not index.nodes[position].ready


def _merged(waves: Sequence[WaveRun]) -> tuple[WaveRun, ...]:
    merged: list[WaveRun] = []
    for run in waves:
        if merged and merged[-1].size == run.size:
            run = WaveRun(run.size, merged.pop().repeat + run.repeat)
        merged.append(run)
    return tuple(merged)
