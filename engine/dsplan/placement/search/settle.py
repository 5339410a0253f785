"""Choices made: joined where pod affinity connects them, solved part by part, with causes against who is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ..filters.demand import Demand, Tenant
from ..filters.fits import fits
from ..filters.node_load import Cluster, NodeLoad
from .causes import Cause, CauseCode
from .choice import Choice, Needs, holds, score
from .claims import Origins, has_demands, impossible_demands
from .components import Solver, components
from .conflicts import reasons_against
from .joint import Joint, join
from .node_model import THE_NODE, Candidate, NodeModel
from .solver import Solution

__all__ = ["Part", "Settled", "Settlement", "settle"]

_ROUNDS = 24
"""Times that pods that would only be there for each other are found and the choice is made anew."""

GoalsOf = Callable[[Sequence[Candidate]], tuple[tuple[int, ...], ...]]


class Settled(msgspec.Struct, frozen=True):
    """One candidate: in which of the models it is, whether it was chosen, and what is against it if not."""

    candidate: Candidate
    model: int
    chosen: bool
    causes: tuple[Cause, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """What became of one component."""

    rows: tuple[Settled, ...]
    size: int
    steps: int
    best: int
    bound: int
    gap: int


class Settlement(msgspec.Struct, frozen=True):
    """What became of every candidate, and what may be `missed` beyond the gaps of the parts.

    `violated` are minimal causes why a claim fails, with the models it fails on.
    """

    parts: tuple[Part, ...]
    missed: int
    violated: tuple[tuple[tuple[Cause, ...], tuple[int, ...]], ...]


def settle(models: Sequence[NodeModel], cluster: Cluster, solver: Solver, goals_of: GoalsOf) -> Settlement:
    """Return what became of every candidate of the models.

    Claims that cannot be met are given up, no more of them than it takes, and so is what pods of several nodes could
    only reach by being there for each other.
    """
    return _Settling(models, cluster, solver, goals_of).run()


class _Settling:
    def __init__(self, models: Sequence[NodeModel], cluster: Cluster, solver: Solver, goals_of: GoalsOf) -> None:
        self.cluster = cluster
        self.solver = solver
        self.violated: list[tuple[tuple[Cause, ...], tuple[int, ...]]] = []
        self.models = [self._possible(number, model) for number, model in enumerate(models)]
        self.joint: Joint = join(self.models, cluster)
        self.candidates = [models[number].candidates[n] for number, n in self.joint.members]
        self.homes = [number for number, _ in self.joint.members]
        self.choice = msgspec.structs.replace(self.joint.choice, goals=goals_of(self.candidates))
        self.values = [False] * self.choice.size
        self.missed = self.joint.slack

    def run(self) -> Settlement:
        given_up = tuple(self.violated)
        coupled = len(self.models) > 1 or any(candidate.demand.affinity for candidate in self.candidates)
        for left in range(_ROUNDS, 0, -1):
            self.violated = list(given_up)
            solved = [(members, *self._solve(members, choice)) for members, choice in components(self.choice)]
            unfounded, arrived = self._arrival([n for n in self._coming() if self.values[n]]) if coupled else ([], [])
            if not unfounded or left == 1:
                break
            self._ask_for_support(unfounded, set(arrived))
        for n in unfounded:
            self.values[n] = False
        if coupled:
            self._take_the_queue()
        return Settlement(tuple(self._part(*entry) for entry in solved), self.missed, tuple(self.violated))

    def _possible(self, number: int, model: NodeModel) -> NodeModel:
        """Return the model less the claims that its own node cannot meet."""
        size, load = model.choice.size, self.cluster.loads[model.position]
        origins = Origins([model] * size, [load] * size, range(size), model.causes)
        choice, given_up = impossible_demands(model.choice, origins, self.solver)
        self.violated += [(causes, (number,)) for causes, _ in given_up]
        return msgspec.structs.replace(model, choice=choice) if given_up else model

    def _solve(self, members: Sequence[int], choice: Choice) -> tuple[Choice, Solution]:
        """Return the choice as solved, less the claims that nodes cannot meet together, with what it came to."""
        solution = self.solver.solve(choice)
        if solution.values is None and has_demands(choice):
            homes = [self.homes[n] for n in members]
            models = [self.models[home] for home in homes]
            loads = [self.cluster.loads[model.position] for model in models]
            places = [self.joint.members[n][1] for n in members]
            origins = Origins(models, loads, places, self.joint.causes)
            choice, given_up = impossible_demands(choice, origins, self.solver)
            for causes, pods in given_up:
                self.violated.append((causes, tuple(sorted({homes[n] for n in pods}))))
            solution = self.solver.solve(choice)
        for n, value in zip(members, solution.values or (False,) * len(members), strict=True):
            self.values[n] = value
        return choice, solution

    def _part(self, members: Sequence[int], choice: Choice, solution: Solution) -> Part:
        models = [self.models[self.homes[n]] for n in members]
        against = reasons_against(
            models=models,
            loads=[self.cluster.loads[model.position] for model in models],
            choice=choice,
            causes=self.joint.causes,
            values=[self.values[n] for n in members],
            candidates=[self.candidates[n] for n in members],
        )
        bound = solution.bound[-1] if solution.best else len(members)
        counted = choice.goals[-1] if choice.goals else range(len(members))
        best = sum(self.values[members[place]] for place in counted)
        kept = solution.best and best == solution.best[-1]
        return Part(
            rows=tuple(self._row(n, place, against) for place, n in enumerate(members)),
            size=len(members),
            steps=solution.steps,
            best=best,
            bound=bound,
            gap=solution.gap if kept else max(0, bound - best),
        )

    def _row(self, n: int, place: int, against: Callable[[int, Sequence[Cause]], tuple[Cause, ...]]) -> Settled:
        candidate, home = self.candidates[n], self.homes[n]
        if self.values[n]:
            return Settled(candidate, home, True)
        barred = self.models[home].barred.get(self.joint.members[n][1]) or self.joint.yielding.get(n, ())
        return Settled(candidate, home, False, against(place, barred) or _unknown(candidate))

    def _coming(self) -> list[int]:
        """Return who is not there yet: those that start a series of their own kind first, those with affinity last."""
        waiting = [n for n, entry in enumerate(self.candidates) if entry.tenant is None]
        return sorted(waiting, key=lambda n: _turn(self.candidates[n].demand, self.cluster))

    def _arrival(self, waiting: list[int]) -> tuple[list[int], list[int]]:
        """Return who of the chosen could arrive in no order, being there only for each other, and who arrives."""
        cluster = self.cluster
        leaving = [n for n, entry in enumerate(self.candidates) if entry.tenant is not None and not self.values[n]]
        for n in leaving:
            cluster.evict(_tenant_of(self.candidates[n]), self._load(n))
        bound: list[tuple[int, Tenant]] = []
        moved = True
        while moved:
            arriving, waiting, moved = waiting, [], False
            for n in arriving:
                if fits(self.candidates[n].demand, self._load(n), cluster):
                    bound.append((n, Tenant("", self.candidates[n].owner, self.candidates[n].demand)))
                    cluster.bind(bound[-1][1], self._load(n))
                    moved = True
                else:
                    waiting.append(n)
        for n, tenant in bound:
            cluster.evict(tenant, self._load(n))
        for n in leaving:
            cluster.bind(_tenant_of(self.candidates[n]), self._load(n))
        return waiting, [n for n, _ in bound]

    def _ask_for_support(self, unfounded: Sequence[int], arrived: set[int]) -> None:
        """Demand that one of whom these pods need is none of them: a loop formula, as in answer set programming.

        Of every pod a rule counts that nobody who arrives satisfies; one of them must be satisfied from outside.
        """
        inside = set(unfounded)
        lacking: dict[int, Needs] = {}
        for rule in self.choice.needs:
            if rule.one in inside and rule.one not in lacking and not arrived.intersection(rule.others):
                lacking[rule.one] = rule
        outside = tuple(sorted({other for rule in lacking.values() for other in rule.others} - inside))
        added = tuple(Needs(n, outside, rule.cause) for n, rule in sorted(lacking.items()))
        self.choice = msgspec.structs.replace(self.choice, needs=self.choice.needs + added)

    def _take_the_queue(self) -> None:
        """Take what simply arrives one after the other where that is better than what was found."""
        values = [entry.tenant is not None for entry in self.candidates]
        before, self.values = self.values, values
        for n in self._arrival([n for n, entry in enumerate(self.candidates) if entry.tenant is None])[1]:
            values[n] = True
        if holds(self.choice, values) and score(self.choice, values) > score(self.choice, before):
            return
        self.values = before

    def _load(self, n: int) -> NodeLoad:
        return self.cluster.loads[self.models[self.homes[n]].position]


def _unknown(candidate: Candidate) -> tuple[Cause, ...]:
    """Return the causes where no rule is against it: it waits for who waits for it, or the search ended too soon."""
    wanted = Cause(code=CauseCode.WANTED, object=candidate.owner, field="spec.template.spec")
    if candidate.demand.affinity:
        field, text = "spec.affinity.podAffinity", "somebody who is there before it"
        return (wanted, Cause(code=CauseCode.AFFINITY, object=candidate.owner, field=field, needed=text))
    ended = "the search ended before it found a place"
    return (wanted, Cause(code=CauseCode.LIMIT, object=THE_NODE, observed=ended))


def _turn(demand: Demand, cluster: Cluster) -> int:
    if not demand.affinity:
        return 1
    starts = cluster.domains.matches(demand.affinity, demand) and not cluster.domains.counts(demand.affinity)
    return 0 if starts else 2


def _tenant_of(candidate: Candidate) -> Tenant:
    assert candidate.tenant is not None
    return candidate.tenant
