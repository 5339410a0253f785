"""The waves of a DaemonSet's own updateStrategy, as the real controller would go (R33).

Assumes health: every replaced pod becomes available, and so does every node that is down, but for the nodes that are
given as stuck or doomed. Under that assumption the number of waves is the least possible, since every wave uses the
whole budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from pyroaring import BitMap

from ..diff import ActionReason, Budget, Rolling, allows_surge, resolve_budget, rolling_update
from ..diff.budget import BudgetError
from ..diff.order import node_order
from ..diff.rolling import Place, classify
from ..eligibility import NodeIndex, Verdict
from ..observe import Observed
from .afterwards import after_manage
from .step_types import DaemonSetStep

__all__ = ["Halt", "Rollout", "Strategy", "WaveRun", "forecast", "heals_by_collection", "outdated_nodes", "rollout_of"]

_NOBODY = BitMap()


class Strategy(StrEnum):
    """How pods of an older template come to be replaced."""

    ROLLING_UPDATE = "RollingUpdate"
    ON_DELETE = "OnDelete"


class Halt(StrEnum):
    """Why pods of an older template are not replaced; a simulation may find more causes (rollouts.stall_types)."""

    NONE = ""
    BUDGET_SPENT = "BudgetSpent"  # R7-R12
    BAD_BUDGET = "BadBudget"  # R2
    ON_DELETE = "OnDelete"  # C10
    POLICY = "Policy"


class WaveRun(msgspec.Struct, frozen=True):
    """`repeat` consecutive waves of `size` nodes each."""

    size: int
    repeat: int


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """How the out-of-date pods of one DaemonSet will be replaced.

    `nodes` are in the order of the waves; `waves` cut that order, run-length coded. `leaving` of them are not wanted:
    they lose their old pod and get no new one (R15, R21, R25). `stalled` nodes follow in no wave, for `halt`, which
    `text` says for people; under a spent budget `blockers` hold it. `begins` is when the first wave goes: False in a
    later pass, since the next one does not act on the roll-out. After `collection`: only once pod garbage collection
    has removed what fails the pass (R27). No plan under this budget has fewer waves than `lower_bound`: budgeted nodes
    / budget, rounded up. `beyond_budget` nodes of the first wave have sick pods, which are replaced whatever the budget
    (R12, R20). `played` tells whether a simulation has shown all this.
    """

    strategy: Strategy = Strategy.ROLLING_UPDATE
    nodes: tuple[str, ...] = ()
    waves: tuple[WaveRun, ...] = ()
    leaving: tuple[str, ...] = ()
    stalled: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    halt: Halt | str = Halt.NONE
    text: str = ""
    begins: bool = True
    collection: bool = False
    lower_bound: int = 0
    beyond_budget: int = 0
    budget: Budget | None = None
    played: bool = False

    @property
    def wave_count(self) -> int:
        """Number of waves."""
        return sum(run.repeat for run in self.waves)

    @property
    def updated(self) -> tuple[str, ...]:
        """The nodes that get a new pod, in the order of the waves."""
        away = set(self.leaving)
        return tuple(node for node in self.nodes if node not in away) if away else self.nodes


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


def rollout_of(
    entry: DaemonSetStep, observed: Observed, index: NodeIndex, stuck: BitMap = _NOBODY, doomed: BitMap = _NOBODY
) -> Rollout:
    """Return how the out-of-date pods of one DaemonSet will be replaced.

    `stuck` nodes stay down if they are, `doomed` ones once they are replaced. Where manage acts first, or writes are in
    flight, the waves are those of the passes after that (C9).
    """
    if observed.history.duplicates:
        return _relabelled(entry, observed, index, stuck, doomed)
    if entry.daemonset.spec.update_strategy.type != "RollingUpdate":
        text = "updateStrategy OnDelete: replaced when somebody deletes the pod"
        left = outdated_nodes(observed, index)
        return Rollout(strategy=Strategy.ON_DELETE, stalled=left, halt=Halt.ON_DELETE if left else Halt.NONE, text=text)
    if entry.rolling_update_ran and entry.rolling is not None and entry.budget is not None:
        return forecast(observed, index, entry.rolling, entry.budget, stuck, doomed)
    try:
        budget = resolve_budget(entry.daemonset, len(observed.verdicts.run))
    except BudgetError as error:
        left = outdated_nodes(observed, index)
        return Rollout(stalled=left, halt=Halt.BAD_BUDGET if left else Halt.NONE, text=str(error))
    later = after_manage(observed, index, stuck | doomed, surge=allows_surge(entry.daemonset))
    found = forecast(later, index, rolling_update(later, index, budget), budget, stuck, doomed)
    return msgspec.structs.replace(found, begins=False, collection=heals_by_collection(entry))


def _relabelled(entry: DaemonSetStep, observed: Observed, index: NodeIndex, stuck: BitMap, doomed: BitMap) -> Rollout:
    """Return what is left of a roll-out whose pods this pass relabels: what it replaces itself (H8)."""
    if not entry.rolling_update_ran or entry.rolling is None or entry.budget is None:
        on_delete = entry.daemonset.spec.update_strategy.type != "RollingUpdate"
        return Rollout(strategy=Strategy.ON_DELETE if on_delete else Strategy.ROLLING_UPDATE)
    now = msgspec.structs.replace(entry.rolling, waiting=())
    return forecast(observed, index, now, entry.budget, stuck, doomed)


def heals_by_collection(entry: DaemonSetStep) -> bool:
    """Return whether a pass fails only until pod garbage collection has removed pods of vanished nodes (R27, M22)."""
    if entry.error is None or entry.observed is None or not entry.observed.vanished:
        return False
    try:
        resolve_budget(entry.daemonset, len(entry.observed.verdicts.run))
    except BudgetError:
        return False
    return True


def forecast(
    observed: Observed,
    index: NodeIndex,
    rolling: Rolling,
    budget: Budget,
    stuck: BitMap = _NOBODY,
    doomed: BitMap = _NOBODY,
) -> Rollout:
    """Return the waves of a RollingUpdate from a pass on that wants `rolling`."""
    first = [name for name in _of_first_wave(rolling, budget) if name in index.ids]
    sick = _beyond_budget(rolling, budget, set(first))
    waiting = [name for name in rolling.waiting if name in index.ids]
    down = [name for name in rolling.down if name in index.ids]
    replaced, spent = set(first), set(down)
    blockers = [name for name in down if index.ids[name] in (doomed if name in replaced else stuck)]
    blockers += [name for name in first if index.ids[name] in doomed and name not in spent] if doomed else []
    limit = budget.max_surge or budget.max_unavailable
    later, going = _later_waves(waiting, index, limit, blockers, doomed)
    waves = [WaveRun(len(first), 1)] if first else []
    left = tuple(name for name in waiting[going:] if _wanted(observed, index, name))
    nodes = [*first, *waiting[:going]]
    sunset = _sunset(observed, rolling, budget, index) if not blockers else []
    if sunset:
        later.append(WaveRun(len(sunset), 1))
        nodes += sunset
    leaving = tuple(name for name in nodes if not _wanted(observed, index, name))
    return Rollout(
        nodes=tuple(nodes),
        waves=_merged([*waves, *later]),
        leaving=leaving,
        stalled=left,
        blockers=tuple(sorted(blockers)) if left else (),
        halt=Halt.BUDGET_SPENT if left else Halt.NONE,
        text=_spent_text(sorted(blockers), limit) if left else "",
        lower_bound=_lower_bound(len(nodes), sick + (len(leaving) if budget.max_surge else 0), budget),
        beyond_budget=sick,
        budget=budget,
    )


def _later_waves(
    waiting: Sequence[str], index: NodeIndex, limit: int, blockers: list[str], doomed: BitMap
) -> tuple[list[WaveRun], int]:
    """Return the waves after the first, and how many nodes they reach; add to `blockers` who gets stuck."""
    if not doomed or not any(index.ids[name] in doomed for name in waiting):
        room = limit - len(blockers)
        if room <= 0:
            return [], 0
        whole, rest = divmod(len(waiting), room)
        return [WaveRun(size, repeat) for size, repeat in ((room, whole), (rest, 1)) if size and repeat], len(waiting)
    waves: list[WaveRun] = []
    done = 0
    while done < len(waiting) and (room := limit - len(blockers)) > 0:
        wave = waiting[done : done + room]
        blockers += [name for name in wave if index.ids[name] in doomed]
        waves.append(WaveRun(len(wave), 1))
        done += len(wave)
    return waves, done


def _of_first_wave(rolling: Rolling, budget: Budget) -> list[str]:
    """Return the nodes of the first wave; under surge also those whose old pod goes for good (R21, R25)."""
    if not budget.max_surge:
        return [name for name, *_ in rolling.delete]
    gone = [name for name, _, reason in rolling.delete if reason is ActionReason.OUTDATED_NOT_ELIGIBLE]
    return [*(name for name, _ in rolling.create), *gone]


def _sunset(observed: Observed, rolling: Rolling, budget: Budget, index: NodeIndex) -> list[str]:
    """Return the ineligible nodes that lose their old pod once enough others are available (R22, R25)."""
    if not budget.max_surge:
        return []
    away = {name for name, _, reason in rolling.delete if reason is ActionReason.OUTDATED_NOT_ELIGIBLE}
    nodes = BitMap()
    for situation in observed.situations:
        if classify(situation.verdict, situation.shape, surge=True) is Place.SUNSET:
            nodes |= situation.nodes
    ordered = node_order(nodes, index, observed.verdicts.run) if nodes else []
    return [name for name in (index.names[position] for position in ordered) if name not in away]


def _beyond_budget(rolling: Rolling, budget: Budget, first: set[str]) -> int:
    surging = [(name, reason) for name, reason in rolling.create]
    chosen = surging if budget.max_surge else [(name, reason) for name, _, reason in rolling.delete]
    return sum(name in first and reason is ActionReason.OUTDATED_UNAVAILABLE for name, reason in chosen)


def _lower_bound(nodes: int, outside: int, budget: Budget) -> int:
    """Return the least number of waves for `nodes`, of which those `outside` do not spend the budget.

    Those are sick pods (R12, R20) and, under surge, old pods that go and get no successor (R21, R25).
    """
    limit = budget.max_surge or budget.max_unavailable
    return max(-(-(nodes - outside) // limit) if limit > 0 else 0, 1 if nodes else 0)


def _spent_text(blockers: Sequence[str], limit: int) -> str:
    shown = ", ".join(blockers[:3]) + (f" and {len(blockers) - 3:,} more" if len(blockers) > 3 else "")
    return f"{len(blockers):,} of {limit:,} down and not recovering: {shown}"


def _wanted(observed: Observed, index: NodeIndex, name: str) -> bool:
    position = index.ids.get(name)
    return position is not None and position in observed.verdicts.run


def _merged(waves: Sequence[WaveRun]) -> tuple[WaveRun, ...]:
    merged: list[WaveRun] = []
    for run in waves:
        if merged and merged[-1].size == run.size:
            run = WaveRun(run.size, merged.pop().repeat + run.repeat)
        merged.append(run)
    return tuple(merged)
