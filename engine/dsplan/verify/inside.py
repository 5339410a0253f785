"""Does a plan agree with itself? Nodes, classes, rows, waves, budgets, order, actions, sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from ..document.account import CourseEntry, RowEntry
from ..document.idsets import ids_of
from ..document.types import API_VERSION, PLAN_VERSION, SEMANTICS, DaemonSetEntry, PlanDocument, SummaryEntry
from .finding import Check, Finding, same
from .order import ORDER_TEXT, written_order
from .outcome import WRITE_RANKS
from .rows import KIND_OF

__all__ = ["inside"]


def inside(plan: PlanDocument) -> Iterator[Finding]:
    """Yield what a plan says that contradicts itself."""
    yield from (Finding(check, "", text) for check, text in _nodes(plan))
    for entry in plan.daemonsets:
        for check, text in _daemonset(entry, plan):
            yield Finding(check, f"{entry.namespace}/{entry.name}", text)
    yield from (Finding(check, "", text) for check, text in (*_actions(plan), *_facts(plan)))


def _nodes(plan: PlanDocument) -> Check:
    if list(plan.nodes) != sorted(set(plan.nodes)):
        yield "nodes", "names are not ascending and unique"
    if Counter(place for part in plan.classes for place in ids_of(part.nodes)) != Counter(range(len(plan.nodes))):
        yield "classes", "not every node is in exactly one class"
    if plan.digests and len(plan.digests) != len(plan.nodes):
        yield "digests", f"{len(plan.digests)} for {len(plan.nodes)} nodes"
    firsts = [ids_of(part.nodes)[:1] for part in plan.classes]
    if firsts != sorted(firsts) or list(plan.reads) != sorted(set(plan.reads)):
        yield "classes", "classes or fields read are not in order"
    known = (plan.api_version, plan.version, plan.semantics, plan.order, plan.actor)
    yield from same("version", known, (API_VERSION, PLAN_VERSION, SEMANTICS, ORDER_TEXT, "controller"))
    used = {one.order for entry in plan.daemonsets for one in (entry.course, entry.otherwise) if one is not None}
    if len(set(plan.orders)) != len(plan.orders) or used - {None} != set(range(len(plan.orders))):
        yield "orders", "one is there twice, or belongs to no roll-out"


def _daemonset(entry: DaemonSetEntry, plan: PlanDocument) -> Check:
    if Counter(place for row in entry.rows for place in ids_of(row.nodes)) != Counter(range(len(plan.nodes))):
        yield "rows", "not every node is in exactly one row"
    if any(bool(row.nodes) == bool(row.vanished) for row in entry.rows):
        yield "rows", "a row is of nodes that exist, or of nodes that do not"
    coded = zip(entry.verdicts, plan.classes, strict=bool(entry.verdicts))
    letters = {place: letter for letter, part in coded for place in ids_of(part.nodes)}
    if any(letters.get(place, "D") != row.verdict for row in entry.rows for place in ids_of(row.nodes)):
        yield "rows", "a row has another verdict than the classes of its nodes"
    yield from same("summary", entry.summary, _sums(entry))
    yield from same("spends", entry.spends, sum(_pairs(row) for row in entry.rows if row.spends))
    for course in (entry.course, entry.otherwise):
        if course is not None:
            yield from _course(course, entry, letters, plan)
    yield from _stall(entry, plan)


def _stall(entry: DaemonSetEntry, plan: PlanDocument) -> Check:
    """What a simulation has shown agrees with what it was shown for."""
    stall, course = entry.stall, entry.course
    if stall is None or course is None:
        if course is not None and course.played:
            yield "stall", "a roll-out was played, and what stops it is not told"
        return
    if stall.kind == "BudgetSpent" and not 0 < stall.limit <= stall.spent:
        yield "stall", f"{stall.spent} of {stall.limit} down do not hold the whole budget"
    if stall.needs is not None and stall.needs <= stall.limit:
        yield "stall", f"a limit of {stall.needs} is no more than the {stall.limit} there are"
    if not plan.foreseen or stall.wave < 1:
        yield "stall", "told, though no roll-out was played, or for no wave"
    if course.played and (stall.kind, stall.text) != (course.halt, course.text):
        yield "stall", f"the roll-out stops for {course.halt}, the stall is {stall.kind}"


def _pairs(row: RowEntry) -> int:
    return len(ids_of(row.nodes)) + len(row.vanished)


def _sums(entry: DaemonSetEntry) -> SummaryEntry:
    """Return what the rows of a DaemonSet add up to."""
    fates: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    pods: Counter[str] = Counter()
    for row in entry.rows:
        fates[row.fate] += _pairs(row)
        kinds[row.kind] += len(ids_of(row.nodes))
        for lot in row.lots if row.fate != "replaced" else ():
            pods[lot.kind] += _pairs(row)
    yes, blocked, impossible, excluded = (kinds[kind] for kind in KIND_OF)
    course = entry.course
    return SummaryEntry(
        create=pods["comes"],
        delete=pods["deleted"] + pods["collected"],
        update=fates["replaced"],
        waves=sum(repeat for _, repeat in course.waves) if course else 0,
        yes=yes,
        blocked=blocked,
        impossible=impossible,
        excluded=excluded,
        vanished=sum(len(row.vanished) for row in entry.rows),
        removed=fates["removed"],
        stalled=fates["stalled"],
        parked=fates["parked"],
        evictions=sum(gone.pods * len(ids_of(gone.nodes)) for gone in entry.evictions),
        stalls=int(bool(fates["stalled"]) or (course is not None and course.halt not in ("", "OnDelete", "Policy"))),
    )


def _course(course: CourseEntry, entry: DaemonSetEntry, letters: dict[int, str], plan: PlanDocument) -> Check:
    """Written order, whole waves, none above the budget, a bound that counts (R33)."""
    order = list(plan.orders[course.order]) if course.order is not None else []
    leaving, stalled = set(ids_of(course.leaving)), set(ids_of(course.stalled))
    if len(set(order)) != len(order) or set(order) & stalled or leaving - set(order):
        yield "order", "a node is updated twice, or both updated and stalled"
    if {letters.get(place) for place in {*order, *stalled} - leaving} - {"R"}:
        yield "order", "updates a node where no pod is wanted"
    if sum(size * repeat for size, repeat in course.waves) != len(order):
        yield "waves", f"do not hold the {len(order)} nodes that are updated"
    budget = course.budget
    if budget is None:
        return
    limit, surges = budget.max_surge or budget.max_unavailable, bool(budget.max_surge)
    begun = 0
    for number, (size, repeat) in enumerate(course.waves):
        allowed = limit + course.beyond_budget * (number == 0)
        wave = order[begun : begun + size]
        if len(wave) - (len(leaving & set(wave)) if surges else 0) > allowed or size < 1 or repeat < 1:
            yield "budget", f"a wave is larger than the {limit} that the budget allows"
        begun += size * repeat
    if not course.played and course.lower_bound > sum(repeat for _, repeat in course.waves):
        yield "bound", f"at least {course.lower_bound} waves, and there are fewer"
    sick = set(ids_of(plan.sick))
    zones = {place: zone for zone, ids in plan.zones.items() for place in ids_of(ids)}
    wanted = [place for place, letter in letters.items() if letter == "R"]
    parts = (order[: course.beyond_budget], [place for place in order[course.beyond_budget :] if place not in leaving])
    if not surges and any(
        part != written_order(part, zones, sick, wanted) for part in parts if not set(part) & leaving
    ):
        yield "order", f"is not the written one: {plan.order}"
    if course.halt == "BudgetSpent" and not course.played and len(course.blockers) < limit:
        yield "stalled", f"{len(course.blockers)} blockers do not hold a budget of {limit}"


def _actions(plan: PlanDocument) -> Check:
    ranks: list[tuple[int, int]] = []
    writes: Counter[tuple[object, ...]] = Counter()
    for a in plan.actions:
        rank, hosted = WRITE_RANKS.get((a.stage, a.verb, a.kind, a.reason), -1), a.actor == "host"
        if rank < 0 or (hosted and plan.policies is None) or (not hosted and a.actor != plan.actor):
            yield "actions", f"{a.stage} {a.verb} {a.namespace}/{a.kind} {a.name}: no pass has such a write"
        if not (hosted and a.stage == "rolling-update"):
            ranks.append((a.daemonset, rank))
            writes[a.daemonset, a.stage, a.verb, a.kind, a.name or a.node, repr(a.change)] += 1
    if ranks != sorted(ranks) or any(count > 1 for count in writes.values()):
        yield "actions", "the same write twice, or out of the order of a pass (C1, C14)"


def _facts(plan: PlanDocument) -> Check:
    parts = [msgspec.structs.asdict(entry.summary) for entry in plan.daemonsets]
    sums = {name: sum(part[name] for part in parts) for name in SummaryEntry.__struct_fields__}
    total = SummaryEntry(**{**sums, "waves": max((part["waves"] for part in parts), default=0)})
    yield from same("summary", plan.summary, total)
    errored = any(entry.error for entry in plan.daemonsets)
    stuck = bool(total.impossible or total.stalls)
    stuck = stuck or any(entry.error and not (entry.course and entry.course.collection) for entry in plan.daemonsets)
    if (best := plan.placement) is not None:
        stuck = stuck or any(conflict.violated for conflict in best.conflicts)
        if not best.placed <= min(best.wanted, best.bound) or best.bound != best.placed + best.gap:
            yield "placement", "wanted, placed, bound and gap do not go together"
    facts = (not errored, errored, stuck, bool(total.create or total.delete or total.update))
    said = (plan.complete, plan.errored, plan.conflicts and (stuck or not plan.policies), plan.applyable)
    yield from same("facts", said, facts)
    waits = [entry.requeue_after_seconds for entry in plan.daemonsets if entry.requeue_after_seconds is not None]
    if not plan.policies:
        yield from same("requeue", plan.requeue_after_seconds, min(waits, default=None))
