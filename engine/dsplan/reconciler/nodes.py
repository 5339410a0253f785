"""The index of nodes that come and go.

Ids ascend in name order, as everywhere, but with gaps: a new node takes an id between those of its neighbours, so that
nobody else's id changes. Where a gap is used up, the ids of a neighbourhood are spread anew; the least number of nodes
move for which there is room, and who holds ids is told.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from pyroaring import BitMap

from ..diff.order import zone_and_health
from ..eligibility import NodeIndex
from ..model.node import Node

__all__ = ["LiveNodes", "Move"]

SPACING = 8
_ROOMY = 3
_NOBODY = Node()

Move = tuple[int, int]
"""(id so far, id from now on) of one node."""


class LiveNodes(NodeIndex):
    """A NodeIndex that can be written to. `names` and `nodes` have holes where no node has the id.

    >>> from dsplan.model.meta import ObjectMeta
    >>> live = LiveNodes([Node(metadata=ObjectMeta(name=name)) for name in ("a", "c")])
    >>> live.add(Node(metadata=ObjectMeta(name="b")))
    []
    >>> sorted(live.ids, key=live.ids.get), len(live)
    (['a', 'b', 'c'], 3)
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        super().__init__(())
        self._kept: dict[str, tuple[Callable[[Node], Hashable], dict[Hashable, BitMap]]] = {}
        found = {node.metadata.name: node for node in nodes}
        self._order = sorted(found)
        for turn, name in enumerate(self._order, start=1):
            self._enter(name, turn * SPACING, found[name])

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.ids)

    def items(self) -> Iterator[tuple[int, Node]]:
        """Yield every id with its node, ascending."""
        return ((position, self.nodes[position]) for position in self.all)

    def get(self, name: str) -> Node | None:
        """Return a node by name."""
        position = self.ids.get(name)
        return None if position is None else self.nodes[position]

    def partition(self, name: str, key: Callable[[Node], Hashable]) -> Sequence[BitMap]:
        """Return the nodes as sets of equal `key`, kept up to date from the first call on."""
        return list(self._partition(name, key).values())

    def _partition(self, name: str, key: Callable[[Node], Hashable]) -> dict[Hashable, BitMap]:
        if name not in self._kept:
            sets: dict[Hashable, BitMap] = {}
            for position, node in self.items():
                sets.setdefault(key(node), BitMap()).add(position)
            self._kept[name] = (key, sets)
        return self._kept[name][1]

    def add(self, node: Node) -> list[Move]:
        """Enter a node of a new name; return the ids that changed to make room."""
        name = node.metadata.name
        at = bisect_left(self._order, name)
        low = self.ids[self._order[at - 1]] if at else -1
        high = self.ids[self._order[at]] if at < len(self._order) else low + 2 * SPACING
        self._order.insert(at, name)
        self._forget_columns()
        if high - low >= 2:
            self._enter(name, (low + high) // 2, node)
            return []
        return self._spread(at, node)

    def replace(self, node: Node) -> tuple[int, bool]:
        """Put the new version of a node in place; return its id, and whether its place in the written order changed."""
        position = self.ids[node.metadata.name]
        before, self.nodes[position] = self.nodes[position], node
        if before.metadata.labels != node.metadata.labels or before.spec.taints != node.spec.taints:
            self._forget_columns()
        for key, sets in self._kept.values():
            old, new = key(before), key(node)
            if old != new:
                sets[old].discard(position)
                sets.setdefault(new, BitMap()).add(position)
        return position, zone_and_health(before) != zone_and_health(node)

    def remove(self, name: str) -> int:
        """Take a node out; return the id it had."""
        position = self._leave(name)
        del self._order[bisect_left(self._order, name)]
        self._forget_columns()
        return position

    def _enter(self, name: str, position: int, node: Node) -> None:
        missing = position + 1 - len(self.names)
        if missing > 0:
            self.names.extend([""] * missing)
            self.nodes.extend([_NOBODY] * missing)
        self.names[position], self.nodes[position], self.ids[name] = name, node, position
        self.all.add(position)
        for key, sets in self._kept.values():
            sets.setdefault(key(node), BitMap()).add(position)

    def _leave(self, name: str) -> int:
        position = self.ids.pop(name)
        for key, sets in self._kept.values():
            sets[key(self.nodes[position])].discard(position)
        self.names[position], self.nodes[position] = "", _NOBODY
        self.all.discard(position)
        return position

    def _spread(self, at: int, node: Node) -> list[Move]:
        """Give the nodes around place `at`, where the new name stands already, evenly spaced ids."""
        first, last, low, step = self._neighbourhood(at)
        names = self._order[first:last]
        held = [(name, self.ids[name], self.nodes[self.ids[name]]) for name in names if name in self.ids]
        for name, _, _ in held:
            self._leave(name)
        fresh = {name: low + step * turn for turn, name in enumerate(names, start=1)}
        for name, _, other in held:
            self._enter(name, fresh[name], other)
        self._enter(node.metadata.name, fresh[node.metadata.name], node)
        return [(old, fresh[name]) for name, old, _ in held if old != fresh[name]]

    def _neighbourhood(self, at: int) -> tuple[int, int, int, int]:
        """Return the smallest stretch of the order with room for all in it, the id before it, and the step."""
        width = 2 * SPACING
        while True:
            first, last = max(0, at - width // 2), min(len(self._order), at + width // 2)
            low = self.ids[self._order[first - 1]] if first else -1
            if last == len(self._order):
                return first, last, low, SPACING
            step = (self.ids[self._order[last]] - low) // (last - first + 1)
            if step >= _ROOMY:
                return first, last, low, step
            width *= 2

    def _forget_columns(self) -> None:
        self._groups.clear()
        self._columns.clear()
        self._present.clear()
        self._numbers.clear()
