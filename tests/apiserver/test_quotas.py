"""ResourceQuotas: which pods they count, how many more they take, and what the server says to the next one (L10).

The words for `pods` are those that a real API server v1.36.2 was recorded with.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from dsplan.apiserver.admission import Quotas
from dsplan.apiserver.admission.quotas import usage_of
from dsplan.model.convert import convert
from dsplan.model.namespaces import ResourceQuota
from dsplan.model.pod import Pod


def _pod(*, namespace: str = "team", phase: str = "Running", init: Any = (), **spec: Any) -> Pod:
    containers = spec.pop("containers", [{"name": "c", **spec.pop("container", {})}])
    tree = {"containers": containers, "initContainers": list(init), **spec}
    return convert({"metadata": {"name": "p", "namespace": namespace}, "spec": tree, "status": {"phase": phase}}, Pod)


def _asking(**requests: str) -> Pod:
    return _pod(container={"resources": {"requests": requests}})


def _quota(hard: dict[str, Any], used: dict[str, Any] | None = None, **spec: Any) -> ResourceQuota:
    status = {"hard": hard, "used": used} if used is not None else {}
    metadata = {"name": "few", "namespace": "team"}
    return convert({"metadata": metadata, "spec": {"hard": hard, **spec}, "status": status}, ResourceQuota)


def test_pods_in_the_words_of_the_server() -> None:
    quotas = Quotas([_quota({"pods": "1"}, {"pods": "1"})], ())
    taken, refusal = quotas.take(_pod())
    assert taken == 0
    assert refusal is not None
    assert refusal.message == "exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1"
    assert (refusal.code, refusal.reason) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("hard", "used", "expected", "words"),
    [
        ({"requests.cpu": "1"}, {"requests.cpu": "400m"}, 2, "requested: requests.cpu=300m, used: requests.cpu=1"),
        ({"cpu": "1"}, {"cpu": "0"}, 3, "requested: cpu=300m, used: cpu=900m, limited: cpu=1"),
        ({"memory": "1Gi", "pods": "9"}, {"memory": "0"}, 2, "used: memory=800Mi, limited: memory=1Gi"),
        ({"requests.memory": "1Gi", "pods": "1"}, {"pods": "0"}, 1, "requested: pods=1, used: pods=1, limited: pods=1"),
        ({"count/pods": "2"}, {"count/pods": "1"}, 1, "requested: count/pods=1"),
        ({"services": "1"}, {"services": "1"}, 5, ""),
        ({"limits.cpu": "1"}, {"limits.cpu": "1"}, 5, ""),
    ],
)
def test_how_many_more(hard: dict[str, str], used: dict[str, str], expected: int, words: str) -> None:
    taken, refusal = Quotas([_quota(hard, used)], ()).take(_asking(cpu="300m", memory="400Mi"), 5)
    assert taken == expected
    assert words in (refusal.message if refusal else "")
    assert (refusal is None) == (expected == 5)


def test_pods_that_go_make_room() -> None:
    quotas = Quotas([_quota({"pods": "2"}, {"pods": "2"})], ())
    assert quotas.beyond(_pod()) is not None
    quotas.release(_pod())
    assert quotas.beyond(_pod()) is None
    assert quotas.take(_pod(), 2)[0] == 1


def test_without_a_status_the_pods_that_are_there_count() -> None:
    there = [_pod(), _pod(phase="Failed"), _pod(namespace="other")]
    assert Quotas([_quota({"pods": "3"})], there).take(_pod(), 9)[0] == 2
    assert Quotas([_quota({"count/pods": "3"})], there).take(_pod(), 9)[0] == 1


def test_the_tightest_of_several_quotas_speaks() -> None:
    other = msgspec.structs.replace(
        _quota({"pods": "1"}), metadata=msgspec.structs.replace(_quota({}).metadata, name="one")
    )
    taken, refusal = Quotas([_quota({"pods": "3"}), other], ()).take(_pod(), 9)
    assert taken == 1
    assert refusal is not None
    assert refusal.message.startswith("exceeded quota: one,")


CRITICAL = {"priorityClassName": "system-node-critical"}


def _selector(operator: str, *values: str) -> dict[str, Any]:
    expression = {"scopeName": "PriorityClass", "operator": operator, "values": list(values)}
    return {"scopeSelector": {"matchExpressions": [expression]}}


@pytest.mark.parametrize(
    ("scope", "pod", "counted"),
    [
        ({"scopes": ["BestEffort"]}, {}, True),
        ({"scopes": ["BestEffort"]}, {"container": {"resources": {"requests": {"cpu": "1"}}}}, False),
        ({"scopes": ["NotBestEffort"]}, {}, False),
        ({"scopes": ["NotBestEffort"]}, {"container": {"resources": {"limits": {"memory": "1"}}}}, True),
        ({"scopes": ["Terminating"]}, {}, False),
        ({"scopes": ["NotTerminating"]}, {}, True),
        ({"scopes": ["NotTerminating", "NotBestEffort"]}, {}, False),
        ({"scopes": ["PriorityClass"]}, {}, False),
        ({"scopes": ["PriorityClass"]}, CRITICAL, True),
        (_selector("In", "system-node-critical"), CRITICAL, True),
        (_selector("In", "other"), CRITICAL, False),
        (_selector("NotIn", "other"), CRITICAL, True),
        (_selector("NotIn", "other"), {}, True),
        (_selector("DoesNotExist"), {}, True),
        (_selector("DoesNotExist"), CRITICAL, False),
        (_selector("Exists"), CRITICAL, True),
        (_selector("Exists"), {}, False),
        ({"scopes": ["CrossNamespacePodAffinity"]}, {}, False),
        ({"scopes": ["FromTheFuture"]}, {}, False),
    ],
)
def test_scopes(scope: dict[str, Any], pod: dict[str, Any], counted: bool) -> None:
    assert Quotas([_quota({"pods": "0"}, **scope)], ()).counts(_pod(**pod)) is counted


def test_requests_and_limits_that_a_quota_needs_to_be_said() -> None:
    quotas = Quotas([_quota({"limits.cpu": "4", "requests.memory": "8Gi", "pods": "9"})], ())
    refusal = quotas.refusal(_pod(init=[{"name": "first"}]))
    assert refusal is not None
    assert refusal.message == ("failed quota: few: must specify limits.cpu for: c,first; requests.memory for: c,first")
    complete = {"resources": {"limits": {"cpu": "1"}, "requests": {"memory": "1Mi"}}}
    assert quotas.refusal(_pod(container=complete)) is None


@pytest.mark.parametrize(("namespace", "refused"), [("team", True), ("kube-system", False)])
def test_gke_wants_a_quota_wherever_critical_pods_run(namespace: str, refused: bool) -> None:
    scope = _selector("In", "system-node-critical", "system-cluster-critical")
    gke = _quota({"pods": "1G"}, **scope)
    gke = msgspec.structs.replace(
        gke, metadata=msgspec.structs.replace(gke.metadata, name="gcp-critical-pods", namespace="kube-system")
    )
    found = Quotas([gke], ()).refusal(_pod(namespace=namespace, **CRITICAL))
    assert (found is not None) is refused
    assert found is None or found.message.startswith("insufficient quota to match these scopes: ")
    assert Quotas([gke], ()).refusal(_pod(namespace=namespace)) is None


def test_usage_has_overhead_and_extended_resources() -> None:
    pod = _pod(
        container={"resources": {"requests": {"cpu": "1", "example.com/gpu": "2"}, "limits": {"cpu": "2"}}},
        overhead={"cpu": "250m", "memory": "1Mi"},
    )
    usage = usage_of(pod)
    assert {name: float(amount) for name, amount in usage.items()} == {
        "count/pods": 1,
        "pods": 1,
        "cpu": 1.25,
        "requests.cpu": 1.25,
        "memory": 1048576,
        "requests.memory": 1048576,
        "requests.example.com/gpu": 2,
        "limits.cpu": 2.25,
    }
