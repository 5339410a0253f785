"""Which of several wanted pods shall be there: a yes or no each, under sums and relations.

Assumption: no weight and no room is negative, so leaving a pod out never breaks a sum. Every rule carries the number of
the cause it stems from, so that a set of rules that cannot hold together names its causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import msgspec

__all__ = [
    "Apart",
    "Choice",
    "Exactly",
    "Needs",
    "RuleIndex",
    "Sum",
    "Values",
    "greedy",
    "holds",
    "score",
    "surrogates",
    "upper_bound",
]

Values = tuple[bool, ...]
_MOST_ORDERS = 8
_SCALE = 1 << 20


class Sum(msgspec.Struct, frozen=True):
    """The weights of the chosen must not exceed `room`."""

    weights: tuple[tuple[int, int], ...]
    room: int
    cause: int = -1


class Apart(msgspec.Struct, frozen=True):
    """Not both."""

    one: int
    other: int
    cause: int = -1


class Needs(msgspec.Struct, frozen=True):
    """`one` only with at least one of `others`."""

    one: int
    others: tuple[int, ...]
    cause: int = -1


class Exactly(msgspec.Struct, frozen=True):
    """One of these and no other."""

    among: tuple[int, ...]
    cause: int = -1


class Choice(msgspec.Struct, frozen=True):
    """`size` pods, numbered in the order of preference; `must` and `must_not` are settled.

    `goals` are sets of pods: as many of the first as possible, of those solutions as many of the second, and so on.
    """

    size: int
    sums: tuple[Sum, ...] = ()
    aparts: tuple[Apart, ...] = ()
    needs: tuple[Needs, ...] = ()
    exactly: tuple[Exactly, ...] = ()
    must: frozenset[int] = frozenset()
    must_not: frozenset[int] = frozenset()
    goals: tuple[tuple[int, ...], ...] = ()


class RuleIndex:
    """For every pod, the positions of the rules it is in."""

    def __init__(self, choice: Choice) -> None:
        self.sums = _index(choice.size, ([n for n, _ in rule.weights] for rule in choice.sums))
        self.aparts = _index(choice.size, ((rule.one, rule.other) for rule in choice.aparts))
        self.needs = _index(choice.size, ((rule.one, *rule.others) for rule in choice.needs))
        self.exactly = _index(choice.size, (rule.among for rule in choice.exactly))


def _index(size: int, scopes: Iterable[Sequence[int]]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(size)]
    for position, scope in enumerate(scopes):
        for n in dict.fromkeys(scope):
            found[n].append(position)
    return found


def holds(choice: Choice, values: Sequence[bool]) -> bool:
    """Return whether the values break no rule.

    >>> holds(Choice(2, aparts=(Apart(0, 1),)), (True, True))
    False
    """
    return (
        all(values[n] for n in choice.must)
        and not any(values[n] for n in choice.must_not)
        and all(sum(weight for n, weight in rule.weights if values[n]) <= rule.room for rule in choice.sums)
        and not any(values[rule.one] and values[rule.other] for rule in choice.aparts)
        and all(not values[rule.one] or any(values[n] for n in rule.others) for rule in choice.needs)
        and all(sum(values[n] for n in rule.among) == 1 for rule in choice.exactly)
    )


def greedy(choice: Choice) -> Values | None:
    """Return a good choice that breaks no rule, None where these simple ways find none.

    Tried are the order of preference, the smallest share of all sums first, and the smallest first for some sums; what
    must be comes before all.
    """
    index = _Fitting(choice)
    orders: list[list[int]] = [list(range(choice.size))]
    shares = [sum(weight * _SCALE // (rule.room + 1) for rule, weight in index.sums[n]) for n in orders[0]]
    orders.append(sorted(orders[0], key=lambda n: (shares[n], n)))
    for rule in choice.sums[:_MOST_ORDERS] if len(choice.sums) > 1 else ():
        weights = dict(rule.weights)
        orders.append(sorted(orders[0], key=lambda n: (weights.get(n, 0), n)))
    found = [values for order in orders if (values := _fill(choice, index, order)) is not None]
    return max(found, key=lambda values: score(choice, values), default=None)


def score(choice: Choice, values: Sequence[bool]) -> tuple[int, ...]:
    """Return how many of each goal are chosen."""
    return tuple(sum(values[n] for n in goal) for goal in choice.goals)


class _Fitting:
    """The rules of every pod, as filling asks for them."""

    def __init__(self, choice: Choice) -> None:
        self.sums: list[list[tuple[Sum, int]]] = [[] for _ in range(choice.size)]
        self.rivals: list[list[int]] = [[] for _ in range(choice.size)]
        self.needs: list[list[tuple[int, ...]]] = [[] for _ in range(choice.size)]
        for rule in choice.sums:
            for n, weight in rule.weights:
                self.sums[n].append((rule, weight))
        for pair in choice.aparts:
            self.rivals[pair.one].append(pair.other)
            self.rivals[pair.other].append(pair.one)
        for group in choice.exactly:
            for n in group.among:
                self.rivals[n].extend(other for other in group.among if other != n)
        for need in choice.needs:
            self.needs[need.one].append(need.others)

    def is_rivalled(self, added: Sequence[int], values: Sequence[bool]) -> bool:
        """Return whether someone who is chosen, or about to be, excludes one of these."""
        return any(values[rival] or rival in added for n in added for rival in self.rivals[n])


def _fill(choice: Choice, index: _Fitting, order: Iterable[int]) -> Values | None:
    """Choose one after the other what still can be, with what it needs."""
    if not (choice.aparts or choice.needs or choice.exactly or choice.must):
        return _fill_up(choice, order)
    values = [False] * choice.size
    left = {id(rule): rule.room for rule in choice.sums}
    wanted = [*sorted(choice.must), *(n for group in choice.exactly for n in group.among), *order]
    for first in wanted:
        added = _closure(first, index, values)
        if any(n in choice.must_not for n in added) or index.is_rivalled(added, values):
            continue
        spent: dict[int, int] = {}
        for n in added:
            for rule, weight in index.sums[n]:
                spent[id(rule)] = spent.get(id(rule), 0) + weight
        if all(weight <= left[key] for key, weight in spent.items()):
            for key, weight in spent.items():
                left[key] -= weight
            for n in added:
                values[n] = True
    return tuple(values) if holds(choice, values) else None


def _fill_up(choice: Choice, order: Iterable[int]) -> Values:
    """Choose one after the other while there is room, where nobody is in another's way otherwise."""
    weights = [dict(rule.weights) for rule in choice.sums]
    left = [rule.room for rule in choice.sums]
    values = [False] * choice.size
    for n in order:
        if n not in choice.must_not and all(entry.get(n, 0) <= room for entry, room in zip(weights, left, strict=True)):
            values[n] = True
            for place, entry in enumerate(weights):
                left[place] -= entry.get(n, 0)
    return tuple(values)


