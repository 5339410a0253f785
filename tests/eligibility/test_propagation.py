"""Set algebra over an index against asking every constraint about every node by itself."""

from __future__ import annotations

from hypothesis import given
from pyroaring import BitMap

from dsplan.constraints import constraints_of
from dsplan.eligibility import NodeIndex, Verdict, evaluate, exclusions, propagate
from dsplan.eligibility.index import as_bitmap
from tests.worlds import Tree, nodes, terms, trees, world


@given(nodes(), terms)
def test_node_affinity_by_sets_is_node_affinity_node_by_node(found: list[Tree], affinity: list[Tree]) -> None:
    """Fails if `_term` forgets matchFields, or `_field` takes NotIn for In (both tried)."""
    required = {"nodeSelectorTerms": affinity}
    spec = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}
    daemonset = {"kind": "DaemonSet", "metadata": {"name": "d"}, "spec": {"template": {"spec": spec}}}
    given_world = world([*found, daemonset])
    constraints = constraints_of(given_world.daemonsets[0])
    index = NodeIndex(given_world.nodes)
    verdicts = propagate(constraints, index)
    for position, node in enumerate(index.nodes):
        assert verdicts.of(position) is evaluate(constraints, node).verdict


@given(trees())
def test_both_ways_give_the_same_verdicts(found: list[Tree]) -> None:
    """Fails if `_expression` treats NotIn as "present and not in" (tried)."""
    given_world = world(found)
    constraints = constraints_of(given_world.daemonsets[0])
    index = NodeIndex(given_world.nodes)
    verdicts = propagate(constraints, index)
    for position, node in enumerate(index.nodes):
        assert verdicts.of(position) is evaluate(constraints, node).verdict


@given(trees())
def test_every_failing_constraint_is_listed_for_its_nodes(found: list[Tree]) -> None:
    """Fails if `propagate` stops at the first failing constraint of a node (tried)."""
    given_world = world(found)
    constraints = constraints_of(given_world.daemonsets[0])
    index = NodeIndex(given_world.nodes)
    failing = propagate(constraints, index).failing
    for position, node in enumerate(index.nodes):
        listed = [constraint.id for constraint, here in failing if position in here]
        assert listed == [reason.code for reason in evaluate(constraints, node).reasons]


@given(trees())
def test_each_excluded_node_counts_once_under_its_first_reason(found: list[Tree]) -> None:
    """Fails if `exclusions` does not take counted nodes out of what remains (tried)."""
    given_world = world(found)
    constraints = constraints_of(given_world.daemonsets[0])
    index = NodeIndex(given_world.nodes)
    verdicts = propagate(constraints, index)
    parts = exclusions(verdicts, index)
    union = BitMap.union(BitMap(), *(part.nodes for part in parts))
    assert sum(len(part.nodes) for part in parts) == len(union)
    assert union == index.all - verdicts.run
    for part in parts:
        for position in part.nodes:
            first = evaluate(constraints, index.nodes[position]).reasons[0]
            assert (first.code, first.summary) == (part.code, part.summary)


@given(trees())
def test_groups_partition_the_nodes(found: list[Tree]) -> None:
    index = NodeIndex(world(found).nodes)
    for reads in (("name",), ("taints",), ("labels/zone", "labels/gpu")):
        groups = [as_bitmap(ids) for _, ids in index.groups(reads)]
        assert sum(map(len, groups)) == len(index)
        assert BitMap.union(BitMap(), *groups) == index.all


def test_an_index_without_nodes_is_an_answer() -> None:
    index = NodeIndex(())
    assert len(index) == 0
    assert propagate((), index).run == BitMap()


def test_verdicts_are_words() -> None:
    assert [str(verdict) for verdict in Verdict] == ["RUN", "KEEP", "DENY"]
