"""Which policies govern which DaemonSets, and what contradicts itself.

What several policies say of one DaemonSet holds together: the stricter budget, the steps of each, the order of each, a
pause of any. What cannot hold together (who owns it, an order in a circle) is a contradiction: a value that names the
DaemonSets that it concerns, which go nowhere until it is mended. It concerns no other.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

import msgspec

from ..errors import Problem
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.policy import PolicySpec, RolloutPolicy, Target
from ..model.selectors import selector_matches
from ..model.world import Note

__all__ = ["Contradiction", "Edge", "Governed", "Governing", "governing"]

_DEFAULT = PolicySpec(targets=())


class Contradiction(msgspec.Struct, frozen=True):
    """What is wrong between policies, and which DaemonSets go nowhere for it."""

    problem: Problem
    daemonsets: frozenset[Identity]

    @property
    def text(self) -> str:
        """What is wrong, in one line."""
        return str(self.problem)


class Edge(msgspec.Struct, frozen=True, order=True):
    """`then` goes after `first`; said by `policy`."""

    first: Identity
    then: Identity
    per_node: bool
    policy: Identity


class Governed(msgspec.Struct, frozen=True):
    """A DaemonSet and its policies, sorted by identity."""

    daemonset: Identity
    policies: tuple[RolloutPolicy, ...]

    @property
    def owners(self) -> tuple[RolloutPolicy, ...]:
        """The policies that say who owns it: none says the controller."""
        return tuple(p for p in self.policies if (p.spec.owner, p.spec.surge) != (_DEFAULT.owner, _DEFAULT.surge))

    @property
    def is_disputed(self) -> bool:
        """Whether policies differ about who owns it, or whether a node may have two pods for a while."""
        return len({(policy.spec.owner, policy.spec.surge) for policy in self.owners}) > 1

    @property
    def by_host(self) -> bool:
        """Whether dsplan's user replaces the controller for this DaemonSet."""
        return bool(self.owners) and not self.is_disputed and self.owners[0].spec.owner == "Host"

    @property
    def surge(self) -> bool:
        """Whether a new pod is made before the old one goes."""
        return self.by_host and self.owners[0].spec.surge

    @property
    def paused_by(self) -> RolloutPolicy | None:
        """The policy that pauses or freezes it, the one that freezes first; None where none does."""
        found = [policy for policy in self.policies if policy.spec.frozen]
        found += [policy for policy in self.policies if policy.spec.paused]
        return found[0] if found else None

    @property
    def frozen(self) -> bool:
        """Whether nothing may be touched."""
        return any(policy.spec.frozen for policy in self.policies)


class Governing(msgspec.Struct, frozen=True):
    """All policies and whom they govern.

    `order` is acyclic and transitive, so that it holds across a DaemonSet that is not wanted on a node or is up to
    date.
    """

    policies: tuple[RolloutPolicy, ...]
    governed: tuple[Governed, ...]
    order: tuple[Edge, ...]
    notes: tuple[Note, ...]
    contradictions: tuple[Contradiction, ...] = ()

    def targets(self, policy: RolloutPolicy) -> tuple[Identity, ...]:
        """Return the DaemonSets of one policy."""
        return tuple(entry.daemonset for entry in self.governed if policy in entry.policies)

    def of_which(self, holds: Callable[[Governed], bool]) -> frozenset[Identity]:
        """Return the governed DaemonSets of which something holds."""
        return frozenset(entry.daemonset for entry in self.governed if holds(entry))

    def cohorts(self, policy: RolloutPolicy) -> tuple[tuple[Identity, ...], ...]:
        """Return the targets of a policy by when they go through its steps: together, or one cohort after the other.

        The latter where whole DaemonSets have an order: a cohort is what comes after all of the one before it.
        """
        targets = self.targets(policy)
        return _cohorts(policy, targets, self.order)

    def teardown(self) -> tuple[Identity, ...]:
        """Return the governed DaemonSets in the order in which to remove them: the reverse of the roll-out's."""
        if not self.order:
            return tuple(sorted((entry.daemonset for entry in self.governed), reverse=True))
        import networkx as nx

        graph: nx.DiGraph[Identity] = nx.DiGraph()
        graph.add_nodes_from(entry.daemonset for entry in self.governed)
        graph.add_edges_from((edge.first, edge.then) for edge in self.order)
        return tuple(reversed(list(nx.lexicographical_topological_sort(graph))))


