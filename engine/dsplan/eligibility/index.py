"""The index of the nodes: per field that some constraint reads, the sets of node ids per value.

A node's id is its position in name order. Columns are built when first asked for. A value that one node alone has is
kept as a bare id, so a column of unique values (hostname) costs no bitmap per node.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

from pyroaring import BitMap

from ..constraints.protocol import TAINTS, Projection, label, label_key, project
from ..model.node import Node
from ..model.selectors import parse_int64
from ..model.world import InOrder

__all__ = ["NodeIndex"]

K = TypeVar("K", bound=Hashable)

_FIRST_LOOK = 64


class NodeIndex:
    """Columns over a fixed sequence of nodes, sorted by name.

    >>> from dsplan.model.meta import ObjectMeta
    >>> nodes = [Node(metadata=ObjectMeta(name=name, labels={"zone": zone})) for name, zone in ("2a", "1b", "3a")]
    >>> index = NodeIndex(nodes)
    >>> index.names, list(index.with_label("zone", "a"))
    (['1', '2', '3'], [1, 2])
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: list[Node] = list(nodes)
        if not (isinstance(nodes, InOrder) and nodes.is_by_name):
            self.nodes.sort(key=lambda node: node.metadata.name)
        self.names: list[str] = [node.metadata.name for node in self.nodes]
        self._places = list(range(len(self.names)))
        self.ids = _ids_by_name(self.names, self._places)
        self.all = BitMap(range(len(self.nodes)))
        self._groups: dict[tuple[str, ...], list[tuple[Projection, BitMap | int]]] = {}
        self._columns: dict[str, dict[str, BitMap | int]] = {}
        self._present: dict[str, BitMap] = {}
        self._partitions: dict[str, list[BitMap]] = {}
        self._numbers: dict[str, tuple[list[int], list[int]]] = {}

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.nodes)

    def items(self) -> Iterator[tuple[int, Node]]:
        """Yield every id with its node, ascending, which is in name order."""
        return enumerate(self.nodes)

    def groups(self, reads: tuple[str, ...]) -> Sequence[tuple[Projection, BitMap | int]]:
        """Return every distinct projection with the ids of its nodes, in the order of their first node."""
        found = self._groups.get(reads)
        if found is None:
            nodes = self._present_nodes()
            columns = [_values(nodes, read) for read in reads]
            if len(columns) == 1:
                found = [((value,), ids) for value, ids in self._ids_by_value(columns[0]).items()]
            else:
                rows = list(zip(*columns, strict=True)) if columns else [()] * len(nodes)
                found = list(self._ids_by_value(rows).items())
            self._groups[reads] = found
        return found

    def build_columns(self, keys: Iterable[str]) -> None:
        """Build the columns of several labels that will be asked for; one walk over the nodes serves them all."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._columns]
        if not missing:
            return
        rows = [node.metadata.labels for node in self._present_nodes()]
        values = [row.get(key) for row in rows for key in missing]
        for place, key in enumerate(missing):
            by_value = self._ids_by_value(values[place :: len(missing)])
            absent = by_value.pop(None, None)
            self._present[key] = self.all - (BitMap() if absent is None else as_bitmap(absent))
            self._columns[key] = cast("dict[str, BitMap | int]", by_value)

    def column(self, key: str) -> dict[str, BitMap | int]:
        """Return label value -> ids of the nodes with it; nodes without the label are in none."""
        if key not in self._columns:
            self.build_columns((key,))
        return self._columns[key]

    def with_label(self, key: str, value: str) -> BitMap:
        """Return the ids of the nodes whose label has exactly this value."""
        ids = self.column(key).get(value)
        return BitMap() if ids is None else as_bitmap(ids)

    def with_key(self, key: str) -> BitMap:
        """Return the ids of the nodes that carry the label, whatever its value."""
        self.column(key)
        return self._present[key]

    def with_number(self, key: str, *, above: int | None = None, below: int | None = None) -> BitMap:
        """Return the ids of the nodes whose label parses as int64 and lies strictly above / below (A7, A8)."""
        numbers, ids = self._numeric(key)
        start = 0 if above is None else bisect_right(numbers, above)
        end = len(numbers) if below is None else bisect_left(numbers, below)
        return BitMap(ids[start:end])

    def _numeric(self, key: str) -> tuple[list[int], list[int]]:
        found = self._numbers.get(key)
        if found is None:
            numbers: list[int] = []
            places: list[int] = []
            for value, ids in self.column(key).items():
                number = parse_int64(value)
                if number is not None:
                    members = (ids,) if isinstance(ids, int) else ids
                    numbers.extend([number] * len(members))
                    places.extend(members)
            order = sorted(range(len(numbers)), key=numbers.__getitem__)
            found = self._numbers[key] = ([numbers[at] for at in order], [places[at] for at in order])
        return found

    def partition(self, name: str, key: Callable[[Node], Hashable]) -> Sequence[BitMap]:
        """Return the nodes as sets of equal `key`; `name` stands for the key, which is asked once per node."""
        found = self._partitions.get(name)
        if found is None:
            by_key = self._positions(map(key, self._present_nodes()))
            found = self._partitions[name] = [BitMap(ids) for ids in by_key.values()]
        return found

    def _present_nodes(self) -> Sequence[Node]:
        """Return the nodes by id, without the gaps that a subclass may leave between ids."""
        return self.nodes if self._places else [self.nodes[position] for position in self.all]

    def _positions(self, values: Iterable[K]) -> dict[K, list[int]]:
        """Return, for every distinct value, the ids of the nodes that have it; `values` are in the order of ids."""
        found: dict[K, list[int]] = defaultdict(list)
        for position, value in zip(self._places or self.all, values, strict=True):
            found[value].append(position)
        return found

    def _ids_by_value(self, values: Sequence[K]) -> dict[K, BitMap | int]:
        """Return `_positions` as sets and bare ids; a first look finds columns like hostname, with no value twice."""
        first = values[:_FIRST_LOOK]
        if len(set(first)) == len(first):
            alone: dict[K, BitMap | int] = dict(zip(values, self._places or self.all, strict=True))
            if len(alone) == len(values):
                return alone
        return {value: _compact(ids) for value, ids in self._positions(values).items()}

    def label_groups(self, keys: Sequence[str]) -> Sequence[tuple[Projection, BitMap | int]]:
        """Return `groups` over the given label keys."""
        return self.groups(tuple(label(key) for key in keys))


def _ids_by_name(names: list[str], places: list[int]) -> dict[str, int]:
    """Return name -> id.

    A dict of nothing but strings keeps no hashes: it looks into the strings, which lie far apart, whenever it grows and
    whenever two meet. One that once had another key keeps them: 100,000 names are in it in two thirds of the time.
    """
    found: dict[Any, int] = {None: 0}
    found.update(zip(names, places, strict=True))
    del found[None]
    return found


def _values(nodes: Sequence[Node], read: str) -> Sequence[Any]:
    """Return the values of one readable field, node by node."""
    if read == TAINTS:
        return [node.spec.taints for node in nodes]
    if key := label_key(read):
        return [node.metadata.labels.get(key) for node in nodes]
    return [project(node, (read,))[0] for node in nodes]


def _compact(ids: Sequence[int]) -> BitMap | int:
    return ids[0] if len(ids) == 1 else BitMap(ids)


def as_bitmap(ids: BitMap | int) -> BitMap:
    """Return a set of ids from a set or a bare id."""
    return BitMap((ids,)) if isinstance(ids, int) else ids
