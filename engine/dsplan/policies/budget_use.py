"""Which pods that are down spend the budget, and which nodes a revision has broken.

Strict, as upstream: every pod that is not available (R7-R9). Causal (after enhancement 6250): a node that is not ready
does not spend, unless the present revision broke it: its Ready became false after its present pod was made. Such a
node spends, and nothing more of that revision begins until it recovers. Counting no broken node at all would let a bad
update eat the fleet (the objection in k/k pull 117658).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.policy import BrokenNodes, RolloutPolicy
from .facts import Facts
from .memory import Remembered
from .subjects import Units

__all__ = ["BudgetUse", "budget_use_of"]


class BudgetUse(msgspec.Struct, frozen=True):
    """Per DaemonSet the nodes that spend budget and come back, and those that stay down.

    `exempt` nodes are left alone: not ready, and by no fault of this policy's revisions. `broken` are those that the
    present revision broke, and `first` those that an earlier one did and that a fix goes to before all others.
    `forgiven` wait for room and do not count.
    """

    by_daemonset: dict[Identity, tuple[BitMap, BitMap]]
    exempt: BitMap
    broken: dict[Identity, BitMap]
    first: dict[Identity, BitMap]
    forgiven: BitMap


def budget_use_of(
    policy: RolloutPolicy,
    facts: Mapping[Identity, Facts],
    remembered: Mapping[Identity, Remembered],
    not_ready: BitMap,
    index: NodeIndex,
) -> BudgetUse:
    """Return who spends the budgets of one policy."""
    rule = policy.spec.broken_nodes or BrokenNodes()
    forgiven = _forgiven({identity: found.units for identity, found in facts.items()}, rule.forgive_unschedulable)
    broken, first = dict[Identity, BitMap](), dict[Identity, BitMap]()
    exempt = BitMap()
    if rule.mode == "Causal":
        broken = {
            identity: found.broken(not_ready, since_began=remembered[identity].is_known)
            for identity, found in facts.items()
        }
        first = {
            identity: not_ready
            & found.left
            & BitMap(index.ids[n] for n in remembered[identity].broken if n in index.ids)
            for identity, found in facts.items()
        }
        exempt = not_ready - BitMap.union(BitMap(), *broken.values(), *first.values())
    by_daemonset = {}
    for identity, found in facts.items():
        down = (found.units.down | broken.get(identity, BitMap())) - forgiven.get(identity, BitMap()) - exempt
        stuck = down & not_ready
        by_daemonset[identity] = (down - stuck, stuck)
    return BudgetUse(by_daemonset, exempt, broken, first, BitMap.union(BitMap(), *forgiven.values()))


def _forgiven(units: Mapping[Identity, Units], most: int) -> dict[Identity, BitMap]:
    """Return the first `most` unschedulable pods by DaemonSet and node."""
    found: dict[Identity, BitMap] = {}
    for identity in sorted(units):
        chosen = BitMap(list(units[identity].unschedulable)[:most])
        most -= len(chosen)
        found[identity] = chosen
    return found
