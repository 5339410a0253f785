"""Required pod affinity and anti-affinity, in both directions, over any topology key (K14-K17)."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.selectors import selector_text
from .demand import Demand, Term
from .failures import Failure, Plugin, Shortage
from .node_load import Domains, NodeLoad

__all__ = ["affinity_failures"]

_AFFINITY = "node(s) didn't match pod affinity rules"
_ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
_REFUSED = "node(s) didn't satisfy existing pods anti-affinity rules"


def affinity_failures(demand: Demand, load: NodeLoad, domains: Domains, *, named: bool = True) -> Iterator[Failure]:
    """Yield the one failure of the filter, if there is one: like the scheduler, the first of its three checks.

    With `named`, it says whose pods are in the way, wherever in the domain they are.
    """
    if demand.unreadable:
        shortage = Shortage("pod affinity", detail=demand.unreadable)
        yield Failure(Plugin.POD_AFFINITY, (f"parsing pod: {demand.unreadable}",), False, (shortage,))
        return
    if demand.affinity and (shortages := _unmet(demand, load, domains)):
        yield Failure(Plugin.POD_AFFINITY, (_AFFINITY,), resolvable=False, shortages=shortages)
        return
    if demand.anti_affinity and (shortages := tuple(_repelled(demand, load, domains, named))):
        yield Failure(Plugin.POD_AFFINITY, (_ANTI_AFFINITY,), resolvable=True, shortages=shortages)
        return
    if shortages := tuple(_refused(demand, load, domains, named)):
        yield Failure(Plugin.POD_AFFINITY, (_REFUSED,), resolvable=True, shortages=shortages)


def _unmet(demand: Demand, load: NodeLoad, domains: Domains) -> tuple[Shortage, ...]:
    """K15: a domain without a matching pod, or none at all; the first pod of a series attracts itself."""
    labels, terms = load.node.labels, demand.affinity
    keyless = [term for term in terms if term.topology_key not in labels]
    if keyless:
        return tuple(Shortage(_text(term), detail=f"the node has no label {term.topology_key}") for term in keyless)
    counts = domains.counts(terms)
    empty = [term for term in terms if not counts.get((term.topology_key, labels[term.topology_key]))]
    if not empty or (not counts and domains.matches(terms, demand)):
        return ()
    return tuple(Shortage(_text(term), detail=f"no such pod in the same {term.topology_key}") for term in empty)


def _repelled(demand: Demand, load: NodeLoad, domains: Domains, named: bool) -> Iterator[Shortage]:
    """K16: pods that this pod wants to be away from; a node without the key is in no domain."""
    for term in demand.anti_affinity:
        value = load.node.labels.get(term.topology_key)
        if value is not None and domains.counts((term,)).get((term.topology_key, value)):
            holders = domains.matching(term, value) if named else ()
            detail = f"such a pod is in the same {term.topology_key}"
            yield Shortage(_text(term, "anti-affinity"), detail=detail, holders=holders)


def _refused(demand: Demand, load: NodeLoad, domains: Domains, named: bool) -> Iterator[Shortage]:
    """K16, symmetrically: pods in the domain that want to be away from this pod."""
    labels = load.node.labels
    for term, values in domains.refused_by(demand):
        value = labels.get(term.topology_key)
        if value is not None and values.get(value):
            holders = domains.refusing(term, value) if named else ()
            detail = f"a pod in the same {term.topology_key} refuses it"
            yield Shortage(_text(term, "anti-affinity of others"), detail=detail, holders=holders)


def _text(term: Term, kind: str = "affinity") -> str:
    return f"{kind} to {selector_text(term.selector)}"
