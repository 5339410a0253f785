"""The words of wave planning, free of Kubernetes: what has to go down, and how much of it may be down at once.

A unit is a (DaemonSet, node) pair. Nodes that no rule tells apart form a class; a cell is one DaemonSet on one class
and stands for as many units as the class has nodes. A wave takes units down and ends when all of them are up again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

__all__ = ["Cell", "Limit", "Load", "NodeClass", "PerNode", "Precedence", "Problem", "Steps", "Touch"]

Cell = tuple[int, int]
"""(position of the node class, position of the DaemonSet)."""


class NodeClass(msgspec.Struct, frozen=True):
    """`size` nodes that are alike, and the DaemonSets that have to be replaced on each of them.

    For each `PerNode` rule, `busy` has how many of its daemons are down already on every node of the class, and `stuck`
    how many of these stay down; empty means none.
    """

    size: int
    daemonsets: tuple[int, ...]
    busy: tuple[int, ...] = ()
    stuck: tuple[int, ...] = ()

    def room(self, place: int, rule: PerNode, *, first: bool) -> int:
        """Return how many daemons of a rule (the `place`-th) may go down on each node, in the first or a later wave."""
        spent = self.busy if first else self.stuck
        return max(0, rule.limit - (spent[place] if spent else 0))


class Limit(msgspec.Struct, frozen=True):
    """At most `limit` units of `cells` are down at once; `down` of them are spent when the first wave begins."""

    name: str
    cells: frozenset[Cell]
    limit: int
    down: int = 0


class Load(msgspec.Struct, frozen=True):
    """Units weigh (image bytes): those of a wave at most `limit` together, less `down` in the first wave.

    `weights` are of the cells that weigh anything; a unit heavier than the limit weighs as much as the limit.

    >>> load = Load("bytes", (((0, 0), 3), ((0, 1), 9)), limit=4)
    >>> load.weight((0, 1)), load.weight((1, 0)), load.is_mixed
    (4, 0, True)
    """

    name: str
    weights: tuple[tuple[Cell, int], ...]
    limit: int
    down: int = 0

    def weight(self, cell: Cell) -> int:
        """Return what each unit of a cell weighs, at most the limit."""
        return self.by_cell().get(cell, 0)

    def by_cell(self) -> dict[Cell, int]:
        """Return what each unit of every cell that weighs anything weighs."""
        return {cell: min(weight, self.limit) for cell, weight in self.weights}

    @property
    def is_mixed(self) -> bool:
        """Whether units weigh differently: equal ones are merely counted."""
        return len(set(self.by_cell().values())) > 1


class PerNode(msgspec.Struct, frozen=True):
    """At most `limit` of the DaemonSets are down at once on any one node."""

    name: str
    daemonsets: frozenset[int]
    limit: int = 1


class Steps(msgspec.Struct, frozen=True):
    """The DaemonSets go out in steps; a step begins when the one before it is done, never earlier.

    `sizes[step][i]` units of `daemonsets[i]` belong to a step; a DaemonSet's sizes add up to its units. Where `canary`
    is not empty, the first step is exactly these cells; otherwise which units make up a step is free.
    """

    name: str
    daemonsets: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...]
    canary: frozenset[Cell] = frozenset()


class Precedence(msgspec.Struct, frozen=True, order=True):
    """`then` goes down only after `first` is up again: on the same node, or (`per_node` false) on every node."""

    first: int
    then: int
    per_node: bool = True


class Touch(msgspec.Struct, frozen=True):
    """Units of at most `limit` of the disjoint `domains` are down at once; `open` ones are when the first wave
    begins."""

    name: str
    domains: tuple[frozenset[Cell], ...]
    limit: int
    open: tuple[int, ...] = ()


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What has to go down, under which rules; at most one `Steps` names a DaemonSet.

    `per_node` rules name disjoint sets of DaemonSets.

    >>> problem = Problem(classes=(NodeClass(3, (0, 1)),), limits=(Limit("zone a", frozenset({(0, 0)}), 1),))
    >>> problem.count((0, 1)), problem.units
    (3, 6)
    """

    classes: tuple[NodeClass, ...]
    limits: tuple[Limit, ...] = ()
    loads: tuple[Load, ...] = ()
    per_node: tuple[PerNode, ...] = ()
    steps: tuple[Steps, ...] = ()
    order: tuple[Precedence, ...] = ()
    touches: tuple[Touch, ...] = ()

    def count(self, cell: Cell) -> int:
        """Return how many units a cell stands for."""
        return self.classes[cell[0]].size

    def cells(self) -> Iterator[Cell]:
        """Yield all cells, by class and DaemonSet."""
        for position, members in enumerate(self.classes):
            for daemonset in members.daemonsets:
                yield position, daemonset

    @property
    def units(self) -> int:
        """Number of (DaemonSet, node) pairs."""
        return sum(members.size * len(members.daemonsets) for members in self.classes)
