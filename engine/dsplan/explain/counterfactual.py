"""The smallest edits that turn a no into a yes, each priced, each verified by solving again (see search.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..constraints import BUILTIN_RULES, Rule, constraints_of
from ..diff import Budget, rolling_update
from ..diff.rolling import RollingError
from ..eligibility import Verdict, evaluate
from ..model.arguments import check_moment, check_world
from ..model.daemonset import DaemonSet
from ..model.node import Node
from ..model.world import World
from ..passes.forecast import forecast
from ..planner import Plan, solve
from ..planner.account import Awaited, Fate
from ..planner.plan import DaemonSetPlan
from .answers import Answer, Kind
from .edits import DeletePod, Edit, SetField, SetLabel, apply_edits
from .names import find_daemonset, find_node
from .pair import Pairs
from .room import room_edits
from .search import Proposal, Side, proposals
from .side_effects import SideEffects, side_effects_of
from .why import why

__all__ = ["Counterfactual", "counterfactuals"]

_BUILT_IN = {
    "NodeNameMismatch",
    "NodeSelectorMismatch",
    "NodeAffinityMismatch",
    "UntoleratedNoExecute",
    "UntoleratedNoSchedule",
}
_TRIED = 24
_ROLLING = "spec.updateStrategy.rollingUpdate"


class Counterfactual(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Edits after which the answer is another, as solving again has shown.

    `size` is the number of fields touched; no smaller set of the same kinds and the same side flips the verdict.
    `kind` and `fate` are the answer then, `detail` what is still waited for, `wave` the number of the update wave;
    `evicts` says whose pods have to go.
    """

    side: Side
    edits: tuple[Edit, ...]
    size: int
    verdict: Verdict
    kind: Kind
    fate: Fate
    detail: str = ""
    wave: int = 0
    evicts: tuple[str, ...] = ()
    side_effects: SideEffects = msgspec.field(default=SideEffects(), name="price")


def counterfactuals(
    world: World,
    daemonset: str,
    node: str,
    *,
    now: datetime,
    rules: Iterable[Rule] = BUILTIN_RULES,
    limit: int = 3,
) -> tuple[Counterfactual, ...]:
    """Return the smallest edits that make the DaemonSet run on the node, its pod fit, or its held-up update go on.

    At most `limit` for each side: the DaemonSet's, the node's, and both together where that takes fewer edits than
    either alone. Sorted by size, then by what they cost elsewhere. Empty where there is nothing to flip, or where no
    edit of the known kinds does it. Raises InputError for a name that does not exist.

    >>> from datetime import UTC, datetime
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1", "labels": {"disktype": "hdd"}}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}},
    ...               "spec": {"nodeSelector": {"disktype": "ssd"}}}}},
    ... ])
    >>> [found.edits for found in counterfactuals(world, "ds", "n1", now=datetime(2026, 1, 1, tzinfo=UTC))][1]
    (SetLabel(node='n1', key='disktype', value='ssd'),)
    """
    check_world(world)
    check_moment(now)
    rules = tuple(rules)
    asked, place = find_daemonset(world, daemonset), find_node(world, node)
    trial = _Trial(world, asked, place, now, rules)
    if evaluate(constraints_of(asked, rules), place).should_run:
        found = list(_unblocking(trial))
    else:
        found = list(_flips(trial, limit))
    return tuple(sorted(found, key=_order))


def _order(found: Counterfactual) -> tuple[int, int, str, str]:
    return found.size, found.side_effects.weight, found.side, repr(found.edits)


class _Trial:
    """One pair, and what becomes of it under edits."""

    def __init__(self, world: World, daemonset: DaemonSet, node: Node, now: datetime, rules: tuple[Rule, ...]) -> None:
        self.world = world
        self.daemonset = daemonset
        self.node = node
        self.now = now
        self.rules = rules
        self.plan = solve(world, now=now, rules=rules)

    @property
    def entry(self) -> DaemonSetPlan:
        return self.entry_of(self.plan)

    def entry_of(self, plan: Plan) -> DaemonSetPlan:
        return next(entry for entry in plan.daemonsets if entry.identity == self.daemonset.identity)

    def answer(self, world: World, plan: Plan) -> Answer:
        """Return the answer about the pair in another world."""
        name = str(self.daemonset.identity)
        return why(world, name, self.node.name, now=self.now, rules=self.rules, plan=plan).answer

    def try_out(self, side: Side, edits: tuple[Edit, ...], flipped: Callable[[Answer], bool]) -> Counterfactual | None:
        """Return what comes of the edits by solving again, None if they do not flip the answer."""
        edited = apply_edits(self.world, edits)
        asked = next(entry for entry in edited.daemonsets if entry.identity == self.daemonset.identity)
        there = next(node for node in edited.nodes if node.name == self.node.name)
        if not evaluate(constraints_of(asked, self.rules), there).should_run:
            return None
        plan = solve(edited, now=self.now, rules=self.rules)
        answer = self.answer(edited, plan)
        if not flipped(answer):
            return None
        return Counterfactual(
            side=side,
            edits=edits,
            size=sum(edit.size for edit in edits),
            verdict=answer.verdict,
            kind=answer.kind,
            fate=answer.fate,
            detail=answer.detail,
            wave=answer.wave,
            evicts=answer.blockers if answer.kind is Kind.YES else (),
            side_effects=side_effects_of(
                self.world, self.daemonset.identity, self.node.name, (self.plan, plan), self.rules
            ),
        )


