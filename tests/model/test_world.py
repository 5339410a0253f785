"""A World brings its objects into the written order, once."""

from __future__ import annotations

import pickle
from pathlib import Path

import msgspec

from dsplan.manifests.load import load
from dsplan.model.meta import ObjectMeta
from dsplan.model.node import Node
from dsplan.model.world import Note, World


def test_a_world_made_from_another_keeps_what_is_in_order_and_sorts_what_is_new() -> None:
    world = World(nodes=tuple(Node(metadata=ObjectMeta(name=name)) for name in "cab"))
    again = msgspec.structs.replace(world, notes=(Note("a", "b"),))
    assert again.nodes is world.nodes
    more = msgspec.structs.replace(world, nodes=(*world.nodes, Node(metadata=ObjectMeta(name="aa"))))
    assert [node.name for node in more.nodes] == ["a", "aa", "b", "c"]


def test_a_world_that_was_read_again_or_pickled_equals_the_first(tmp_path: Path) -> None:
    """Where objects came from is a side table and decides nothing; what they say decides."""
    path = tmp_path / "nodes.yaml"
    path.write_text("apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n")
    first = load([str(path)])
    assert first == load([str(path)])
    assert not first != load([str(path)])  # noqa: SIM202
    assert first == pickle.loads(pickle.dumps(first))
    assert first.origins is not None
    path.write_text("apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {a: b}}\n")
    assert first != load([str(path)])
    assert first != msgspec.structs.replace(first, notes=(Note("x", "y"),))
