"""What must hold of every decision, judged from the facts and not from the reasons that the decision gives.

- Update deletions never take more available pods down than the budget allows beyond the nodes already down (R11).
  What manage deletes (M20, M23) and sick pods replaced beyond it (R9, R12) are other lines.
- Under surge at most maxSurge nodes are doubled for the update (R26), and no available pod of a wanted node goes
  before its successor is available (R24, M18), unless it is a duplicate of an older pod of its kind (M17).
- Without surge no pod is created beside another; with surge none beside a live new one (M7, M15).
- No pod is created on a node whose verdict is KEEP or DENY (E4, M21).
- manage deletes no available pod that is alone on a wanted node (M13, M16).
- Nothing is created or deleted while earlier writes are not seen (C6), and nothing twice in one decision.
- At the fixed point a pass over the final world, made from nothing, has nothing to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from ..constraints import BUILTIN_RULES, Constraint, Rule, constraints_of
from ..diff import Action, Actor, Stage, allows_surge, resolve_budget
from ..diff.budget import BudgetError
from ..eligibility import NodeIndex, Verdict, evaluate
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.state import Expectations
from ..model.world import World
from ..observe import Group, Observed, PodFact, Shape
from ..passes import step
from ..passes.memory import expectations_satisfied
from .coverage import is_settled_alone

__all__ = ["Invariant", "Violation", "judge", "judge_fixed_point"]

_TERMINATING, _AVAILABLE, _CURRENT = int(PodFact.TERMINATING), int(PodFact.AVAILABLE), int(PodFact.HASH_CURRENT)
_FINISHED = int(PodFact.FAILED | PodFact.SUCCEEDED)


class Invariant(StrEnum):
    """What was broken."""

    OVER_BUDGET = "OverBudget"
    OVER_SURGE = "OverSurge"
    SERVICE_LOST = "ServiceLost"
    SECOND_POD = "SecondPod"
    NOT_WANTED = "NotWanted"
    HEALTHY_DELETED = "HealthyDeleted"
    IN_FLIGHT = "InFlight"
    TWICE = "Twice"
    NOT_AT_REST = "NotAtRest"


class Violation(msgspec.Struct, frozen=True):
    """One broken invariant."""

    at: datetime
    invariant: Invariant
    daemonset: Identity
    text: str


def judge(
    daemonset: DaemonSet,
    actions: Iterable[Action],
    observed: Observed,
    index: NodeIndex,
    *,
    now: datetime,
    expectations: Expectations | None = None,
    constraints: Sequence[Constraint] | None = None,
) -> list[Violation]:
    """Return every invariant that the actions would break, given what was there when they were decided.

    `constraints` are those of the DaemonSet, with the built-in rules where they are not given.
    Deletions by a host (Actor.HOST) are judged by its own policy, not by the DaemonSet's budget, and what is in flight
    does not forbid them: it has spent that policy's budget.
    """
    pods = [action for action in actions if action.kind == "Pod" and action.verb in ("create", "delete")]
    if not pods:
        return []
    case = _Case(daemonset, pods, observed, index, constraints_of(daemonset) if constraints is None else constraints)
    found = [*case.budget(), *case.creations(), *case.deletions(), *case.twice()]
    by_policy = all(action.actor is Actor.HOST and action.stage is Stage.ROLLING_UPDATE for action in pods)
    if not by_policy and not expectations_satisfied(expectations, now):
        found.append((Invariant.IN_FLIGHT, "earlier creations or deletions are not seen yet"))
    return [Violation(now, invariant, daemonset.identity, text) for invariant, text in found]


def judge_fixed_point(world: World, now: datetime, rules: tuple[Rule, ...] = BUILTIN_RULES) -> list[Violation]:
    """Return what a pass over a world at rest would still do to pods and revisions."""
    return [
        Violation(
            now, Invariant.NOT_AT_REST, action.daemonset, f"{action.verb} {action.kind} {action.name or action.node}"
        )
        for action in step(world, now=now, rules=rules).actions
        if action.kind != "DaemonSet"
    ]


_Finding = tuple[Invariant, str]


class _Case:
    """One decision with what was there."""

    def __init__(
        self,
        daemonset: DaemonSet,
        actions: list[Action],
        observed: Observed,
        index: NodeIndex,
        constraints: Sequence[Constraint],
    ) -> None:
        self.daemonset = daemonset
        self.created = [action for action in actions if action.verb == "create"]
        self.deleted = [action for action in actions if action.verb == "delete" and action.actor is Actor.CONTROLLER]
        self.actions = actions
        self.observed = observed
        self.index = index
        self.constraints = constraints
        self.surge = allows_surge(daemonset)

    def budget(self) -> Iterator[_Finding]:
        try:
            budget = resolve_budget(self.daemonset, len(self.observed.verdicts.run))
        except BudgetError:
            yield from ((Invariant.OVER_BUDGET, "no budget can be read") for action in self._update(self.deleted))
            return
        if budget.max_surge:
            doubled = sum(
                len(situation.nodes) for situation in self.observed.situations if _is_doubled(situation.shape)
            )
            doubled += sum(_is_doubled(group.shape) for group in self.observed.vanished.values())
            added = sum(self._serves(action.node) for action in self._update(self.created))
            if added > max(0, budget.max_surge - doubled):
                yield Invariant.OVER_SURGE, f"{added} more doubled beside {doubled} of {budget.max_surge}"
            return
        taken = sum(self._is_up(action) for action in self._update(self.deleted))
        if not taken:
            return
        down = self._nodes(lambda shape: not is_settled_alone(shape))
        if taken > max(0, budget.max_unavailable - down):
            yield Invariant.OVER_BUDGET, f"{taken} taken down beside {down} of {budget.max_unavailable}"

    def creations(self) -> Iterator[_Finding]:
        for action in self.created:
            position = self.index.ids.get(action.node)
            node = None if position is None else self.index.nodes[position]
            if node is None or evaluate(self.constraints, node).verdict is not Verdict.RUN:
                yield Invariant.NOT_WANTED, f"create on {action.node}"
            doubled_by_policy = action.actor is Actor.HOST and action.stage is Stage.ROLLING_UPDATE
            if not doubled_by_policy and self._would_be_second(self._shape(action.node)):
                yield Invariant.SECOND_POD, f"create on {action.node} beside another pod"

    def _would_be_second(self, shape: Shape) -> bool:
        if not self.surge:
            return bool(shape)
        running = [facts for facts in shape if not facts & (_TERMINATING | _FINISHED)]
        return len(running) > 1 or any(facts & _CURRENT for facts in running)

    def deletions(self) -> Iterator[_Finding]:
        for action in self.deleted:
            position = self.index.ids.get(action.node)
            wanted = position is not None and position in self.observed.verdicts.run
            if not wanted or not self._is_up(action, finished=False):
                continue
            shape = self._shape(action.node)
            if action.stage is Stage.MANAGE and is_settled_alone(shape):
                yield Invariant.HEALTHY_DELETED, f"{action.name} on {action.node}"
            if self.surge and not self._is_duplicate(action) and not self._serves_after(action.node):
                yield Invariant.SERVICE_LOST, f"{action.name} on {action.node} goes before another is available"

    def _is_duplicate(self, action: Action) -> bool:
        """Return whether manage keeps an earlier live pod of the same kind, ready or not (M17, M19)."""
        if action.stage is not Stage.MANAGE:
            return False
        live = [
            (self._pod_at(action.node, place), facts & _CURRENT)
            for place, facts in enumerate(self._shape(action.node))
            if not facts & (_TERMINATING | _FINISHED)
        ]
        names = [name for name, _ in live]
        place = names.index(action.name) if action.name in names else 0
        return any(kind == live[place][1] for _, kind in live[:place])

    def _serves_after(self, node: str) -> bool:
        """Return whether a pod is left that is available once the deletions of this decision are done."""
        gone = {action.name for action in self.deleted}
        return any(
            facts & _AVAILABLE and not facts & _TERMINATING and self._pod_at(node, place) not in gone
            for place, facts in enumerate(self._shape(node))
        )

    def twice(self) -> Iterator[_Finding]:
        created = Counter(action.node for action in self.created)
        deleted = Counter(action.name for action in self.actions if action.verb == "delete")
        for name, times in (*created.items(), *deleted.items()):
            if times > 1:
                yield Invariant.TWICE, f"{name}, {times} times"

    def _nodes(self, holds: Callable[[Shape], bool]) -> int:
        """Return how many nodes, wanted or with a pod, vanished ones included, are in such a condition."""
        known = sum(len(situation.nodes) for situation in self.observed.situations if holds(situation.shape))
        return known + sum(holds(group.shape) for group in self.observed.vanished.values())

    def _update(self, actions: list[Action]) -> list[Action]:
        return [action for action in actions if action.stage is Stage.ROLLING_UPDATE]

    def _group(self, node: str) -> Group | None:
        return self.observed.groups.get(node)

    def _shape(self, node: str) -> Shape:
        group = self._group(node)
        return group.shape if group else ()

    def _pod_at(self, node: str, place: int) -> str:
        group = self._group(node)
        return group.pods[place].name if group else ""

    def _serves(self, node: str) -> bool:
        return any(facts & _AVAILABLE and not facts & _TERMINATING for facts in self._shape(node))

    def _is_up(self, action: Action, *, finished: bool = True) -> bool:
        """Return whether the pod to be deleted is available and not terminating; a finished one may still say Ready."""
        against = _TERMINATING if finished else _TERMINATING | _FINISHED
        return any(
            facts & _AVAILABLE and not facts & against and self._pod_at(action.node, place) == action.name
            for place, facts in enumerate(self._shape(action.node))
        )


def _is_doubled(shape: Shape) -> bool:
    """Return whether a node uses up surge: several live pods, unless an old one has a successor (R17, R24)."""
    live = [facts for facts in shape if not facts & _TERMINATING]
    if len(live) < 2:
        return False
    new = [facts for facts in live if facts & int(PodFact.UPDATED)]
    return not (len(live) == 2 and len(new) == 1 and new[0] & _AVAILABLE)
