"""Whether a pod could have been made from a template: one field at a time (H13)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dsplan.manifests.decode import decode
from dsplan.model.world import World
from dsplan.observe.likeness import looks_like_template
from dsplan.observe.ownership import OwnedIndex
from dsplan.testing import a_daemonset, a_node, a_pod
from tests.verify.test_rules import planned

CONTAINER: dict[str, Any] = {
    "name": "c",
    "image": "i:1",
    "ports": [{"containerPort": 80, "protocol": "TCP"}],
    "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
}
SPEC: dict[str, Any] = {
    "containers": [CONTAINER],
    "nodeSelector": {"pool": "a"},
    "tolerations": [{"key": "k", "operator": "Exists"}],
    "volumes": [{"name": "v", "emptyDir": {}}],
}


def alike(pod_spec: dict[str, Any], labels: dict[str, str] | None = None, **template: Any) -> bool:
    metadata = {"name": "ds", "namespace": "default", "uid": "u"}
    given = {"metadata": {"labels": {"app": "d"}}, "spec": {**SPEC, **template}}
    owner = {"kind": "DaemonSet", "metadata": metadata, "spec": {"template": given}}
    own = {"name": "p", "namespace": "default", "labels": labels or {"app": "d"}}
    world = decode([owner, {"kind": "Pod", "metadata": own, "spec": {**SPEC, **template, **pod_spec}}])
    return looks_like_template(world.pods[0], world.daemonsets[0])


def container(**changes: Any) -> list[dict[str, Any]]:
    return [{**CONTAINER, **changes}]


@pytest.mark.parametrize(
    ("pod_spec", "expected"),
    [
        ({}, True),
        ({"containers": container(image="i:2")}, False),
        ({"containers": container(name="d")}, False),
        ({"containers": [*container(), {"name": "sidecar", "image": "s"}]}, True),
        ({"initContainers": [{"name": "added", "image": "s"}]}, True),
        ({"containers": container(ports=[])}, False),
        ({"containers": container(ports=[{"containerPort": 80, "protocol": "UDP"}])}, False),
        ({"containers": container(ports=[{"containerPort": 80, "protocol": "TCP", "hostPort": 80}])}, True),
        ({"containers": container(resources={"requests": {"cpu": "0.1"}, "limits": {"memory": "1024Mi"}})}, True),
        ({"containers": container(resources={"requests": {"cpu": "200m"}, "limits": {"memory": "1Gi"}})}, False),
        ({"containers": container(resources={"requests": {"cpu": "100m"}})}, False),
        ({"nodeSelector": {"pool": "a", "added": "x"}}, True),
        ({"nodeSelector": {}}, False),
        ({"tolerations": []}, False),
        ({"volumes": []}, False),
        ({"volumes": [*SPEC["volumes"], {"name": "token"}]}, True),
        ({"hostNetwork": True}, False),
        ({"schedulerName": "default-scheduler"}, True),
        ({"schedulerName": "another"}, False),
        ({"runtimeClassName": "gvisor"}, False),
        ({"terminationGracePeriodSeconds": 30}, True),
        ({"terminationGracePeriodSeconds": 31}, False),
        ({"priorityClassName": "added"}, True),
    ],
)
def test_a_pod_has_all_that_the_template_asks_for(pod_spec: dict[str, Any], expected: bool) -> None:
    assert alike(pod_spec) is expected


def test_a_host_port_of_the_template_is_that_of_the_pod() -> None:
    ports = [{"containerPort": 80, "protocol": "TCP", "hostPort": 8080}]
    other = [{"containerPort": 80, "protocol": "TCP", "hostPort": 8081}]
    template = container(ports=ports)
    assert alike({}, containers=template)
    assert not alike({"containers": container(ports=other)}, containers=template)


def test_labels_and_priority_class_of_the_template() -> None:
    assert alike({}, labels={"app": "d", "added": "x"})
    assert not alike({}, labels={"other": "d"})
    assert not alike({"priorityClassName": "b"}, priorityClassName="a")


def test_of_two_daemonsets_that_select_an_orphan_the_first_adopts_it() -> None:
    """M3: which of them is first is random upstream; here it is the one whose name comes first, and it alone."""
    first, second = a_daemonset("a"), a_daemonset("b")
    second = msgspec.structs.replace(second, spec=msgspec.structs.replace(second.spec, selector=first.spec.selector))
    orphan = a_pod(first, "n1", orphan=True)
    index = OwnedIndex((orphan,), (first, second))
    assert [item.name for item in index.adoptable(first)] == [orphan.name]
    assert list(index.adoptable(second)) == []
    alone = OwnedIndex((orphan,), (second,))
    assert [item.name for item in alone.adoptable(second)] == [orphan.name]


def test_a_status_that_judges_one_pod_a_node_says_nothing_of_doubled_nodes() -> None:
    """S7, H13: the counters say that all are up to date, and a pod of another hash stands beside the judged one."""
    status = {"observedGeneration": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1}
    owner = a_daemonset(on_delete=True, status=status)
    pods = (a_pod(owner, "n1", name="one", hash_label="h1"), a_pod(owner, "n1", name="two", hash_label="h2"))
    world = World(nodes=(a_node("n1"),), daemonsets=(owner,), pods=pods)
    notes = [note.text for note in planned(world).notes]
    assert notes
    assert not any("status" in text for text in notes)
    single = World(nodes=(a_node("n1"),), daemonsets=(owner,), pods=pods[:1])
    assert any("status" in note.text for note in planned(single).notes)
