"""Does a plan agree with itself? Buckets, budgets, order, bounds, sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol

from ..document.idsets import ids_of
from ..document.types import DaemonSetEntry, PlanDocument, RolloutEntry, SummaryEntry
from .finding import Finding
from .policies import updated

__all__ = ["BURST", "inside"]

BURST = 250
_Check = Iterator[tuple[str, str]]


class _HasNodes(Protocol):
    @property
    def nodes(self) -> str: ...


def inside(plan: PlanDocument) -> Iterator[Finding]:
    """Yield what a plan says that contradicts itself."""
    try:
        yield from (Finding(check, "", text) for check, text in _nodes(plan))
        runs = [_wanted(entry, plan) for entry in plan.daemonsets]
        for entry, wanted in zip(plan.daemonsets, runs, strict=True):
            for check, text in () if entry.untouched else _daemonset(entry, wanted, plan):
                yield Finding(check, f"{entry.namespace}/{entry.name}", text)
        yield from (Finding(check, "", text) for check, text in _actions(plan))
        yield from (Finding(check, "", text) for check, text in _sums(plan))
    except (ValueError, IndexError, KeyError) as error:
        yield Finding("shape", "", f"cannot be read: {error}")


def _nodes(plan: PlanDocument) -> _Check:
    if list(plan.nodes) != sorted(set(plan.nodes)):
        yield "nodes", "names are not ascending and unique"
    if _members(plan.classes) != Counter(range(len(plan.nodes))):
        yield "classes", "not every node is in exactly one class"
    if len(plan.digests) != len(plan.nodes):
        yield "digests", f"{len(plan.digests)} for {len(plan.nodes)} nodes"


def _wanted(entry: DaemonSetEntry, plan: PlanDocument) -> set[int]:
    coded = zip(entry.verdicts, plan.classes, strict=bool(entry.verdicts))
    return {position for letter, part in coded if letter == "R" for position in ids_of(part.nodes)}


def _daemonset(entry: DaemonSetEntry, wanted: set[int], plan: PlanDocument) -> _Check:
    if set(entry.verdicts) - set("RKD"):
        yield "verdicts", f"{entry.verdicts!r} has letters other than R, K and D"
    if _members(entry.excluded) != Counter(set(range(len(plan.nodes))) - wanted):
        yield "excluded", "the exclusions are not exactly the nodes that are not wanted, each once"
    if entry.desired != len(wanted) or entry.status.desired_number_scheduled != len(wanted):
        yield "desired", f"{entry.desired} where {len(wanted)} nodes are wanted"
    if entry.status.number_unavailable != entry.status.desired_number_scheduled - entry.status.number_available:
        yield "status", "numberUnavailable is not desired less available (S8)"
    created = _members(entry.create)
    if set(created) - wanted or any(count > 1 for count in created.values()):
        yield "create", f"where no pod is wanted ({_names(set(created) - wanted, plan)}), or twice on a node"
    deleted = Counter([*entry.garbage, *(pod for part in entry.delete for pod in part.pods)])
    if any(count > 1 for count in deleted.values()):
        yield "delete", "a pod is deleted twice"
    if entry.rollout is not None:
        yield from _rollout(entry.rollout, wanted, plan)
        if set(ids_of(entry.rollout.blockers)) - {*ids_of(plan.sick), *_members(entry.impossible)}:
            yield "stalled", "a blocker is a healthy node where the pod fits"
        yield from _summary(entry, entry.rollout, plan)


def _rollout(rollout: RolloutEntry, wanted: set[int], plan: PlanDocument) -> _Check:
    order = list(plan.orders[rollout.order]) if rollout.order is not None else []
    stalled = ids_of(rollout.stalled)
    if len(set(order)) != len(order) or set(order) & set(stalled):
        yield "order", "a node is updated twice, or both updated and stalled"
    if (set(order) | set(stalled)) - wanted:
        yield "order", f"updates {_names((set(order) | set(stalled)) - wanted, plan)}, where no pod is wanted"
    sizes = [size for size, repeat in rollout.waves for _ in range(repeat)]
    if sum(sizes) != len(order) or any(size <= 0 for size in sizes):
        yield "waves", f"hold {sum(sizes)} nodes where {len(order)} are updated"
    budget = rollout.budget
    limit = 0 if budget is None else budget.max_surge or budget.max_unavailable
    allowed = [limit + rollout.beyond_budget * (number == 0) for number in range(len(sizes))]
    if any(size > most for size, most in zip(sizes, allowed, strict=True)):
        yield "budget", f"a wave is larger than the {limit} that the budget allows"
    bound = max(-(-(len(order) - rollout.beyond_budget) // limit) if limit else 0, 1 if order else 0)
    if rollout.lower_bound != bound or len(sizes) < bound:
        yield "bound", f"{rollout.lower_bound} waves at least, of {len(sizes)}; the budget gives {bound}"
    first, rest = order[: rollout.beyond_budget], order[rollout.beyond_budget :]
    kept, gone = set(order), set(rollout.leaving)
    leaving = [place for place, name in enumerate(plan.nodes) if name in gone]
    for part in (first, rest):
        if part not in ([p for p in _written_order({*part, *leaving}, plan) if p in kept], _written_order(part, plan)):
            yield "order", f"is not the written one: {plan.order}"


def _written_order(positions: Iterable[int], plan: PlanDocument) -> list[int]:
    """Sick nodes first; within the sick and the healthy, zones take turns, in name order; then name."""
    zones = {position: zone for zone, ids in plan.zones.items() for position in ids_of(ids)}
    sick = set(ids_of(plan.sick))
    turns: Counter[tuple[bool, str]] = Counter()
    keys = []
    for position in sorted(positions):
        group = (position not in sick, zones.get(position, ""))
        keys.append((group[0], turns[group], group[1], position))
        turns[group] += 1
    return [key[-1] for key in sorted(keys)]


def _summary(entry: DaemonSetEntry, rollout: RolloutEntry, plan: PlanDocument) -> _Check:
    impossible = {plan.nodes[place] for place in _members(entry.impossible)}
    counted = SummaryEntry(
        create=sum(_members(entry.create).values()),
        delete=sum(len(part.pods) for part in entry.delete) + len(rollout.leaving) + len(entry.garbage),
        **updated(plan, entry, rollout),
        blocked=len(impossible | {node for held in entry.held for node in held.nodes}),
        excluded=sum(_members(entry.excluded).values()),
    )
    if counted != entry.summary:
        yield "summary", f"says {entry.summary}, its parts are {counted}"


def _actions(plan: PlanDocument) -> _Check:
    issued: Counter[tuple[int, str, str]] = Counter()
    for action in plan.actions:
        plan.daemonsets[action.daemonset]
        if action.kind == "Pod" and action.verb in ("create", "delete"):
            issued[action.daemonset, action.stage, action.verb] += action.actor == "controller"
    if any(count > BURST for count in issued.values()):
        yield "actions", f"more than {BURST} of a kind in one pass (C12)"
    written = Counter((a.daemonset, a.verb, a.kind, a.name or a.node) for a in plan.actions if a.kind == "Pod")
    if any(count > 1 for count in written.values()):
        yield "actions", "the same write twice"
    for place, entry in enumerate(plan.daemonsets):
        creates = [plan.nodes[position] for part in entry.create for position in ids_of(part.nodes)]
        deletes = [pod for part in entry.delete for _, pod in part.pods]
        for verb, wanted in (("create", creates), ("delete", deletes)):
            mine = [a for a in plan.actions if (a.daemonset, a.verb, a.stage) == (place, verb, "manage")]
            if len(mine) != min(len(wanted), BURST) or {a.name or a.node for a in mine} - set(wanted):
                yield "actions", f"{entry.namespace}/{entry.name}: manage issues other {verb}s than the plan wants"


def _sums(plan: PlanDocument) -> _Check:
    parts = [entry.summary for entry in plan.daemonsets]
    sums = {name: sum(getattr(part, name) for part in parts) for name in SummaryEntry.__struct_fields__}
    total = SummaryEntry(**{**sums, "waves": max((part.waves for part in parts), default=0)})
    if total != plan.summary:
        yield "summary", f"says {plan.summary}, the DaemonSets add up to {total}"
    if plan.errored != any(entry.error for entry in plan.daemonsets):
        yield "facts", "errored is wrong"
    if plan.applyable != bool(total.create or total.delete or total.update):
        yield "facts", "applyable is wrong"


def _members(parts: Iterable[_HasNodes]) -> Counter[int]:
    return Counter(position for part in parts for position in ids_of(part.nodes))


def _names(positions: Iterable[int], plan: PlanDocument) -> str:
    return ", ".join(plan.nodes[position] for position in sorted(positions)[:5])
