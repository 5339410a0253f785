"""What policies demand of a choice and cannot have: named, and given up one by one until the rest can be met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from ..filters.node_load import NodeLoad
from ..filters.requests import PODS
from .causes import Cause, CauseCode
from .choice import Apart, Choice, Exactly, Needs, Sum
from .components import Solver
from .conflicts import held, minimal, resource_of
from .node_model import THE_NODE, NodeModel, enough, taken_causes

__all__ = ["Origins", "has_demands", "impossible_demands", "without_demands"]

_MOST = 64
"""Pods of a choice beyond which no minimal set is looked for."""

_Item = tuple[str, int | Sum | Apart | Needs | Exactly]
_MUST, _EXACTLY, _BAR, _RULE = "must", "exactly", "bar", "rule"


class Origins(msgspec.Struct, frozen=True):
    """Where the numbers of a choice come from: one model, load and position within the model each; rules by cause."""

    models: Sequence[NodeModel]
    loads: Sequence[NodeLoad]
    places: Sequence[int]
    causes: Sequence[Cause]


def has_demands(choice: Choice) -> bool:
    """Return whether anything has to be there.

    >>> has_demands(Choice(2, must_not=frozenset({1}))), has_demands(Choice(2, must=frozenset({1})))
    (False, True)
    """
    return bool(choice.must or choice.exactly)


def impossible_demands(
    choice: Choice, origins: Origins, solver: Solver
) -> tuple[Choice, list[tuple[tuple[Cause, ...], list[int]]]]:
    """Return the choice less as few demands as it takes, and (minimal causes, pods demanded) for each that went.

    Of a set of causes the last demand goes. Where the search ends before anything is known, all demands go.
    """
    given_up: list[tuple[tuple[Cause, ...], list[int]]] = []
    while has_demands(choice):
        if solver.feasible(choice, unknown=False):
            break
        if choice.size > _MOST or solver.feasible(choice, unknown=True):
            demands = list(_demands(choice))
            ended = Cause(code=CauseCode.LIMIT, object=THE_NODE, observed="the search ended before it found a way")
            given_up.append(((*_causes(demands, origins), ended), _pods(demands)))
            return without_demands(choice), given_up
        items = minimal([*_demands(choice), *_obstacles(choice)], _is_conflict_of(choice, solver))
        given_up.append((_causes(items, origins), _pods(items)))
        choice = _less(choice, next(item for item in reversed(items) if item[0] in (_MUST, _EXACTLY)))
    return choice, given_up


def without_demands(choice: Choice) -> Choice:
    """Return the choice with what its policies demand taken off; what they forbid stays."""
    for item in _demands(choice):
        choice = _less(choice, item)
    return choice


def _is_conflict_of(choice: Choice, solver: Solver) -> Callable[[Sequence[_Item]], bool]:
    return lambda some: not solver.feasible(_only(choice, frozenset(some)), unknown=True)


def _demands(choice: Choice) -> Iterator[_Item]:
    yield from ((_MUST, n) for n in sorted(choice.must))
    yield from ((_EXACTLY, rule) for rule in choice.exactly)


def _obstacles(choice: Choice) -> Iterator[_Item]:
    yield from ((_BAR, n) for n in sorted(choice.must_not))
    yield from ((_RULE, rule) for rule in choice.sums)
    yield from ((_RULE, rule) for rule in choice.aparts)
    yield from ((_RULE, rule) for rule in choice.needs)


def _pods(items: Iterable[_Item]) -> list[int]:
    found: set[int] = set()
    for kind, what in items:
        if kind == _MUST and isinstance(what, int):
            found.add(what)
        elif isinstance(what, Exactly):
            found.update(what.among)
    return sorted(found)


def _only(choice: Choice, items: frozenset[_Item]) -> Choice:
    """Return the choice with nothing but these rules."""
    return Choice(
        size=choice.size,
        sums=tuple(rule for rule in choice.sums if (_RULE, rule) in items),
        aparts=tuple(rule for rule in choice.aparts if (_RULE, rule) in items),
        needs=tuple(rule for rule in choice.needs if (_RULE, rule) in items),
        exactly=tuple(rule for rule in choice.exactly if (_EXACTLY, rule) in items),
        must=frozenset(n for n in choice.must if (_MUST, n) in items),
        must_not=frozenset(n for n in choice.must_not if (_BAR, n) in items),
    )


def _less(choice: Choice, item: _Item) -> Choice:
    """Return the choice without one demand; of those of whom one had to be there, one at most still may be."""
    what = item[1]
    if not isinstance(what, Exactly):
        return msgspec.structs.replace(choice, must=choice.must - {what})
    aparts = tuple(Apart(one, other, what.cause) for one, other in combinations(what.among, 2))
    exactly = tuple(rule for rule in choice.exactly if rule != what)
    return msgspec.structs.replace(choice, exactly=exactly, aparts=(*choice.aparts, *aparts))


def _causes(items: Sequence[_Item], origins: Origins) -> tuple[Cause, ...]:
    must = {what for kind, what in items if kind == _MUST}
    found = [cause for kind, what in items for cause in _named(kind, what, must, origins)]
    return tuple(dict.fromkeys(found))


def _named(kind: str, what: object, must: Iterable[object], origins: Origins) -> Iterator[Cause]:
    if isinstance(what, int):
        model, place = origins.models[what], origins.places[what]
        if kind == _MUST:
            yield model.demanded[place]
        else:
            yield from model.barred.get(place, ())
    elif isinstance(what, Sum):
        yield from _sum_causes(what, set(must), origins)
    elif isinstance(what, Apart | Needs | Exactly):
        yield origins.causes[what.cause]


def _sum_causes(rule: Sum, must: set[object], origins: Origins) -> Iterator[Cause]:
    cause, first = origins.causes[rule.cause], rule.weights[0][0]
    yield cause
    if cause.code is CauseCode.ALLOCATABLE:
        resource, load = resource_of(cause), origins.loads[first]
        total = load.pods if resource == PODS else load.allocatable.get(resource, 0)
        demanded = sum(weight for n, weight in rule.weights if n in must)
        taken = enough(held(load, origins.models[first], resource), total - demanded)
        yield from taken_causes(taken, resource)
