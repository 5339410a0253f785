"""Where a policy's roll-out stands: which step, whether it is settled, how long it soaks, what its gate says.

A step is done when all its units are new; it is settled while its gate's share of them is available; it is over when
it was settled for its soak without a break and, at a manual gate, somebody passed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from pyroaring import BitMap

from ...model.durations import duration_text
from ...model.meta import Identity
from ...model.policy import RolloutPolicy
from ...model.state import LearnedHash, PolicyProgress
from .amounts import resolve
from .assemble import StepPlan
from .steps import StepRule, step_rules, targets_of
from .subjects import Units

__all__ = ["Standing", "advance", "same_rollout"]


class Standing(msgspec.Struct, frozen=True):
    """Where a policy stands now; `waits` says why nothing more may begin (empty: it may), `again_at` when to look
    again."""

    progress: PolicyProgress
    rules: tuple[StepRule, ...]
    targets: dict[Identity, tuple[int, ...]]
    plan: StepPlan | None
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
    kept: Mapping[Identity, BitMap],
    canary: BitMap,
    canary_names: tuple[str, ...],
    exempt: BitMap,
    hashes: Mapping[Identity, str],
    now: datetime,
) -> Standing:
    """Return where a roll-out stands, steps that are over passed.

    `kept` nodes stay old (partition). `exempt` nodes need not become available (they were broken before).
    """
    rules = step_rules(policy.spec, max((len(found.wanted) for found in units.values()), default=0))
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
    sizes = walk.sizes(progress.step)
    plan = None
    if len(rules) > 1:
        in_canary = rules[progress.step].is_canary
        plan = StepPlan(policy.identity, tuple(sorted(units)), sizes, canary if in_canary else None)
    return Standing(progress, rules, walk.targets, plan, waits, again_at, assumed)


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
        self.targets = {
            identity: tuple(
                min(target, len(found.wanted) - len(kept[identity]))
                for target in targets_of(rules, len(found.wanted), len(found.wanted & canary))
            )
            for identity, found in self._units.items()
        }

    @property
    def has_canary(self) -> bool:
        """Whether any target is wanted on a node of the canary."""
        return any(found.wanted & self._canary for found in self._units.values())

    @property
    def is_left(self) -> bool:
        """Whether any pod is still to be replaced."""
        return any(self._left(identity) for identity in self._units)

    def _left(self, identity: Identity) -> BitMap:
        return self._units[identity].old - self._kept[identity]

    def _done(self, identity: Identity) -> int:
        """Return how many are new, or become so whatever the step: sick pods are replaced at once."""
        kept = self._kept[identity]
        return len(self._units[identity].wanted - kept) - len(self._left(identity))

    def allowance(self, step: int) -> list[int]:
        """Return how many units of each DaemonSet a step may still take down."""
        if self._rules[step].is_canary:
            return [len(self._left(identity) & self._canary) for identity in self._units]
        return [
            min(len(self._left(identity)), max(0, self.targets[identity][step] - self._done(identity)))
            for identity in self._units
        ]

    def passed(self) -> int:
        """Return the step that pods alone tell of: the first one that no DaemonSet has gone beyond."""
        for step, rule in enumerate(self._rules):
            if rule.is_canary and any((found.updated & found.wanted) - self._canary for found in self._units.values()):
                continue
            if rule.is_canary or all(
                len(self._units[identity].updated) <= self.targets[identity][step] for identity in self._units
            ):
                return step
        return len(self._rules) - 1

    def available(self, rule: StepRule) -> tuple[int, int]:
        """Return how many new pods are available and how many the gate wants."""
        ready = wanted = 0
        for found in self._units.values():
            inside = self._canary if rule.is_canary else found.wanted
            ready += len(found.updated & inside) + len(found.superseded & inside)
            wanted += len((found.updated | found.superseded | (found.rising - self._exempt)) & inside)
        return ready, resolve(rule.gate.min_available, wanted).number if wanted else 0

    def sizes(self, current: int) -> tuple[tuple[int, ...], ...]:
        """Return what each step from the current one on comes to, in units."""
        left = [len(self._left(identity)) for identity in self._units]
        found = [tuple(self.allowance(current))]
        left = [rest - size for rest, size in zip(left, found[0], strict=True)]
        reached = [self._done(identity) + size for identity, size in zip(self._units, found[0], strict=True)]
        for step in range(current + 1, len(self._rules)):
            targets = [self.targets[identity][step] for identity in self._units]
            sizes = [min(rest, max(0, t - r)) for rest, t, r in zip(left, targets, reached, strict=True)]
            left = [rest - size for rest, size in zip(left, sizes, strict=True)]
            reached = [r + size for r, size in zip(reached, sizes, strict=True)]
            found.append(tuple(sizes))
        last = tuple(size + rest for size, rest in zip(found[-1], left, strict=True))
        return (*found[:-1], last)
