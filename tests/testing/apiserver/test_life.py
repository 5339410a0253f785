"""Behind the stand-in a cluster lives: the real controller's rules, kubelets, and time that runs as it is told."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest

from dsplan.testing.apiserver import Answer, ManualClock, Request, StandIn

from .objects import daemonset, node, nodes

START = datetime(2026, 1, 1, tzinfo=UTC)


def stand_in(*objects: dict[str, Any], **named: Any) -> StandIn:
    return StandIn(objects, clock=ManualClock(START), **named)


def images(found: StandIn) -> list[str]:
    return sorted(pod["spec"]["containers"][0]["image"] for pod in found.api.list("Pod"))


def available(found: StandIn) -> int:
    number: int = found.api.list("DaemonSet")[0]["status"].get("numberAvailable", 0)
    return number


def test_the_controller_creates_pods_and_rolls_out_within_its_budget() -> None:
    found = stand_in(*nodes(6), daemonset(budget=2))
    found.advance(10)
    assert available(found) == 6
    found.api.add(daemonset("agent:2", budget=2, generation=2))
    least = 6
    for _ in range(60):
        found.advance(1)
        least = min(least, available(found))
    assert images(found) == ["agent:2"] * 6
    assert least == 4
    assert available(found) == 6
    assert len(found.api.list("ControllerRevision")) == 2


def test_without_the_controller_nothing_comes() -> None:
    found = stand_in(*nodes(2), daemonset(), controller=False)
    found.advance(60)
    assert found.api.list("Pod") == []


def test_what_a_client_deletes_terminates_and_comes_again() -> None:
    found = stand_in(node("n1"), daemonset())
    found.advance(10)
    [pod] = found.api.list("Pod")
    answer = found.api.answer(Request("DELETE", f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}"))
    assert isinstance(answer, Answer)
    assert json.loads(answer.body)["metadata"]["deletionTimestamp"]
    assert [item["metadata"]["name"] for item in found.api.list("Pod")] == [pod["metadata"]["name"]]
    found.advance(20)
    [again] = found.api.list("Pod")
    assert again["metadata"]["uid"] != pod["metadata"]["uid"]
    assert available(found) == 1


def test_a_pod_that_a_client_creates_is_scheduled_and_started() -> None:
    found = stand_in(node("n1"), controller=False)
    body = {
        "metadata": {"name": "p"},
        "spec": {
            "containers": [{"name": "c", "image": "i"}],
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}
                        ]
                    }
                }
            },
        },
    }
    found.api.answer(Request("POST", "/api/v1/namespaces/default/pods", body=json.dumps(body).encode()))
    found.advance(10)
    [pod] = found.api.list("Pod")
    assert pod["spec"]["nodeName"] == "n1"
    assert pod["status"]["phase"] == "Running"


def test_a_node_that_leaves_and_one_that_joins() -> None:
    found = stand_in(*nodes(2), daemonset())
    found.advance(10)
    found.api.remove("Node", "", "n0000")
    found.api.add(node("n0009"))
    found.advance(120)
    assert {pod["spec"]["nodeName"] for pod in found.api.list("Pod")} >= {"n0001", "n0009"}
    assert available(found) == 2


def test_time_can_run_faster() -> None:
    with StandIn([*nodes(3), daemonset()], speed=100) as found:
        path = f"{found.url}/apis/apps/v1/namespaces/default/daemonsets?watch=1&timeoutSeconds=60"
        with urllib.request.urlopen(path, timeout=10) as stream:
            for line in stream:
                if json.loads(line)["object"]["status"].get("numberAvailable") == 3:
                    break
        assert available(found) == 3


def test_what_it_does_not_do_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="the stand-in does not do"), StandIn() as found:
        found.api.answer(Request("GET", "/api/v1/services"))
