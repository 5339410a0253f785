"""Which pods that are down spend the budget, and whether a node that broke stops the roll-out.

Strict, as upstream: every pod that is not available (R7-R9). Causal (after enhancement 6250): nodes that were not ready
before their wave began do not spend; one that became so after its update does, and nothing more begins until it is
back, since the update may be why. Counting no broken node at all would let a bad update eat the fleet (the objection
in k/k pull 117658).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.policy import BrokenNodes, RolloutPolicy
from ..model.state import PolicyProgress
from .subjects import Units

__all__ = ["Spending", "spending_of"]


class Spending(msgspec.Struct, frozen=True):
    """Per DaemonSet the nodes that spend budget and come back, and those that stay down.

    `broken` nodes were not ready before the wave that is under way: they are left alone. `broken_when_begun` is what
    `broken` is to be once another wave begins now. `forgiven` wait for room and do not count.
    """

    by_daemonset: dict[Identity, tuple[BitMap, BitMap]]
    broken: BitMap
    broken_when_begun: BitMap
    forgiven: BitMap
    halted: str


def spending_of(
    policy: RolloutPolicy,
    units: Mapping[Identity, Units],
    not_ready: BitMap,
    before: PolicyProgress | None,
    index: NodeIndex,
) -> Spending:
    """Return who spends the budgets of one policy; `before` is its progress in this roll-out, None where it begins."""
    rule = policy.spec.broken_nodes or BrokenNodes()
    forgiven = _forgiven(units, rule.forgive_unschedulable)
    causal = rule.mode == "Causal"
    renewed = BitMap.union(BitMap(), *(_renewed(found) for found in units.values() if found.old or found.sick))
    known = BitMap()
    if causal and before is not None:
        known = BitMap(index.ids[name] for name in before.down_at_start if name in index.ids) & not_ready
    begun = before is not None and before.wave_began is not None
    after_update = (not_ready & renewed) - known if causal and begun else BitMap()
    broken_when_begun = (not_ready - after_update) if causal else BitMap()
    under_way = any(found.rising - not_ready for found in units.values())
    broken = known if begun and under_way else broken_when_begun
    by_daemonset = {}
    for identity, found in units.items():
        down = found.down - forgiven.get(identity, BitMap()) - broken
        stuck = down & not_ready
        by_daemonset[identity] = (down - stuck, stuck)
    return Spending(
        by_daemonset,
        broken,
        broken_when_begun,
        BitMap.union(BitMap(), *forgiven.values()),
        _halted(after_update, index),
    )


def _renewed(found: Units) -> BitMap:
    """Return the nodes that have had their update, or are in the middle of it."""
    return found.updated | found.rising | found.superseded


def _forgiven(units: Mapping[Identity, Units], most: int) -> dict[Identity, BitMap]:
    """Return the first `most` unschedulable pods by DaemonSet and node."""
    found: dict[Identity, BitMap] = {}
    for identity in sorted(units):
        chosen = BitMap(list(units[identity].unschedulable)[:most])
        most -= len(chosen)
        found[identity] = chosen
    return found


def _halted(after_update: BitMap, index: NodeIndex) -> str:
    if not after_update:
        return ""
    names = [index.names[position] for position in after_update]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
    return f"stopped: {shown} became not ready after the update"
