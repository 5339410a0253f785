"""Which policies govern which DaemonSets, and what only one of them may say.

The budgets of all matching policies hold together. Steps, order, pause and the other rules of `SINGLE` come from one
policy; from two they are an error that names both.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

import msgspec

from ..errors import InputError, Problem
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.policy import PolicySpec, RolloutPolicy, Target
from ..model.selectors import selector_matches
from ..model.world import Note

__all__ = ["Edge", "Governed", "Governing", "governing"]

_DEFAULT = PolicySpec(targets=())
SINGLE: tuple[tuple[str, Callable[[PolicySpec], object]], ...] = (
    ("steps", lambda spec: (spec.steps, spec.canary, spec.partition)),
    ("paused", lambda spec: (spec.paused, spec.frozen)),
    ("owner", lambda spec: (spec.owner, spec.surge)),
    ("nodeOrder", lambda spec: spec.node_order),
)
"""Field -> what a policy says about it; the default says nothing."""
_MAY_AGREE = ("owner", "nodeOrder")
"""Fields that two policies may say alike: it is not theirs to decide in turns."""


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

    def the_one(self, field: str) -> RolloutPolicy | None:
        """Return the policy that says something about a field of `SINGLE`, if one does."""
        read = dict(SINGLE)[field]
        return next((policy for policy in self.policies if read(policy.spec) != read(_DEFAULT)), None)

    @property
    def by_host(self) -> bool:
        """Whether dsplan's user replaces the controller for this DaemonSet."""
        policy = self.the_one("owner")
        return policy is not None and policy.spec.owner == "Host"

    @property
    def surge(self) -> bool:
        """Whether a new pod is made before the old one goes."""
        policy = self.the_one("owner")
        return policy is not None and policy.spec.surge

    @property
    def paused(self) -> bool:
        """Whether no healthy pod may go down."""
        return any(policy.spec.paused or policy.spec.frozen for policy in self.policies)

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

    def targets(self, policy: RolloutPolicy) -> tuple[Identity, ...]:
        """Return the DaemonSets of one policy."""
        return tuple(entry.daemonset for entry in self.governed if policy in entry.policies)

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
    """Return who governs whom.

    Raises InputError where two policies say what only one may, where an order names a DaemonSet that is no target of
    any policy, or where orders together are a cycle.
    """
    governed = tuple(
        Governed(daemonset.identity, matching)
        for daemonset in daemonsets
        if (matching := tuple(policy for policy in policies if _governs(policy, daemonset)))
    )
    order = tuple(sorted({edge for policy in policies for edge in _edges(policy)}))
    here = {entry.daemonset for entry in governed}
    outside = {daemonset.identity for daemonset in daemonsets} - here
    problems = [
        *_double_problems(governed),
        *_order_problems(order),
        *_outside_problems(order, outside),
        *_cycle_problems(order),
    ]
    if problems:
        raise InputError.of(problems)
    between = tuple(_between_cohorts(policies, governed, _closed(order)))
    return Governing(
        tuple(policies),
        governed,
        tuple(edge for edge in _closed((*order, *between)) if edge.first in here and edge.then in here),
        tuple(_missing(policies, [daemonset.identity for daemonset in daemonsets])),
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


def _double_problems(governed: Iterable[Governed]) -> Iterator[Problem]:
    for entry in governed:
        for field, read in SINGLE:
            speaking = [policy for policy in entry.policies if read(policy.spec) != read(_DEFAULT)]
            alike = field in _MAY_AGREE and all(read(policy.spec) == read(speaking[0].spec) for policy in speaking)
            if len(speaking) > 1 and not alike:
                yield _from_two(f"spec.{field}", str(entry.daemonset), [policy.identity for policy in speaking])


def _order_problems(order: Sequence[Edge]) -> Iterator[Problem]:
    """One policy orders a DaemonSet; where two do, neither shows the whole order."""
    speaking: dict[Identity, set[Identity]] = {}
    for edge in order:
        for daemonset in (edge.first, edge.then):
            speaking.setdefault(daemonset, set()).add(edge.policy)
    for daemonset, policies in sorted(speaking.items()):
        if len(policies) > 1:
            yield _from_two("spec.order", str(daemonset), sorted(policies))


def _outside_problems(order: Sequence[Edge], outside: AbstractSet[Identity]) -> Iterator[Problem]:
    """An order that names a DaemonSet which no policy governs would be kept by nobody."""
    said_by = {daemonset: edge.policy for edge in order for daemonset in (edge.first, edge.then)}
    for daemonset in sorted(said_by.keys() & outside):
        yield Problem(
            reason="FieldValueInvalid",
            field="spec.order.chains",
            object=f"RolloutPolicy {said_by[daemonset]}",
            message="must name targets of this or another policy",
            value=str(daemonset),
        )


def _from_two(field: str, daemonset: str, policies: Sequence[Identity]) -> Problem:
    names = " and ".join(map(str, policies))
    return Problem(
        reason="FieldValueDuplicate",
        field=field,
        object=f"RolloutPolicy {policies[-1]}",
        message=f"{names} both say it for DaemonSet {daemonset}; only one may",
    )


def _cycle_problems(order: Sequence[Edge]) -> Iterator[Problem]:
    if not order:
        return
    import networkx as nx

    said_by = {(edge.first, edge.then): edge.policy for edge in order}
    graph: nx.DiGraph[Identity] = nx.DiGraph(sorted(said_by))
    try:
        cycle = [(edge[0], edge[1]) for edge in nx.find_cycle(graph)]
    except nx.NetworkXNoCycle:
        return
    names = " -> ".join(str(first) for first, _ in [*cycle, cycle[0]])
    policies = sorted({said_by[edge] for edge in cycle})
    yield Problem(
        reason="FieldValueInvalid",
        field="spec.order.chains",
        object=f"RolloutPolicy {' and '.join(map(str, policies))}",
        message="is a cycle",
        value=names,
    )


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
