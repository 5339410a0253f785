"""Where a policy's roll-out stands: which step, whether it is settled, how long it soaks, what its gate says.

A step is done when all its units are new; it is settled while its gate's share of them is available; it is over when
it was settled for its soak without a break and, at a manual gate, somebody passed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from pyroaring import BitMap

from ..model.durations import duration_text
from ..model.meta import Identity
from ..model.policy import RolloutPolicy
from ..model.state import LearnedHash, PolicyProgress
from .amounts import resolve
from .assemble import StepPlan
from .steps import StepRule, steps_in_turn, targets_of
from .subjects import Units

__all__ = ["Standing", "advance", "same_rollout"]


class Standing(msgspec.Struct, frozen=True):
    """Where a policy stands now; `waits` says why nothing more may begin (empty: it may), `again_at` when to look
    again."""

    progress: PolicyProgress
    rules: tuple[StepRule, ...]
    targets: dict[Identity, tuple[int, ...]]
    plans: tuple[StepPlan, ...]
    waits: str
    again_at: datetime | None
    assumed: str


def same_rollout(before: PolicyProgress | None, hashes: Mapping[Identity, str]) -> bool:
    """Return whether progress belongs to the roll-out of these hashes: no DaemonSet's differs."""
    return before is not None and all(
        hashes.get(entry.daemonset, entry.hash) == entry.hash for entry in before.revisions
    )


def advance(
    policy: RolloutPolicy,
    before: PolicyProgress | None,
    units: Mapping[Identity, Units],
    cohorts: Sequence[Sequence[Identity]],
    kept: Mapping[Identity, BitMap],
    canary: BitMap,
    canary_names: tuple[str, ...],
    exempt: BitMap,
    hashes: Mapping[Identity, str],
    now: datetime,
) -> Standing:
    """Return where a roll-out stands, steps that are over passed.

    One of `cohorts` goes through the steps after the other. `kept` nodes stay old (partition). `exempt` nodes need not
    become available (they were broken before).
    """
    rules = steps_in_turn(policy.spec, [{daemonset: len(units[daemonset].wanted) for daemonset in c} for c in cohorts])
    walk = _Walk(rules, units, kept, canary, exempt)
    begun = before if same_rollout(before, hashes) and before is not None else None
    progress = msgspec.structs.replace(
        begun or PolicyProgress(policy=policy.identity, step=walk.passed() if before is None else 0, began=now),
        revisions=tuple(LearnedHash(daemonset=identity, hash=hashes[identity]) for identity in sorted(hashes)),
        canary=canary_names,
        paused=policy.spec.paused or policy.spec.frozen,
    )
    assumed = ""
    if begun is None and before is None and progress.step:
        assumed = f"no progress given: step {progress.step + 1} of {len(rules)} is assumed from the pods"
    waits, again_at = "", None
    while walk.is_left:
        progress, waits, again_at = _look(progress, walk, rules, now)
        if waits != _NEXT:
            break
    else:
        progress = msgspec.structs.replace(progress, step=len(rules) - 1, settled=None)
    plans = tuple(_plans(policy.identity, walk, rules, progress.step, canary)) if len(rules) > 1 else ()
    return Standing(progress, rules, walk.targets, plans, waits, again_at, assumed)


def _plans(
    policy: Identity, walk: _Walk, rules: Sequence[StepRule], current: int, canary: BitMap
) -> Iterator[StepPlan]:
    """Yield what is left of the steps, cohort by cohort; one that is through takes what it still finds at once."""
    cohorts: dict[frozenset[Identity], list[int]] = {}
    for rule in rules:
        cohorts.setdefault(rule.cohort, []).append(rule.number)
    sizes = walk.sizes(current)
    for numbers in cohorts.values():
        ahead = [number for number in numbers if number >= current] or [numbers[-1]]
        mine = [place for place, identity in enumerate(walk.daemonsets) if rules[numbers[0]].concerns(identity)]
        steps = [sizes[max(number, current)] for number in ahead]
        yield StepPlan(
            policy,
            ahead[0],
            tuple(walk.daemonsets[place] for place in mine),
            tuple(tuple(step[place] for place in mine) for step in steps),
            canary if rules[ahead[0]].is_canary else None,
        )


_NEXT = "next"


def _look(
    progress: PolicyProgress, walk: _Walk, rules: Sequence[StepRule], now: datetime
) -> tuple[PolicyProgress, str, datetime | None]:
    """Look at the current step once: what it waits for, or `_NEXT` with the progress of the next step."""
    rule = rules[min(progress.step, len(rules) - 1)]
    progress = msgspec.structs.replace(progress, step=rule.number)
    if rule.number + 1 == len(rules) or any(walk.allowance(rule.number)):
        return msgspec.structs.replace(progress, settled=None), "", None
    name = f"step {rule.number + 1} of {len(rules)} ({rule.name})"
    if rule.is_canary and not walk.has_canary:
        return progress, f"{name}: it has no node", None
    ready, needed = walk.available(rule)
    if ready < needed:
        waits = f"{name}: {ready:,} of {needed:,} new pods are available"
        return msgspec.structs.replace(progress, settled=None), waits, None
    settled = progress.settled or now
    progress = msgspec.structs.replace(progress, settled=settled)
    over = settled + timedelta(seconds=rule.soak)
    if now < over:
        return progress, f"{name}: soaks {duration_text(rule.soak)}, until {over.isoformat()}", over
    if rule.gate.manual:
        results = [result for result in progress.gates if result.step == rule.number]
        if not results:
            return progress, f"{name}: waits for its gate", None
        if not results[-1].passed:
            return progress, f"{name}: its gate failed {results[-1].note}".rstrip(), None
    return msgspec.structs.replace(progress, step=rule.number + 1, began=now, settled=None), _NEXT, None


