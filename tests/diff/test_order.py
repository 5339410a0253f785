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


@given(
    st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans()), max_size=12),
    st.randoms(use_true_random=False),
)
def test_what_is_left_keeps_its_order(nodes: list[tuple[str, bool]], random: object) -> None:
    """Caught: turns counted among what is left, which empties one zone after the other."""
    index = NodeIndex(_node(f"n{number:02}", zone, ready=ready) for number, (zone, ready) in enumerate(nodes))
    wanted, left = (BitMap(p for p in index.all if random.random() < 0.8) for _ in range(2))  # type: ignore[attr-defined]
    whole = [position for position in node_order(wanted, index) if position in left]
    assert node_order(wanted & left, index, wanted) == whole
    assert first_in_order(wanted & left, index, 2, wanted) == whole[:2]


def test_one_node_at_a_time_takes_turns_over_zones() -> None:
    index = NodeIndex(_node(name, name[0], ready=True) for name in ("a1", "a2", "a3", "b1", "b2"))
    left, went = BitMap(index.all), []
    while left:
        (chosen,) = first_in_order(left, index, 1, index.all)
        left.discard(chosen)
        went.append(index.names[chosen])
    assert went == ["a1", "b1", "a2", "b2", "a3"]
