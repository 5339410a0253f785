"""Choices made: joined where pod affinity connects them, solved part by part, with causes against who is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from .causes import Cause, CauseCode
from .choice import Apart, Choice
from .components import Solver, components
from .conflicts import claim_causes, reasons_against
from .demand import Demand, Tenant
from .filters import fits
from .joint import Joint, join
from .load import Cluster, NodeLoad
from .node_model import THE_NODE, Candidate, NodeModel
from .search import Solution

__all__ = ["Part", "Settled", "settle"]

GoalsOf = Callable[[Sequence[Candidate]], tuple[tuple[int, ...], ...]]


class Settled(msgspec.Struct, frozen=True):
    """One candidate: in which of the models it is, whether it was chosen, and what is against it if not."""

    candidate: Candidate
    model: int
    chosen: bool
    causes: tuple[Cause, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """What became of one component. `violated` are the models whose claims fail in it, with minimal causes."""

    rows: tuple[Settled, ...]
    size: int
    steps: int
    best: int
    bound: int
    gap: int
    violated: tuple[tuple[int, tuple[Cause, ...]], ...] = ()


def settle(models: Sequence[NodeModel], cluster: Cluster, solver: Solver, goals_of: GoalsOf) -> tuple[list[Part], int]:
    """Return what became of every candidate of the models, and what is missed beyond the gaps of the parts.

    What pods of several nodes could only reach by being there for each other is given up.
    """
    return _Settling(models, cluster, solver, goals_of).run()


class _Settling:
    def __init__(self, models: Sequence[NodeModel], cluster: Cluster, solver: Solver, goals_of: GoalsOf) -> None:
        self.models = models
        self.cluster = cluster
        self.solver = solver
        self.joint: Joint = join(models, cluster)
        self.candidates = [models[number].candidates[n] for number, n in self.joint.members]
        self.homes = [number for number, _ in self.joint.members]
        self.choice = msgspec.structs.replace(self.joint.choice, goals=goals_of(self.candidates))
        self.values = [False] * self.choice.size
        self.missed = self.joint.slack

    def run(self) -> tuple[list[Part], int]:
        solved = [(members, *self._solve(members, choice)) for members, choice in components(self.choice)]
        if len(self.models) > 1 or any(candidate.demand.affinity for candidate in self.candidates):
            self._arrive()
        return [self._part(*entry) for entry in solved], self.missed

    def _solve(self, members: Sequence[int], choice: Choice) -> tuple[Choice, Solution, tuple[int, ...]]:
        """Return the choice as solved, with what it came to and the models whose claims had to be given up."""
        solution, broken = self.solver.solve(choice), tuple[int, ...]()
        if solution.values is None:
            broken = tuple(sorted({self.homes[n] for n in members}))
            choice = without_claims(choice)
            solution = self.solver.solve(choice)
        for n, value in zip(members, solution.values or (False,) * len(members), strict=True):
            self.values[n] = value
        return choice, solution, broken

    def _part(self, members: Sequence[int], choice: Choice, solution: Solution, broken: Sequence[int]) -> Part:
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
            violated=tuple(self._violations(broken)),
        )

    def _row(self, n: int, place: int, against: Callable[[int, Sequence[Cause]], tuple[Cause, ...]]) -> Settled:
        candidate, home = self.candidates[n], self.homes[n]
        if self.values[n]:
            return Settled(candidate, home, True)
        barred = self.models[home].barred.get(self.joint.members[n][1]) or self.joint.yielding.get(n, ())
        return Settled(candidate, home, False, against(place, barred) or _unknown(candidate))

    def _violations(self, broken: Sequence[int]) -> Iterator[tuple[int, tuple[Cause, ...]]]:
        for number in broken:
            model = self.models[number]
            if model.choice.must or model.choice.exactly:
                causes = claim_causes(model, self.cluster.loads[model.position], model.choice)
                if causes:
                    yield number, causes

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


def without_claims(choice: Choice) -> Choice:
    """Return the choice with what its policies demand taken off; what they forbid stays."""
    aparts = [
        Apart(one, other, rule.cause)
        for rule in choice.exactly
        for place, one in enumerate(rule.among)
        for other in rule.among[place + 1 :]
    ]
    return msgspec.structs.replace(choice, must=frozenset(), exactly=(), aparts=(*choice.aparts, *aparts))
