"""One node as a choice among the pods that want to be on it, every rule with its cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from ...model.meta import Identity
from ..filters.demand import Demand, Tenant
from ..filters.failures import Failure, Plugin, Shortage, amount_text
from ..filters.fits import failures, has_room
from ..filters.node_load import Cluster, NodeLoad
from ..filters.ports import conflict
from ..filters.requests import PODS
from .causes import Cause, CauseCode
from .choice import Apart, Choice, Exactly, Needs, Sum
from .relations import Relation

__all__ = [
    "THE_NODE",
    "Candidate",
    "NodeModel",
    "allocatable_cause",
    "enough",
    "largest_first",
    "minimal_causes",
    "model_of",
    "taken_causes",
]

_NEAR = "node(s) didn't match pod affinity rules"

THE_NODE = Identity("Node", "", "the node")
"""The node in question; a conflict says which nodes those are."""


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """One pod that wants to be, or with `tenant` already is, on a node; `number` is its DaemonSet's position."""

    owner: Identity
    demand: Demand
    number: int
    tenant: Tenant | None = None


class NodeModel(msgspec.Struct, frozen=True):
    """The choice on one node. Rules carry positions in `causes`; `barred` says why a candidate cannot be here at all.

    `demanded` are the claims behind the choice's `must`. `unmet` are relations that nothing on this node can satisfy.
    `lonely` are candidates whose pod affinity no pod that is there satisfies, and those who may start a series all the
    same; who else could satisfy it, on this node or others, is asked elsewhere.
    """

    position: int
    candidates: tuple[Candidate, ...]
    choice: Choice
    causes: tuple[Cause, ...]
    barred: dict[int, tuple[Cause, ...]]
    demanded: dict[int, Cause]
    unmet: tuple[Relation, ...] = ()
    lonely: tuple[int, ...] = ()


def model_of(
    position: int,
    candidates: Sequence[Candidate],
    cluster: Cluster,
    relations: Sequence[Relation] = (),
    plain: Callable[[Demand], bool] = lambda demand: False,
) -> NodeModel:
    """Return the choice on a node, without goals. `plain` demands are known to fail at nothing but room and ports.

    Candidates with a tenant are taken off the node for the time of asking: what they hold is part of the choice.
    """
    load = cluster.loads[position]
    kept = [candidate.tenant for candidate in candidates if candidate.tenant is not None]
    changes = cluster.changes
    for tenant in kept:
        cluster.evict(tenant, load)
    try:
        return _Builder(position, tuple(candidates), cluster, plain).build(relations)
    finally:
        for tenant in kept:
            cluster.bind(tenant, load)
        cluster.changes = changes


