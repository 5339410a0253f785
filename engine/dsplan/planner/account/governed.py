"""The roll-outs that policies decide, in the words of the account."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyroaring import BitMap

from ...model.meta import Identity
from ...observe import Observed
from ...passes.forecast import Halt, Rollout, Strategy, WaveRun, outdated_nodes

if TYPE_CHECKING:
    from ...policies.plan_types import PolicyPlan

__all__ = ["Governed", "governed_rollout", "waits_of", "waves_by_daemonset"]

Governed = dict[Identity, dict[str, int]]
"""The wave of every unit, by DaemonSet and node."""


def waves_by_daemonset(policies: PolicyPlan) -> Governed:
    """Return the wave of every pod that policies have replaced; sick ones go in the first (R9, R12)."""
    found: Governed = defaultdict(dict)
    for unit in policies.sick:
        found[unit.daemonset][unit.node] = 1
    for number, wave in enumerate(policies.waves(), start=1):
        for unit in wave:
            found[unit.daemonset].setdefault(unit.node, number)
    return found


def governed_rollout(identity: Identity, observed: Observed, policies: PolicyPlan, waves: Governed) -> Rollout:
    """Return how the out-of-date pods of one DaemonSet will be replaced, as its policies have it."""
    mine = sorted(waves.get(identity, {}).items(), key=lambda entry: (entry[1], entry[0]))
    left = tuple(name for name in outdated_nodes(observed, policies.index) if name not in waves.get(identity, {}))
    return Rollout(
        strategy=Strategy.ON_DELETE,
        nodes=tuple(name for name, _ in mine),
        waves=_runs([number for _, number in mine]),
        stalled=left,
        halt=Halt.POLICY if left else Halt.NONE,
        text="a policy lets it wait" if left else "",
    )


def _runs(numbers: list[int]) -> tuple[WaveRun, ...]:
    """Return sorted wave numbers as runs of sizes, with empty waves for those in which others go."""
    sizes = [0] * (numbers[-1] if numbers else 0)
    for number in numbers:
        sizes[number - 1] += 1
    runs: list[WaveRun] = []
    for size in sizes:
        repeat = runs.pop().repeat + 1 if runs and runs[-1].size == size else 1
        runs.append(WaveRun(size, repeat))
    return tuple(runs)


def waits_of(identity: Identity, policies: PolicyPlan) -> tuple[tuple[str, BitMap, bool], ...]:
    """Return what nodes of a DaemonSet wait for: (text, ids, whether somebody has decided so).

    Nobody has where pods that stay down hold a budget.
    """
    ids = policies.index.ids
    assembled = policies.assembled
    budgets = {limit.rule for limit in assembled.limits}
    mine = [entry for entry in policies.schedule.stalled if assembled.daemonsets[entry.cell[1]] == identity]
    rules = {entry.rule for entry in mine} & budgets
    return tuple(
        (held.text, BitMap(ids[name] for name in held.nodes if name in ids), held.text not in rules)
        for held in policies.held
        if held.daemonset == identity and (held.blocks or held.for_good)
    )
