"""Which queued pods look beyond their own room: only their nodes need more than sums."""

from __future__ import annotations

from collections.abc import Iterable

from .demand import Demand, Term
from .load import Cluster

__all__ = ["Coupling"]


class Coupling:
    """The demands in a queue that pod affinity or topology spread touches, and how far that reaches.

    `touched` demands are asked by the filters one by one. `reaches_out` says that some domain has more than one node,
    so that nodes cannot be settled apart.
    """

    def __init__(self, demands: Iterable[Demand], cluster: Cluster) -> None:
        asked = set(demands)
        terms = {term for demand in asked for term in demand.anti_affinity}
        self._cluster = cluster
        self._local: dict[str, bool] = {}
        self.touched = {demand for demand in asked if _is_involved(demand) or self._is_refused(demand, terms)}
        refusing = {term for demand in self.touched for term, _ in cluster.domains.refused_by(demand)}
        wide = any(demand.affinity or demand.spread for demand in self.touched)
        self.reaches_out = wide or any(not self._is_local(term) for term in terms | refusing)

    def _is_refused(self, demand: Demand, terms: set[Term]) -> bool:
        domains = self._cluster.domains
        return bool(domains.refused_by(demand)) or any(domains.matches((term,), demand) for term in terms)

    def _is_local(self, term: Term) -> bool:
        """Return whether no two nodes share a value of the term's key."""
        key = term.topology_key
        found = self._local.get(key)
        if found is None:
            values = [value for load in self._cluster.loads if (value := load.node.labels.get(key)) is not None]
            found = self._local[key] = len(values) == len(set(values))
        return found


def _is_involved(demand: Demand) -> bool:
    return bool(demand.affinity or demand.anti_affinity or demand.spread or demand.unreadable)
