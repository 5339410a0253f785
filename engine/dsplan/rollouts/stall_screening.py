"""Which roll-outs may stall and have to be simulated; most cannot, and that is cheap to see.

A roll-out goes through for sure if every node that counts is ready and served by one available pod, and every new pod
takes the place of an old one that was as demanding. Anything else is simulated.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyroaring import BitMap

from ..apiserver.admission import Quotas, Refusal
from ..diff import allows_surge, resolve_budget
from ..diff.budget import BudgetError
from ..eligibility import NodeIndex
from ..model.daemonset import DaemonSet
from ..model.pod import Pod
from ..observe import Observed
from ..placement.filters.created import Templates
from ..placement.filters.demand import Demands
from ..placement.filters.growth import asks_no_more
from ..simulator.coverage import is_settled_alone, outdated

__all__ = ["StallScreening"]


class StallScreening:
    """Judges DaemonSets of one world by what is there now."""

    def __init__(self, templates: Templates, index: NodeIndex, quotas: Quotas) -> None:
        self._templates = templates
        self._quotas = quotas
        self._index = index
        self._demands = Demands()
        self._sick = BitMap(position for position, node in enumerate(index.nodes) if not node.ready)

    def waves(self, daemonset: DaemonSet, observed: Observed) -> int:
        """Return about how many waves a roll-out has that may stall; 0 where there is none, or it goes through."""
        old = outdated(observed)
        pods = (observed.groups[self._index.names[position]].pods for position in old)
        if not old or self._goes_through(daemonset, observed, pods):
            return 0
        try:
            budget = resolve_budget(daemonset, len(observed.verdicts.run))
        except BudgetError:
            return 1
        return -(-len(old) // max(1, budget.max_surge or budget.max_unavailable))

    def _goes_through(self, daemonset: DaemonSet, observed: Observed, old: Iterable[tuple[Pod, ...]]) -> bool:
        if daemonset.spec.update_strategy.type != "RollingUpdate" or observed.vanished:
            return False
        for situation in observed.situations:
            served = len(situation.shape) == 1 and is_settled_alone(situation.shape)
            if not served or not situation.nodes.isdisjoint(self._sick):
                return False
        new = self._templates.of_daemonset(daemonset, observed.history.hash)
        if isinstance(new, Refusal) or self._quotas.counts(new):
            return False
        demand = self._demands.of(new)
        if demand.affinity or demand.spread or demand.volumes or demand.gates or demand.unreadable:
            return False
        if allows_surge(daemonset):
            return not (demand.requests or demand.ports or demand.anti_affinity)
        before = {id(found): found for pods in old for pod in pods for found in [self._demands.of_tenant(pod)]}
        return all(asks_no_more(demand, found) for found in before.values())
