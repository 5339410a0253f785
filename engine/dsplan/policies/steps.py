"""The step grammar: one tuple of steps, whatever way they are written, and how many pods each comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..model.durations import parse_duration
from ..model.meta import Identity
from ..model.policy import Canary, Gate, PolicySpec, Step, Steps
from .amounts import resolve

__all__ = ["StepRule", "canary_says", "step_rules", "steps_in_turn", "targets_of"]

_ALL = "100%"


class StepRule(msgspec.Struct, frozen=True):
    """One step. `to` is how many pods of each DaemonSet are updated when it is done; `soak` is in seconds.

    `is_canary` marks the first step where nodes are chosen for it. `cohort` are the DaemonSets that go through the step
    together; none stands for all. `says` is its written content and `turn` which of equal ones it is: State knows a
    step by these two, never by its number.
    """

    number: int
    name: str
    to: tuple[int | str, ...]
    soak: float
    gate: Gate
    is_canary: bool = False
    cohort: frozenset[Identity] = frozenset()
    says: str = ""
    turn: int = 0

    def concerns(self, daemonset: Identity) -> bool:
        """Return whether a DaemonSet goes through this step."""
        return not self.cohort or daemonset in self.cohort


def steps_in_turn(spec: PolicySpec, cohorts: Sequence[Mapping[Identity, int]]) -> tuple[StepRule, ...]:
    """Return the steps of one cohort after those of another, numbered through; `cohorts` have the pods of each.

    >>> cni, csi = Identity("DaemonSet", "default", "cni"), Identity("DaemonSet", "default", "csi")
    >>> spec = PolicySpec(targets=(), steps=Steps(list=(1,)))
    >>> [(rule.number, rule.name) for rule in steps_in_turn(spec, [{cni: 5}, {csi: 5}])]
    [(0, 'default/cni 1'), (1, 'default/cni 100%'), (2, 'default/csi 1'), (3, 'default/csi 100%')]
    """
    found: list[StepRule] = []
    for pods in cohorts:
        several = len(cohorts) > 1
        prefix = ", ".join(map(str, sorted(pods))) + " " if several else ""
        for rule in step_rules(spec, max(pods.values(), default=0)):
            cohort = frozenset(pods if several else ())
            found.append(msgspec.structs.replace(rule, number=len(found), name=prefix + rule.name, cohort=cohort))
    return tuple(found)


def step_rules(spec: PolicySpec, most: int) -> tuple[StepRule, ...]:
    """Return the steps of a policy; the last one always takes everything. `most` is its largest DaemonSet, in pods.

    >>> from dsplan.model.policy import Growth, PolicySpec, Steps
    >>> [rule.to for rule in step_rules(PolicySpec(targets=(), steps=Steps(slow_start=Growth(start=1, factor=2))), 10)]
    [(1,), (3,), (7,), ('100%',)]
    """
    found = list(_canary(spec)) + list(_written(spec.steps, most))
    if not found or found[-1].is_canary:
        found.append(StepRule(0, "all", (_ALL,), 0.0, Gate()))
    return tuple(_numbered(found, "" if spec.canary is None else canary_says(spec.canary)))


def _numbered(rules: Sequence[StepRule], canary: str) -> Iterator[StepRule]:
    """Yield steps with their numbers, what they say, and which of equal ones they are."""
    seen: Counter[str] = Counter()
    for place, rule in enumerate(rules):
        what = canary if rule.is_canary else str(rule.to[0])
        gate = ", by hand" if rule.gate.manual else ""
        says = f"{what}; soak {rule.soak:g}; {rule.gate.min_available} available{gate}"
        yield msgspec.structs.replace(rule, number=place, says=says, turn=seen[says])
        seen[says] += 1


def canary_says(canary: Canary) -> str:
    """Return what a canary says about its nodes, as one text: equal texts choose equally."""
    chosen = msgspec.structs.replace(canary, soak="", gate=None)
    return "canary " + msgspec.json.encode(chosen, order="sorted").decode()


def _canary(spec: PolicySpec) -> Iterator[StepRule]:
    if spec.canary is not None:
        gate = spec.canary.gate or Gate()
        yield StepRule(0, "canary", (), parse_duration(spec.canary.soak) or 0.0, gate, is_canary=True)


def _written(steps: Steps | None, most: int) -> Iterator[StepRule]:
    if steps is None:
        return
    soak, gate = parse_duration(steps.soak) or 0.0, steps.gate or Gate()
    entries = list(_amounts(steps, most))
    if entries[-1] != _ALL and not (isinstance(entries[-1], Step) and entries[-1].to == _ALL):
        entries.append(_ALL)
    for entry in entries:
        if isinstance(entry, Step):
            own = parse_duration(entry.soak) if entry.soak else soak
            yield StepRule(0, str(entry.to), (entry.to,), own or 0.0, entry.gate or gate)
        else:
            yield StepRule(0, str(entry), (entry,), soak, gate)


def _amounts(steps: Steps, most: int) -> Iterator[int | str | Step]:
    if steps.list:
        yield from steps.list
    elif steps.linear is not None:
        yield from _linear(steps.linear.by, most)
    elif steps.exponential is not None:
        reached = steps.exponential.start
        while reached < most:
            yield reached
            reached *= steps.exponential.factor
        yield _ALL
    elif steps.slow_start is not None:
        reached, size = steps.slow_start.start, steps.slow_start.start
        while reached < most:
            yield reached
            size *= steps.slow_start.factor
            reached += size
        yield _ALL


def _linear(by: int | str, most: int) -> Iterator[int | str]:
    if isinstance(by, str):
        share = int(by.removesuffix("%"))
        yield from (f"{percent}%" for percent in range(share, 100, share))
    else:
        yield from range(by, most, by)
    yield _ALL


def targets_of(rules: Sequence[StepRule], total: int, canary: int) -> tuple[int, ...]:
    """Return how many pods of a DaemonSet of `total` are updated after each step, never falling.

    >>> from dsplan.model.policy import Steps
    >>> targets_of(step_rules(PolicySpec(targets=(), steps=Steps(list=(1, "5%", "100%"))), 50), 50, 0)
    (1, 3, 50)
    """
    found: list[int] = []
    for rule in rules:
        number = canary if rule.is_canary else min(total, resolve(rule.to[0], total).number)
        found.append(max(number, found[-1] if found else 0))
    return tuple(found)