def _closure(first: int, index: _Fitting, values: Sequence[bool]) -> list[int]:
    """Return what choosing one brings along: where a need is not met yet, the first that meets it."""
    if values[first]:
        return []
    found, waiting = [first], [first]
    while waiting:
        for others in index.needs[waiting.pop()]:
            if others and not any(values[n] or n in found for n in others):
                found.append(others[0])
                waiting.append(others[0])
    return found


def upper_bound(choice: Choice, goal: Sequence[int]) -> int:
    """Return a number that no choice can exceed: of each sum the smallest that fit, less one of each disjoint pair.

    >>> upper_bound(Choice(3, sums=(Sum(((0, 2), (1, 2), (2, 3)), 4),)), (0, 1, 2))
    2
    """
    members = [n for n in goal if n not in choice.must_not]
    sums = (*choice.sums, *surrogates(choice)) if len(choice.sums) <= _MOST_ORDERS else ()
    return min([_disjoint_bound(choice, members), *(_sum_bound(choice, rule, members) for rule in sums)])


def surrogates(choice: Choice) -> tuple[Sum, ...]:
    """Return sums that follow from two others each, as shares of their rooms: they see that both cannot be filled.

    >>> surrogates(Choice(2, sums=(Sum(((0, 1), (1, 3)), 4), Sum(((0, 3), (1, 1)), 4))))[0]
    Sum(weights=((0, 16), (1, 16)), room=32, cause=-1)
    """
    found = []
    for one, other in combinations(choice.sums[:_MOST_ORDERS], 2):
        first, second = dict(one.weights), dict(other.weights)
        members = sorted({*first, *second})
        weights = tuple((n, first.get(n, 0) * other.room + second.get(n, 0) * one.room) for n in members)
        found.append(Sum(weights, 2 * one.room * other.room))
    return tuple(found)


def _sum_bound(choice: Choice, rule: Sum, members: Sequence[int]) -> int:
    weights = dict(rule.weights)
    room = rule.room - sum(weights.get(n, 0) for n in choice.must)
    count = sum(n in choice.must for n in members)
    for weight in sorted(weights.get(n, 0) for n in members if n not in choice.must):
        room -= weight
        if room < 0:
            break
        count += 1
    return count


def _disjoint_bound(choice: Choice, members: Sequence[int]) -> int:
    """Return the members less what rules that share none of them make impossible, one by one."""
    left, lost = set(members), 0
    groups = [list(rule.among) for rule in choice.exactly] + [[rule.one, rule.other] for rule in choice.aparts]
    for group in groups:
        inside = [n for n in group if n in left]
        if len(inside) > 1:
            lost += len(inside) - 1
            left.difference_update(inside)
    for rule in choice.sums:
        inside = [n for n, _ in rule.weights if n in left]
        fitting = _sum_bound(choice, rule, inside)
        if fitting < len(inside):
            lost += len(inside) - fitting
            left.difference_update(inside)
    return len(members) - lost
