"""A second opinion that shares no code with the planner: rules checked unit by unit, and the optimum by brute force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from dsplan.waves.problem import Problem, Steps

Unit = tuple[int, int, int]
"""(node class, node within the class, DaemonSet)."""


def units_of(problem: Problem) -> list[Unit]:
    return [
        (c, n, d) for c, members in enumerate(problem.classes) for n in range(members.size) for d in members.daemonsets
    ]


def wave_problems(problem: Problem, wave: Iterable[Unit], *, first: bool) -> list[str]:
    """Rules within one wave."""
    wave = list(wave)
    found = []
    for limit in problem.limits:
        room = max(0, limit.limit - limit.down) if first else limit.limit
        size = sum((c, d) in limit.cells for c, _, d in wave)
        if size > room:
            found.append(f"limit {limit.name}: {size} > {room}")
    found += load_problems(problem, wave, first=first)
    for place, rule in enumerate(problem.per_node):
        per_node = Counter((c, n) for c, n, d in wave if d in rule.daemonsets)
        for (c, n), count in per_node.items():
            members = problem.classes[c]
            spent = (members.busy if first else members.stuck) or (0,) * len(problem.per_node)
            if count + spent[place] > rule.limit:
                found.append(f"node {c}.{n}: {count} + {spent[place]} > {rule.limit}")
    for touch in problem.touches:
        touched = {place for place, domain in enumerate(touch.domains) if any((c, d) in domain for c, _, d in wave)}
        if first and touched:
            touched |= set(touch.open)
        if len(touched) > touch.limit:
            found.append(f"domains {sorted(touched)} > {touch.limit}")
    return found


def load_problems(problem: Problem, wave: list[Unit], *, first: bool) -> list[str]:
    found = []
    for load in problem.loads:
        room = max(0, load.limit - load.down) if first else load.limit
        weights = dict(load.weights)
        weight = sum(min(load.limit, weights.get((c, d), 0)) for c, _, d in wave)
        if weight > room:
            found.append(f"load {load.name}: {weight} > {room}")
    return found


def sequence_problems(problem: Problem, done: set[Unit], wave: Iterable[Unit], units: list[Unit]) -> list[str]:
    """Rules between a wave and what was done before it."""
    wave = list(wave)
    found = [f"{unit} twice" for unit in wave if unit in done]
    for edge in problem.order:
        for c, n, d in wave:
            if d == edge.then:
                before = [u for u in units if u[2] == edge.first and (not edge.per_node or u[:2] == (c, n))]
                found += [f"{(c, n, d)} before {u}" for u in before if u not in done]
    for steps in problem.steps:
        target = targets_now(steps, done)
        for place, daemonset in enumerate(steps.daemonsets):
            after = sum(u[2] == daemonset for u in done) + sum(u[2] == daemonset for u in wave)
            if any(u[2] == daemonset for u in wave) and after > target[place]:
                found.append(f"step: {after} of {daemonset} > {target[place]}")
        in_canary = target == list(steps.sizes[0])
        if steps.canary and in_canary and any(d in steps.daemonsets and (c, d) not in steps.canary for c, _, d in wave):
            found.append("outside the canary")
    return found


def targets_now(steps: Steps, done: set[Unit]) -> list[int]:
    total = [0] * len(steps.daemonsets)
    for sizes in steps.sizes:
        total = [a + b for a, b in zip(total, sizes, strict=True)]
        if any(sum(u[2] == d for u in done) < t for d, t in zip(steps.daemonsets, total, strict=True)):
            return total
    return total


def optimum(problem: Problem) -> int | None:
    """The fewest waves, walking breadth first through the sets of units that can be done; None where not all can be.

    A set is looked at once, in the first wave after which it can be done: what may follow depends on nothing else. All
    subsets of what is left of all sets of 9 units are 3^9 pairs, so every one is tried.
    """
    units = units_of(problem)
    everything = (1 << len(units)) - 1
    before = [_before(1 << place, units, problem) for place in range(len(units))]
    allowed = {
        first: [not wave_problems(problem, _of(mask, units), first=first) for mask in range(everything + 1)]
        for first in (True, False)
    }
    known, reached, wave = {0}, [0], 0
    while everything not in known and reached:
        following = {
            done | mask
            for done in reached
            for mask in _steps_from(done, everything, before, problem, units)
            if allowed[wave == 0][mask]
        } - known
        if wave == 0:
            following.add(0)  # waiting once for what is down already changes what may go
        known |= following
        reached = sorted(following)
        wave += 1
    return wave if everything in known else None


def _steps_from(done: int, everything: int, before: list[int], problem: Problem, units: list[Unit]) -> Iterator[int]:
    """Every set of units that order and steps let go next."""
    may_go, fits = _stepwise(problem, done, units)
    free = everything & ~done & may_go
    free &= ~sum(1 << place for place, needed in enumerate(before) if needed & ~done)
    mask = free
    while mask:
        if fits(mask):
            yield mask
        mask = (mask - 1) & free


def _of(mask: int, units: list[Unit]) -> list[Unit]:
    return [unit for place, unit in enumerate(units) if mask >> place & 1]


def _before(mask: int, units: list[Unit], problem: Problem) -> int:
    """The units that must be done before those of a mask."""
    found = 0
    for c, n, d in _of(mask, units):
        for edge in problem.order:
            if edge.then == d:
                for place, other in enumerate(units):
                    if other[2] == edge.first and (not edge.per_node or other[:2] == (c, n)):
                        found |= 1 << place
    return found


def _stepwise(problem: Problem, done: int, units: list[Unit]) -> tuple[int, Callable[[int], bool]]:
    """Which units the current steps let go, and whether so many of them may."""
    may, room = (1 << len(units)) - 1, list[tuple[int, int]]()
    for steps in problem.steps:
        target = targets_now(steps, set(_of(done, units)))
        for daemonset, most in zip(steps.daemonsets, target, strict=True):
            own = sum(1 << place for place, unit in enumerate(units) if unit[2] == daemonset)
            room.append((own, most - (done & own).bit_count()))
        if steps.canary and target == list(steps.sizes[0]):
            outside = [p for p, (c, _, d) in enumerate(units) if d in steps.daemonsets and (c, d) not in steps.canary]
            may &= ~sum(1 << place for place in outside)
    return may, lambda mask: all((mask & own).bit_count() <= left for own, left in room)


def schedule_problems(problem: Problem, waves: list[list[Unit]], left: int = 0) -> list[str]:
    """Every rule that a schedule of named units breaks."""
    units = units_of(problem)
    done: set[Unit] = set()
    found = []
    for number, wave in enumerate(waves):
        found += [f"wave {number}: {text}" for text in wave_problems(problem, wave, first=number == 0)]
        found += [f"wave {number}: {text}" for text in sequence_problems(problem, done, wave, units)]
        if len(set(wave)) < len(wave):
            found.append(f"wave {number}: a unit twice")
        done |= set(wave)
    if len(done) + left != len(units):
        found.append(f"{len(units) - len(done)} units never went, {left} said to stall")
    return found
