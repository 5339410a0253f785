"""A Deployment beside DaemonSets: its replicas exactly, evenly, and the nodes it leaves without."""

from __future__ import annotations

from typing import Any

from dsplan import step
from dsplan.placement.deployments import DeploymentFit
from dsplan.placement.fit import fit

from .scenes import HOSTNAME, NOW, ZONE, Tree, daemonset, node, pod, spec, world


def deployment(replicas: int, body: Tree | None = None, name: str = "web") -> Tree:
    labels = {"app": name}
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": body or spec()},
        },
    }


def replica(name: str, at: str, body: Tree | None = None, **metadata: Any) -> Tree:
    owner = [{"kind": "ReplicaSet", "name": "web-5d8", "uid": "u", "controller": True}]
    return pod(name, at, body, labels={"app": "web"}, ownerReferences=owner, **metadata)


def fitted(*trees: Tree) -> DeploymentFit:
    found = world(*trees)
    return fit(found, step(found, now=NOW)).deployments[0]


def test_a_deployment_leaves_nodes_without_and_a_daemonset_none() -> None:
    nodes = [node(f"n{n}") for n in range(5)]
    found = world(*nodes, deployment(3), daemonset("d"))
    best = fit(found, step(found, now=NOW))
    assert (best.deployments[0].placed, best.deployments[0].nodes) == (3, ((0, 1), (1, 1), (2, 1)))
    assert list(best.deployments[0].without) == [3, 4]
    assert list(best.daemonsets[0].placed) == [0, 1, 2, 3, 4]


def test_replicas_go_where_fewest_are_and_then_to_the_emptiest_zone() -> None:
    nodes = [node(f"n{n}", labels={ZONE: zone}) for n, zone in enumerate("aab")]
    assert fitted(*nodes, deployment(2)).nodes == ((0, 1), (2, 1))
    assert fitted(*nodes, deployment(7)).nodes == ((0, 2), (1, 2), (2, 3))


def test_those_that_run_stay_and_count() -> None:
    nodes = [node("n0"), node("n1")]
    going = replica("c", "n1", deletionTimestamp="2026-05-01T11:00:00Z")
    entry = fitted(*nodes, deployment(3), replica("a", "n0"), replica("b", "n0"), going)
    assert (entry.present, entry.placed, entry.nodes) == (2, 1, ((0, 2), (1, 1)))


def test_room_ports_and_affinity_bind_replicas_too() -> None:
    nodes = [node("n0", cpu="4"), node("n1", cpu="1"), node("n2", taints=[{"key": "k", "effect": "NoSchedule"}])]
    entry = fitted(*nodes, deployment(9, spec(cpu="1")))
    assert (entry.placed, entry.short, entry.nodes) == (5, 4, ((0, 4), (1, 1)))
    assert [str(cause) for cause in entry.causes] == ["Wanted: shop/web (4 more replicas)", "Allocatable: all nodes"]
    lonely = fitted(*nodes, deployment(3, spec(labels_away={"app": "web"}, key=HOSTNAME)))
    assert lonely.nodes == ((0, 1), (1, 1))


def test_daemons_come_first_and_are_named_when_they_are_in_the_way() -> None:
    trees = [node("n0", cpu="4"), daemonset("a", spec(cpu="2")), daemonset("b", spec(cpu="1")), daemonset("c")]
    entry = fitted(*trees, deployment(3, spec(cpu="1")))
    assert (entry.placed, entry.short) == (1, 2)
    assert [str(cause) for cause in entry.causes] == ["Wanted: shop/web (2 more replicas)", "Wanted: default/a"]


def test_a_pod_that_admission_refuses_has_no_place() -> None:
    entry = fitted(node("n0"), deployment(2, {**spec(), "priorityClassName": "nope"}), daemonset("a"))
    assert (entry.placed, entry.short, entry.causes[0].code) == (0, 2, "Admission")