class _Builder:
    def __init__(
        self, position: int, candidates: tuple[Candidate, ...], cluster: Cluster, plain: Callable[[Demand], bool]
    ) -> None:
        self.position = position
        self.candidates = candidates
        self.cluster = cluster
        self.plain = plain
        self.load: NodeLoad = cluster.loads[position]
        self.causes: list[Cause] = []
        self.barred: dict[int, tuple[Cause, ...]] = {}
        self.lonely: list[int] = []
        self.aparts: list[Apart] = []
        self.needs: list[Needs] = []
        self.exactly: list[Exactly] = []
        self.must: dict[int, Cause] = {}
        self.unmet: list[Relation] = []

    def build(self, relations: Sequence[Relation]) -> NodeModel:
        for n, candidate in enumerate(self.candidates):
            if candidate.tenant is None:
                self._ask(n, candidate)
        sums = self._sums()
        self._pairs()
        for relation in relations:
            self._relate(relation)
        choice = Choice(
            size=len(self.candidates),
            sums=sums,
            aparts=tuple(self.aparts),
            needs=tuple(self.needs),
            exactly=tuple(self.exactly),
            must=frozenset(self.must),
            must_not=frozenset(self.barred),
        )
        return NodeModel(
            self.position,
            self.candidates,
            choice,
            tuple(self.causes),
            dict(sorted(self.barred.items())),
            self.must,
            tuple(self.unmet),
            tuple(self.lonely),
        )

    def _ask(self, n: int, candidate: Candidate) -> None:
        """Bar a candidate that does not fit even alone."""
        demand, load = candidate.demand, self.load
        if self.plain(demand) and has_room(demand, load):
            return
        for failure in failures(demand, load, self.cluster):
            if failure.reasons == (_NEAR,) and _can_be_met(demand, load):
                self.lonely.append(n)
            elif n not in self.barred:
                self.barred[n] = minimal_causes(failure)
        if n not in self.lonely and _starts_a_series(demand, self.cluster):
            self.lonely.append(n)

    def _cause(self, cause: Cause) -> int:
        self.causes.append(cause)
        return len(self.causes) - 1

    def _sums(self) -> tuple[Sum, ...]:
        """Return the resources of which there is not enough for all; the others need no rule."""
        asking = [n for n in range(len(self.candidates)) if n not in self.barred]
        weights: dict[str, list[tuple[int, int]]] = {PODS: [(n, 1) for n in asking]}
        for n in asking:
            for name, amount in self.candidates[n].demand.requests.items():
                if amount > 0:
                    weights.setdefault(name, []).append((n, amount))
        found = []
        for name, entries in weights.items():
            room = self.load.pods - len(self.load.tenants) if name == PODS else self.load.free(name)
            if entries and sum(amount for _, amount in entries) > room:
                cause = allocatable_cause(name, self.load.allocatable.get(name, 0))
                found.append(Sum(tuple(entries), max(0, room), self._cause(cause)))
        return tuple(found)

    def _pairs(self) -> None:
        """Keep apart who asks for the same port, and who does not want to be near whom."""
        there = [n for n in range(len(self.candidates)) if n not in self.barred]
        picky = {n for n in there if self.candidates[n].demand.ports or self.candidates[n].demand.anti_affinity}
        for n, other in combinations(there, 2) if picky else ():
            if n not in picky and other not in picky:
                continue
            if cause := self._clash(self.candidates[n], self.candidates[other]):
                self.aparts.append(Apart(n, other, self._cause(cause)))

    def _clash(self, one: Candidate, other: Candidate) -> Cause | None:
        for port in one.demand.ports:
            if conflict(port, other.demand.ports):
                text = f"one pod at port {port}"
                return Cause(code=CauseCode.TAKEN, object=THE_NODE, field=f"port {port}", needed=text)
        for refusing, refused in ((one, other), (other, one)):
            for term in refusing.demand.anti_affinity:
                here = term.topology_key in self.load.node.labels
                if here and self.cluster.domains.matches((term,), refused.demand):
                    field = "spec.affinity.podAntiAffinity"
                    text = f"away from {refused.owner} in its {term.topology_key}"
                    return Cause(code=CauseCode.AFFINITY, object=refusing.owner, field=field, needed=text)
        return None

    def _relate(self, relation: Relation) -> None:
        """Add a policy's rule; pods that are there and no candidates stay."""
        numbers = {entry.owner: n for n, entry in enumerate(self.candidates)}
        here = [numbers[name] for name in relation.daemonsets if name in numbers]
        standing = [
            name
            for name in relation.daemonsets
            if name not in numbers and any(tenant.owner == name for tenant in self.load.tenants)
        ]
        _APPLY[relation.kind](self, relation, here, standing)

    def apply_needs(self, relation: Relation, here: list[int], standing: list[Identity]) -> None:
        numbers = {entry.owner: n for n, entry in enumerate(self.candidates)}
        one, other = relation.daemonsets
        if one not in numbers or other in standing:
            return
        if other in numbers:
            self.needs.append(Needs(numbers[one], (numbers[other],), self._cause(relation.cause)))
        else:
            self._bar([numbers[one]], relation)

    def apply_one(self, relation: Relation, here: list[int], standing: list[Identity]) -> None:
        if standing:
            self._bar(here, relation)
            return
        if len(here) > 1:
            cause = self._cause(relation.cause)
            self.aparts.extend(Apart(n, other, cause) for n, other in combinations(sorted(here), 2))

    def apply_exactly(self, relation: Relation, here: list[int], standing: list[Identity]) -> None:
        if standing:
            self._bar(here, relation)
        elif here:
            self.exactly.append(Exactly(tuple(sorted(here)), self._cause(relation.cause)))
        else:
            self.unmet.append(relation)

    def apply_must(self, relation: Relation, here: list[int], standing: list[Identity]) -> None:
        self.must.update(dict.fromkeys(here, relation.cause))
        if not here and not standing:
            self.unmet.append(relation)

    def apply_never(self, relation: Relation, here: list[int], standing: list[Identity]) -> None:
        self._bar(here, relation)

    def _bar(self, numbers: Iterable[int], relation: Relation) -> None:
        for n in numbers:
            self.barred[n] = (relation.cause,)


