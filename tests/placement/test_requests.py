"""What a pod asks for and a node has (K5-K10, Q11)."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.model.convert import convert
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from dsplan.placement.filters.requests import allocatable_of, is_counted, pod_requests, resized_to


def requests_of(spec: dict[str, Any], status: dict[str, Any] | None = None) -> dict[str, int]:
    pod = convert({"spec": spec, "status": status or {}}, Pod)
    return pod_requests(pod.spec, resized_to(pod.status))


def container(name: str = "c", **requests: str) -> dict[str, Any]:
    return {"name": name, "resources": {"requests": requests}}


def sidecar(**requests: str) -> dict[str, Any]:
    return {**container("s", **requests), "restartPolicy": "Always"}


def test_the_example_of_k10() -> None:
    spec = {
        "containers": [container(cpu="500m"), container(cpu="300m")],
        "initContainers": [sidecar(cpu="200m"), container(cpu="1000m")],
    }
    assert requests_of(spec) == {"cpu": 1200}


def test_a_sidecar_after_a_plain_init_container_is_not_there_yet_when_that_runs() -> None:
    spec = {"containers": [container(cpu="1")], "initContainers": [container(cpu="2"), sidecar(cpu="500m")]}
    assert requests_of(spec) == {"cpu": 2000}


def test_sidecars_add_up_while_they_start() -> None:
    spec = {"containers": [container()], "initContainers": [sidecar(cpu="1"), sidecar(cpu="2"), container(cpu="100m")]}
    assert requests_of(spec) == {"cpu": 3100}


def test_resources_are_compared_one_by_one() -> None:
    spec = {
        "containers": [container(cpu="1", memory="1Gi")],
        "initContainers": [container(cpu="2", memory="1Mi")],
        "overhead": {"cpu": "250m", "memory": "120Mi"},
    }
    assert requests_of(spec) == {"cpu": 2250, "memory": (1 << 30) + (120 << 20)}


def test_pod_level_requests_override_before_overhead_is_added() -> None:
    spec = {
        "containers": [container(cpu="1", memory="1Gi", **{"ephemeral-storage": "1Gi"})],
        "resources": {"requests": {"cpu": "3", "ephemeral-storage": "9Gi"}},
        "overhead": {"cpu": "1"},
    }
    assert requests_of(spec) == {"cpu": 4000, "memory": 1 << 30, "ephemeral-storage": 1 << 30}


def test_ephemeral_containers_and_limits_count_nothing() -> None:
    spec = {
        "containers": [{"name": "c", "resources": {"limits": {"cpu": "5"}}}],
        "ephemeralContainers": [container(cpu="9")],
    }
    assert requests_of(spec) == {}


def test_amounts_are_rounded_up_once_per_list_and_once_per_pod() -> None:
    assert requests_of({"containers": [container(cpu="0.1m")]}) == {"cpu": 1}
    assert requests_of({"containers": [container(memory="100m"), container(memory="100m")]}) == {"memory": 1}


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("cpu", True),
        ("ephemeral-storage", True),
        ("hugepages-1Gi", True),
        ("attachable-volumes-aws-ebs", True),
        ("example.com/gpu", True),
        ("kubernetes.io/batch-cpu", True),
        ("pods", False),
        ("storage", False),
        ("requests.example.com/gpu", False),
        ("no spaces/x", False),
    ],
)
def test_names_that_the_scheduler_compares(name: str, counted: bool) -> None:
    assert is_counted(name) is counted


def test_what_a_resize_has_not_changed_yet_still_counts() -> None:
    spec = {"containers": [container(cpu="1")]}
    entry = {"name": "c", "resources": {"requests": {"cpu": "2"}}, "allocatedResources": {"cpu": "3"}}
    assert requests_of(spec, {"containerStatuses": [entry]}) == {"cpu": 3000}
    assert requests_of(spec, {"containerStatuses": [{"name": "c"}]}) == {"cpu": 1000}


def test_an_infeasible_resize_counts_what_is_there() -> None:
    entry = {"name": "c", "resources": {"requests": {"cpu": "2"}}}
    stuck = [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]
    status = {"containerStatuses": [entry], "conditions": stuck}
    assert requests_of({"containers": [container(cpu="9")]}, status) == {"cpu": 2000}


def test_allocatable_is_capacity_only_where_it_is_absent() -> None:
    capacity = {"cpu": "2", "pods": "5"}
    assert allocatable_of(convert({"status": {"capacity": capacity}}, Node)) == {"cpu": 2000, "pods": 5}
    assert allocatable_of(convert({"status": {"capacity": capacity, "allocatable": {}}}, Node)) == {}
