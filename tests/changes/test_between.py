"""What lies between two plans, and which actions of an old plan still hold."""

from __future__ import annotations

import copy

import dsplan
from dsplan.changes import Drift, StandingState, drift, plan_changes
from dsplan.document.types import PlanDocument
from dsplan.manifests.overlay import overlay
from dsplan.planner import solve
from dsplan.report.documents.plan import plan_document
from dsplan.report.inputs import inputs_digest
from dsplan.report.text.changes import MARKDOWN_LIMIT, changes_markdown, changes_text, drift_text
from tests.diff.test_rolling import daemonset, pod
from tests.worlds import NOW, Tree, revision_of, world


def node(name: str, **labels: str) -> Tree:
    return {"kind": "Node", "metadata": {"name": name, "labels": labels}, "status": {}}


def cluster() -> list[Tree]:
    ds = daemonset(1)
    nodes = [node(f"n{number}", **{"topology.kubernetes.io/zone": "ab"[number % 2]}) for number in range(4)]
    return [*nodes, ds, revision_of(ds), *(pod(f"n{number}", "old") for number in range(3))]


def planned(trees: list[Tree]) -> PlanDocument:
    given = world(trees)
    return plan_document(solve(given, now=NOW), inputs=inputs_digest(given))


def test_a_plan_does_not_differ_from_itself() -> None:
    found = plan_changes(planned(cluster()), planned(cluster()))
    assert not found
    assert changes_text(found) == "No changes.\n"
    assert "no changes" in changes_markdown(found)


def test_a_heartbeat_voids_nothing() -> None:
    """Fails if the digest takes in the node's conditions whole (tried)."""
    beat = cluster()
    for tree in beat:
        if tree["kind"] == "Node":
            tree["metadata"]["resourceVersion"] = "77"
            tree["status"] = {"conditions": [{"type": "Ready", "status": "True", "message": "kubelet is posting"}]}
    found = fared(cluster(), beat)
    assert not found.changes
    assert {one.state for one in found.standings} == {StandingState.TO_DO}
    assert found.left == found.count(*StandingState)


def test_who_gains_who_loses_what_updates_by_zone() -> None:
    after = cluster()
    after.append(node("n9", **{"topology.kubernetes.io/zone": "b"}))
    del after[0]
    found = plan_changes(planned(cluster()), planned(after))
    assert (found.account.nodes.more, found.account.nodes.less) == (("n9",), ("n0",))
    (change,) = found.account.daemonsets
    assert (change.desired, change.wanted.more, change.wanted.less) == ((4, 4), ("n9",), ("n0",))
    assert change.create.more == ("n9",)
    assert change.delete.more == ("n0",)
    fates = {(fate.before, fate.after): fate.nodes for fate in change.fates}
    assert fates["", "created"] == ("n9",)
    assert fates["replaced", "removed"] == ("n0",)
    assert dict(found.zones["default/ds"])["b"] >= 1


def fared(before: list[Tree], now: list[Tree]) -> Drift:
    """Return how the plan for one cluster fares on another."""
    later = solve(world(now), now=NOW)
    return drift(planned(before), plan_document(later), later)


def test_what_is_void_is_told_with_the_reason() -> None:
    renewed = copy.deepcopy(cluster())
    next(tree for tree in renewed if tree["kind"] == "DaemonSet")["metadata"]["uid"] = "another"
    cases = {
        "the node is gone": [tree for tree in cluster() if tree["metadata"]["name"] != "n3"],
        "the DaemonSet is gone": [tree for tree in cluster() if tree["kind"] != "DaemonSet"],
        "the DaemonSet was deleted and made anew": renewed,
    }
    for why, now in cases.items():
        found = fared(cluster(), now)
        assert why in {one.why for one in found.standings if one.state is StandingState.VOID}
        assert why in drift_text(found)


def test_a_pod_that_came_is_done_and_shown_by_its_uid() -> None:
    came = pod("n3", "new")
    came["metadata"]["creationTimestamp"] = "2026-05-01T12:00:09Z"
    found = fared(cluster(), [*cluster(), came])
    (done,) = [one for one in found.standings if one.state is StandingState.DONE]
    assert (done.what, done.nodes) == ("create", ("n3",))
    (evidence,) = done.evidence
    assert (evidence.node, evidence.pod, evidence.hash) == ("n3", came["metadata"]["name"], "new")


def test_a_pod_that_was_there_before_the_plan_is_done_by_somebody_else() -> None:
    found = fared(cluster(), [*cluster(), pod("n3", "new")])
    assert {one.nodes for one in found.standings if one.state is StandingState.OTHERS} == {("n3",)}


def test_markdown_speaks_only_of_what_changed_and_stays_within_the_limit() -> None:
    many = [node(f"node-{number:05}-with-a-name-as-long-as-clouds-make-them") for number in range(5000)]
    before, after = planned(many), planned([*many, daemonset(1)])
    found = plan_changes(before, after)
    for limit in (MARKDOWN_LIMIT, 4000, 300):
        text = changes_markdown(found, limit)
        assert len(text) <= limit
        assert text.startswith("### dsplan")
    full = changes_markdown(found)
    assert "default/ds" in full
    assert full.count("<details>") == full.count("</details>")
    assert full.count("```") % 2 == 0


def test_a_manifest_over_a_cluster_replaces_and_keeps_what_the_server_owns() -> None:
    ds = daemonset(1)
    ds["metadata"].update(
        {"generation": 4, "annotations": {"deprecated.daemonset.template.generation": "3"}, "resourceVersion": "9"}
    )
    base = world([node("n0"), ds, revision_of(ds)])
    written = {key: value for key, value in copy.deepcopy(ds).items() if key != "status"}
    written["metadata"] = {"name": "ds", "namespace": "default"}
    same = overlay(base, world([written])).daemonsets[0]
    assert (same.metadata.uid, same.metadata.generation) == ("ds-uid", 4)
    assert same.spec.template is base.daemonsets[0].spec.template
    written["spec"]["template"]["spec"] = {"containers": [{"name": "c", "image": "i:3"}]}
    edited = overlay(base, world([written])).daemonsets[0]
    assert edited.metadata.generation == 5
    assert edited.metadata.annotations == {"deprecated.daemonset.template.generation": "4"}
    assert [item.name for item in overlay(base, world([node("n1")])).nodes] == ["n0", "n1"]


def test_an_unchanged_manifest_plans_no_update() -> None:
    ds = daemonset(1)
    base = world([node("n0"), ds, revision_of(ds), pod("n0", "new")])
    written = world([{**copy.deepcopy(ds), "metadata": {"name": "ds", "namespace": "default"}}])
    assert dsplan.solve(overlay(base, written), now=NOW).summary == dsplan.solve(base, now=NOW).summary
