"""Search unit by unit, for small problems with order, steps or domains: python-constraint on the wave of every unit.

As in `search`, only feasibility is asked, at a number of waves below what is known; what is refuted raises the bound.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import LimitExceeded
from .ceilings import Ceiling
from .problem import Problem, Steps
from .schedule_types import Move, WaveRun
from .search import Searched

__all__ = ["LARGEST_UNITS", "ends_of", "improve_units"]

LARGEST_UNITS = 12
"""Units beyond which no such search is begun."""
_LONGEST = 8
_SEARCH_LIMIT = 12_000

Unit = tuple[int, int, int]
"""(node class, node within the class, DaemonSet)."""
Waves = Mapping[Unit, int]


def improve_units(problem: Problem, ceilings: Sequence[Ceiling], bound: int, found: int) -> Searched:
    """Look for fewer than `found` waves, from `bound` up; the runs say on which nodes."""
    result = Searched(bound)
    if problem.units > LARGEST_UNITS or bound > _LONGEST:
        return result
    for waves in range(bound, min(found, _LONGEST + 1)):
        try:
            answer = _feasible(problem, ceilings, waves, result)
        except LimitExceeded:
            break
        if answer is not None:
            result.runs = list(_runs(problem, answer, waves))
            break
        result.bound = waves + 1
    return result


def _feasible(problem: Problem, ceilings: Sequence[Ceiling], waves: int, result: Searched) -> Waves | None:
    from constraint import Constraint
    from constraint import Problem as Csp

    class Partial(Constraint):  # type: ignore[misc]
        """Holds as long as nothing that is assigned breaks it."""

        def __init__(self, holds: Callable[[Waves], bool]) -> None:
            self._holds = holds

        def preProcess(self, *_: object) -> None:  # noqa: N802
            pass

        def __call__(self, variables: Any, domains: Any, assignments: Any, *_: object) -> bool:
            return self._holds({name: assignments[name] for name in variables if name in assignments})

    def count(_: Waves) -> bool:
        result.looked_at += 1
        if result.looked_at > _SEARCH_LIMIT:
            raise LimitExceeded(f"{_SEARCH_LIMIT} assignments looked at")
        return True

    units = _units(problem)
    csp = Csp()
    csp.addVariables(units, list(range(waves - 1, -1, -1)))
    for holds, members in _rules(problem, ceilings, units):
        if members:
            csp.addConstraint(Partial(holds), members)
    csp.addConstraint(Partial(count), units)
    solution: Waves | None = csp.getSolution()
    return solution


def _units(problem: Problem) -> list[Unit]:
    return [
        (place, node, daemonset)
        for place, members in enumerate(problem.classes)
        for node in range(members.size)
        for daemonset in members.daemonsets
    ]


Rule = tuple[Callable[[Waves], bool], list[Unit]]


def _rules(problem: Problem, ceilings: Sequence[Ceiling], units: Sequence[Unit]) -> Iterator[Rule]:
    yield from _within_waves(problem, ceilings, units)
    yield from _between_waves(problem, units)
    yield from _alike(problem)


def _within_waves(problem: Problem, ceilings: Sequence[Ceiling], units: Sequence[Unit]) -> Iterator[Rule]:
    for ceiling in ceilings:
        inside = [unit for unit in units if (unit[0], unit[2]) in ceiling.cells]
        yield _at_most(ceiling.first, ceiling.limit), inside
    for place, rule in enumerate(problem.per_node):
        on_node: dict[tuple[int, int], list[Unit]] = defaultdict(list)
        for unit in units:
            if unit[2] in rule.daemonsets:
                on_node[unit[:2]].append(unit)
        for (position, _), members in on_node.items():
            of_class = problem.classes[position]
            first, later = of_class.room(place, rule, first=True), of_class.room(place, rule, first=False)
            yield _at_most(first, later), members
    for load in problem.loads:
        weights = load.by_cell()
        heavy = {unit: weights[unit[0], unit[2]] for unit in units if (unit[0], unit[2]) in weights}
        yield _at_most_weight(heavy, max(0, load.limit - load.down), load.limit), list(heavy)
    for touch in problem.touches:
        domain_of = {
            unit: place for place, domain in enumerate(touch.domains) for unit in units if (unit[0], unit[2]) in domain
        }
        yield _few_domains(domain_of, touch.limit, frozenset(touch.open)), list(domain_of)


def _between_waves(problem: Problem, units: Sequence[Unit]) -> Iterator[Rule]:
    for edge in problem.order:
        for before in (unit for unit in units if unit[2] == edge.first):
            for after in (unit for unit in units if unit[2] == edge.then):
                if not edge.per_node or before[:2] == after[:2]:
                    yield _later(before, after), [before, after]
    for steps in problem.steps:
        members = [unit for unit in units if unit[2] in steps.daemonsets]
        yield _in_steps(steps, len(members)), members


def _at_most(first: int, later: int) -> Callable[[Waves], bool]:
    def holds(waves: Waves) -> bool:
        return all(count <= (later if wave else first) for wave, count in Counter(waves.values()).items())

    return holds


def _at_most_weight(weights: Mapping[Unit, int], first: int, later: int) -> Callable[[Waves], bool]:
    def holds(waves: Waves) -> bool:
        weight = Counter[int]()
        for unit, wave in waves.items():
            weight[wave] += weights[unit]
        return all(total <= (later if wave else first) for wave, total in weight.items())

    return holds


def _later(before: Unit, after: Unit) -> Callable[[Waves], bool]:
    return lambda waves: len(waves) < 2 or waves[before] < waves[after]


def _not_later(one: Unit, other: Unit) -> Callable[[Waves], bool]:
    return lambda waves: len(waves) < 2 or waves[one] <= waves[other]


def _few_domains(domain_of: Mapping[Unit, int], limit: int, held: frozenset[int]) -> Callable[[Waves], bool]:
    def holds(waves: Waves) -> bool:
        touched: dict[int, set[int]] = defaultdict(set)
        for unit, wave in waves.items():
            touched[wave].add(domain_of[unit])
        return all(len(domains | held if wave == 0 else domains) <= limit for wave, domains in touched.items())

    return holds


def _in_steps(steps: Steps, members: int) -> Callable[[Waves], bool]:
    return lambda waves: len(waves) < members or _step_ends(steps, waves) is not None


def _step_ends(steps: Steps, waves: Waves) -> tuple[int, ...] | None:
    """Return after how many waves each step is done, None where these waves do not go in steps."""
    ends: list[int] = []
    target = dict.fromkeys(steps.daemonsets, 0)
    for sizes in steps.sizes:
        for daemonset, units in zip(steps.daemonsets, sizes, strict=True):
            target[daemonset] += units
        end = _end(target, waves, ends[-1] if ends else 0)
        if end is None:
            return None
        ends.append(end)
    first = {unit for unit, wave in waves.items() if wave < ends[0]}
    if steps.canary and any((unit[0], unit[2]) not in steps.canary for unit in first):
        return None
    return tuple(ends)


def _end(target: Mapping[int, int], waves: Waves, start: int) -> int | None:
    for end in range(start, max(waves.values(), default=-1) + 2):
        done = Counter(unit[2] for unit, wave in waves.items() if wave < end)
        if all(done[daemonset] == units for daemonset, units in target.items()):
            return end
    return None


def _alike(problem: Problem) -> Iterator[Rule]:
    """Nodes of a class are alike: one order of them is enough."""
    for place, members in enumerate(problem.classes):
        for node in range(members.size - 1 if members.daemonsets else 0):
            one, other = (place, node, members.daemonsets[0]), (place, node + 1, members.daemonsets[0])
            yield _not_later(one, other), [one, other]


def _runs(problem: Problem, found: Waves, waves: int) -> Iterator[WaveRun]:
    done: Counter[Hashable] = Counter()
    for wave in range(waves):
        chosen: dict[tuple[int, int], int] = defaultdict(int)
        for (place, node, daemonset), own in found.items():
            if own == wave:
                chosen[place, node] |= 1 << daemonset
        moves: Counter[tuple[int, int, int]] = Counter()
        for (place, node), bits in chosen.items():
            moves[place, done[place, node], bits] += 1
            done[place, node] |= bits
        takes = Counter((unit[0], unit[2]) for unit, own in found.items() if own == wave)
        yield WaveRun(1, tuple(sorted(takes.items())), tuple(Move(*key, count) for key, count in sorted(moves.items())))


def ends_of(problem: Problem, runs: Sequence[WaveRun]) -> tuple[tuple[int, ...], ...]:
    """Return after how many of the runs each step of each `Steps` rule is done."""
    found = []
    for steps in problem.steps:
        ends, target, reached = list[int](), Counter[int](), Counter[int]()
        wave = 0
        for sizes in steps.sizes:
            target.update(dict(zip(steps.daemonsets, sizes, strict=True)))
            while any(reached[daemonset] < target[daemonset] for daemonset in steps.daemonsets):
                for (_, daemonset), count in runs[wave].takes:
                    reached[daemonset] += count
                wave += 1
            ends.append(wave)
        found.append(tuple(ends))
    return tuple(found)