def governing(policies: Sequence[RolloutPolicy], daemonsets: Sequence[DaemonSet]) -> Governing:
    """Return who governs whom, and what contradicts itself: owners that differ, an order that names a DaemonSet which
    is no target of any policy, orders that together are a circle. An order that contradicts itself is left out."""
    governed = tuple(
        Governed(daemonset.identity, matching)
        for daemonset in daemonsets
        if (matching := tuple(policy for policy in policies if _governs(policy, daemonset)))
    )
    written = tuple(sorted({edge for policy in policies for edge in _edges(policy)}))
    here = {entry.daemonset for entry in governed}
    outside = {daemonset.identity for daemonset in daemonsets} - here
    circles = tuple(_circles(written))
    circular = frozenset(daemonset for found in circles for daemonset in found.daemonsets)
    order = tuple(edge for edge in written if not (edge.first in circular and edge.then in circular))
    between = tuple(_between_cohorts(policies, governed, _closed(order)))
    return Governing(
        tuple(policies),
        governed,
        tuple(edge for edge in _closed((*order, *between)) if edge.first in here and edge.then in here),
        tuple(_missing(policies, [daemonset.identity for daemonset in daemonsets])),
        (*_disputes(governed), *_outside(written, outside), *circles),
    )


def _governs(policy: RolloutPolicy, daemonset: DaemonSet) -> bool:
    return any(_matches(target, policy, daemonset) for target in policy.spec.targets)


def _matches(target: Target, policy: RolloutPolicy, daemonset: DaemonSet) -> bool:
    metadata = daemonset.metadata
    if target.name:
        return (target.namespace or policy.metadata.namespace, target.name) == (metadata.namespace, metadata.name)
    if target.namespace and target.namespace != metadata.namespace:
        return False
    return selector_matches(target.selector, metadata.labels)


def _edges(policy: RolloutPolicy) -> Iterator[Edge]:
    order = policy.spec.order
    for chain in order.chains if order else ():
        names = [_named(name, policy) for name in chain]
        for first, then in pairwise(names):
            yield Edge(first, then, order is not None and order.per == "Node", policy.identity)


def _named(name: str, policy: RolloutPolicy) -> Identity:
    namespace, _, rest = name.rpartition("/")
    return Identity("DaemonSet", namespace or policy.metadata.namespace, rest)


def _disputes(governed: Iterable[Governed]) -> Iterator[Contradiction]:
    for entry in governed:
        if entry.is_disputed:
            names = " and ".join(str(policy.identity) for policy in entry.owners)
            problem = Problem(
                reason="FieldValueDuplicate",
                field="spec.owner",
                object=f"RolloutPolicy {entry.owners[-1].identity}",
                message=f"{names} say different things of DaemonSet {entry.daemonset}; they have to agree",
            )
            yield Contradiction(problem, frozenset({entry.daemonset}))


def _outside(order: Sequence[Edge], outside: AbstractSet[Identity]) -> Iterator[Contradiction]:
    """An order that names a DaemonSet which no policy governs would be kept by nobody."""
    for daemonset in sorted({name for edge in order for name in (edge.first, edge.then)} & outside):
        edges = [edge for edge in order if daemonset in (edge.first, edge.then)]
        problem = Problem(
            reason="FieldValueInvalid",
            field="spec.order.chains",
            object=f"RolloutPolicy {edges[-1].policy}",
            message="must name targets of this or another policy",
            value=str(daemonset),
        )
        yield Contradiction(problem, frozenset(name for edge in edges for name in (edge.first, edge.then)))


