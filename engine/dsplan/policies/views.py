"""One policy over its targets: units, who spends the budget, what stays old, the canary, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..diff.order import sick_nodes
from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.policy import RolloutPolicy
from ..model.state import PolicyProgress
from .amounts import resolve
from .canary import ChosenCanary, choose_canary
from .node_order import order_nodes
from .progress import Standing, advance, same_rollout
from .spending import Spending, spending_of
from .subjects import Subject, Units

__all__ = ["View", "view_of"]


class View(msgspec.Struct, frozen=True):
    """One policy over its targets. `fixed` has what percentages were resolved to when this roll-out began."""

    policy: RolloutPolicy
    targets: tuple[Identity, ...]
    units: dict[Identity, Units]
    before: PolicyProgress | None
    fixed: dict[str, int]
    spending: Spending
    kept: dict[Identity, BitMap]
    partition_text: str
    canary: ChosenCanary | None
    standing: Standing

    @property
    def away(self) -> dict[Identity, BitMap]:
        """Nodes where a pod is left as it is: by partition, or since the node was broken before."""
        return {identity: kept | self.spending.broken for identity, kept in self.kept.items()}


def view_of(
    policy: RolloutPolicy,
    cohorts: tuple[tuple[Identity, ...], ...],
    subjects: Mapping[Identity, Subject],
    everywhere: Mapping[Identity, Units],
    before: PolicyProgress | None,
    index: NodeIndex,
    now: datetime,
) -> View:
    """Return one policy over its targets, by cohorts that go through its steps in turn.

    `before` is its progress, of this roll-out or of an earlier one.
    """
    targets = tuple(sorted(identity for cohort in cohorts for identity in cohort))
    units = {identity: everywhere[identity] for identity in targets}
    hashes = {identity: subjects[identity].observed.history.hash for identity in targets}
    same = before if same_rollout(before, hashes) else None
    spending = spending_of(policy, units, sick_nodes(index), same, index)
    kept, partition_text = _kept(policy, units, index)
    canary = _canary(policy, units, same, index)
    nodes = BitMap(canary.nodes) if canary else BitMap()
    names = tuple(index.names[position] for position in canary.nodes) if canary else ()
    standing = advance(policy, before, units, cohorts, kept, nodes, names, spending.broken, hashes, now)
    fixed = same.resolved if same is not None else {}
    return View(policy, targets, units, before, fixed, spending, kept, partition_text, canary, standing)


def _kept(
    policy: RolloutPolicy, units: Mapping[Identity, Units], index: NodeIndex
) -> tuple[dict[Identity, BitMap], str]:
    """Return the nodes that stay old: the last in the order of nodes."""
    kept, text = {}, ""
    for identity, found in units.items():
        amount = resolve(policy.spec.partition, len(found.wanted))
        kept[identity] = BitMap()
        if amount.number > 0:
            ordered = order_nodes(found.old | found.sick, index, policy.spec.node_order)
            kept[identity] = BitMap(ordered[max(0, len(ordered) - amount.number) :])
        text = text or (f"partition {amount.text} of {identity} stay old" if policy.spec.partition else "")
    return kept, text


def _canary(
    policy: RolloutPolicy, units: Mapping[Identity, Units], before: PolicyProgress | None, index: NodeIndex
) -> ChosenCanary | None:
    """Return the canary: the one chosen when the roll-out began, as long as one of its nodes exists."""
    if policy.spec.canary is None:
        return None
    candidates = BitMap.union(BitMap(), *(found.wanted for found in units.values()))
    if before is not None and before.canary:
        known = [index.ids[name] for name in before.canary if name in index.ids]
        if known:
            return ChosenCanary(tuple(known), "chosen when the roll-out began")
    return choose_canary(policy.spec.canary, candidates, index, policy.spec.node_order)
