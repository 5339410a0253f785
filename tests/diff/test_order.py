"""The written order, and its shortcut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from dsplan.diff.order import ZONE_LABEL, first_in_order, node_order
from dsplan.eligibility import NodeIndex
from dsplan.model.meta import Condition, ObjectMeta
from dsplan.model.node import Node, NodeStatus


def _node(name: str, zone: str, *, ready: bool) -> Node:
    conditions = (Condition(type="Ready", status="True" if ready else "False"),)
    labels = {ZONE_LABEL: zone} if zone else {}
    return Node(metadata=ObjectMeta(name=name, labels=labels), status=NodeStatus(conditions=conditions))


def test_sick_first_then_zones_in_turn_then_names() -> None:
    nodes = [_node("a1", "a", ready=True), _node("a2", "a", ready=True), _node("b1", "b", ready=True)]
    index = NodeIndex([*nodes, _node("z", "b", ready=False)])
    assert [index.names[position] for position in node_order(index.all, index)] == ["z", "a1", "b1", "a2"]


@given(
    st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans()), max_size=12),
    st.integers(min_value=-1, max_value=14),
    st.randoms(use_true_random=False),
)
def test_first_in_order_is_a_prefix_of_the_order(nodes: list[tuple[str, bool]], count: int, random: object) -> None:
    """Caught: taking only the first of each zone, and taking the first `count` ids of all zones together."""
    index = NodeIndex(_node(f"n{number:02}", zone, ready=ready) for number, (zone, ready) in enumerate(nodes))
    chosen = BitMap(position for position in index.all if random.random() < 0.7)  # type: ignore[attr-defined]
    assert first_in_order(chosen, index, count) == node_order(chosen, index)[: max(0, count)]
