"""Whom the scheduler would evict from a node for a pod (P2, P3).

Only pods of strictly lower priority go. With all of them gone the pod must fit; then as many as possible come back, the
most important first, those whose eviction would break a disruption budget before the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...model.disruption import PodDisruptionBudget
from ...model.selectors import is_empty_selector, selector_matches
from ..filters.demand import Demand, Tenant, importance
from ..filters.fits import fits
from ..filters.node_load import Cluster, NodeLoad

__all__ = ["victims_for"]


def victims_for(
    demand: Demand, load: NodeLoad, cluster: Cluster, budgets: Sequence[PodDisruptionBudget] = ()
) -> tuple[Tenant, ...] | None:
    """Return whom to evict so that the pod fits; None where eviction cannot help or the pod must not evict.

    The node is left as it was found. An eviction that cannot help the filters that failed is never tried.
    """
    if not demand.preempts:
        return None
    lower = sorted((tenant for tenant in load.tenants if tenant.demand.priority < demand.priority), key=importance)
    if not lower or _hopeless(demand, load, lower):
        return None
    changes = cluster.changes
    for tenant in lower:
        cluster.evict(tenant, load)
    helped = fits(demand, load, cluster)
    victims = _not_reprieved(demand, load, cluster, _protected_first(lower, budgets)) if helped else lower
    for tenant in victims:
        cluster.bind(tenant, load)
    cluster.changes = changes
    return tuple(sorted(victims, key=importance)) if helped else None


def _not_reprieved(demand: Demand, load: NodeLoad, cluster: Cluster, tenants: Iterable[Tenant]) -> list[Tenant]:
    """Bring pods back one by one; return those beside whom the pod does not fit, who stay away."""
    victims: list[Tenant] = []
    for tenant in tenants:
        cluster.bind(tenant, load)
        if not fits(demand, load, cluster):
            cluster.evict(tenant, load)
            victims.append(tenant)
    return victims


def _hopeless(demand: Demand, load: NodeLoad, lower: Iterable[Tenant]) -> bool:
    """Return whether a resource stays short with every less important pod gone; cheaper than trying."""
    short = [name for name, amount in demand.requests.items() if amount > 0 and amount > load.free(name)]
    if not short:
        return False
    freed = dict.fromkeys(short, 0)
    for tenant in lower:
        for name in short:
            freed[name] += tenant.demand.requests.get(name, 0)
    return any(demand.requests[name] > load.free(name) + freed[name] for name in short)


def _protected_first(tenants: Sequence[Tenant], budgets: Sequence[PodDisruptionBudget]) -> list[Tenant]:
    """Return the pods, those first whose eviction would break a budget (P3); a budget allows what its status says."""
    left = {id(budget): budget.status.disruptions_allowed for budget in budgets}
    protected: list[Tenant] = []
    others: list[Tenant] = []
    for tenant in tenants:
        breaks = False
        for budget in budgets:
            if _covers(budget, tenant):
                left[id(budget)] -= 1
                breaks = breaks or left[id(budget)] < 0
        (protected if breaks else others).append(tenant)
    return protected + others


def _covers(budget: PodDisruptionBudget, tenant: Tenant) -> bool:
    selector, labels = budget.spec.selector, tenant.demand.labels
    if selector is None or is_empty_selector(selector) or not labels:
        return False
    if budget.metadata.namespace != tenant.demand.namespace or tenant.name in budget.status.disrupted_pods:
        return False
    return selector_matches(selector, labels)
