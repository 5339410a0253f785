"""The index of nodes answers as a walk over the nodes does, with gaps between ids and without."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from pyroaring import BitMap

from dsplan.constraints.protocol import label
from dsplan.eligibility import NodeIndex
from dsplan.model.node import Node
from dsplan.reconciler.nodes import LiveNodes
from dsplan.testing import a_node

INDEXES: tuple[Callable[[Iterable[Node]], NodeIndex], ...] = (NodeIndex, LiveNodes)


def fleet(count: int, value_of: Callable[[int], str]) -> list[Node]:
    return [a_node(f"n{number:03}", labels={"key": value_of(number)}) for number in range(count)]


@pytest.mark.parametrize("make", INDEXES)
@pytest.mark.parametrize(
    ("count", "value_of"),
    [
        (3, str),
        (100, str),
        (100, lambda number: str(number % 64)),  # no value twice among the first 64, and then each again
        (100, lambda number: str(number % 65)),
        (100, lambda number: str(number % 3)),
        (100, lambda number: "all"),
        (1, str),
    ],
)
def test_columns_and_groups_are_those_of_the_nodes(
    make: Callable[[Iterable[Node]], NodeIndex], count: int, value_of: Callable[[int], str]
) -> None:
    nodes = fleet(count, value_of)
    index = make(nodes)
    for value in {value_of(number) for number in range(count)}:
        named = {index.names[position] for position in index.with_label("key", value)}
        assert named == {node.name for node in nodes if node.labels["key"] == value}
    groups = index.groups((label("key"),))
    assert [projection[0] for projection, _ in groups] == list(dict.fromkeys(value_of(n) for n in range(count)))
    members = [BitMap([ids]) if isinstance(ids, int) else ids for _, ids in groups]
    assert BitMap().union(*members) == index.all
    assert sum(map(len, members)) == count


@pytest.mark.parametrize("make", INDEXES)
def test_numbers_between_bounds_are_strict(make: Callable[[Iterable[Node]], NodeIndex]) -> None:
    """A7, A8: Gt and Lt exclude the bound; what does not parse is in neither."""
    index = make(fleet(8, lambda number: ("1", "2", "+2", "02", "3", "x", "", "-1")[number]))

    def named(found: BitMap) -> list[str]:
        return [index.names[position] for position in found]

    assert named(index.with_number("key", above=1)) == ["n001", "n002", "n003", "n004"]
    assert named(index.with_number("key", above=2)) == ["n004"]
    assert named(index.with_number("key", below=2)) == ["n000", "n007"]
    assert named(index.with_number("key", above=-1, below=3)) == ["n000", "n001", "n002", "n003"]


@pytest.mark.parametrize("make", INDEXES)
def test_partitions_cover_every_node_once(make: Callable[[Iterable[Node]], NodeIndex]) -> None:
    index = make(fleet(10, lambda number: str(number % 4)))
    parts = index.partition("by-key", lambda node: node.labels["key"])
    assert sorted(len(part) for part in parts) == [2, 2, 3, 3]
    assert BitMap().union(*parts) == index.all
