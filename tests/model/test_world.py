"""A World brings its objects into the written order, once."""

from __future__ import annotations

import msgspec

from dsplan.model.meta import ObjectMeta
from dsplan.model.node import Node
from dsplan.model.world import Note, World


def test_a_world_made_from_another_keeps_what_is_in_order_and_sorts_what_is_new() -> None:
    world = World(nodes=tuple(Node(metadata=ObjectMeta(name=name)) for name in "cab"))
    again = msgspec.structs.replace(world, notes=(Note("a", "b"),))
    assert again.nodes is world.nodes
    more = msgspec.structs.replace(world, nodes=(*world.nodes, Node(metadata=ObjectMeta(name="aa"))))
    assert [node.name for node in more.nodes] == ["a", "aa", "b", "c"]
