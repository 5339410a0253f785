"""The worked examples of R34, and what a pass does around them."""

from __future__ import annotations

from typing import Any

from dsplan.diff import ActionReason
from dsplan.manifests.decode import decode
from dsplan.passes import DaemonSetStep, step
from tests.worlds import NOW, Tree, revision_of

NEW, OLD = "new", "old"


def daemonset(unavailable: Any = 0, surge: Any = 0) -> Tree:
    update = {"maxUnavailable": unavailable, "maxSurge": surge}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "ds", "namespace": "default", "uid": "ds-uid"},
        "spec": {
            "selector": {"matchLabels": {"app": "ds"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": update},
            "template": {"metadata": {"labels": {"app": "ds"}}},
        },
    }


def pod(node: str, hash_label: str, *, ready: bool = True, name: str = "") -> Tree:
    owner = [{"kind": "DaemonSet", "name": "ds", "uid": "ds-uid", "controller": True}]
    labels = {"app": "ds", "controller-revision-hash": hash_label}
    conditions = [{"type": "Ready", "status": "True"}] if ready else []
    return {
        "kind": "Pod",
        "metadata": {
            "name": name or f"{hash_label}-{node}",
            "namespace": "default",
            "labels": labels,
            "ownerReferences": owner,
            "creationTimestamp": f"2026-05-01T{10 if hash_label == OLD else 11}:00:00Z",
        },
        "spec": {"nodeName": node},
        "status": {"phase": "Running", "conditions": conditions},
    }


def one_pass(ds: Tree, *pods: Tree, nodes: int = 0) -> DaemonSetStep:
    names = sorted({pod["spec"]["nodeName"] for pod in pods} | {f"n{number:03}" for number in range(nodes)})
    trees = [{"kind": "Node", "metadata": {"name": name}} for name in names]
    return step(decode([*trees, ds, revision_of(ds), *pods]), now=NOW).daemonsets[0]


def did(entry: DaemonSetStep, verb: str) -> list[str]:
    return [a.node for a in entry.actions if (a.kind, a.verb) == ("Pod", verb)]


def names(*numbers: int) -> list[str]:
    return [f"n{number:03}" for number in numbers]


def test_a_available_old_pods_go_by_the_budget() -> None:
    pods = [pod(name, OLD) for name in names(*range(5))]
    assert did(one_pass(daemonset(3), *pods), "delete") == names(0, 1, 2)


def test_b_sick_old_pods_spend_the_budget_of_the_healthy() -> None:
    pods = [pod(name, NEW, ready=False) for name in names(*range(88))]
    pods += [pod(name, OLD, ready=False) for name in names(88, 89)]
    pods += [pod(name, OLD) for name in names(*range(90, 100))]
    entry = one_pass(daemonset(10), *pods)
    assert did(entry, "delete") == names(88, 89)
    assert {a.reason for a in entry.actions if a.verb == "delete"} == {ActionReason.OUTDATED_UNAVAILABLE}


def test_a_sick_old_pod_takes_one_of_the_budget() -> None:
    pods = [pod("n000", OLD, ready=False), *(pod(name, OLD) for name in names(1, 2, 3))]
    assert did(one_pass(daemonset(2), *pods), "delete") == names(0, 1)  # R9


def test_c_sick_old_pods_go_together_beyond_the_budget() -> None:
    pods = [pod(name, OLD, ready=False) for name in names(*range(5))]
    assert did(one_pass(daemonset(3), *pods), "delete") == names(*range(5))  # R12


def test_d_surge() -> None:
    ds = daemonset(0, 2)
    old = [pod(name, OLD) for name in names(*range(5))]
    assert did(one_pass(ds, *old), "create") == names(0, 1)
    surged = [*old, pod("n000", NEW), pod("n001", NEW)]
    entry = one_pass(ds, *surged)
    assert did(entry, "delete") == names(0, 1)  # M18, in manage: the rolling update has its turn in the next pass
    assert did(one_pass(ds, pod("n000", NEW), pod("n001", NEW), *old[2:]), "create") == names(2, 3)


def test_surge_waits_for_the_new_pod() -> None:
    old = [pod(name, OLD) for name in names(0, 1)]
    entry = one_pass(daemonset(0, 1), *old, pod("n000", NEW, ready=False))
    assert did(entry, "create") == did(entry, "delete") == []  # R24


def test_e_half_of_three_is_two() -> None:
    pods = [pod(name, OLD) for name in names(0, 1, 2)]
    assert len(did(one_pass(daemonset("50%"), *pods), "delete")) == 2


def test_under_surge_an_old_pod_on_a_vanished_node_fails_the_pass() -> None:
    given = [{"kind": "Node", "metadata": {"name": "n000"}}, daemonset(0, 1), revision_of(daemonset(0, 1))]
    entry = step(decode([*given, pod("n000", OLD), pod("gone", OLD)]), now=NOW).daemonsets[0]
    assert entry.error is not None
    assert "gone" in entry.error  # R27
    assert entry.status_written or entry.status is not None
    assert did(entry, "create") == []


def test_the_written_order_is_sick_nodes_then_zones_then_names() -> None:
    ds = daemonset(3)
    nodes = [
        {"kind": "Node", "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone}}}
        for name, zone in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b"))
    ]
    nodes[3]["status"] = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
    pods = [pod(node["metadata"]["name"], OLD) for node in nodes]
    entry = step(decode([*nodes, ds, revision_of(ds), *pods]), now=NOW).daemonsets[0]
    assert did(entry, "delete") == ["b2", "a1", "b1"]
