"""Objects of every client, without importing one: the official client for real, the others by their shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes import client

from dsplan.errors import InputError
from dsplan.model.daemonset import DaemonSet
from dsplan.model.pod import Pod
from dsplan.reconciler import WatchEvent, object_of, read_event, tree_of
from dsplan.testing import a_node, a_pod

_WIRE = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "ds", "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {
        "selector": {"matchLabels": {"app": "d"}},
        "template": {
            "metadata": {"labels": {"app": "d"}},
            "spec": {
                "hostPID": True,
                "containers": [{"name": "c", "image": "i:1", "ports": [{"containerPort": 80, "hostIP": "::"}]}],
            },
        },
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
    },
}


def official() -> client.V1DaemonSet:
    port = client.V1ContainerPort(container_port=80, host_ip="::")
    container = client.V1Container(name="c", image="i:1", ports=[port])
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels={"app": "d"}),
        spec=client.V1PodSpec(containers=[container], host_pid=True),
    )
    rolling = client.V1RollingUpdateDaemonSet(max_unavailable="10%")
    return client.V1DaemonSet(
        metadata=client.V1ObjectMeta(
            name="ds", namespace="default", creation_timestamp=datetime(2026, 1, 1, tzinfo=UTC)
        ),
        spec=client.V1DaemonSetSpec(
            selector=client.V1LabelSelector(match_labels={"app": "d"}),
            template=template,
            update_strategy=client.V1DaemonSetUpdateStrategy(type="RollingUpdate", rolling_update=rolling),
        ),
    )


class KopfBody(Mapping[str, Any]):
    """A kopf body is a mapping that is no dict, with views inside."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self._tree = tree

    def __getitem__(self, key: str) -> Any:
        value = self._tree[key]
        return KopfBody(value) if isinstance(value, dict) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._tree)

    def __len__(self) -> int:
        return len(self._tree)


class Kr8sDaemonSet:
    """kr8s keeps the tree in `raw`; it has a `to_dict` as well."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.raw = tree

    def to_dict(self) -> dict[str, Any]:
        return self.raw


@dataclasses.dataclass
class Lightkube:
    """lightkube's models say the wire format by `to_dict`; their class is named after the kind."""

    tree: dict[str, Any]

    def to_dict(self, dict_factory: type = dict) -> dict[str, Any]:
        return {key: value for key, value in self.tree.items() if key not in ("kind", "apiVersion")}


Lightkube.__name__ = "DaemonSet"


@pytest.mark.parametrize(
    "shape",
    [_WIRE, official(), KopfBody(_WIRE), Kr8sDaemonSet(_WIRE), Lightkube(_WIRE)],
    ids=lambda s: type(s).__name__,
)
def test_every_shape_is_the_same_object(shape: Any) -> None:
    expected = object_of(_WIRE)
    assert isinstance(expected, DaemonSet)
    assert object_of(shape) == expected
    assert object_of(shape, "DaemonSet") == expected


def test_the_official_client_says_what_its_own_serialiser_says() -> None:
    tree = tree_of(official())
    assert tree.pop("kind") == "DaemonSet"
    serialised = client.ApiClient().sanitize_for_serialization(official())
    serialised["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    assert tree == serialised


def test_naive_times_are_utc() -> None:
    pod = client.V1Pod(metadata=client.V1ObjectMeta(name="p", creation_timestamp=datetime(2026, 1, 1)))
    decoded = object_of(pod)
    assert isinstance(decoded, Pod)
    assert decoded.metadata.creation_timestamp == datetime(2026, 1, 1, tzinfo=UTC)


def test_own_objects_pass_as_they_are() -> None:
    node = a_node("n1", zone="a")
    assert object_of(node) is node
    assert object_of(tree_of(node), "Node") == node


def test_kinds_that_planning_does_not_read_are_passed_over() -> None:
    assert object_of({"kind": "Secret", "metadata": {"name": "s"}}) is None


class Strange:
    """An embedder's mistake."""


@pytest.mark.parametrize("shape", [None, 7, "text", Strange(), {"kind": "Pod", "spec": {"x": Strange()}.keys()}])
def test_what_is_not_understood_is_an_input_error(shape: Any) -> None:
    with pytest.raises(InputError):
        tree_of(shape)


def test_a_wrong_type_is_an_input_error_with_its_field() -> None:
    with pytest.raises(InputError) as caught:
        object_of({"kind": "Node", "metadata": {"name": "n"}, "spec": {"taints": 7}})
    assert caught.value.problems[0].field == "spec.taints"


def test_a_tree_that_contains_itself_ends() -> None:
    tree: dict[str, Any] = {"kind": "Node"}
    tree["metadata"] = {"self": KopfBody(tree)}
    with pytest.raises(InputError, match="1 problem"):
        tree_of(KopfBody(tree))


_NODE = {"kind": "Node", "metadata": {"name": "n1"}}


@pytest.mark.parametrize(
    "event",
    [
        WatchEvent("ADDED", _NODE),
        {"type": "ADDED", "object": _NODE},
        {"type": None, "object": _NODE},
        {"type": "ADDED", "object": client.V1Node(), "raw_object": _NODE},
        ("ADDED", _NODE),
    ],
)
def test_events_of_every_client(event: Any) -> None:
    assert read_event(event) == ("ADDED", object_of(_NODE))


def test_bookmarks_say_nothing() -> None:
    assert read_event({"type": "BOOKMARK", "object": {"kind": "Pod"}}) == ("BOOKMARK", None)


@pytest.mark.parametrize("event", [None, ("ADDED",), {"type": "ERROR", "object": {"kind": "Status"}}, {"object": 1}])
def test_other_events_are_input_errors(event: Any) -> None:
    with pytest.raises(InputError):
        read_event(event)


def test_a_pod_of_the_builders_survives_the_trip() -> None:
    from dsplan.testing import a_daemonset

    pod = a_pod(a_daemonset(), "n1", bound=False)
    assert object_of(tree_of(pod), "Pod") == pod
