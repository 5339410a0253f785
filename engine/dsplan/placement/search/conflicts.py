"""Why a pod has no place, as a minimal set of causes: without any one of them the others would leave it one.

A set of causes is a little world of its own: only what it names wants, holds or forbids anything there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

import msgspec
from pyroaring import BitMap

from ...model.meta import Identity
from ..filters.failures import amount_text
from ..filters.node_load import NodeLoad
from ..filters.requests import PODS
from .causes import Cause, CauseCode
from .choice import Choice, RuleIndex, Sum
from .node_model import Candidate, NodeModel, largest_first, taken_causes

__all__ = ["Conflict", "held", "minimal", "reasons_against", "resource_of"]

T = TypeVar("T")


class Conflict(msgspec.Struct, frozen=True):
    """What is wanted on `nodes` (ids in name order) and cannot be.

    `subject` is a DaemonSet or a Deployment, or the policy whose claim fails.
    """

    subject: Identity
    causes: tuple[Cause, ...]
    nodes: BitMap


def minimal(items: Sequence[T], is_conflict: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a part of `items` that is still a conflict, while no part of it with one item less is.

    Items are tried from the last to the first, so those in front stay rather. What is a conflict must stay one when
    items are added.

    >>> minimal([1, 2, 3, 4], lambda some: sum(some) > 5)
    [1, 2, 3]
    """
    left = list(items)
    for item in reversed(items):
        fewer = [other for other in left if other is not item]
        if is_conflict(fewer):
            left = fewer
    return left


class _Against:
    """The causes against one candidate, given who was chosen."""

    def __init__(
        self,
        models: Sequence[NodeModel],
        loads: Sequence[NodeLoad],
        choice: Choice,
        causes: Sequence[Cause],
        values: Sequence[bool],
        candidates: Sequence[Candidate],
    ) -> None:
        self.models = models
        self.loads = loads
        self.choice = choice
        self.causes = causes
        self.values = values
        self.candidates = candidates
        self.rules = RuleIndex(choice)
        self._taken: dict[int, tuple[list[Cause], list[int]]] = {}
        self._weights = [dict(rule.weights) for rule in choice.sums]
        self._chosen = [sum(weight for n, weight in rule.weights if values[n]) for rule in choice.sums]

    def wanted(self, n: int, needed: str = "") -> Cause:
        candidate = self.candidates[n]
        code = CauseCode.WANTED if candidate.tenant is None else CauseCode.TAKEN
        return Cause(code=code, object=candidate.owner, field="spec.template.spec", needed=needed)

    def rival(self, n: int, other: int) -> Cause:
        """Return that `other`, who is chosen, is wanted, too; of one DaemonSet perhaps, then on another node."""
        return self.wanted(other, "" if self.models[n] is self.models[other] else "on another node")

    def find(self, n: int, barred: Sequence[Cause]) -> tuple[Cause, ...]:
        """Return the causes; none where nothing but the limit of the search is against it."""
        if barred:
            return (self.wanted(n, self._asked(n, barred)), *barred)
        for finder in (self._rivals, self._needs, self._sums):
            found = next(finder(n), None)
            if found is not None:
                return found
        return ()

    def _asked(self, n: int, barred: Sequence[Cause]) -> str:
        """Return what the pod asks for of which there is too little."""
        resource = next((resource_of(cause) for cause in barred if cause.code is CauseCode.ALLOCATABLE), "")
        amount = 1 if resource == PODS else self.candidates[n].demand.requests.get(resource, 0)
        return f"{resource} {amount_text(resource, amount)}" if resource else ""

    def _rivals(self, n: int) -> Iterator[tuple[Cause, ...]]:
        for position in self.rules.aparts[n]:
            pair = self.choice.aparts[position]
            other = pair.other if pair.one == n else pair.one
            if self.values[other]:
                yield (self.wanted(n), self.rival(n, other), self.causes[pair.cause])
        for position in self.rules.exactly[n]:
            group = self.choice.exactly[position]
            for other in group.among:
                if other != n and self.values[other]:
                    yield (self.wanted(n), self.rival(n, other), self.causes[group.cause])

    def _needs(self, n: int) -> Iterator[tuple[Cause, ...]]:
        for position in self.rules.needs[n]:
            need = self.choice.needs[position]
            if need.one == n and not any(self.values[other] for other in need.others):
                yield (self.wanted(n), self.causes[need.cause])

    def _sums(self, n: int) -> Iterator[tuple[Cause, ...]]:
        for position in self.rules.sums[n]:
            rule, weight = self.choice.sums[position], self._weights[position][n]
            if self._chosen[position] + weight > rule.room:
                yield self._too_much(n, rule, weight)

    def _too_much(self, n: int, rule: Sum, weight: int) -> tuple[Cause, ...]:
        cause = self.causes[rule.cause]
        if cause.code is not CauseCode.ALLOCATABLE:
            others = [other for other, _ in rule.weights if self.values[other]]
            return (self.wanted(n), *(self.rival(n, other) for other in sorted(others)), cause)
        resource = resource_of(cause)
        load = self.loads[n]
        takers, sums = self._takers(n, rule, resource)
        total = load.pods if resource == PODS else load.allocatable.get(resource, 0)
        count = bisect_right(sums, total - weight) + 1
        text = amount_text(resource, weight)
        return (self.wanted(n, f"{resource} {text}"), cause, *takers[:count])

    def _takers(self, one: int, rule: Sum, resource: str) -> tuple[list[Cause], list[int]]:
        """Return who takes up the resource once all chosen are there, the largest first, and the running totals."""
        found = self._taken.get(id(rule))
        if found is None:
            wants = [(weight, self.candidates[n].owner, True) for n, weight in rule.weights if self.values[n]]
            there = [(amount, owner, False) for amount, owner in held(self.loads[one], self.models[one], resource)]
            entries = sorted([*there, *wants], key=lambda entry: (*largest_first(entry[:2]), entry[2]))
            causes = [_taker(resource, *entry) for entry in entries]
            found = self._taken[id(rule)] = (causes, list(accumulate(amount for amount, _, _ in entries)))
        return found


