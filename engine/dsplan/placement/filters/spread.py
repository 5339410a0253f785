"""Topology spread constraints with DoNotSchedule (K18).

With the default policies only the pinned node counts, so they say no only where minDomains asks for more domains than
the one; nodeAffinityPolicy Ignore counts the whole cluster.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...constraints.tolerations import tolerates
from ...model.node import EFFECTS_THAT_EXCLUDE, Node
from ...model.pod import TopologySpreadConstraint
from ...model.selectors import LabelSelector, is_empty_selector, selector_matches, selector_text
from .demand import Demand, Tenant
from .failures import Failure, Plugin, Shortage
from .node_load import Cluster, NodeLoad

__all__ = ["SpreadCounts", "spread_failures"]

_SKEWED = "node(s) didn't match pod topology spread constraints"
_KEYLESS = f"{_SKEWED} (missing required label)"
_HONOR, _IGNORE = "Honor", "Ignore"


class SpreadCounts:
    """How many matching pods each domain of one constraint holds, over the nodes that its policies include.

    Domains without a matching pod are there with 0: the least counts (the global minimum).
    """

    def __init__(self, demand: Demand, position: int) -> None:
        self.constraint = demand.spread[position]
        self.demand = demand
        self.selector = _selector(self.constraint, demand)
        self.counts: dict[str, int] = {}
        self.keys = tuple(entry.topology_key for entry in demand.spread)

    def include(self, load: NodeLoad) -> None:
        """Count a node with its pods, if the policies include it."""
        if self.includes(load.node):
            value = load.node.labels[self.constraint.topology_key]
            self.counts[value] = self.counts.get(value, 0) + sum(map(self._matches, load.tenants))

    def includes(self, node: Node) -> bool:
        """Return whether a node belongs to a domain: all keys, and taints tolerated where the policy honours them."""
        if any(key not in node.labels for key in self.keys):
            return False
        if self.constraint.node_taints_policy != _HONOR:
            return True
        tolerations = self.demand.tolerations
        return all(
            any(tolerates(entry, taint) for entry in tolerations)
            for taint in node.taints
            if taint.effect in EFFECTS_THAT_EXCLUDE
        )

    def moved(self, tenant: Tenant, node: Node, change: int) -> None:
        """Take note of a pod that came (+1) or went (-1)."""
        if self._matches(tenant) and self.includes(node):
            value = node.labels[self.constraint.topology_key]
            self.counts[value] = self.counts.get(value, 0) + change

    def _matches(self, tenant: Tenant) -> bool:
        demand = tenant.demand
        if tenant.terminating or demand.namespace != self.demand.namespace or is_empty_selector(self.selector):
            return False
        return selector_matches(self.selector, demand.labels)

    def skew(self, value: str) -> int:
        """Return how far the domain would stand out with the new pod."""
        least = min(self.counts.values(), default=0)
        if len(self.counts) < (self.constraint.min_domains or 1):
            least = 0
        own = int(selector_matches(self.selector, self.demand.labels))
        return self.counts.get(value, 0) + own - least


def _selector(constraint: TopologySpreadConstraint, demand: Demand) -> LabelSelector:
    """Return the constraint's selector with matchLabelKeys filled in from the pod; none selects nothing."""
    selector = constraint.label_selector
    if selector is None:
        return LabelSelector()
    more = {key: demand.labels[key] for key in constraint.match_label_keys if key in demand.labels}
    return LabelSelector(match_labels={**selector.match_labels, **more}, match_expressions=selector.match_expressions)


def spread_failures(demand: Demand, load: NodeLoad, cluster: Cluster) -> Iterator[Failure]:
    """Yield the one failure of the filter, if there is one: like the scheduler, of the first constraint that fails."""
    for position, constraint in enumerate(demand.spread):
        key = constraint.topology_key
        value = load.node.labels.get(key)
        if value is None:
            shortage = Shortage(f"spread over {key}", detail=f"the node has no label {key}")
            yield Failure(Plugin.TOPOLOGY_SPREAD, (_KEYLESS,), resolvable=False, shortages=(shortage,))
            return
        skew = _counts(demand, position, load, cluster).skew(value)
        if skew > constraint.max_skew:
            detail = f"skew {skew} of {selector_text(constraint.label_selector)}, at most {constraint.max_skew}"
            shortage = Shortage(f"spread over {key}", detail=detail)
            yield Failure(Plugin.TOPOLOGY_SPREAD, (_SKEWED,), resolvable=True, shortages=(shortage,))
            return


def _counts(demand: Demand, position: int, load: NodeLoad, cluster: Cluster) -> SpreadCounts:
    """Return the counts over the pinned node alone, or over the cluster where the policy ignores the pin."""
    if demand.spread[position].node_affinity_policy != _IGNORE:
        counts = SpreadCounts(demand, position)
        counts.include(load)
        return counts
    found = cluster.watchers.get((demand, position))
    if found is None:
        found = SpreadCounts(demand, position)
        for other in cluster.loads:
            found.include(other)
        cluster.watchers[demand, position] = found
    assert isinstance(found, SpreadCounts)
    return found
