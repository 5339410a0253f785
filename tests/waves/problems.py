"""Random wave problems, small enough for brute force (9 units, 3 overlapping budgets)."""

from __future__ import annotations

from random import Random
from typing import Any

from dsplan.waves.naming import name_units
from dsplan.waves.problem import Cell, Limit, Load, NodeClass, PerNode, Precedence, Problem, Steps, Touch
from dsplan.waves.schedule import schedule
from dsplan.waves.schedule_types import Schedule
from tests.waves.oracle import Unit, optimum, schedule_problems

Classes = list[tuple[int, tuple[int, ...]]]


def random_problem(
    rng: Random, *, order: bool = False, steps: bool = False, touch: bool = False, load: bool = False, most: int = 9
) -> Problem:
    daemonsets = rng.randint(1, 3)
    classes = _classes(rng, daemonsets, most)
    cells = [(c, d) for c, (_, members) in enumerate(classes) for d in members]
    per_node = (PerNode("node", frozenset(range(daemonsets)), rng.choice([1, 1, 2])),) if rng.random() < 0.5 else ()
    more: dict[str, Any] = {}
    if order:
        pairs = [(a, b) for a in range(daemonsets) for b in range(a + 1, daemonsets) if rng.random() < 0.6]
        more["order"] = tuple(Precedence(a, b, rng.random() < 0.6) for a, b in pairs)
    if steps:
        more["steps"] = tuple(_steps(rng, classes, cells, group) for group in _groups(rng, daemonsets))
    if touch:
        more["touches"] = tuple(_touch(rng, classes, cells) for _ in range(rng.choice((1, 1, 2))))
    if load:
        more["loads"] = (_load(rng, cells),)
    return Problem(
        classes=tuple(NodeClass(n, ds, (rng.choice([0, 0, 1]),) if per_node else ()) for n, ds in classes),
        limits=tuple(_limit(rng, cells, place) for place in range(rng.randint(0, 3))),
        per_node=per_node,
        **more,
    )


def _classes(rng: Random, daemonsets: int, most: int) -> Classes:
    classes: Classes = [(1, (0,))]
    for _ in range(rng.randint(0, 6)):
        chosen = (rng.randint(1, 3), tuple(sorted(rng.sample(range(daemonsets), rng.randint(1, daemonsets)))))
        if sum(size * len(members) for size, members in [*classes, chosen]) <= most:
            classes.append(chosen)
    return classes


def _limit(rng: Random, cells: list[Cell], place: int) -> Limit:
    limit = rng.randint(1, 3)
    inside = frozenset(rng.sample(cells, rng.randint(1, len(cells))))
    return Limit(f"L{place}", inside, limit, rng.choice([0, 0, rng.randint(0, limit)]))


def _load(rng: Random, cells: list[Cell]) -> Load:
    limit = rng.randint(2, 7)
    weights = tuple((cell, rng.randint(1, 8)) for cell in cells if rng.random() < 0.8)
    return Load("bytes", weights, limit, rng.choice([0, 0, rng.randint(0, limit)]))


def _groups(rng: Random, daemonsets: int) -> list[list[int]]:
    """DaemonSets that go in steps together; some are in no group."""
    of = [rng.choice((0, 0, 1, None)) for _ in range(daemonsets)]
    return [[d for d in range(daemonsets) if of[d] == group] for group in (0, 1) if group in of]


def _steps(rng: Random, classes: Classes, cells: list[Cell], group: list[int]) -> Steps:
    left = [sum(size for size, members in classes if d in members) for d in group]
    sizes = []
    canary = frozenset(cell for cell in cells if cell[1] in group and rng.random() < 0.3)
    if rng.random() < 0.5:
        canary = frozenset()
    if canary:
        sizes.append(tuple(sum(classes[c][0] for c, d in canary if d == own) for own in group))
        left = [rest - size for rest, size in zip(left, sizes[0], strict=True)]
    for _ in range(rng.randint(0, 2)):
        sizes.append(tuple(rng.randint(0, rest) for rest in left))
        left = [rest - size for rest, size in zip(left, sizes[-1], strict=True)]
    return Steps("steps", tuple(group), (*sizes, tuple(left)), canary)


def _touch(rng: Random, classes: Classes, cells: list[Cell]) -> Touch:
    domain_of = [rng.randint(0, 2) for _ in classes]
    domains = [frozenset(cell for cell in cells if domain_of[cell[0]] == place) for place in range(3)]
    kept = tuple(domain for domain in domains if domain)
    held = tuple(rng.sample(range(len(kept)), min(len(kept), rng.choice([0, 0, 1, 2]))))
    return Touch("domains", kept, rng.randint(1, 2), held)


def random_grid(rng: Random) -> Problem:
    """A fleet of zones and pools: limits per DaemonSet and zone, across DaemonSets per pool, one daemon a node."""
    zones, pools, daemonsets = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 3)
    places = [(zone, pool) for zone in range(zones) for pool in range(pools)]
    classes = tuple(
        NodeClass(rng.randint(1, 20), tuple(sorted(rng.sample(range(daemonsets), rng.randint(1, daemonsets)))))
        for _ in places
    )
    cells = [(c, d) for c, members in enumerate(classes) for d in members.daemonsets]
    sets = [
        frozenset(cell for cell in cells if cell[1] == d and places[cell[0]][0] == z)
        for d in range(daemonsets)
        for z in range(zones)
    ]
    sets += [frozenset(cell for cell in cells if places[cell[0]][1] == p) for p in range(pools)]
    limits = tuple(Limit(f"{place}", cells, rng.randint(1, 6)) for place, cells in enumerate(sets) if cells)
    return Problem(classes=classes, limits=limits, per_node=(PerNode("node", frozenset(range(daemonsets))),))


def simple_bound(problem: Problem) -> int:
    """The largest number of waves that any single rule asks for."""
    per_set = [-(-sum(problem.count(cell) for cell in limit.cells) // limit.limit) for limit in problem.limits]
    return max([len(members.daemonsets) for members in problem.classes] + per_set)


def named_waves(problem: Problem, found: Schedule) -> list[list[Unit]]:
    return [[(c, n, d) for c, pairs in wave.items() for d, n in pairs] for wave in name_units(problem, found)]


def verdict(problem: Problem) -> list[str]:
    """Everything that is wrong with what the planner makes of a problem, by rules and optimum of its own."""
    found = schedule(problem)
    wrong = schedule_problems(problem, named_waves(problem, found), sum(entry.count for entry in found.stalled))
    least = optimum(problem)
    if found.stalled:
        may_stall = bool(problem.order and problem.steps)
        return wrong + ([f"stalled, though {least} waves do"] if least is not None and not may_stall else [])
    if least is None:
        return [*wrong, "planned the impossible"]
    if found.bound > least:
        wrong.append(f"bound {found.bound} above the optimum {least}")
    if found.waves < least:
        wrong.append(f"{found.waves} waves below the optimum {least}")
    if found.minimal and found.waves != least:
        wrong.append(f"called minimal with {found.waves} waves, {least} do")
    return wrong
