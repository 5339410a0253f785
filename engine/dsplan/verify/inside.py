"""Does a plan agree with itself? Buckets, budgets, order, bounds, sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ..diff.order import ORDER_TEXT
from ..document.account import CourseEntry, RowEntry
from ..document.idsets import ids_of
from ..document.types import API_VERSION, SEMANTICS, DaemonSetEntry, PlanDocument, SummaryEntry
from .finding import Finding
from .rules import BURST, WRITE_RANKS

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
    if members(entry.rows) != Counter(range(len(plan.nodes))):
        yield "rows", "not every node is in exactly one row"
    for row in entry.rows:
        if [lot.place for lot in row.lots if lot.kind != "comes"] != list(range(len(row.shape))):
            yield "rows", f"{row.fate} {row.nodes}: not every pod has exactly one lot"
    if entry.course is not None:
        yield from _course(entry.course, plan)
    yield from _summary(entry)


def _course(course: CourseEntry, plan: PlanDocument) -> _Check:
    order = list(plan.orders[course.order]) if course.order is not None else []
    stalled = ids_of(course.stalled)
    if len(set(order)) != len(order) or set(order) & set(stalled):
        yield "order", "a node is updated twice, or both updated and stalled"
    sizes = [size for size, repeat in course.waves for _ in range(repeat)]
    if sum(sizes) != len(order) or any(size < 0 for size in sizes):
        yield "waves", f"hold {sum(sizes)} nodes where {len(order)} are updated"
    budget = course.budget
    if budget is None or budget.max_surge:
        return
    allowed = [budget.max_unavailable + course.beyond_budget * (number == 0) for number in range(len(sizes))]
    if any(size > most for size, most in zip(sizes, allowed, strict=True)):
        yield "budget", f"a wave is larger than the {budget.max_unavailable} that the budget allows"
    if len(sizes) < course.lower_bound and not stalled:
        yield "bound", f"{course.lower_bound} waves at least, of {len(sizes)}"


_BY_DESIGN, _BLOCKED = ("excluded", "kept", "removed"), ("untouched", "stalled", "parked", "failing", "down")


def _kind(row: RowEntry) -> str:
    """Return which of the four sums a row belongs to."""
    if row.fate in _BY_DESIGN or row.fate == "unplaced":
        return "impossible" if row.fate == "unplaced" else "excluded"
    waits = row.fate in ("created", "repaired") and row.moment.when == "after"
    return "blocked" if waits or row.fate in _BLOCKED else "yes"


def _summary(entry: DaemonSetEntry) -> _Check:
    found: Counter[str] = Counter()
    for row in entry.rows:
        here, strays = len(ids_of(row.nodes)), len(row.vanished)
        found[_kind(row)] += here
        found["vanished"] += strays
        if row.fate in ("removed", "stalled", "parked"):
            found[row.fate] += here + strays
        if row.fate == "replaced":
            found["update"] += here + strays
            continue
        found["create"] += (here + strays) * sum(lot.kind == "comes" for lot in row.lots)
        found["delete"] += (here + strays) * sum(lot.kind in ("deleted", "collected") for lot in row.lots)
    found["evictions"] = sum(part.pods * len(ids_of(part.nodes)) for part in entry.evictions)
    waves = sum(repeat for _, repeat in entry.course.waves) if entry.course else 0
    counted = SummaryEntry(**found, waves=waves, stalls=entry.summary.stalls)
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
    for how, names in issued.items():
        if len(names) > BURST:
            yield "actions", f"{len(names)} {' '.join(how[1:])}s in one pass (C12)"


def _sums(plan: PlanDocument) -> _Check:
    parts = [entry.summary for entry in plan.daemonsets]
    sums = {name: sum(getattr(part, name) for part in parts) for name in SummaryEntry.__struct_fields__}
    total = SummaryEntry(**{**sums, "waves": max((part.waves for part in parts), default=0)})
    if total != plan.summary:
        yield "summary", f"says {plan.summary}, the DaemonSets add up to {total}"
    errored = any(entry.error for entry in plan.daemonsets)
    stuck = bool(total.impossible or total.stalls)
    if (best := plan.placement) is not None:
        stuck = stuck or any(conflict.violated for conflict in best.conflicts)
        if not best.placed <= min(best.wanted, best.bound) or best.bound != best.placed + best.gap:
            yield "placement", "wanted, placed, bound and gap do not go together"
    facts = (not errored, errored, stuck, bool(total.create or total.delete or total.update))
    lasting = any(entry.error and not (entry.course and entry.course.collection) for entry in plan.daemonsets)
    facts = (*facts[:2], stuck or lasting, facts[3])
    if (
        plan.complete,
        plan.errored,
        plan.conflicts and (stuck or lasting or not plan.policies),
        plan.applyable,
    ) != facts:
        yield "facts", "complete, errored, conflicts or applyable is wrong"
    waits = [entry.requeue_after_seconds for entry in plan.daemonsets if entry.requeue_after_seconds is not None]
    if plan.requeue_after_seconds != min(waits, default=None) and not plan.policies:
        yield "requeue", f"after {plan.requeue_after_seconds} s, the DaemonSets say {waits[:3]}"


def members(parts: Iterable[Any]) -> Counter[int]:
    """Return how often each node id occurs in the parts."""
    return Counter(position for part in parts for position in ids_of(part.nodes))


def _names(positions: Iterable[int], plan: PlanDocument) -> str:
    return ", ".join(plan.nodes[position] for position in sorted(positions)[:5])
