"""Taking a problem apart: what can never go, and the parts that no rule couples, in numbers of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .ceilings import binding, ceilings
from .problem import Cell, Limit, Load, NodeClass, PerNode, Precedence, Problem, Steps, Touch
from .schedule_types import Stalled

__all__ = ["Component", "components", "without_stalled"]


class Component(msgspec.Struct, frozen=True):
    """A part as a problem of its own. `cells[i]` of the whole is the i-th of the part; `steps` are positions there.

    Names are dropped, so parts that differ in names only are equal and solved once.
    """

    problem: Problem
    cells: tuple[Cell, ...]
    steps: tuple[int, ...]


def without_stalled(problem: Problem) -> tuple[Problem, tuple[Stalled, ...]]:
    """Return the problem without the units that a limit of 0 or an order after such units holds back for good."""
    why: dict[Cell, str] = {}
    for ceiling in ceilings(problem):
        if ceiling.limit <= 0:
            for cell in ceiling.cells:
                why.setdefault(cell, ceiling.name)
    if not why:
        return problem, ()
    everything = set(problem.cells())
    while later := dict(_after(problem, why, everything)):
        why.update(later)
    stalled = tuple(sorted(Stalled(cell, problem.count(cell), rule) for cell, rule in why.items()))
    return _without(problem, why.keys()), stalled


def _after(problem: Problem, why: dict[Cell, str], everything: Iterable[Cell]) -> Iterator[tuple[Cell, str]]:
    whole = {cell[1]: rule for cell, rule in sorted(why.items())}
    for edge in problem.order:
        for cell in everything:
            if cell[1] != edge.then or cell in why:
                continue
            rule = why.get((cell[0], edge.first)) if edge.per_node else whole.get(edge.first)
            if rule is not None:
                yield cell, rule
    for steps in problem.steps:
        canary = sorted(steps.canary & why.keys())
        if canary:
            yield from (
                (cell, why[canary[0]]) for cell in everything if cell[1] in steps.daemonsets and cell not in why
            )


def _without(problem: Problem, cells: Iterable[Cell]) -> Problem:
    gone = set(cells)
    classes = tuple(
        msgspec.structs.replace(
            members, daemonsets=tuple(daemonset for daemonset in members.daemonsets if (place, daemonset) not in gone)
        )
        for place, members in enumerate(problem.classes)
    )
    left = msgspec.structs.replace(problem, classes=classes)
    units = _units_by_daemonset(left)
    steps = tuple(_trimmed(rule, units) for rule in problem.steps)
    return msgspec.structs.replace(left, steps=steps)


def _units_by_daemonset(problem: Problem) -> dict[int, int]:
    units: dict[int, int] = {}
    for cell in problem.cells():
        units[cell[1]] = units.get(cell[1], 0) + problem.count(cell)
    return units


def _trimmed(steps: Steps, units: dict[int, int]) -> Steps:
    """Return steps without the units that are gone: the last ones lose them; after one that lost some none begins."""
    left = [units.get(daemonset, 0) for daemonset in steps.daemonsets]
    sizes, never_ends = [], False
    for step in steps.sizes:
        kept = tuple(0 if never_ends else min(size, rest) for size, rest in zip(step, left, strict=True))
        left = [rest - size for size, rest in zip(kept, left, strict=True)]
        never_ends = never_ends or kept != step
        sizes.append(kept)
    return msgspec.structs.replace(steps, sizes=tuple(sizes))


def components(problem: Problem) -> list[Component]:
    """Return the parts, in the order of their first cells."""
    import networkx as nx

    counts = {cell: problem.count(cell) for cell in problem.cells()}
    limits = binding(ceilings(problem), counts)
    graph: nx.Graph[Cell] = nx.Graph()
    graph.add_nodes_from(counts)
    for cells in (*(ceiling.cells for ceiling in limits), *_coupled(problem, counts)):
        members = sorted(cells)
        if not members:
            continue
        graph.add_edges_from((members[0], other) for other in members[1:])
    whole = msgspec.structs.replace(
        problem,
        limits=tuple(Limit("", c.cells, c.limit, c.limit - c.first) for c in limits),
        loads=tuple(load for load in problem.loads if load.is_mixed and _can_bind(load, counts)),
    )
    found = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: part[0])
    return [_Numbering(part).component(whole) for part in found]


def _coupled(problem: Problem, counts: Mapping[Cell, int]) -> Iterator[list[Cell]]:
    """Yield the sets of cells that steps, order and domains tie together."""
    by_daemonset: dict[int, list[Cell]] = {}
    for cell in counts:
        by_daemonset.setdefault(cell[1], []).append(cell)
    for steps in problem.steps:
        yield [cell for daemonset in steps.daemonsets for cell in by_daemonset.get(daemonset, ())]
    for edge in problem.order:
        if edge.first in by_daemonset and edge.then in by_daemonset:
            yield [*by_daemonset[edge.first], *by_daemonset[edge.then]]
    for touch in problem.touches:
        yield [cell for domain in touch.domains for cell in domain if cell in counts]
    for load in problem.loads:
        if _can_bind(load, counts):
            yield [cell for cell in load.by_cell() if cell in counts]


def _can_bind(load: Load, counts: Mapping[Cell, int]) -> bool:
    return sum(weight * counts.get(cell, 0) for cell, weight in load.by_cell().items()) + load.down > load.limit


class _Numbering:
    """Numbers of its own for one part; order is kept."""

    def __init__(self, cells: list[Cell]) -> None:
        self._cells = cells
        self._inside = frozenset(cells)
        self._class = {position: place for place, position in enumerate(sorted({cell[0] for cell in cells}))}
        self._daemonset = {position: place for place, position in enumerate(sorted({cell[1] for cell in cells}))}

    def component(self, problem: Problem) -> Component:
        steps = [place for place, rule in enumerate(problem.steps) if self._knows(rule.daemonsets)]
        part = Problem(
            classes=tuple(self._of_class(problem.classes[position], position) for position in self._class),
            limits=tuple(
                Limit("", cells, limit.limit, limit.down)
                for limit in problem.limits
                if (cells := self._local(limit.cells))
            ),
            loads=tuple(part for load in problem.loads if (part := self._of_load(load)).weights),
            per_node=tuple(PerNode("", self._daemonsets(rule.daemonsets), rule.limit) for rule in problem.per_node),
            steps=tuple(self._of_steps(problem.steps[place]) for place in steps),
            order=tuple(
                Precedence(self._daemonset[edge.first], self._daemonset[edge.then], edge.per_node)
                for edge in problem.order
                if edge.first in self._daemonset and edge.then in self._daemonset
            ),
            touches=tuple(self._of_touch(touch) for touch in problem.touches if self._is_held_by(touch)),
        )
        return Component(part, tuple(self._cells), tuple(steps))

    def _knows(self, daemonsets: Iterable[int]) -> bool:
        return any(daemonset in self._daemonset for daemonset in daemonsets)

    def _local(self, cells: Iterable[Cell]) -> frozenset[Cell]:
        return frozenset((self._class[cell[0]], self._daemonset[cell[1]]) for cell in cells if cell in self._inside)

    def _daemonsets(self, daemonsets: Iterable[int]) -> frozenset[int]:
        return frozenset(self._daemonset[daemonset] for daemonset in daemonsets if daemonset in self._daemonset)

    def _of_class(self, members: NodeClass, position: int) -> NodeClass:
        kept = tuple(self._daemonset[d] for d in members.daemonsets if (position, d) in self._inside)
        return msgspec.structs.replace(members, daemonsets=kept)

    def _of_load(self, load: Load) -> Load:
        mine = (((self._class[c], self._daemonset[d]), w) for (c, d), w in load.weights if (c, d) in self._inside)
        return Load("", tuple(sorted(mine)), load.limit, load.down)

    def _of_steps(self, steps: Steps) -> Steps:
        kept = [place for place, daemonset in enumerate(steps.daemonsets) if daemonset in self._daemonset]
        return Steps(
            "",
            tuple(self._daemonset[steps.daemonsets[place]] for place in kept),
            tuple(tuple(sizes[place] for place in kept) for sizes in steps.sizes),
            self._local(steps.canary),
        )

    def _is_held_by(self, touch: Touch) -> bool:
        here = sum(bool(self._local(domain)) for domain in touch.domains)
        return here > touch.limit or bool(touch.open and here)

    def _of_touch(self, touch: Touch) -> Touch:
        return Touch("", tuple(map(self._local, touch.domains)), touch.limit, touch.open)
