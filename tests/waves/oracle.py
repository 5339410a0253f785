"""A second opinion that shares no code with the planner: rules checked unit by unit, and the optimum by brute force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

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


def optimum(problem: Problem, most: int = 30) -> int | None:
    """The fewest waves, by walking every set of units that can be done (bits); None where not all can ever be."""
    units = units_of(problem)
    everything = (1 << len(units)) - 1
    allowed = {
        first: [mask for mask in range(1, everything + 1) if not wave_problems(problem, _of(mask, units), first=first)]
        for first in (True, False)
    }
    before = [_before(mask, units, problem) for mask in range(everything + 1)]
    reached = {0}
    for wave in range(most):
        if everything in reached:
            return wave
        following = set(reached)
        for done in reached:
            may_go = _stepwise(problem, done, units)
            following |= {
                done | mask
                for mask in allowed[wave == 0]
                if not mask & done and not before[mask] & ~done and not mask & ~may_go[0] and may_go[1](mask)
            }
        if not problem.steps:
            following = {
                done for done in following if not any(done != other and done & ~other == 0 for other in following)
            }
        if following == reached and wave:
            return None
        reached = following
    return None


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
