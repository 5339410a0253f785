"""Does a plan agree with itself? Buckets, budgets, order, bounds, sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ..diff.order import ORDER_TEXT
from ..document.idsets import ids_of
from ..document.types import API_VERSION, SEMANTICS, DaemonSetEntry, PlanDocument, RolloutEntry, SummaryEntry
from .finding import Finding
from .policies import updated
from .rules import BURST, WRITE_RANKS, written_order

__all__ = ["inside", "members"]

_Check = Iterator[tuple[str, str]]


def inside(plan: PlanDocument) -> Iterator[Finding]:
    """Yield what a plan says that contradicts itself."""
    try:
        yield from (Finding(check, "", text) for check, text in _nodes(plan))
        for entry in plan.daemonsets:
            for check, text in () if entry.untouched else _daemonset(entry, _wanted(entry, plan), plan):
                yield Finding(check, f"{entry.namespace}/{entry.name}", text)
        yield from (Finding(check, "", text) for check, text in (*_actions(plan), *_sums(plan)))
    except (ValueError, IndexError, KeyError) as error:
        yield Finding("shape", "", f"cannot be read: {error}")


def _nodes(plan: PlanDocument) -> _Check:
    if list(plan.nodes) != sorted(set(plan.nodes)):
        yield "nodes", "names are not ascending and unique"
    if members(plan.classes) != Counter(range(len(plan.nodes))):
        yield "classes", "not every node is in exactly one class"
    if len(plan.digests) != len(plan.nodes) or len(set(plan.orders)) != len(plan.orders):
        yield "digests", f"{len(plan.digests)} for {len(plan.nodes)} nodes, or an order twice"
    firsts = [ids_of(part.nodes)[:1] for part in plan.classes]
    if firsts != sorted(firsts) or list(plan.reads) != sorted(set(plan.reads)):
        yield "classes", "classes or fields read are not in order"
    if (plan.api_version, plan.semantics, plan.order, plan.actor) != (API_VERSION, SEMANTICS, ORDER_TEXT, "controller"):
        yield "version", "what this checker knows are other semantics"


def _wanted(entry: DaemonSetEntry, plan: PlanDocument) -> set[int]:
    coded = zip(entry.verdicts, plan.classes, strict=bool(entry.verdicts))
    return {position for letter, part in coded if letter == "R" for position in ids_of(part.nodes)}


def _daemonset(entry: DaemonSetEntry, wanted: set[int], plan: PlanDocument) -> _Check:
    if set(entry.verdicts) - set("RKD"):
        yield "verdicts", f"{entry.verdicts!r} has letters other than R, K and D"
    if members(entry.excluded) != Counter(set(range(len(plan.nodes))) - wanted):
        yield "excluded", "the exclusions are not exactly the nodes that are not wanted, each once"
    if entry.desired != len(wanted) or entry.status.desired_number_scheduled != len(wanted):
        yield "desired", f"{entry.desired} where {len(wanted)} nodes are wanted"
    if entry.status.number_unavailable != entry.status.desired_number_scheduled - entry.status.number_available:
        yield "status", "numberUnavailable is not desired less available (S8)"
    created = members(entry.create)
    if set(created) - wanted or any(count > 1 for count in created.values()):
        yield "create", f"where no pod is wanted ({_names(set(created) - wanted, plan)}), or twice on a node"
    deleted = Counter([*entry.garbage, *(pod for part in entry.delete for pod in part.pods)])
    if any(count > 1 for count in deleted.values()):
        yield "delete", "a pod is deleted twice"
    if entry.rollout is not None:
        yield from _rollout(entry.rollout, wanted, plan)
        if set(ids_of(entry.rollout.blockers)) - {*ids_of(plan.sick), *members(entry.impossible)}:
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
    sick = set(ids_of(plan.sick))
    first, rest = order[: rollout.beyond_budget], order[rollout.beyond_budget :]
    zones = {place: zone for zone, ids in plan.zones.items() for place in ids_of(ids)}
    if any(part != written_order(part, zones, sick, wanted) for part in (first, rest)):
        yield "order", f"is not the written one: {plan.order}"


def _summary(entry: DaemonSetEntry, rollout: RolloutEntry, plan: PlanDocument) -> _Check:
    impossible = {plan.nodes[place] for place in members(entry.impossible)}
    counted = SummaryEntry(
        create=sum(members(entry.create).values()),
        delete=sum(len(part.pods) for part in entry.delete) + len(rollout.leaving) + len(entry.garbage),
        **updated(plan, entry, rollout),
        blocked=len(impossible | {node for held in entry.held for node in held.nodes}),
        excluded=sum(members(entry.excluded).values()),
    )
    if counted != entry.summary:
        yield "summary", f"says {entry.summary}, its parts are {counted}"


def _actions(plan: PlanDocument) -> _Check:
    ranks, writes = list[tuple[int, int]](), Counter[tuple[object, ...]]()
    issued: defaultdict[tuple[int, str, str], list[str]] = defaultdict(list)
    for a in plan.actions:
        entry, rank = plan.daemonsets[a.daemonset], WRITE_RANKS.get((a.stage, a.verb, a.kind, a.reason), -1)
        version = "v1" if a.kind == "Pod" else "apps/v1"
        hosted = a.actor == "host" and plan.policies is not None
        if (
            rank < 0
            or (a.namespace, a.api_version) != (entry.namespace, version)
            or (a.actor != plan.actor and not hosted)
        ):
            yield "actions", f"{a.stage} {a.verb} {a.namespace}/{a.kind} {a.name}: no pass has such a write"
        if hosted and a.stage == "rolling-update":
            continue
        ranks.append((a.daemonset, rank))
        writes[a.daemonset, a.stage, a.verb, a.kind, a.name or a.node, repr(a.change)] += 1
        issued[a.daemonset, a.stage, a.verb].append(a.name or a.node)
    if ranks != sorted(ranks) or any(count > 1 for count in writes.values()):
        yield "actions", "the same write twice, or out of the order of a pass (C1, C14)"
    for place, entry in enumerate(plan.daemonsets):
        creates = [plan.nodes[position] for part in entry.create for position in ids_of(part.nodes)]
        deletes = [pod for part in entry.delete for _, pod in part.pods]
        wants = {("manage", "create"): creates, ("manage", "delete"): deletes}
        for how in (*wants, ("rolling-update", "create"), ("rolling-update", "delete")):
            mine, wanted = issued[place, *how], wants.get(how, issued[place, *how][:BURST])
            if len(mine) != min(len(wanted), BURST) or set(mine) - set(wanted):
                yield (
                    "actions",
                    f"{entry.namespace}/{entry.name}: other {' '.join(how)}s than planned, or too many (C12)",
                )


def _sums(plan: PlanDocument) -> _Check:
    parts = [entry.summary for entry in plan.daemonsets]
    sums = {name: sum(getattr(part, name) for part in parts) for name in SummaryEntry.__struct_fields__}
    total = SummaryEntry(**{**sums, "waves": max((part.waves for part in parts), default=0)})
    if total != plan.summary:
        yield "summary", f"says {plan.summary}, the DaemonSets add up to {total}"
    errored, stuck = (any(getattr(entry, name) for entry in plan.daemonsets) for name in ("error", "impossible"))
    if (best := plan.placement) is not None:
        stuck = stuck or any(conflict.violated for conflict in best.conflicts)
        if not best.placed <= min(best.wanted, best.bound) or best.bound != best.placed + best.gap:
            yield "placement", "wanted, placed, bound and gap do not go together"
    facts = (not errored, errored, stuck, bool(total.create or total.delete or total.update))
    if (plan.complete, plan.errored, plan.conflicts and (stuck or not plan.policies), plan.applyable) != facts:
        yield "facts", "complete, errored, conflicts or applyable is wrong"
    waits = [entry.requeue_after_seconds for entry in plan.daemonsets if entry.requeue_after_seconds is not None]
    if plan.requeue_after_seconds != min(waits, default=None) and not plan.policies:
        yield "requeue", f"after {plan.requeue_after_seconds} s, the DaemonSets say {waits[:3]}"


def members(parts: Iterable[Any]) -> Counter[int]:
    """Return how often each node id occurs in the parts."""
    return Counter(position for part in parts for position in ids_of(part.nodes))


def _names(positions: Iterable[int], plan: PlanDocument) -> str:
    return ", ".join(plan.nodes[position] for position in sorted(positions)[:5])