class _Walk:
    """Steps in numbers of pods, DaemonSet by DaemonSet."""

    def __init__(
        self,
        rules: Sequence[StepRule],
        units: Mapping[Identity, Units],
        kept: Mapping[Identity, BitMap],
        canary: BitMap,
        exempt: BitMap,
    ) -> None:
        self._rules = rules
        self._units = dict(sorted(units.items()))
        self._kept = kept
        self._canary = canary
        self._exempt = exempt
        self.daemonsets = tuple(self._units)
        self.targets = {identity: tuple(self._targets(identity)) for identity in self._units}

    def _targets(self, identity: Identity) -> Iterator[int]:
        """Yield how many pods are updated after each step: none before the first of its own, all after the last."""
        wanted = self._units[identity].wanted
        most = len(wanted - self._stays(identity))
        mine = [rule for rule in self._rules if rule.concerns(identity)]
        own = targets_of(mine, len(wanted), len(wanted & self._canary))
        reached = 0
        for rule in self._rules:
            if rule.concerns(identity):
                reached = min(most, own[rule.number - mine[0].number])
            yield reached

    @property
    def has_canary(self) -> bool:
        """Whether any target is wanted on a node of the canary."""
        return any(found.wanted & self._canary for found in self._units.values())

    @property
    def is_left(self) -> bool:
        """Whether any pod is still to be replaced."""
        return any(self._left(identity) for identity in self._units)

    def _left(self, identity: Identity) -> BitMap:
        return self._units[identity].old - self._stays(identity)

    def _stays(self, identity: Identity) -> BitMap:
        """Return the nodes that are left as they are: by partition, or since they were broken before."""
        found = self._units[identity]
        return self._kept[identity] | ((found.old | found.sick) & self._exempt)

    def _done(self, identity: Identity) -> int:
        """Return how many are new, or become so whatever the step: sick pods are replaced at once."""
        return len(self._units[identity].wanted - self._stays(identity)) - len(self._left(identity))

    def allowance(self, step: int) -> list[int]:
        """Return how many units of each DaemonSet a step may still take down."""
        rule = self._rules[step]
        return [
            len(self._left(identity) & self._canary)
            if rule.is_canary and rule.concerns(identity)
            else min(len(self._left(identity)), max(0, self.targets[identity][step] - self._done(identity)))
            for identity in self._units
        ]

    def passed(self) -> int:
        """Return the step that pods alone tell of: the first one that no DaemonSet has gone beyond."""
        return next((rule.number for rule in self._rules if self._is_within(rule)), len(self._rules) - 1)

    def _is_within(self, rule: StepRule) -> bool:
        """Return whether nobody has gone beyond a step; while its own cohort is not through, others tell nothing.

        What is new of a later cohort came with new nodes, or for sick pods.
        """
        left = any(self._left(identity) for identity in self._units if rule.concerns(identity))
        for identity, found in self._units.items():
            if rule.is_canary and rule.concerns(identity):
                if (found.updated & found.wanted) - self._canary:
                    return False
            elif (rule.concerns(identity) or not left) and len(found.updated) > self.targets[identity][rule.number]:
                return False
        return True

    def available(self, rule: StepRule) -> tuple[int, int]:
        """Return how many new pods are available and how many the gate wants.

        A sick pod that is still to be replaced was counted to its step, which is not over before its successor runs.
        """
        ready = wanted = 0
        for identity, found in self._units.items():
            if not rule.concerns(identity):
                continue
            inside = self._canary if rule.is_canary else found.wanted
            ready += len(found.updated & inside) + len(found.superseded & inside)
            coming = (found.rising - self._exempt) | (found.sick - self._stays(identity))
            wanted += len((found.updated | found.superseded | coming) & inside)
        return ready, resolve(rule.gate.min_available, wanted).number if wanted else 0

    def sizes(self, current: int) -> dict[int, tuple[int, ...]]:
        """Return what each step from the current one on comes to, in units of `daemonsets`.

        The last step of a DaemonSet's own takes what no step has taken.
        """
        left = [len(self._left(identity)) for identity in self._units]
        reached = [self._done(identity) for identity in self._units]
        last = {identity: max(r.number for r in self._rules if r.concerns(identity)) for identity in self._units}
        found = {}
        for step in range(current, len(self._rules)):
            wanted = self.allowance(current) if step == current else None
            sizes = []
            for place, identity in enumerate(self._units):
                size = wanted[place] if wanted else max(0, self.targets[identity][step] - reached[place])
                size = left[place] if step == max(current, last[identity]) else min(left[place], size)
                sizes.append(size)
                left[place] -= size
                reached[place] += size
            found[step] = tuple(sizes)
        return found
