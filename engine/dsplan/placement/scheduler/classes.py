"""Nodes that any queue treats alike: settled once, and often without a queue at all.

Free room differs from node to node, so the first question is whether everything that queues fits: sum <= room.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from ...model.meta import Identity
from ..filters.demand import Demand, Tenant, importance
from ..filters.node_load import NodeLoad
from ..filters.outcomes import Slot
from ..filters.ports import HostPort, conflict
from ..filters.requests import Amounts

__all__ = ["Bundle", "bundle_of", "class_key", "takes_all"]


class Bundle:
    """The slots of one queue, summed: how many, how much, which ports. `plain` where sums and ports decide."""

    __slots__ = ("count", "plain", "ports", "requests")

    def __init__(self, slots: Sequence[Slot], touched: set[Demand]) -> None:
        requests: dict[str, int] = defaultdict(int)
        ports: list[HostPort] = []
        self.plain = True
        for slot in slots:
            demand = slot.demand
            for name, amount in demand.requests.items():
                requests[name] += max(0, amount)
            if any(conflict(port, ports) for port in demand.ports):
                self.plain = False
            ports.extend(demand.ports)
            if not slot.trusted or slot.born_bound or demand.volumes or demand in touched:
                self.plain = False
        self.count = len(slots)
        self.requests: Amounts = dict(requests)
        self.ports = ports


def bundle_of(slots: Sequence[Slot], touched: set[Demand], known: dict[tuple[Slot, ...], Bundle]) -> Bundle:
    """Return the bundle of the slots, made once per distinct queue."""
    key = tuple(slots)
    found = known.get(key)
    if found is None:
        found = known[key] = Bundle(slots, touched)
    return found


def takes_all(load: NodeLoad, bundle: Bundle) -> bool:
    """Return whether all of the bundle fits without anybody giving way; False where that takes a closer look."""
    if not bundle.plain or len(load.tenants) + bundle.count > load.pods:
        return False
    used, allocatable = load.used, load.allocatable
    for name, amount in bundle.requests.items():
        if amount > allocatable.get(name, 0) - used.get(name, 0):
            return False
    return not (bundle.ports and load.ports and any(conflict(port, load.ports) for port in bundle.ports))


def class_key(load: NodeLoad, slots: Sequence[Slot], keys: Sequence[str]) -> Hashable:
    """Return what decides about a queue on a node whose pods look at no other node.

    `keys` are the topology keys that any term reads: whether a node has them matters, the value is its own. Slots that
    wait under names of their own are told apart by what they ask for and their order alone.
    """
    node = load.node
    highest = max((slot.demand.priority for slot in slots), default=0)
    tenants = (*_safe(load.tenants, highest), *_at_risk(load.tenants, highest))
    labels = (tuple(key in node.labels for key in keys), tuple(_labels_read(load, slots)))
    queue = tuple((slot.daemonset, id(slot.demand), slot.born_bound) for slot in slots)
    room = (tuple(sorted(load.allocatable.items())), load.pods)
    return room, node.taints, node.spec.unschedulable, tenants, labels, queue


_Kind = tuple[int, Identity, bool]


def _safe(tenants: Iterable[Tenant], highest: int) -> list[_Kind]:
    """Return the pods that nobody in the queue may evict; their order means nothing."""
    return sorted(_kind(tenant) for tenant in tenants if tenant.demand.priority >= highest)


def _at_risk(tenants: Iterable[Tenant], highest: int) -> list[_Kind]:
    """Return the pods that somebody in the queue may evict, the most important first."""
    return [_kind(tenant) for tenant in sorted(tenants, key=importance) if tenant.demand.priority < highest]


def _kind(tenant: Tenant) -> _Kind:
    return id(tenant.demand), tenant.owner, tenant.terminating


def _labels_read(load: NodeLoad, slots: Sequence[Slot]) -> Iterator[Hashable]:
    """Yield what a queue reads of the node's labels and name beyond what eligibility has looked at."""
    for slot in slots:
        demand = slot.demand
        if not slot.trusted:
            by_name = demand.node_name or demand.required or demand.volumes or demand.spread
            yield load.node.name if by_name else tuple(map(load.node.labels.get, demand.node_selector))
