"""What an API server refuses of an update (fields that are immutable), kind by kind."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan import decode, load
from dsplan.errors import InputError
from dsplan.manifests.updates import accepted_updates, refused_updates

_LABELS = {"app": "a"}


def _workload(kind: str, **selector: str) -> dict[str, Any]:
    template = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": selector or _LABELS}, "template": template}
    return {"kind": kind, "metadata": {"name": "a", "namespace": "ops"}, "spec": spec}


def _object(kind: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "a", "namespace": "ops"}, **fields}


def _pod(image: str = "i", container: str = "c", **spec: Any) -> dict[str, Any]:
    return _object("Pod", spec={"containers": [{"name": container, "image": image}], **spec})


def _revision(image: str) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "c", "image": image}]}}
    return _object("ControllerRevision", data={"spec": {"template": template}}, revision=1)


REFUSED = [
    (_workload("DaemonSet"), _workload("DaemonSet", app="b"), ["spec.selector"]),
    (_workload("Deployment"), _workload("Deployment", app="b"), ["spec.selector"]),
    (_object("PriorityClass", value=1), _object("PriorityClass", value=2), ["value"]),
    (_object("PriorityClass"), _object("PriorityClass", preemptionPolicy="Never"), ["preemptionPolicy"]),
    (_object("RuntimeClass", handler="a"), _object("RuntimeClass", handler="b"), ["handler"]),
    (_revision("i:1"), _revision("i:2"), ["data"]),
    (
        _object("ResourceQuota", spec={"scopes": ["BestEffort"]}),
        _object("ResourceQuota", spec={"scopes": ["NotBestEffort"]}),
        ["spec.scopes"],
    ),
    (
        _object("PersistentVolumeClaim", spec={"volumeName": "v", "accessModes": ["ReadWriteOnce"]}),
        _object("PersistentVolumeClaim", spec={"volumeName": "w", "accessModes": ["ReadWriteMany"]}),
        ["spec.volumeName", "spec.accessModes"],
    ),
    (
        _object("PersistentVolume", spec={"csi": {"driver": "d", "volumeHandle": "1"}}),
        _object("PersistentVolume", spec={"csi": {"driver": "d", "volumeHandle": "2"}}),
        ["spec.csi"],
    ),
    (_pod(nodeName="n1"), _pod(nodeName="n2"), ["spec.nodeName"]),
    (_pod(), _pod(hostNetwork=True), ["spec.hostNetwork"]),
    (_pod(), _pod(container="d"), ["spec.containers"]),
    (
        _object("ServiceAccount") | {"metadata": {"name": "a", "namespace": "ops", "uid": "1"}},
        _object("ServiceAccount") | {"metadata": {"name": "a", "namespace": "ops", "uid": "2"}},
        ["metadata.uid"],
    ),
]

TAKEN = [
    (_workload("DaemonSet"), _workload("DaemonSet")),
    (_object("PriorityClass", value=1), _object("PriorityClass", value=1, preemptionPolicy="PreemptLowerPriority")),
    (_object("ResourceQuota", spec={"hard": {"pods": 1}}), _object("ResourceQuota", spec={"hard": {"pods": 2}})),
    (_pod(nodeName="n1", priority=5), _pod(image="j")),
    (_revision("i:1"), _revision("i:1")),
    (_object("PersistentVolumeClaim"), _object("PersistentVolumeClaim", spec={"volumeName": "v"})),
]


@pytest.mark.parametrize(("before", "after", "fields"), REFUSED, ids=lambda value: str(value)[:40])
def test_refused(before: dict[str, Any], after: dict[str, Any], fields: list[str]) -> None:
    found = refused_updates(decode([before]), decode([after]))
    assert [problem.field for problem in found] == fields
    assert all(problem.message.startswith("field is immutable: ") for problem in found)
    assert all(problem.object.startswith(before["kind"]) for problem in found)


@pytest.mark.parametrize(("before", "after"), TAKEN, ids=lambda value: str(value)[:40])
def test_taken(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert refused_updates(decode([before]), decode([after])) == ()


def test_another_namespace_is_another_object() -> None:
    other = _workload("DaemonSet", app="b")
    other["metadata"]["namespace"] = "dev"
    assert refused_updates(decode([_workload("DaemonSet")]), decode([other])) == ()


def test_a_name_reaches_no_shell() -> None:
    before, after = _workload("DaemonSet"), _workload("DaemonSet", app="b")
    before["metadata"]["name"] = after["metadata"]["name"] = "a; reboot"
    (problem,) = refused_updates(decode([before]), decode([after]))
    assert "kubectl delete daemonset 'a; reboot' -n ops" in problem.message


def test_levels(tmp_path: Any) -> None:
    cluster, manifests = decode([_object("PriorityClass", value=1)]), decode([_object("PriorityClass", value=2)])
    with pytest.raises(InputError) as raised:
        accepted_updates(cluster, manifests)
    assert [problem.field for problem in raised.value.problems] == ["value"]
    assert "field is immutable" in accepted_updates(cluster, manifests, "warn").notes[0].text
    assert accepted_updates(cluster, manifests, "ignore") is manifests


def test_the_place_is_that_of_the_field_in_the_manifest(tmp_path: Any) -> None:
    path = tmp_path / "high.yaml"
    path.write_text("apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata:\n  name: a\nvalue: 7\n")
    (problem,) = refused_updates(
        decode([{"kind": "PriorityClass", "metadata": {"name": "a"}, "value": 5}]), load([path])
    )
    assert (problem.source, problem.line) == (str(path), 5)
