"""Choices too large to be searched as a whole: block by block, the rest held fixed, and a bound that blocks give.

A block is what shares a sum, so mostly the pods of one node. While all others stay as they are, the best for a block
breaks no rule and makes the whole no worse. With the rules between blocks forgotten, no choice exceeds what they reach.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import combinations

from .choice import Apart, Choice, Exactly, Needs, RuleIndex, Sum, Values

__all__ = ["Blocks"]

_LARGEST = 30
_MOST_RIVALS = 12


class Blocks:
    """The blocks of a choice: disjoint, all pods, in a fixed order.

    >>> Blocks(Choice(5, sums=(Sum(((0, 1), (2, 1)), 1),), aparts=(Apart(1, 2),))).members
    [(0, 2), (1, 3, 4)]
    """

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.members = list(_blocks(choice))
        self._rules = RuleIndex(choice)

    def relaxed(self, goal: Sequence[int]) -> Iterator[Choice]:
        """Yield a choice for each block with nothing but the rules inside it, for one goal.

        What the blocks reach of the goal, added up, is more than any choice reaches, or as much.
        """
        wanted = set(goal)
        for block in self.members:
            yield _relaxed(self.choice, self._rules, block, wanted)

    def groups(self, values: Callable[[], Values]) -> Iterator[Sequence[int]]:
        """Yield pods worth another try beside the rest: blocks that leave somebody out, and the same with whoever keeps
        them out from elsewhere; `values` are asked for as they are at that moment.
        """
        for block in self.members:
            if not all(map(values().__getitem__, block)):
                yield block
                if group := self._with_rivals(block, values()):
                    yield group

    def beside_the_rest(self, group: Sequence[int], values: Values) -> tuple[Choice, Values]:
        """Return the choice over some pods while all others stay as they are, and the values these pods have."""
        return _beside_the_rest(self.choice, self._rules, group, values), tuple(values[n] for n in group)

    @staticmethod
    def changed(values: Values, group: Sequence[int], better: Values) -> Values:
        """Return the values with those of some pods replaced."""
        changed = list(values)
        for n, value in zip(group, better, strict=True):
            changed[n] = value
        return tuple(changed)

    def _with_rivals(self, block: Sequence[int], values: Values) -> list[int]:
        """Return the block with those in other blocks who are there and keep one of its own out; none if nobody is."""
        rivals: set[int] = set()
        for n in block:
            if not values[n]:
                for position in self._rules.aparts[n]:
                    pair = self.choice.aparts[position]
                    rivals.add(pair.other if pair.one == n else pair.one)
        outside = [n for n in sorted(rivals.difference(block)) if values[n]]
        return sorted((*block, *outside[:_MOST_RIVALS])) if outside else []


def _among(index: Sequence[Sequence[int]], group: Iterable[int]) -> list[int]:
    return sorted({position for n in group for position in index[n]})


def _blocks(choice: Choice) -> Iterator[tuple[int, ...]]:
    """Yield what shares a sum, then what shares another rule of several, then the others; nobody twice."""
    left = set(range(choice.size))
    scopes: list[Sequence[int]] = [[n for n, _ in rule.weights] for rule in choice.sums]
    scopes += [rule.among for rule in choice.exactly]
    scopes += [(rule.one, *rule.others) for rule in choice.needs]
    for scope in scopes:
        free = [n for n in dict.fromkeys(scope) if n in left]
        if len(free) > 1:
            left.difference_update(free)
            yield from _cut(free)
    yield from _cut(sorted(left))


def _cut(members: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(members), _LARGEST):
        yield tuple(members[start : start + _LARGEST])


def _relaxed(choice: Choice, index: RuleIndex, block: Sequence[int], goal: Collection[int]) -> Choice:
    """Return the choice over one block with nothing but the rules inside it, for one goal."""
    at = {n: place for place, n in enumerate(block)}
    needs = [choice.needs[position] for position in _among(index.needs, block)]
    groups = [choice.exactly[position].among for position in _among(index.exactly, block)]
    whole = [group for group in groups if all(n in at for n in group)]
    pairs = [pair for group in groups if group not in whole for pair in combinations(_inside(group, at), 2)]
    return Choice(
        size=len(block),
        sums=tuple(_sum(choice.sums[position], at, 0) for position in _among(index.sums, block)),
        aparts=(*_aparts(choice, index, at), *(Apart(one, other) for one, other in pairs)),
        needs=tuple(
            Needs(at[need.one], _inside(need.others, at))
            for need in needs
            if need.one in at and all(n in at for n in need.others)
        ),
        exactly=tuple(Exactly(_inside(group, at)) for group in whole),
        must=frozenset(_inside(choice.must, at)),
        must_not=frozenset(_inside(choice.must_not, at)),
        goals=(tuple(at[n] for n in block if n in goal),),
    )


def _beside_the_rest(choice: Choice, index: RuleIndex, group: Sequence[int], values: Values) -> Choice:
    """Return the choice over some pods while all others stay as they are.

    Whom an outsider needs, and who is there, stays: stricter than the rules where somebody else would do.
    """
    at = {n: place for place, n in enumerate(group)}
    must, must_not = set(_inside(choice.must, at)), set(_inside(choice.must_not, at))
    for position in _among(index.aparts, group):
        rule = choice.aparts[position]
        for inner, outer in ((rule.one, rule.other), (rule.other, rule.one)):
            if inner in at and outer not in at and values[outer]:
                must_not.add(at[inner])
    needs = []
    for position in _among(index.needs, group):
        need = choice.needs[position]
        mine = need.one in at
        if not (mine or values[need.one]) or any(values[n] for n in need.others if n not in at):
            continue
        if mine:
            needs.append(Needs(at[need.one], _inside(need.others, at)))
        else:
            must.update(at[n] for n in need.others if n in at and values[n])
    exactly = []
    for position in _among(index.exactly, group):
        among = choice.exactly[position].among
        if any(values[n] for n in among if n not in at):
            must_not.update(_inside(among, at))
        else:
            exactly.append(Exactly(_inside(among, at)))
    taken = [
        (rule, sum(weight for n, weight in rule.weights if values[n] and n not in at))
        for rule in (choice.sums[position] for position in _among(index.sums, group))
    ]
    return Choice(
        size=len(group),
        sums=tuple(_sum(rule, at, amount) for rule, amount in taken),
        aparts=tuple(_aparts(choice, index, at)),
        needs=tuple(needs),
        exactly=tuple(exactly),
        must=frozenset(must),
        must_not=frozenset(must_not),
        goals=tuple(_inside(goal, at) for goal in choice.goals),
    )


def _inside(numbers: Iterable[int], at: dict[int, int]) -> tuple[int, ...]:
    return tuple(at[n] for n in numbers if n in at)


def _aparts(choice: Choice, index: RuleIndex, at: dict[int, int]) -> Iterator[Apart]:
    for position in _among(index.aparts, at):
        rule = choice.aparts[position]
        if rule.one in at and rule.other in at:
            yield Apart(at[rule.one], at[rule.other])


def _sum(rule: Sum, at: dict[int, int], taken: int) -> Sum:
    return Sum(tuple((at[n], weight) for n, weight in rule.weights if n in at), rule.room - taken)
