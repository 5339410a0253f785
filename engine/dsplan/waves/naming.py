"""From numbers per class to nodes: which node of a class goes in which wave.

A class's waves are a bipartite graph between its DaemonSets and the waves, one edge a unit. Koenig: as many colours as
the largest degree suffice so that no two edges at a DaemonSet or at a wave share one. Colours are the nodes, so every
node meets every DaemonSet once and, in any wave, at most as many as its rule allows (a wave is split into that many).
Where order decided the waves, they say themselves on which nodes (`Move`), and nodes queue up in their order.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

from .problem import Problem
from .schedule_types import Part, Schedule

__all__ = ["Placement", "name_units"]

Placement = list[tuple[int, int]]
"""The (DaemonSet, node) pairs of one wave; a node by its position in its class."""


def name_units(problem: Problem, schedule: Schedule) -> list[dict[int, Placement]]:
    """Return, wave by wave, for each node class which DaemonSet goes on which of its nodes (0 up to its size).

    The work grows with the number of units; ask only where the names are needed.

    >>> from dsplan.waves.problem import NodeClass, PerNode
    >>> from dsplan.waves.schedule import schedule
    >>> problem = Problem(classes=(NodeClass(2, (0, 1)),), per_node=(PerNode("one a node", frozenset({0, 1})),))
    >>> [sorted(wave[0]) for wave in name_units(problem, schedule(problem))]
    [[(0, 0), (0, 1)], [(1, 0), (1, 1)]]
    """
    waves: list[dict[int, Placement]] = [defaultdict(list) for _ in range(schedule.waves)]
    for part in schedule.parts:
        if any(run.moves for run in part.runs):
            _name_by_moves(problem, part, waves)
    for position, takes in sorted(_takes_by_class(schedule).items()):
        _name_by_counts(problem, position, takes, waves)
    return [dict(sorted(wave.items())) for wave in waves]


def _name_by_moves(problem: Problem, part: Part, waves: list[dict[int, Placement]]) -> None:
    """Let nodes wait in one queue per (class, what is done on them); what goes on is taken from the front."""
    queues: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    for position in {cell[0] for cell in part.cells}:
        queues[position, 0].extend(range(problem.classes[position].size))
    number = 0
    for run in part.runs:
        for _ in range(run.repeat):
            arrivals: dict[tuple[int, int], list[int]] = defaultdict(list)
            for move in run.moves:
                queue = queues[move.node_class, move.done]
                taken = [queue.popleft() for _ in range(move.count)]
                arrivals[move.node_class, move.done | move.chosen] += taken
                for daemonset in _bits(move.chosen):
                    waves[number][move.node_class] += [(daemonset, node) for node in taken]
            for group, nodes in arrivals.items():
                queues[group].extend(nodes)
            number += 1


def _takes_by_class(schedule: Schedule) -> dict[int, list[tuple[int, int, int]]]:
    """Return (wave, DaemonSet, count) of every class, for the parts that leave the nodes open."""
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for part in schedule.parts:
        if any(run.moves for run in part.runs):
            continue
        number = 0
        for run in part.runs:
            for _ in range(run.repeat):
                for (position, daemonset), count in run.takes:
                    found[position].append((number, daemonset, count))
                number += 1
    return found


def _name_by_counts(
    problem: Problem, position: int, takes: Sequence[tuple[int, int, int]], waves: list[dict[int, Placement]]
) -> None:
    members = problem.classes[position]
    rules: dict[int | None, list[tuple[int, int, int]]] = defaultdict(list)
    rule_of = {d: place for place, rule in enumerate(problem.per_node) for d in rule.daemonsets}
    for take in takes:
        rules[rule_of.get(take[1])].append(take)
    for place, mine in sorted(rules.items(), key=lambda item: -1 if item[0] is None else item[0]):
        if place is None:
            named = _in_turn(mine)
        else:
            rule = problem.per_node[place]
            room = members.room(place, rule, first=True), members.room(place, rule, first=False)
            named = _coloured(mine, members.size, room)
        for wave, daemonset, nodes in named:
            waves[wave][position] += [(daemonset, node) for node in nodes]


def _in_turn(takes: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, list[int]]]:
    """Yield nodes in their order, for DaemonSets that may share a node in a wave."""
    reached: dict[int, int] = defaultdict(int)
    for wave, daemonset, count in takes:
        yield wave, daemonset, list(range(reached[daemonset], reached[daemonset] + count))
        reached[daemonset] += count


def _coloured(
    takes: Sequence[tuple[int, int, int]], size: int, room: tuple[int, int]
) -> Iterator[tuple[int, int, list[int]]]:
    """Yield nodes so that a wave takes each at most `room` times (the first wave, the later ones)."""
    colouring = _Colouring(size)
    used: dict[int, int] = defaultdict(int)
    wave_of: dict[int, int] = {}
    vertices: dict[tuple[int, int], int] = {}
    for wave, daemonset, count in takes:
        while count:
            copy, inside = divmod(used[wave], size)
            assert copy < room[wave > 0]
            vertex = vertices.setdefault((wave, copy), len(vertices))
            wave_of[vertex] = wave
            units = min(count, size - inside)
            colouring.add(daemonset, vertex, units)
            used[wave] += units
            count -= units
    for (daemonset, vertex), nodes in colouring.result():
        yield wave_of[vertex], daemonset, nodes


class _Colouring:
    """Edge colouring of a bipartite multigraph whose degrees stay within the number of colours.

    `free` colours are bits. An edge takes a colour free at both ends; where there is none, a path that alternates
    between a colour free at one end and one free at the other is turned, which frees the first at both (Koenig).
    """

    def __init__(self, colours: int) -> None:
        self._all = (1 << colours) - 1
        self._free_left: dict[int, int] = {}
        self._free_right: dict[int, int] = {}
        self._mask: dict[tuple[int, int], int] = {}
        self._left_of: dict[int, list[int]] = defaultdict(list)
        self._right_of: dict[int, list[int]] = defaultdict(list)

    def add(self, left: int, right: int, count: int) -> None:
        """Colour `count` parallel edges."""
        if (left, right) not in self._mask:
            self._mask[left, right] = 0
            self._right_of[left].append(right)
            self._left_of[right].append(left)
        self._free_left.setdefault(left, self._all)
        self._free_right.setdefault(right, self._all)
        common = _lowest(self._free_left[left] & self._free_right[right], count)
        self._give(left, right, common)
        for _ in range(count - common.bit_count()):
            here = self._free_left[left] & -self._free_left[left]
            there = self._free_right[right] & -self._free_right[right]
            self._turn(right, here, there)
            self._give(left, right, here)

    def _give(self, left: int, right: int, colours: int) -> None:
        self._mask[left, right] |= colours
        self._free_left[left] &= ~colours
        self._free_right[right] &= ~colours

    def _turn(self, right: int, here: int, there: int) -> None:
        """Swap two colours along the path that leaves `right` on `here`; it cannot reach the left end that lacks it."""
        path: list[tuple[int, int, int]] = []
        vertex, colour, on_right = right, here, True
        while True:
            edge = self._edge(vertex, colour, on_right=on_right)
            if edge is None:
                break
            path.append((*edge, colour))
            vertex, colour, on_right = edge[0] if on_right else edge[1], here ^ there ^ colour, not on_right
        for left, other, _ in path:
            self._mask[left, other] ^= here | there
        self._free_right[right] ^= here | there
        free = self._free_right if on_right else self._free_left
        free[vertex] ^= here | there

    def _edge(self, vertex: int, colour: int, *, on_right: bool) -> tuple[int, int] | None:
        if on_right:
            return next(((left, vertex) for left in self._left_of[vertex] if self._mask[left, vertex] & colour), None)
        return next(((vertex, right) for right in self._right_of[vertex] if self._mask[vertex, right] & colour), None)

    def result(self) -> Iterator[tuple[tuple[int, int], list[int]]]:
        """Yield the colours of every pair of ends, ascending."""
        for ends, mask in self._mask.items():
            yield ends, list(_bits(mask))


def _lowest(mask: int, count: int) -> int:
    """Return the `count` lowest bits of a mask, all of them if there are fewer."""
    if mask.bit_count() <= count:
        return mask
    found = 0
    for _ in range(count):
        bit = mask & -mask
        found |= bit
        mask ^= bit
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def positions(nodes: Mapping[int, Sequence[str]], wave: Mapping[int, Placement]) -> list[tuple[int, str]]:
    """Return the (DaemonSet, node name) pairs of a wave, given the names of each class's nodes in their order."""
    return sorted((daemonset, nodes[place][node]) for place, pairs in wave.items() for daemonset, node in pairs)
