"""Choices made: joined where pod affinity connects them, solved part by part, with causes against who is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ..filters.demand import Demand, Tenant
from ..filters.fits import fits
from ..filters.node_load import Cluster, NodeLoad
from .causes import Cause, CauseCode
from .choice import Choice
from .claims import Origins, has_demands, impossible_demands
from .components import Solver, components
from .conflicts import reasons_against
from .joint import Joint, join
from .node_model import THE_NODE, Candidate, NodeModel
from .solver import Solution

__all__ = ["Part", "Settled", "Settlement", "settle"]

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
    """What became of every candidate, and what is `missed` beyond the gaps of the parts.

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
        solved = [(members, *self._solve(members, choice)) for members, choice in components(self.choice)]
        if len(self.models) > 1 or any(candidate.demand.affinity for candidate in self.candidates):
            self._arrive()
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
        best, bound = (solution.best[-1], solution.bound[-1]) if solution.best else (0, len(members))
        return Part(
            rows=tuple(self._row(n, place, against) for place, n in enumerate(members)),
            size=len(members),
            steps=solution.steps,
            best=best,
            bound=bound,
            gap=solution.gap,
        )

    def _row(self, n: int, place: int, against: Callable[[int, Sequence[Cause]], tuple[Cause, ...]]) -> Settled:
        candidate, home = self.candidates[n], self.homes[n]
        if self.values[n]:
            return Settled(candidate, home, True)
        barred = self.models[home].barred.get(self.joint.members[n][1]) or self.joint.yielding.get(n, ())
        return Settled(candidate, home, False, against(place, barred) or _unknown(candidate))

    def _arrive(self) -> None:
        """Give up what no order of arrival can place: pods that would only be there for each other.

        Those that start a series of their own kind come first, those that want to be near somebody last.
        """
        cluster = self.cluster
        leaving = [n for n, entry in enumerate(self.candidates) if entry.tenant is not None and not self.values[n]]
        waiting = [n for n, entry in enumerate(self.candidates) if entry.tenant is None and self.values[n]]
        for n in leaving:
            cluster.evict(_tenant_of(self.candidates[n]), self._load(n))
        waiting.sort(key=lambda n: _turn(self.candidates[n].demand, cluster))
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
        for n in waiting:
            self.values[n] = False
        self.missed += len(waiting)
        for n, tenant in bound:
            cluster.evict(tenant, self._load(n))
        for n in leaving:
            cluster.bind(_tenant_of(self.candidates[n]), self._load(n))

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
