"""Clusters that are easily told wrongly, each the smallest of its kind."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.changes import plan_changes
from dsplan.explain.difference import plan_difference, what_if
from dsplan.explain.edits import SetField, SetLabel
from dsplan.manifests.decode import decode
from dsplan.planner import Plan, solve
from dsplan.planner.account import Awaited, By, Fate, Kind, LotKind, Row, Spent, When
from dsplan.report.documents.plan import plan_document
from dsplan.report.markdown.difference import account_markdown
from tests.explain.builders import daemonset, node, pod, revision
from tests.planner.account_checks import check_plan
from tests.worlds import NOW

SURGE = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def planned(*trees: dict[str, Any]) -> Plan:
    plan = solve(decode(list(trees)), now=NOW, forecast=True)
    check_plan(plan)
    return plan


def fates(plan: Plan, place: int = 0) -> dict[str, Fate]:
    names = plan.index.names
    rows = plan.daemonsets[place].account.rows
    return {name: row.fate for row in rows for name in (*(names[i] for i in row.nodes), *row.vanished)}


def row(plan: Plan, name: str, place: int = 0) -> Row:
    account = plan.daemonsets[place].account
    return account.row_of(plan.index.ids[name]) if name in plan.index.ids else account.row_of_vanished(name)


def test_a_narrowed_selector_deletes_each_pod_once_and_updates_the_rest_in_waves() -> None:
    """Case 43: what manage deletes is in no wave; the wave of the rest is that of a later pass (C9)."""
    ds = daemonset(nodeSelector={"pool": "a"})
    nodes = [node(f"n{n}", labels={"pool": "a" if n < 3 else "b"}) for n in range(8)]
    plan = planned(ds, revision(ds, "new"), *nodes, *(pod(ds, f"n{n}", "old") for n in range(8)))
    sums = plan.summary
    assert (sums.delete, sums.update, sums.waves, sums.removed) == (5, 3, 3, 5)
    gone = row(plan, "n7")
    assert (gone.fate, gone.lots[0].budget, gone.lots[0].moment.when) == (Fate.REMOVED, Spent.OUTSIDE, When.NOW)
    assert not plan.daemonsets[0].rollout.begins


def test_an_outdated_pod_where_it_may_only_stay_is_removed_for_good_in_its_wave() -> None:
    """Case 31 (R15): it takes a turn in the waves and is not created again."""
    ds = daemonset()
    nodes = [node("a1", taints=["x:NoSchedule"]), node("n1"), node("n2")]
    plan = planned(ds, revision(ds, "new"), *nodes, *(pod(ds, name, "old") for name in ("a1", "n1", "n2")))
    assert fates(plan) == {"a1": Fate.REMOVED, "n1": Fate.REPLACED, "n2": Fate.REPLACED}
    assert plan.daemonsets[0].account.waves() == {"a1": 1, "n1": 2, "n2": 3}
    assert (plan.summary.update, plan.summary.delete, plan.summary.waves) == (2, 1, 3)


def test_a_deletion_that_a_stall_prevents_is_not_announced() -> None:
    ds = daemonset()
    nodes = [node("keeps", taints=["x:NoSchedule"]), node("n1"), node("sick", ready=False)]
    pods = [pod(ds, "keeps", "old"), pod(ds, "n1", "old"), pod(ds, "sick", "new", ready=False)]
    plan = planned(ds, revision(ds, "new"), *nodes, *pods)
    assert fates(plan) == {"keeps": Fate.KEPT, "n1": Fate.STALLED, "sick": Fate.DOWN}
    assert (plan.summary.update, plan.summary.delete, plan.summary.stalls) == (0, 0, 1)
    assert plan.conflicts


def test_a_stalled_roll_out_is_no_update_in_waves() -> None:
    ds = daemonset()
    nodes = [*(node(f"n{n}") for n in range(5)), node("sick", ready=False)]
    pods = [*(pod(ds, f"n{n}", "old") for n in range(5)), pod(ds, "sick", "new", ready=False)]
    plan = planned(ds, revision(ds, "new"), *nodes, *pods)
    assert (plan.summary.update, plan.summary.waves, plan.summary.stalled, plan.summary.stalls) == (0, 0, 5, 1)
    assert row(plan, "n1").kind is Kind.BLOCKED


def test_a_terminating_pod_on_an_unwanted_node_spends_a_place() -> None:
    """Case 20 (R13)."""
    ds = daemonset(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}})
    gone = pod(ds, "away", "old", deletionTimestamp="2026-05-01T11:00:00Z")
    nodes = [node("away", taints=["x:NoSchedule"]), *(node(f"n{n}") for n in range(4))]
    plan = planned(ds, revision(ds, "new"), *nodes, gone, *(pod(ds, f"n{n}", "old") for n in range(4)))
    assert row(plan, "away").spends
    assert plan.daemonsets[0].account.spends == 1
    assert plan.daemonsets[0].rollout.waves[0].size == 1


def test_pods_of_a_vanished_node_are_collected_and_the_surge_goes_on_then() -> None:
    """Case 37 (R27, M22): the pass fails until pod garbage collection is through; nothing stalls."""
    ds = daemonset(strategy=SURGE)
    plan = planned(ds, revision(ds, "new"), node("n1"), node("n2"), *(pod(ds, n, "old") for n in ("n1", "n2", "gone")))
    assert plan.errored
    assert not plan.conflicts
    stray = row(plan, "gone")
    assert (stray.lots[0].kind, stray.lots[0].by) == (LotKind.COLLECTED, By.POD_GC)
    assert row(plan, "n1").moment.awaited is Awaited.COLLECTION
    assert (plan.summary.update, plan.summary.delete, plan.summary.vanished) == (2, 1, 1)


def test_an_orphan_is_adopted_by_one_daemonset_only() -> None:
    """Case 22 (M3): the other makes its own pod."""
    one, two = daemonset("one"), daemonset("two")
    for tree in (one, two):
        tree["spec"]["selector"] = {"matchLabels": {"app": "shared"}}
        tree["spec"]["template"]["metadata"]["labels"] = {"app": "shared"}
    orphan = pod(one, "n1", "x")
    orphan["metadata"].update(ownerReferences=[], labels={"app": "shared"})
    plan = planned(one, two, node("n1"), orphan)
    assert [entry.account.adopted for entry in plan.daemonsets] == [1, 0]
    assert plan.summary.create == 1
    assert fates(plan, 1) == {"n1": Fate.CREATED}


def test_an_adopted_duplicate_is_deleted_under_a_precondition_that_holds() -> None:
    """L8: the adoption changes the resourceVersion, so the deletion after it asks for the uid alone."""
    ds = daemonset()
    twin = pod(ds, "n1", "new", creationTimestamp="2026-05-01T11:00:00Z", resourceVersion="7")
    twin["metadata"].update(name="twin", uid="twin-uid", ownerReferences=[])
    kept = pod(ds, "n1", "new", creationTimestamp="2026-05-01T10:00:00Z")
    plan = planned(ds, revision(ds, "new"), node("n1"), kept, twin)
    patched, deleted = (action for action in plan.actions if action.name == "twin")
    assert (patched.verb, deleted.verb) == ("patch", "delete")
    assert patched.precondition is not None
    assert deleted.precondition is not None
    assert (patched.precondition.resource_version, deleted.precondition.resource_version) == ("7", "")
    assert deleted.body["preconditions"] == {"uid": "twin-uid"}


def test_pods_that_get_the_current_hash_are_not_announced_as_updates() -> None:
    """Case 21 (H8): two revisions equal the template; this pass relabels every pod, and later ones replace nothing."""
    ds = daemonset()
    twin = revision(ds, "twin")
    twin["revision"] = 2
    nodes = [node(f"n{n}") for n in range(3)]
    plan = planned(ds, revision(ds, "new"), twin, *nodes, *(pod(ds, f"n{n}", "other") for n in range(3)))
    assert plan.summary.update == 1
    told = [entry for entry in plan.daemonsets[0].account.rows if entry.reason == "Relabelled"]
    assert [(entry.fate, len(entry)) for entry in told] == [(Fate.RUNS, 2)]
    assert "counts as up to date" in told[0].text


def web(memory: str = "700Mi", **more: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "uid": "web"},
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "c", "resources": {"requests": {"memory": memory}}}],
            **more,
        },
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


HIGH = {"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000}


def test_a_difference_shows_who_is_evicted() -> None:
    """Case 46: the numbers of created pods are the same; the shop's pod is not."""
    before = planned(daemonset(memory="512Mi"), HIGH, node("n1", memory="1Gi"), web())
    after = planned(daemonset(memory="512Mi", priorityClassName="high"), HIGH, node("n1", memory="1Gi"), web())
    found = plan_difference(before, after)
    (entry,) = found.daemonsets
    (eviction,) = entry.evictions
    assert (eviction.victim, eviction.pods, eviction.nodes.more) == ("shop/web", (0, 1), ("n1",))
    assert [(change.before, change.after) for change in entry.fates] == [("unplaced", "created")]
    assert "evicts shop/web" in account_markdown(found, "### x").partition("Changes")[0]
    assert plan_changes(plan_document(before), plan_document(after)).account == found