def _circles(order: Sequence[Edge]) -> Iterator[Contradiction]:
    if not order:
        return
    import networkx as nx

    said_by = {(edge.first, edge.then): edge.policy for edge in order}
    graph: nx.DiGraph[Identity] = nx.DiGraph(sorted(said_by))
    for members in sorted(nx.strongly_connected_components(graph), key=min):
        inside = graph.subgraph(sorted(members))
        if len(members) == 1 and not inside.edges:
            continue
        cycle = [(edge[0], edge[1]) for edge in nx.find_cycle(inside)]
        policies = sorted({said_by[edge] for edge in cycle})
        problem = Problem(
            reason="FieldValueInvalid",
            field="spec.order.chains",
            object=f"RolloutPolicy {' and '.join(map(str, policies))}",
            message="is a cycle",
            value=" -> ".join(str(first) for first, _ in [*cycle, cycle[0]]),
        )
        yield Contradiction(problem, frozenset(members))


def _closed(order: Sequence[Edge]) -> tuple[Edge, ...]:
    """Return the order with every edge that follows from others; per node only if all on the way are."""
    if not order:
        return ()
    import networkx as nx

    following: dict[Identity, dict[Identity, Edge]] = {}
    graph: nx.DiGraph[Identity] = nx.DiGraph((edge.first, edge.then) for edge in order)
    for first in reversed(list(nx.lexicographical_topological_sort(graph))):
        reached: dict[Identity, Edge] = {}
        for edge in order:
            if edge.first != first:
                continue
            for step in (edge, *following[edge.then].values()):
                per_node = edge.per_node and (step is edge or step.per_node)
                known = reached.get(step.then)
                per_node = per_node and (known is None or known.per_node)
                reached[step.then] = Edge(first, step.then, per_node, edge.policy)
        following[first] = reached
    return tuple(sorted(edge for reached in following.values() for edge in reached.values()))


def _cohorts(
    policy: RolloutPolicy, targets: Sequence[Identity], order: Sequence[Edge]
) -> tuple[tuple[Identity, ...], ...]:
    spec = policy.spec
    if spec.order is None or spec.order.per == "Node" or (spec.steps is None and spec.canary is None):
        return (tuple(targets),)
    import networkx as nx

    graph: nx.DiGraph[Identity] = nx.DiGraph()
    graph.add_nodes_from(targets)
    graph.add_edges_from((e.first, e.then) for e in order if e.first in graph and e.then in graph and not e.per_node)
    return tuple(tuple(sorted(generation)) for generation in nx.topological_generations(graph))


def _between_cohorts(
    policies: Sequence[RolloutPolicy], governed: Sequence[Governed], order: Sequence[Edge]
) -> Iterator[Edge]:
    """Yield what goes through steps in turn as an order: all of a cohort before all of the next."""
    for policy in policies:
        targets = [entry.daemonset for entry in governed if policy in entry.policies]
        for before, after in pairwise(_cohorts(policy, targets, order)):
            yield from (Edge(first, then, False, policy.identity) for first in before for then in after)


def _missing(policies: Iterable[RolloutPolicy], known: Sequence[Identity]) -> Iterator[Note]:
    names = {str(identity) for identity in known}
    for policy in policies:
        wanted = {
            str(Identity("DaemonSet", target.namespace or policy.metadata.namespace, target.name))
            for target in policy.spec.targets
            if target.name
        }
        wanted |= {str(daemonset) for edge in _edges(policy) for daemonset in (edge.first, edge.then)}
        for name in sorted(wanted - names):
            near = difflib.get_close_matches(name, sorted(names), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield Note(f"RolloutPolicy {policy.identity}", f"there is no DaemonSet {name}{hint}")
