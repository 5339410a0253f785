"""What must hold for every account of every world."""

from __future__ import annotations

from collections import Counter

from pyroaring import BitMap

from dsplan.observe import PodFact
from dsplan.planner import DaemonSetPlan, Plan
from dsplan.planner.account import Account, Fate, Kind, LotKind, Row, When

Write = tuple[str, str, str]


def check_plan(plan: Plan) -> None:
    for entry in plan.daemonsets:
        check_partition(entry, plan)
        check_lots(entry, plan)
        assert promised(entry, plan) == issued(entry), f"{entry.identity}: the next pass is not what the account says"
    check_sums(plan.account, plan)


def check_partition(entry: DaemonSetPlan, plan: Plan) -> None:
    rows = entry.account.rows
    assert sum(len(row.nodes) for row in rows) == len(plan.index)
    assert BitMap.union(BitMap(), *(row.nodes for row in rows)) == plan.index.all
    observed = entry.step.observed
    names = [name for row in rows for name in row.vanished]
    assert sorted(names) == sorted(observed.vanished if observed else ())
    for row in rows:
        check_row(row)


def check_row(row: Row) -> None:
    """The conditions of the fates exclude each other."""
    live = [place for place, facts in enumerate(row.shape) if not facts & PodFact.TERMINATING]
    ended = [lot for lot in row.lots if lot.kind is LotKind.STAYS]
    comes = [lot for lot in row.lots if lot.kind is LotKind.COMES]
    gone = [lot for lot in row.lots if lot.kind in (LotKind.DELETED, LotKind.COLLECTED, LotKind.EVICTED)]
    assert len(comes) <= 1
    match row.fate:
        case Fate.EXCLUDED:
            assert not live
            assert not comes
        case Fate.REMOVED:
            assert live
            assert not ended
            assert not comes
        case Fate.KEPT:
            assert ended
            assert not comes
        case Fate.RUNS:
            assert len(ended) == 1
            assert not comes
            assert not gone
            assert row.shape[ended[0].place] & PodFact.AVAILABLE
        case Fate.STARTING:
            assert len(ended) == 1
            assert not comes
            assert not gone
        case Fate.CREATED:
            assert not live
            assert comes
        case Fate.REPAIRED:
            assert gone
            assert comes or ended
        case Fate.REPLACED:
            assert gone
            assert comes or ended
        case Fate.STALLED | Fate.PARKED:
            assert row.moment.when is When.NEVER
            assert any(not row.shape[lot.place] & PodFact.UPDATED for lot in ended)
        case _:
            pass


def check_lots(entry: DaemonSetPlan, plan: Plan) -> None:
    observed = entry.step.observed
    if observed is None:
        return
    counted: Counter[str] = Counter()
    for row in entry.account.rows:
        names = [*(plan.index.names[position] for position in row.nodes), *row.vanished]
        placed = [lot.place for lot in row.lots if lot.kind is not LotKind.COMES]
        assert placed == list(range(len(row.shape)))
        for name in names:
            pods = observed.pods_at(name) or (observed.vanished[name].pods if name in observed.vanished else ())
            assert len(pods) == len(row.shape)
            counted.update(pod.name for pod in pods)
    aside = {pod.name for pod in (*observed.gone, *observed.adrift)}
    assert counted == Counter({pod.name for pod in observed.claim.claimed} - aside)
    assert entry.account.adrift + entry.account.gone == len(aside)


def promised(entry: DaemonSetPlan, plan: Plan) -> Counter[Write]:
    """Return the writes to pods that the account dates to the next pass."""
    observed, found = entry.step.observed, Counter[Write]()
    for row in entry.account.rows:
        for name in (*(plan.index.names[position] for position in row.nodes), *row.vanished):
            for lot in row.lots:
                if lot.moment.when is not When.NOW:
                    continue
                if lot.kind is LotKind.COMES:
                    found["create", name, ""] += 1
                elif lot.kind is LotKind.DELETED:
                    assert observed is not None
                    found["delete", name, observed.groups[name].pods[lot.place].name] += 1
    return found


def issued(entry: DaemonSetPlan) -> Counter[Write]:
    pods = (action for action in entry.step.actions if action.kind == "Pod" and action.verb in ("create", "delete"))
    return Counter((action.verb, action.node, action.name) for action in pods)


def check_sums(account: Account, plan: Plan) -> None:
    rows = [row for entry in account.daemonsets for row in entry.rows]
    sums = account.sums
    kinds = {kind: sum(len(row.nodes) for row in rows if row.kind is kind) for kind in Kind}
    assert (sums.yes, sums.blocked, sums.impossible, sums.excluded) == (
        kinds[Kind.YES],
        kinds[Kind.BLOCKED],
        kinds[Kind.IMPOSSIBLE],
        kinds[Kind.BY_DESIGN],
    )
    assert sum(kinds.values()) == len(plan.index) * len(plan.daemonsets)
    assert sums.update == sum(len(row) for row in rows if row.fate is Fate.REPLACED)
    apart = [row for row in rows if row.fate is not Fate.REPLACED]
    assert sums.create == sum(row.count(LotKind.COMES) for row in apart)
    assert sums.delete == sum(row.count(LotKind.DELETED, LotKind.COLLECTED) for row in apart)
    assert plan.summary == sums