def test_an_evicted_daemon_is_told_with_who_takes_its_place() -> None:
    """Case 62: what was there goes, and stays Pending."""
    low, high = daemonset("low", memory="600Mi"), daemonset("high", memory="600Mi", priorityClassName="high")
    plan = planned(low, high, revision(low, "new"), HIGH, node("n1", memory="1Gi"), pod_with(low, "600Mi"))
    victim = row(plan, "n1", 1)
    assert (victim.fate, victim.loses) == (Fate.UNPLACED, True)
    assert victim.lots[0].kind is LotKind.EVICTED
    assert str(victim.lots[0].other[0]) == "default/high"
    assert plan.summary.evictions == 1


def pod_with(owner: dict[str, Any], memory: str) -> dict[str, Any]:
    found = pod(owner, "n1", "new")
    found["spec"]["containers"] = [{"name": "c", "resources": {"requests": {"memory": memory}}}]
    return found


def test_a_request_that_no_longer_fits_is_a_difference() -> None:
    """Case 61."""
    world = decode([daemonset(memory="512Mi"), node("n1", memory="1Gi")])
    bigger = SetField(world.daemonsets[0].identity, "spec.template.spec.containers[0].resources.requests.memory", "2Gi")
    found = what_if(world, [bigger], now=NOW)
    (entry,) = found.account.daemonsets
    assert [(change.before, change.after, change.nodes) for change in entry.fates] == [("created", "unplaced", ("n1",))]
    assert found.account.after.impossible == 1