def _flips(trial: _Trial, limit: int) -> Iterator[Counterfactual]:
    """Yield the smallest sets of each side; those of both sides only where they are smaller than either alone."""
    smallest: list[int] = []
    for side in (Side.DAEMONSET, Side.NODE, Side.BOTH):
        bound = min(smallest, default=None)
        found = list(_smallest(trial, side, limit, None if side is not Side.BOTH else bound))
        if found:
            smallest.append(found[0].size)
        yield from found


def _smallest(trial: _Trial, side: Side, limit: int, below: int | None) -> Iterator[Counterfactual]:
    """Yield up to `limit` verified sets of the least size, of less than `below` where that is given."""
    size = None if below is None else below - 1
    found = 0
    seen: set[tuple[object, ...]] = set()
    for tried, proposal in enumerate(_proposed(trial, side)):
        if tried >= _TRIED or found >= limit or (size is not None and proposal.size > size):
            return
        if (fields := tuple(map(_touched, proposal.edits))) in seen:
            continue
        outcome = trial.try_out(side, proposal.edits, lambda answer: answer.verdict is Verdict.RUN)
        if outcome is not None:
            size, found = outcome.size, found + 1
            seen.add(fields)
            yield outcome


def _touched(edit: Edit) -> object:
    """Return what an edit touches: two labels that differ in their value alone are one suggestion."""
    return (edit.node, edit.key) if isinstance(edit, SetLabel) else edit


def _proposed(trial: _Trial, side: Side) -> Iterator[Proposal]:
    foreign = [
        constraint
        for constraint in constraints_of(trial.daemonset, trial.rules)
        if constraint.id not in _BUILT_IN and not evaluate((constraint,), trial.node).should_run
    ]
    return proposals(trial.daemonset, trial.node, trial.plan.index, side, foreign)


def _unblocking(trial: _Trial) -> Iterator[Counterfactual]:
    """Yield what makes a wanted pod that is held up come, fit, or be updated at once."""
    before = trial.answer(trial.world, trial.plan)
    waits = before.kind is Kind.YES and before.fate is Fate.REPLACED and before.wave > 1
    found_on: set[tuple[Side, str]] = set()
    for side, edits in _suggestions(trial, before):
        family = (side, type(edits[0]).__name__ + getattr(edits[0], "path", ""))
        if family in found_on:
            continue
        found = trial.try_out(side, edits, lambda after: after.kind is Kind.YES and (not waits or after.wave == 1))
        if found is not None:
            found_on.add(family)
            yield found


def _suggestions(trial: _Trial, answer: Answer) -> Iterator[tuple[Side, tuple[Edit, ...]]]:
    """Yield edits that may help; of those of one kind the first that does is the smallest."""
    if answer.failures:
        yield from room_edits(trial.world, trial.daemonset, trial.node, answer.failures)
    if answer.fate is Fate.STALLED or answer.wave > 1:
        yield from ((Side.DAEMONSET, (edit,)) for edit in _raised_budget(trial, answer.fate))
    parked = answer.fate is Fate.PARKED
    if parked and trial.daemonset.spec.update_strategy.type == "OnDelete":
        switch = SetField(trial.daemonset.identity, "spec.updateStrategy.type", "RollingUpdate")
        yield Side.DAEMONSET, (switch,)
    if parked or answer.moment.awaited is Awaited.BACK_OFF:
        for pod in Pairs(trial.entry, trial.plan.index).pods(trial.node.name)[0]:
            yield Side.CLUSTER, (DeletePod(pod.metadata.namespace, pod.name),)


def _raised_budget(trial: _Trial, fate: Fate) -> Iterator[SetField]:
    """Yield the smallest budget under which the node is updated at all where it is stalled, else in the next wave."""
    step, rows = trial.entry.step, trial.entry.account.rows
    if step.observed is None or step.budget is None:
        return
    if any(row.fate in (Fate.UNPLACED, Fate.FAILING) and row.nodes for row in rows):
        return  # more nodes would lose their pod to one that does not run
    observed, index, budget = step.observed, trial.plan.index, step.budget
    hopeless = BitMap.union(
        BitMap(),
        *(row.nodes for row in rows if row.fate is Fate.DOWN),
    )
    field = "maxSurge" if budget.max_surge else "maxUnavailable"

    def enough(number: int) -> bool:
        raised = Budget(budget.max_unavailable, number, budget.desired, "")
        if field == "maxUnavailable":
            raised = Budget(number, 0, budget.desired, "")
        try:
            rollout = forecast(observed, index, rolling_update(observed, index, raised), raised, hopeless, hopeless)
        except RollingError:
            return False
        if fate is Fate.STALLED:
            return trial.node.name in rollout.nodes
        return trial.node.name in rollout.nodes[: rollout.waves[0].size if rollout.waves else 0]

    low, high = getattr(budget, "max_surge" if budget.max_surge else "max_unavailable"), len(index) + 1
    if not enough(high):
        return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    yield SetField(trial.daemonset.identity, f"{_ROLLING}.{field}", high)
