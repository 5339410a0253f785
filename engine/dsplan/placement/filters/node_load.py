"""Nodes with the pods on them, and the counts per topology domain that pod affinity reads (K4, K14-K16)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ...errors import InputError, Problem
from ...model.node import Node
from ...model.pod import Pod
from ...model.quantity import QuantityError
from .demand import Demand, Tenant, Term
from .failures import Holder, holders_of
from .ports import HostPort
from .requests import PODS, Amounts, allocatable_of
from .storage import Storage

__all__ = ["Cluster", "Domains", "NodeLoad"]


class NodeLoad:
    """One node: what it can give, who is on it, and the sums.

    >>> from dsplan.model.node import NodeStatus
    >>> NodeLoad(Node(status=NodeStatus(allocatable={"cpu": "2", "pods": "10"}))).free("cpu")
    2000
    """

    __slots__ = ("_expected", "_read", "_taken", "allocatable", "node", "pods")

    def __init__(self, node: Node, allocatable: Amounts | None = None) -> None:
        self.node = node
        self.allocatable = _allocatable(node) if allocatable is None else allocatable
        self.pods = self.allocatable.get(PODS, 0)
        self._taken: _Taken | None = None
        self._expected: list[Pod] | None = None

    def expect(self, pod: Pod, read: Callable[[Pod], Tenant]) -> None:
        """Let a pod take up room, which `read` finds out when somebody asks: about most nodes nobody does."""
        if self._taken is not None:
            self.add(read(pod))
        elif self._expected is None:
            self._expected, self._read = [pod], read
        else:
            self._expected.append(pod)

    def _occupied(self) -> _Taken:
        if self._taken is None:
            self._taken = taken = _Taken()
            for pod in self._expected or ():
                taken.add(self._read(pod))
            self._expected = None
        return self._taken

    @property
    def tenants(self) -> list[Tenant]:
        """The pods that are here, not to be written to."""
        return self._occupied().tenants

    @property
    def used(self) -> Amounts:
        """What they take up."""
        return self._occupied().used

    @property
    def ports(self) -> list[HostPort]:
        """The host ports they hold."""
        return self._occupied().ports

    def holders(self, resource: str) -> tuple[Holder, ...]:
        """Return who takes up a resource, or with "" who is here at all, summed by owner, the largest first."""
        known = self._occupied().holders
        found = known.get(resource)
        if found is None:
            taking = [entry for entry in self.tenants if not resource or resource in entry.demand.requests]
            found = known[resource] = holders_of(taking, resource)
        return found

    def free(self, resource: str) -> int:
        """Return what is left of a resource; negative where the node is over-committed."""
        return self.allocatable.get(resource, 0) - self.used.get(resource, 0)

    def refusing(self) -> list[Tenant]:
        """Return the pods with anti-affinity terms of their own."""
        if self._taken is None and not any(map(_has_anti_affinity, self._expected or ())):
            return []
        return [tenant for tenant in self.tenants if tenant.demand.anti_affinity]

    def add(self, tenant: Tenant) -> None:
        """Let a pod take up room."""
        self._occupied().add(tenant)

    def remove(self, tenant: Tenant) -> None:
        """Give back the room of a pod that is here."""
        self._occupied().remove(tenant)


class _Taken:
    """What the pods of a node take up, as sums; the node has none of it until somebody asks."""

    __slots__ = ("holders", "ports", "tenants", "used")

    def __init__(self) -> None:
        self.used: Amounts = {}
        self.tenants: list[Tenant] = []
        self.ports: list[HostPort] = []
        self.holders: dict[str, tuple[Holder, ...]] = {}

    def add(self, tenant: Tenant) -> None:
        self.holders.clear()
        self.tenants.append(tenant)
        used = self.used
        for name, amount in tenant.demand.requests.items():
            used[name] = used.get(name, 0) + amount
        self.ports.extend(tenant.demand.ports)

    def remove(self, tenant: Tenant) -> None:
        self.holders.clear()
        self.tenants.remove(tenant)
        for name, amount in tenant.demand.requests.items():
            self.used[name] -= amount
        for port in tenant.demand.ports:
            self.ports.remove(port)


def _has_anti_affinity(pod: Pod) -> bool:
    return pod.spec.affinity is not None and pod.spec.affinity.pod_anti_affinity is not None


def _allocatable(node: Node) -> Amounts:
    try:
        return allocatable_of(node)
    except QuantityError as error:
        name = f"Node {node.name}"
        problem = Problem(reason="DecodeError", message=str(error), field="status.allocatable", object=name)
        raise InputError.of([problem]) from None


class Domains:
    """How many pods each topology domain holds, per term that somebody asked about.

    A group of terms counts the pods that match ALL its terms, once under each term's key (K15). Nodes without the key
    belong to no domain.
    """

    def __init__(self, loads: Sequence[NodeLoad], namespace_labels: Mapping[str, Mapping[str, str]]) -> None:
        self.namespace_labels = namespace_labels
        self._loads = loads
        self._groups: dict[tuple[Term, ...], Counter[tuple[str, str]]] = {}
        self._matching: dict[tuple[Term, ...], dict[Demand, bool]] = defaultdict(dict)
        self._refusing: dict[Term, Counter[str]] | None = None
        self._refused: dict[Demand, list[Term]] = {}
        self._members: dict[str, dict[str, list[NodeLoad]]] = {}
        self._holders: dict[tuple[str, Term, str], tuple[Holder, ...]] = {}

    def matches(self, terms: tuple[Term, ...], demand: Demand) -> bool:
        """Return whether a pod matches all of one or more terms."""
        known = self._matching[terms]
        found = known.get(demand)
        if found is None:
            found = known[demand] = all(term.matches(demand, self.namespace_labels) for term in terms)
        return found

    def counts(self, terms: tuple[Term, ...]) -> Counter[tuple[str, str]]:
        """Return (topology key, value) -> number of pods there that match all terms; without zeros."""
        found = self._groups.get(terms)
        if found is None:
            found = self._groups[terms] = Counter()
            for load in self._loads:
                for tenant in load.tenants:
                    if self.matches(terms, tenant.demand):
                        _count(found, terms, load.node, 1)
        return found

    def refused_by(self, demand: Demand) -> list[tuple[Term, Counter[str]]]:
        """Return the anti-affinity terms of pods that are there which match a new pod, with their domains (K16)."""
        if self._refusing is None:
            self._refusing = {}
            for load in self._loads:
                for tenant in load.refusing():
                    self._refuse(tenant, load.node, 1)
        if not self._refusing:
            return []
        terms = self._refused.get(demand)
        if terms is None:
            terms = self._refused[demand] = [term for term in self._refusing if self.matches((term,), demand)]
        return [(term, self._refusing[term]) for term in terms]

    def matching(self, term: Term, value: str) -> tuple[Holder, ...]:
        """Return who matches a term in one of its domains, summed by owner."""
        return self._held("matching", term, value, lambda demand: self.matches((term,), demand))

    def refusing(self, term: Term, value: str) -> tuple[Holder, ...]:
        """Return who has an anti-affinity term in one of its domains, summed by owner."""
        return self._held("refusing", term, value, lambda demand: term in demand.anti_affinity)

    def _held(self, kind: str, term: Term, value: str, is_meant: Callable[[Demand], bool]) -> tuple[Holder, ...]:
        found = self._holders.get((kind, term, value))
        if found is None:
            here = [tenant for load in self._in_domain(term.topology_key, value) for tenant in load.tenants]
            found = holders_of(tenant for tenant in here if is_meant(tenant.demand))
            self._holders[kind, term, value] = found
        return found

    def _in_domain(self, key: str, value: str) -> list[NodeLoad]:
        members = self._members.get(key)
        if members is None:
            members = self._members[key] = defaultdict(list)
            for load in self._loads:
                if key in load.node.labels:
                    members[load.node.labels[key]].append(load)
        return members.get(value, [])

    def moved(self, tenant: Tenant, node: Node, change: int) -> None:
        """Take note of a pod that came (+1) or went (-1)."""
        self._holders.clear()
        for terms, counter in self._groups.items():
            if self.matches(terms, tenant.demand):
                _count(counter, terms, node, change)
        if self._refusing is not None and tenant.demand.anti_affinity:
            self._refuse(tenant, node, change)

    def _refuse(self, tenant: Tenant, node: Node, change: int) -> None:
        assert self._refusing is not None
        for term in tenant.demand.anti_affinity:
            value = node.labels.get(term.topology_key)
            if value is None:
                continue
            if term not in self._refusing:
                self._refusing[term] = Counter()
                self._refused.clear()
            self._refusing[term][value] += change


def _count(counter: Counter[tuple[str, str]], terms: Iterable[Term], node: Node, change: int) -> None:
    for term in terms:
        value = node.labels.get(term.topology_key)
        if value is not None:
            pair = (term.topology_key, value)
            counter[pair] += change
            if not counter[pair]:
                del counter[pair]


class Watcher(Protocol):
    """Something that keeps counts over the cluster."""

    def moved(self, tenant: Tenant, node: Node, change: int) -> None:
        """Take note of a pod that came (+1) or went (-1)."""


class Cluster:
    """The loads of all nodes, in name order, with the domains over them; `changes` counts (bound, evicted)."""

    def __init__(
        self, loads: Sequence[NodeLoad], namespace_labels: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.loads = loads
        self.domains = Domains(loads, namespace_labels or {})
        self.watchers: dict[tuple[Demand, int], Watcher] = {}
        self.changes = (0, 0)
        self.storage: Storage | None = None

    def bind(self, tenant: Tenant, load: NodeLoad) -> None:
        """Put a pod on a node."""
        self.changes = (self.changes[0] + 1, self.changes[1])
        load.add(tenant)
        self._moved(tenant, load.node, 1)

    def evict(self, tenant: Tenant, load: NodeLoad) -> None:
        """Take a pod off its node."""
        self.changes = (self.changes[0], self.changes[1] + 1)
        load.remove(tenant)
        self._moved(tenant, load.node, -1)

    def _moved(self, tenant: Tenant, node: Node, change: int) -> None:
        self.domains.moved(tenant, node, change)
        for watcher in self.watchers.values():
            watcher.moved(tenant, node, change)
