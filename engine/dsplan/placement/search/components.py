"""Parts of a choice that have nothing to do with each other, solved apart, equal ones once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from .choice import Apart, Choice, Exactly, Needs, Sum
from .solver import DEFAULT_STEPS, Solution, solve_choice

__all__ = ["Component", "Solver", "components"]

_USUAL = 48
"""Pods of a component that `steps` are meant for; a larger one may take as many more."""
_SHARE = 3
"""No component takes more than this part of the steps that are left for all."""


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """What the search did for one kind of component: `size` pods, on so many `nodes`, of which `best` were placed.

    `steps` are search nodes, counted once; `gap` is what a longer search might add, 0 where the optimum is proved.
    """

    size: int
    nodes: int
    steps: int
    best: int
    bound: int
    gap: int


class Solver:
    """Solves components within a budget of search steps, remembering equal ones.

    >>> solver = Solver()
    >>> solver.solve(Choice(2, aparts=(Apart(0, 1),), goals=((0, 1),))).best
    (1,)
    """

    def __init__(self, *, steps: int = DEFAULT_STEPS, search: bool = True) -> None:
        """`steps` is the limit for one component; all together have ten times as many."""
        self.steps = steps
        self.left = 10 * steps
        self.search = search
        self._known: dict[Choice, Solution] = {}
        self._questions: Solver | None = None

    def solve(self, choice: Choice) -> Solution:
        """Return the best choice; causes play no part in what is equal."""
        key = without_causes(choice)
        found = self._known.get(key)
        if found is None:
            most = self.steps * max(1, choice.size // _USUAL)
            limit = min(most, self.left // _SHARE)
            found = self._known[key] = solve_choice(key, limit=limit, search=self.search and limit > 0)
            self.left -= found.steps
        return found

    def feasible(self, choice: Choice, *, unknown: bool) -> bool:
        """Return whether any choice satisfies the rules, or `unknown` where the limit was reached before that.

        Such questions have a budget of their own, as large as that of the best choices.

        >>> Solver().feasible(Choice(1, must=frozenset({0}), must_not=frozenset({0})), unknown=True)
        False
        """
        if self._questions is None:
            self._questions = Solver(steps=self.steps, search=self.search)
        solution = self._questions.solve(msgspec.structs.replace(choice, goals=()))
        return unknown if not solution.finished else solution.values is not None


def without_causes(choice: Choice) -> Choice:
    """Return the choice with every cause forgotten."""
    return msgspec.structs.replace(
        choice,
        sums=tuple(Sum(rule.weights, rule.room) for rule in choice.sums),
        aparts=tuple(Apart(rule.one, rule.other) for rule in choice.aparts),
        needs=tuple(Needs(rule.one, rule.others) for rule in choice.needs),
        exactly=tuple(Exactly(rule.among) for rule in choice.exactly),
    )


def components(choice: Choice) -> list[tuple[tuple[int, ...], Choice]]:
    """Return (numbers, choice over them) for each part that no rule connects with another, sorted by first number.

    >>> [numbers for numbers, _ in components(Choice(4, aparts=(Apart(1, 3),)))]
    [(0,), (1, 3), (2,)]
    """
    if any(len(rule.weights) == choice.size for rule in choice.sums):
        return [(tuple(range(choice.size)), choice)]
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(choice.size))
    for members in _scopes(choice):
        graph.add_edges_from((members[0], other) for other in members[1:])
    parts = sorted(tuple(sorted(part)) for part in nx.connected_components(graph))
    home = {n: (number, place) for number, part in enumerate(parts) for place, n in enumerate(part)}
    return [(part, rules) for part, rules in zip(parts, _split(choice, parts, home), strict=True)]


def _scopes(choice: Choice) -> Iterable[Sequence[int]]:
    yield from ([n for n, _ in rule.weights] for rule in choice.sums)
    yield from ((rule.one, rule.other) for rule in choice.aparts)
    yield from ((rule.one, *rule.others) for rule in choice.needs)
    yield from (rule.among for rule in choice.exactly)


def _split(choice: Choice, parts: Sequence[Sequence[int]], home: dict[int, tuple[int, int]]) -> list[Choice]:
    """Return the rules part by part, numbers counted anew."""
    sums: list[list[Sum]] = [[] for _ in parts]
    aparts: list[list[Apart]] = [[] for _ in parts]
    needs: list[list[Needs]] = [[] for _ in parts]
    exactly: list[list[Exactly]] = [[] for _ in parts]
    goals: list[list[list[int]]] = [[[] for _ in choice.goals] for _ in parts]
    for number, goal in enumerate(choice.goals):
        for n in goal:
            goals[home[n][0]][number].append(home[n][1])
    for rule in choice.sums:
        weights = tuple((home[n][1], weight) for n, weight in rule.weights)
        sums[home[rule.weights[0][0]][0]].append(Sum(weights, rule.room, rule.cause))
    for pair in choice.aparts:
        aparts[home[pair.one][0]].append(Apart(home[pair.one][1], home[pair.other][1], pair.cause))
    for need in choice.needs:
        others = tuple(home[n][1] for n in need.others)
        needs[home[need.one][0]].append(Needs(home[need.one][1], others, need.cause))
    for group in choice.exactly:
        exactly[home[group.among[0]][0]].append(Exactly(tuple(home[n][1] for n in group.among), group.cause))
    return [
        Choice(
            size=len(part),
            sums=tuple(sums[number]),
            aparts=tuple(aparts[number]),
            needs=tuple(needs[number]),
            exactly=tuple(exactly[number]),
            must=frozenset(home[n][1] for n in part if n in choice.must),
            must_not=frozenset(home[n][1] for n in part if n in choice.must_not),
            goals=tuple(map(tuple, goals[number])),
        )
        for number, part in enumerate(parts)
    ]