def _taker(resource: str, amount: int, owner: Identity, wanted: bool) -> Cause:
    if wanted:
        text = f"{resource} {amount_text(resource, amount)}"
        return Cause(code=CauseCode.WANTED, object=owner, field="spec.template.spec", needed=text)
    return next(taken_causes([(amount, owner)], resource))


def resource_of(cause: Cause) -> str:
    """Return the resource of which a node has no more."""
    return cause.field.removeprefix("status.allocatable[").removesuffix("]")


def held(load: NodeLoad, model: NodeModel, resource: str) -> list[tuple[int, Identity]]:
    """Return what the pods on a node that are no candidates take up, summed by owner."""
    going = {id(candidate.tenant) for candidate in model.candidates if candidate.tenant is not None}
    found: dict[Identity, int] = {}
    for tenant in load.tenants:
        amount = 1 if resource == PODS else tenant.demand.requests.get(resource, 0)
        if amount and id(tenant) not in going:
            found[tenant.owner] = found.get(tenant.owner, 0) + amount
    return [(amount, owner) for owner, amount in found.items()]


def reasons_against(
    *,
    models: Sequence[NodeModel],
    loads: Sequence[NodeLoad],
    choice: Choice,
    causes: Sequence[Cause],
    values: Sequence[bool],
    candidates: Sequence[Candidate],
) -> Callable[[int, Sequence[Cause]], tuple[Cause, ...]]:
    """Return the function (number of a candidate, what bars it) -> causes against it, given who was chosen.

    `models`, `loads`, `values` and `candidates` have one entry for every number of `choice`.
    """
    return _Against(models, loads, choice, causes, values, candidates).find