def _starts_a_series(demand: Demand, cluster: Cluster) -> bool:
    """Return whether a pod is let in alone, as the first of those it wants to be near (K15)."""
    domains, terms = cluster.domains, demand.affinity
    return bool(terms) and domains.matches(terms, demand) and not domains.counts(terms)


def _can_be_met(demand: Demand, load: NodeLoad) -> bool:
    return all(term.topology_key in load.node.labels for term in demand.affinity)


_Apply = Callable[[_Builder, Relation, list[int], list[Identity]], None]
_APPLY: dict[str, _Apply] = {
    "needs": _Builder.apply_needs,
    "one": _Builder.apply_one,
    "exactly": _Builder.apply_exactly,
    "must": _Builder.apply_must,
    "never": _Builder.apply_never,
}


def minimal_causes(failure: Failure) -> tuple[Cause, ...]:
    """Return causes of a failure, none of which could be left out: of its shortages the first is enough.

    Of who takes up a resource, the largest that together leave too little; of who holds a port or is near, the first.
    """
    shortage = failure.shortages[0]
    if not shortage.total and not shortage.needed:
        if failure.plugin is Plugin.ADMISSION:
            return (Cause(code=CauseCode.ADMISSION, object=THE_NODE, field="", observed=shortage.detail),)
        code = CauseCode.AFFINITY if failure.plugin is Plugin.POD_AFFINITY else CauseCode.NODE
        if not shortage.holders:
            return (Cause(code=code, object=THE_NODE, field=shortage.subject, observed=shortage.detail),)
        code = CauseCode.TAKEN if failure.plugin is Plugin.NODE_PORTS else code
        seen = shortage.detail if code is not CauseCode.TAKEN else f"has {_port_of(shortage)}"
        return (Cause(code=code, object=shortage.holders[0].owner, field=shortage.subject, observed=seen),)
    weights = [(holder.amount or holder.pods, holder.owner) for holder in shortage.holders]
    taken = enough(weights, shortage.total - shortage.needed)
    return (allocatable_cause(shortage.subject, shortage.total), *taken_causes(taken, shortage.subject))


def _port_of(shortage: Shortage) -> str:
    return shortage.detail.removesuffix(" is taken") or shortage.subject


def enough(weights: Iterable[tuple[int, Identity]], room: int) -> list[tuple[int, Identity]]:
    """Return the largest that together exceed `room`; without any one of them they would not."""
    found: list[tuple[int, Identity]] = []
    total = 0
    for weight, owner in sorted(weights, key=largest_first):
        if total > room:
            break
        found.append((weight, owner))
        total += weight
    return found


def largest_first(entry: tuple[int, Identity]) -> tuple[int, Identity]:
    """Return the sort key of who takes up how much."""
    return -entry[0], entry[1]


def taken_causes(taken: Iterable[tuple[int, Identity]], resource: str) -> Iterator[Cause]:
    """Yield who takes up how much of a resource."""
    for amount, owner in taken:
        text = f"{resource} {amount_text(resource, amount)}"
        field = f"spec.containers[].resources.requests[{resource}]"
        yield Cause(code=CauseCode.TAKEN, object=owner, field=field, observed=text)


def allocatable_cause(resource: str, total: int) -> Cause:
    """Return the cause that the node has no more of a resource."""
    text = f"{resource} {amount_text(resource, total)}"
    return Cause(code=CauseCode.ALLOCATABLE, object=THE_NODE, field=f"status.allocatable[{resource}]", observed=text)