def test_a_label_that_is_only_now_read_is_no_difference() -> None:
    """Case 47: two manifests over one cluster; no node changed."""
    nodes = [node("n1", labels={"pool": "a"}), node("n2", labels={"pool": "a"})]
    before, after = planned(daemonset(), *nodes), planned(daemonset(nodeSelector={"pool": "a"}), *nodes)
    found = plan_changes(plan_document(before), plan_document(after))
    assert found.nodes_changed == ()
    assert not found


def test_what_goes_at_once_is_told_as_outside_any_budget() -> None:
    ds = daemonset(nodeSelector={"pool": "a"})
    world = decode([ds, revision(ds, "new"), node("n1", labels={"pool": "a"}), pod(ds, "n1", "new")])
    (entry,) = what_if(world, [SetLabel("n1", "pool", "b")], now=NOW).account.daemonsets
    assert (entry.delete.more, entry.at_once.more) == (("n1",), ("n1",))


def test_a_bigger_request_stops_the_roll_out_at_the_first_node_that_has_no_room() -> None:
    ds = daemonset(memory="900Mi")
    nodes = [node(f"n{n}", memory="1Gi") for n in range(3)]
    pods = [pod(ds, f"n{n}", "old") for n in range(3)]
    shop = [{**web("300Mi"), "metadata": {"name": f"web{n}", "namespace": "shop", "uid": f"web{n}"}} for n in range(3)]
    for n, tree in enumerate(shop):
        tree["spec"] = {**tree["spec"], "nodeName": f"n{n}"}
    plan = planned(ds, revision(ds, "new"), *nodes, *pods, *shop)
    assert fates(plan) == {"n0": Fate.UNPLACED, "n1": Fate.STALLED, "n2": Fate.STALLED}
    assert row(plan, "n0").loses
    assert plan.summary.stalls == 1


def test_starting_pods_that_hold_the_budget_make_a_second_course() -> None:
    """Until there is evidence they are starting; what comes if they do not become ready is told beside it."""
    ds = daemonset()
    young = pod(ds, "n0", "new", ready=False, creationTimestamp="2026-05-01T11:59:30Z")
    nodes = [node(f"n{n}") for n in range(3)]
    pods = [young, *(pod(ds, f"n{n}", "old") for n in (1, 2))]
    plan = solve(decode([ds, revision(ds, "new"), *nodes, *pods]), now=NOW)
    check_plan(plan)
    assert fates(plan) == {"n0": Fate.STARTING, "n1": Fate.REPLACED, "n2": Fate.REPLACED}
    assert [row(plan, name).otherwise for name in ("n0", "n1", "n2")] == [Fate.FAILING, Fate.STALLED, Fate.STALLED]
    account = plan.daemonsets[0].account
    assert account.otherwise is not None
    assert account.otherwise.stalled == ("n1", "n2")
    assert plan.summary.stalls == 0


@pytest.mark.parametrize(
    ("strategy", "waves", "parked"),
    [
        ({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 10}}, [10, 5], 0),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 10}}, [10, 5], 0),
        ({"type": "OnDelete"}, [], 15),
    ],
)
def test_what_a_taint_drives_out_is_in_no_wave(strategy: dict[str, Any], waves: list[int], parked: int) -> None:
    """29 pods go at once, and then 10 and 5 are updated: as a simulation plays it."""
    ds = daemonset(strategy=strategy)
    nodes = [node(f"n{n:02}", taints=["x:NoExecute"] if n < 29 else []) for n in range(44)]
    plan = planned(ds, revision(ds, "new"), *nodes, *(pod(ds, f"n{n:02}", "old") for n in range(44)))
    sums = plan.summary
    assert (sums.delete, sums.update, sums.parked) == (29, sum(waves), parked)
    assert [run.size for run in plan.daemonsets[0].rollout.waves for _ in range(run.repeat)] == waves


def test_a_port_that_is_taken_makes_a_pod_impossible_and_names_who_has_it() -> None:
    """Case 46: the pull request moves to a host port that another pod has."""
    taken = {**web("1Mi"), "metadata": {"name": "other", "namespace": "x", "uid": "other"}}
    taken["spec"]["containers"][0]["ports"] = [{"containerPort": 9100, "hostPort": 9100}]
    plans = []
    for port in (9101, 9100):
        ds = daemonset()
        ds["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": port, "hostPort": port}]
        plans.append(planned(ds, node("n1", memory="1Gi"), taken))
    (entry,) = plan_difference(*plans).daemonsets
    assert [(change.before, change.after) for change in entry.fates] == [("created", "unplaced")]
    assert "x/other" in row(plans[1], "n1").example
