"""Nodes that come and go keep the order of their names, and whoever holds ids is told when some change."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import dsplan
from dsplan.diff.order import first_in_order, node_order
from dsplan.eligibility import NodeIndex
from dsplan.model.node import Node
from dsplan.reconciler import Reconciler
from dsplan.reconciler.nodes import LiveNodes
from dsplan.testing import NOW, a_daemonset, a_node

_NAMES = st.lists(st.text("ab", min_size=1, max_size=8), unique=True, min_size=1, max_size=120)


def _nodes(names: list[str]) -> list[Node]:
    return [a_node(name, zone=name[-1], ready=len(name) % 3 != 0) for name in names]


@settings(max_examples=60)
@given(_NAMES, st.data())
def test_ids_ascend_in_name_order_whatever_comes_and_goes(names: list[str], data: st.DataObject) -> None:
    live = LiveNodes([])
    live.partition("zone", lambda node: node.labels["topology.kubernetes.io/zone"])
    held: dict[str, int] = {}
    for node in _nodes(names):
        by_id = {position: name for name, position in held.items()}
        for old, new in live.add(node):
            held[by_id[old]] = new
        held[node.name] = live.ids[node.name]
    for name in data.draw(st.lists(st.sampled_from(names), unique=True)):
        assert live.remove(name) == held.pop(name)
    assert held == live.ids
    assert sorted(held) == sorted(held, key=held.__getitem__)
    assert [live.names[position] for position in live.all] == sorted(held)
    assert len(live) == len(held)


@settings(max_examples=60)
@given(_NAMES, st.integers(0, 30))
def test_the_written_order_is_that_of_a_fresh_index(names: list[str], count: int) -> None:
    nodes = _nodes(names)
    live, fresh = LiveNodes(nodes[::2]), NodeIndex(nodes)
    first_in_order(live.all, live, 1)
    for node in nodes[1::2]:
        live.add(node)
    assert [live.names[p] for p in node_order(live.all, live)] == [fresh.names[p] for p in node_order(fresh.all, fresh)]
    assert [live.names[p] for p in first_in_order(live.all, live, count)] == [
        fresh.names[p] for p in first_in_order(fresh.all, fresh, count)
    ]


def test_many_nodes_between_two_others() -> None:
    """Caught: trackers that are not told of the ids that moved."""
    reconciler = Reconciler()
    reconciler.observe(("ADDED", a_daemonset(version=1, spec={"nodeSelector": {"disk": "ssd"}})))
    for name in ("a", "z"):
        reconciler.observe(("ADDED", a_node(name, version=1)))
    reconciler.plan(NOW)
    for number in range(300):
        labels = {"disk": "ssd"} if number % 3 else {}
        reconciler.observe(("ADDED", a_node(f"m{999 - number}", labels=labels, version=1)))
    plan, step = reconciler.plan(NOW), dsplan.step(reconciler.world, now=NOW)
    assert plan.actions == step.actions
    assert reconciler.dump(NOW) == Reconciler(reconciler.world).dump(NOW)


def test_propagation_over_live_nodes_is_that_over_a_fresh_index() -> None:
    names = [f"n{number}" for number in range(40)]
    live = LiveNodes(_nodes(names[::3]))
    live.groups(("name",))
    for node in _nodes(names[1::3]):
        live.add(node)
    fresh = NodeIndex(live.get(name) or Node() for name in sorted(live.ids))
    for reads in (("name",), ("labels/topology.kubernetes.io/zone",), ("taints",)):
        assert [value for value, _ in live.groups(reads)] == [value for value, _ in fresh.groups(reads)]
