"""How many more units of each target its policies' steps let begin, counted down as units are chosen.

Whatever waves are planned, nothing begins that is not asked for here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.meta import Identity
from .plan_types import Unit
from .views import View

__all__ = ["Allowances", "sick_units"]


class Allowances:
    """The steps of all policies over one decision."""

    def __init__(self, views: Iterable[View]) -> None:
        self._of: dict[Identity, list[tuple[Identity, BitMap | None]]] = {}
        self._left: dict[tuple[Identity, Identity], int] = {}
        for view in views:
            for identity, stand in view.stands.items():
                self._of.setdefault(identity, []).append((view.policy.identity, stand.nodes))
                self._left[view.policy.identity, identity] = stand.allowance

    def left(self, policy: Identity, daemonset: Identity) -> int:
        """Return how many more units of a target a policy lets begin."""
        return self._left[policy, daemonset]

    def take(self, daemonset: Identity, position: int) -> bool:
        """Return whether one more unit may begin on a node, and count it if so."""
        steps = self._of.get(daemonset, [])
        for policy, nodes in steps:
            if self._left[policy, daemonset] <= 0 or (nodes is not None and position not in nodes):
                return False
        for policy, _ in steps:
            self._left[policy, daemonset] -= 1
        return True

    def cut(self, wave: Sequence[Unit], index: NodeIndex, rank: Mapping[int, int]) -> tuple[Unit, ...]:
        """Return the units of a wave that may begin, in the order of nodes."""
        ordered = sorted(wave, key=lambda unit: (rank[index.ids[unit.node]], unit.daemonset))
        return tuple(unit for unit in ordered if self.take(unit.daemonset, index.ids[unit.node]))


def sick_units(
    views: Sequence[View],
    held: Collection[Identity],
    early: Mapping[Identity, BitMap],
    allowances: Allowances,
    index: NodeIndex,
    rank: Mapping[int, int],
) -> Iterator[Unit]:
    """Yield the sick pods of older revisions that are replaced now, beyond every budget (R9, R12), as far as the steps
    let them; those on nodes that an earlier revision broke whatever the step. `held` DaemonSets are left alone, and
    the nodes where others come first (`early`)."""
    units = {identity: facts.units for view in views for identity, facts in view.facts.items()}
    for identity, found in sorted(units.items()):
        mine = [view for view in views if identity in view.targets]
        if identity in held:
            continue
        away = BitMap.union(BitMap(), early.get(identity, BitMap()), *(view.away[identity] for view in mine))
        broken = BitMap.union(BitMap(), *(view.budget_use.first.get(identity, BitMap()) for view in mine))
        stopped = any(identity in view.stops for view in mine)
        leave = any(view.policy.spec.sick == "leave" for view in mine)
        for position in sorted(found.sick - away, key=lambda position: rank[position]):
            rescued = position in broken and not stopped
            if rescued or (not leave and allowances.take(identity, position)):
                yield Unit(identity, index.names[position])
