"""Which queued pods look beyond their own room: only their nodes need more than sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...model.selectors import selector_matches
from ..filters.demand import Demand, Term
from ..filters.node_load import Cluster, NodeLoad
from ..filters.outcomes import Slot

__all__ = ["Coupling"]


class Coupling:
    """The demands in play that pod affinity or topology spread touches, and how far that reaches.

    In play are all that queue and all that may be created again after an eviction. `touched` demands are asked by the
    filters one by one; they have terms, or some term selects them. `keys` are the topology keys of all these terms.
    `reaches_out` says that some domain has more than one node, so that nodes cannot be settled apart.
    """

    def __init__(self, demands: Iterable[Demand], cluster: Cluster) -> None:
        asked = set(demands)
        self._cluster = cluster
        terms = {term for demand in asked for term in (*demand.affinity, *demand.anti_affinity)}
        spreading = [demand for demand in asked if demand.spread]
        self.touched = {
            demand
            for demand in asked
            if _is_involved(demand) or self._is_selected(demand, terms) or _is_spread(demand, spreading)
        }
        refusing = {term for demand in self.touched for term, _ in cluster.domains.refused_by(demand)}
        self.keys = tuple(sorted({term.topology_key for term in terms | refusing}))
        wide = bool(spreading) or any(demand.affinity for demand in asked)
        self.reaches_out = wide or not all(map(self._is_local, self.keys))

    def _is_selected(self, demand: Demand, terms: set[Term]) -> bool:
        domains = self._cluster.domains
        return bool(domains.refused_by(demand)) or any(domains.matches((term,), demand) for term in terms)

    def _is_local(self, key: str) -> bool:
        """Return whether no two nodes share a value of the key."""
        values = [value for load in self._cluster.loads if (value := load.node.labels.get(key)) is not None]
        return len(values) == len(set(values))

    def entangles(self, load: NodeLoad, slots: Sequence[Slot]) -> bool:
        """Return whether what queues at a node may concern other nodes: it is touched, or may evict who is."""
        if not self.reaches_out:
            return False
        highest = max(slot.demand.priority for slot in slots)
        return any(slot.demand in self.touched for slot in slots) or any(
            tenant.demand.priority < highest for tenant in load.tenants
        )


def _is_involved(demand: Demand) -> bool:
    return bool(demand.affinity or demand.anti_affinity or demand.spread or demand.unreadable)


def _is_spread(demand: Demand, spreading: Sequence[Demand]) -> bool:
    return any(
        other.namespace == demand.namespace and selector_matches(entry.label_selector, demand.labels)
        for other in spreading
        for entry in other.spread
    )
