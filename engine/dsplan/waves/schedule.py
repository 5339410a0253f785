"""Waves for a problem: taken apart, each part by the strongest method that applies, never without the bound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from .bound import lower_bound
from .ceilings import Ceiling, binding, ceilings
from .components import Component, components, without_stalled
from .crossing import CrossingPlanner
from .exact import FlowPlanner
from .greedy import Greedy
from .problem import Cell, Problem, Steps
from .schedule_types import Method, Move, Part, Schedule, Stalled, WaveRun
from .search import improve, is_small
from .unit_search import ends_of, improve_units

__all__ = ["schedule"]

_MOST_STEPS = 200
"""Steps beyond which each is not planned by a flow of its own."""
_MOST_COMPARED = 20_000
"""Cells times waves up to which the greedy is tried besides, where shifted flows leave a gap."""
_TURNS = 6
"""Times that flows are shifted, each in another order, while a gap is left."""
_SMALL = 64
"""Units up to which a part is planned to its end in any case: a search may begin otherwise than the greedy."""


def schedule(problem: Problem, *, all_waves: bool = True) -> Schedule:
    """Return waves that keep every rule, and the bound that no schedule stays below.

    Unless `all_waves`, only the first wave of each part that is not small, for a fraction of the work: the same wave,
    but for plans of many steps.

    Two nested families of fixed limits reach the bound. Order, several steps, three crossing families and domains at
    once may leave a gap, which is returned, not hidden: `Schedule.minimal` is true only where it is 0.

    >>> from dsplan.waves.problem import Limit, NodeClass, PerNode
    >>> everywhere = frozenset({(0, 0), (0, 1)})
    >>> found = schedule(Problem(classes=(NodeClass(10, (0, 1)),), limits=(Limit("all", everywhere, 4),),
    ...                          per_node=(PerNode("one a node", frozenset({0, 1})),)))
    >>> found.waves, found.bound, found.minimal, sum(run.repeat * run.size for run in found.runs())
    (5, 5, True, 20)
    """
    startable, stalled = without_stalled(problem)
    known: dict[Problem, _Solved] = {}
    parts, left = [], list(stalled)
    for component in components(startable):
        if component.problem not in known:
            known[component.problem] = _solve(
                component.problem, all_waves=all_waves or component.problem.units <= _SMALL
            )
        solved = known[component.problem]
        intact = [_intact(problem.steps[place], startable.steps[place]) for place in component.steps]
        parts.append(_renumbered(solved, component, intact))
        names = dict(zip(sorted(component.problem.cells()), component.cells, strict=True))
        why = "order against steps" if _are_whole(component.problem) else "a step before it never ends"
        left += [Stalled(names[cell], count, why) for cell, count in solved.left_over]
    return Schedule(tuple(parts), tuple(sorted(left)))


def _intact(steps: Steps, trimmed: Steps) -> int:
    """Return how many of the first steps have all their units."""
    pairs = zip(steps.sizes, trimmed.sizes, strict=True)
    return next((place for place, (whole, kept) in enumerate(pairs) if whole != kept), len(steps.sizes))


def _are_whole(problem: Problem) -> bool:
    """Return whether all units of DaemonSets with steps belong to a step."""
    units: dict[int, int] = {}
    for cell in problem.cells():
        units[cell[1]] = units.get(cell[1], 0) + problem.count(cell)
    return all(
        sum(sizes[place] for sizes in steps.sizes) == units.get(daemonset, 0)
        for steps in problem.steps
        for place, daemonset in enumerate(steps.daemonsets)
    )


class _Solved(msgspec.Struct, frozen=True):
    runs: tuple[WaveRun, ...]
    bound: int
    method: Method
    searched: int = 0
    step_ends: tuple[tuple[int, ...], ...] = ()
    left_over: tuple[tuple[Cell, int], ...] = ()


def _solve(problem: Problem, *, all_waves: bool) -> _Solved:
    counts = {cell: problem.count(cell) for cell in problem.cells()}
    limits = binding(ceilings(problem), counts)
    bound = lower_bound(problem, limits)
    few_steps = all(len(steps.sizes) <= _MOST_STEPS for steps in problem.steps)
    simple = not problem.order and not problem.touches and not problem.loads and len(problem.steps) <= 1
    if simple and few_steps and _are_whole(problem):
        planner = FlowPlanner(counts, limits, problem.steps[0] if problem.steps else None)
        if planner.applies:
            runs, proved, ends = planner.plan(all_waves=all_waves)
            step_ends = (ends,) if problem.steps else ()
            if not all_waves:
                return _Solved(tuple(runs), len(runs), Method.FLOW, step_ends=step_ends)
            solved = _Solved(tuple(runs), max(bound, proved), Method.FLOW, step_ends=step_ends)
            return _searched(problem, limits, solved)
    if simple and not problem.steps:
        return _crossing(problem, counts, limits, bound, all_waves=all_waves)
    return _without_flow(problem, limits, bound, all_waves=all_waves)


def _crossing(
    problem: Problem, counts: Mapping[Cell, int], limits: list[Ceiling], bound: int, *, all_waves: bool
) -> _Solved:
    """Return waves by shifted flows where limits alone decide; by the greedy or a search where these have fewer."""
    planner = CrossingPlanner(counts, limits)
    runs = planner.plan(all_waves=all_waves)
    waves = _count(runs)
    if not all_waves or len(counts) * waves > _MOST_COMPARED:
        return _Solved(tuple(runs), min(bound, waves), Method.SHIFTS)
    for turn in range(1, _TURNS):
        if waves == bound:
            break
        again = planner.plan(turn=turn)
        runs, waves = min((runs, waves), (again, _count(again)), key=lambda found: found[1])
    shifted = _Solved(tuple(runs), min(bound, waves), Method.SHIFTS)
    if waves == bound:
        return shifted
    other = _without_flow(problem, limits, bound, all_waves=True)
    if _count(other.runs) < waves:
        return other
    method = Method.SEARCH if other.bound == waves else Method.SHIFTS
    return msgspec.structs.replace(shifted, bound=other.bound, method=method, searched=other.searched)


def _count(runs: Iterable[WaveRun]) -> int:
    return sum(run.repeat for run in runs)


def _searched(problem: Problem, limits: list[Ceiling], solved: _Solved) -> _Solved:
    """Return better waves or a better bound for a small problem that has a gap, what is known otherwise."""
    waves = _count(solved.runs)
    if waves <= solved.bound or solved.left_over:
        return solved
    found = improve_units(problem, limits, solved.bound, waves)
    if found.runs is not None:
        ends = ends_of(problem, found.runs)
        return _Solved(tuple(found.runs), found.bound, Method.SEARCH, found.looked_at, ends)
    method = Method.SEARCH if found.bound == waves else solved.method
    return msgspec.structs.replace(solved, bound=found.bound, method=method, searched=found.looked_at)


def _without_flow(problem: Problem, limits: list[Ceiling], bound: int, *, all_waves: bool) -> _Solved:
    greedy = Greedy(problem, limits)
    coupled = bool(problem.order or problem.steps or problem.touches)
    if not all_waves and (coupled or not is_small(problem, bound)):
        first = tuple(greedy.plan(all_waves=False))
        return _Solved(first, len(first), Method.GREEDY, step_ends=tuple(() for _ in problem.steps))
    runs = tuple(greedy.plan())
    left_over = tuple(sorted(greedy.left_over.items()))
    waves = _count(runs)
    if left_over or coupled:
        solved = _Solved(runs, min(bound, waves), Method.GREEDY, step_ends=greedy.step_ends, left_over=left_over)
        return _searched(problem, limits, solved)
    searched = improve(problem, limits, bound, waves)
    if searched.runs is not None:
        return _Solved(tuple(searched.runs), searched.bound, Method.SEARCH, searched.looked_at)
    method = Method.SEARCH if searched.looked_at and searched.bound == waves else Method.GREEDY
    return _Solved(runs, searched.bound, method, searched.looked_at)


def _renumbered(solved: _Solved, component: Component, intact: Sequence[int]) -> Part:
    """Return a part in the numbers of the whole problem; of each rule's steps, only so many `intact` ones ever end."""
    names = dict(zip(sorted(component.problem.cells()), component.cells, strict=True))
    daemonsets = {local[1]: cell[1] for local, cell in names.items()}
    classes = {local[0]: cell[0] for local, cell in names.items()}

    def mask(bits: int) -> int:
        return sum(1 << position for place, position in daemonsets.items() if bits >> place & 1)

    runs = tuple(
        WaveRun(
            run.repeat,
            tuple((names[cell], count) for cell, count in run.takes),
            tuple(Move(classes[m.node_class], mask(m.done), mask(m.chosen), m.count) for m in run.moves),
        )
        for run in solved.runs
    )
    ended = (found[:most] for found, most in zip(solved.step_ends, intact, strict=True))
    ends = tuple(zip(component.steps, ended, strict=True))
    return Part(frozenset(component.cells), runs, solved.bound, solved.method, solved.searched, ends)
