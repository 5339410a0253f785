"""Section V of the rules: metadata, selector, strategy, numbers of a DaemonSet; Node, PriorityClass, revisions."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.apiserver.validation import validate
from tests.apiserver.validation.objects import DAEMONSET, NODE, Found, Tree, causes, changed

INVALID = "Invalid"


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("a", 0),
        ("a.b-c", 0),
        ("a" * 253, 0),
        ("a" * 254, 1),
        ("A", 1),
        ("a_b", 1),
        ("-a", 1),
        ("a\n", 1),
        ("A" * 254, 2),
    ],
)
def test_names(name: str, rules: int) -> None:
    assert causes(changed(DAEMONSET, "metadata.name", name)) == [("metadata.name", INVALID)] * rules


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"generateName": "agent-"}, []),
        ({"generateName": "A-"}, []),
        ({"generateName": "-"}, [("metadata.generateName", INVALID)]),
        ({"generateName": "a_"}, [("metadata.generateName", INVALID)]),
        ({"name": "", "generateName": "a-"}, []),
        ({"name": "", "generateName": "A-"}, [("metadata.name", INVALID)]),
        ({"name": "", "generateName": "a" * 253}, []),
        ({"name": "", "generateName": "a_"}, [("metadata.generateName", INVALID), ("metadata.name", INVALID)]),
        ({"name": ""}, [("metadata.name", "Required")]),
        ({"namespace": "a.b"}, [("metadata.namespace", INVALID)]),
        ({"namespace": ""}, []),
        ({"generation": -1}, []),
        ({"labels": {"": ""}}, [("metadata.labels", INVALID)] * 2),
        ({"labels": {"a/b/c": "", "x": "-"}}, [("metadata.labels", INVALID)] * 2),
        ({"labels": {"a" * 64: "é" * 32}}, [("metadata.labels", INVALID)] * 3),
        ({"annotations": {"Prefix.IO/name": "any\nthing", "UPPER": ""}}, []),
        ({"annotations": {"a": "x" * 262143}}, []),
        ({"annotations": {"a": "x" * 262144}}, [("metadata.annotations", "TooLong")]),
        ({"annotations": {"a": "é" * 131072}}, [("metadata.annotations", "TooLong")]),
        ({"finalizers": ["kubernetes", "orphan", "a.b/c"]}, []),
        ({"finalizers": ["x"]}, [("metadata.finalizers[0]", INVALID)]),
        ({"finalizers": ["orphan", "foregroundDeletion"]}, [("metadata.finalizers", INVALID)]),
    ],
)
def test_object_metadata(change: Tree, expected: Found) -> None:
    assert causes({**DAEMONSET, "metadata": {**DAEMONSET["metadata"], **change}}) == expected


OWNER = {"apiVersion": "apps/v1", "kind": "K", "name": "n", "uid": "u"}


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        ([OWNER, {**OWNER, "controller": True}], []),
        ([{**OWNER, "apiVersion": "a/b/c"}], ["metadata.ownerReferences.apiVersion"]),
        ([{**OWNER, "apiVersion": "apps/"}], ["metadata.ownerReferences.apiVersion"]),
        ([{**OWNER, "uid": ""}], ["metadata.ownerReferences.uid"]),
        ([{**OWNER, "apiVersion": "v1", "kind": "Event"}], ["metadata.ownerReferences"]),
        ([{**OWNER, "controller": True}] * 3, ["metadata.ownerReferences"] * 2),
    ],
)
def test_owners(owners: list[Tree], expected: list[str]) -> None:
    assert causes(changed(DAEMONSET, "metadata.ownerReferences", owners)) == [(field, INVALID) for field in expected]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"matchLabels": {"app": "other"}}, [("spec.template.metadata.labels", INVALID)]),
        (None, [("spec.template.metadata.labels", INVALID)]),
        ({}, [("spec.selector", INVALID)]),
        ({"matchExpressions": []}, [("spec.selector", INVALID)]),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, []),
        # A broken selector is not matched against the labels at all (X8).
        ({"matchLabels": {"x": "-"}}, [("spec.selector.matchLabels", INVALID)]),
        (
            {"matchExpressions": [{"key": "a b", "operator": "In"}]},
            [
                ("spec.selector.matchExpressions[0].values", "Required"),
                ("spec.selector.matchExpressions[0].key", INVALID),
            ],
        ),
        (
            {"matchExpressions": [{"key": "a", "operator": "Lt", "values": ["1"]}]},
            [("spec.selector.matchExpressions[0].operator", INVALID)],
        ),
    ],
)
def test_selectors(selector: Tree | None, expected: Found) -> None:
    assert causes(changed(DAEMONSET, "spec.selector", selector)) == expected


UNAVAILABLE = "spec.updateStrategy.rollingUpdate.maxUnavailable"
SURGE = "spec.updateStrategy.rollingUpdate.maxSurge"


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ({}, []),
        ({"type": "OnDelete"}, []),
        ({"type": "OnDelete", "rollingUpdate": {"maxSurge": "x"}}, []),
        ({"type": "ondelete"}, [("spec.updateStrategy", "NotSupported")]),
        # D3: the other knob is filled in before the rule applies (V2).
        ({"rollingUpdate": {"maxSurge": 1}}, [(SURGE, INVALID)]),
        ({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, []),
        ({"rollingUpdate": {"maxSurge": "1%", "maxUnavailable": "0%"}}, []),
        ({"rollingUpdate": {"maxUnavailable": 10**9}}, []),
        ({"rollingUpdate": {"maxUnavailable": "100%"}}, []),
        ({"rollingUpdate": {"maxUnavailable": "000%"}}, [(UNAVAILABLE, "Required")]),
        ({"rollingUpdate": {"maxUnavailable": "101%"}}, [(UNAVAILABLE, INVALID)]),
        ({"rollingUpdate": {"maxUnavailable": "1" * 5000 + "%"}}, [(UNAVAILABLE, INVALID)]),
        ({"rollingUpdate": {"maxUnavailable": "5"}}, [(UNAVAILABLE, INVALID)]),
        ({"rollingUpdate": {"maxUnavailable": "-0"}}, [(UNAVAILABLE, INVALID), (UNAVAILABLE, "Required")]),
        ({"rollingUpdate": {"maxUnavailable": "x", "maxSurge": "5"}}, [(UNAVAILABLE, INVALID), (SURGE, INVALID)]),
        ({"rollingUpdate": {"maxUnavailable": -1}}, [(UNAVAILABLE, INVALID)]),
    ],
)
def test_strategies(strategy: Tree, expected: Found) -> None:
    assert causes(changed(DAEMONSET, "spec.updateStrategy", strategy)) == expected


def test_a_strategy_that_is_not_supported_says_what_is() -> None:
    (problem,) = validate(changed(DAEMONSET, "spec.updateStrategy.type", "rolling-update"))
    assert problem.accepted == ("RollingUpdate", "OnDelete")
    assert "did you mean 'RollingUpdate'?" in problem.message


@pytest.mark.parametrize("field", ["minReadySeconds", "revisionHistoryLimit"])
def test_numbers_are_not_negative(field: str) -> None:
    assert causes(changed(DAEMONSET, f"spec.{field}", 0)) == []
    assert causes(changed(DAEMONSET, f"spec.{field}", -1)) == [(f"spec.{field}", INVALID)]


@pytest.mark.parametrize("counter", ["numberReady", "observedGeneration", "collisionCount"])
def test_the_counters_of_a_stored_daemonset_are_not_negative(counter: str) -> None:
    """On creation the server clears the status; in a dump a negative counter is an error."""
    tree = changed(DAEMONSET, f"status.{counter}", -1)
    assert causes(tree) == []
    assert causes(tree, stored=True) == [(f"status.{counter}", INVALID)]
    generation = changed(DAEMONSET, "metadata.generation", -1)
    assert causes(generation, stored=True) == [("metadata.generation", INVALID)]


TAINT = {"key": "a", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("spec.taints", [TAINT, {**TAINT, "effect": "NoExecute"}], []),
        ("spec.taints", [TAINT, {**TAINT, "value": "x"}], [("metadata.taints[1]", "Duplicate")]),
        ("spec.taints", [{**TAINT, "value": "a b"}], [("metadata.taints[0].value", INVALID)]),
        ("spec.taints", [{**TAINT, "value": "-" * 64}], [("metadata.taints[0].value", INVALID)]),
        ("metadata.namespace", "default", []),
        ("metadata.generation", -1, [("metadata.generation", INVALID)]),
        ("status.capacity", {"cpu": "1.5", "memory": "100m", "any name": "0.5", "pods": "1k"}, []),
        ("status.capacity", {"pods": "0.5"}, [("status.capacity.pods", INVALID)]),
        ("status.allocatable", {"example.com/x": "-0.5"}, [("status.allocatable.example.com/x", INVALID)] * 2),
        ("spec.podCIDRs", ["10.0.0.0/8", "fd00::/64"], []),
        ("spec.podCIDRs", ["010.0.0.0/8"], [("spec.podCIDRs[0]", INVALID)]),
        ("spec.podCIDRs", ["10.0.0.0/08"], [("spec.podCIDRs[0]", INVALID)]),
        ("spec.podCIDRs", ["10.0.0.1/8"], [("spec.podCIDRs[0]", INVALID)]),
        ("spec.podCIDRs", ["::ffff:1.2.3.4/128"], [("spec.podCIDRs[0]", INVALID)]),
        ("spec.podCIDRs", ["10.1.0.0/8", "fd00::/64"], [("spec.podCIDRs[0]", INVALID)]),
        ("spec.podCIDR", "10.0.0.0/33", [("spec.podCIDRs[0]", INVALID)]),
        ("spec.podCIDRs", ["10.0.0.0/8", "10.0.0.0/8"], [("spec.podCIDRs", INVALID)]),
        ("status.nodeInfo", {"swap": {"capacity": 1}}, []),
        ("status.nodeInfo", {"swap": {"capacity": 0}}, [("metadata.nodeSwapStatus.capacity", INVALID)]),
        ("status.declaredFeatures", ["A", "A/b1", "B"], []),
        ("status.declaredFeatures", ["A", "A"], [("status.declaredFeatures[1]", "Duplicate")]),
        ("status.declaredFeatures", ["B", "A"], [("status.declaredFeatures[1]", INVALID)]),
        (
            "status.declaredFeatures",
            ["A/", "B" * 254, "a"],
            [(f"status.declaredFeatures[{i}]", INVALID) for i in range(3)],
        ),
        (
            "spec.podCIDRs",
            ["x", "fd00::/64"],
            [("spec.podCIDRs[0]", INVALID), ("spec.podCIDRs", "InternalError"), ("spec.podCIDRs", INVALID)],
        ),
        (
            "metadata.annotations",
            {"scheduler.alpha.kubernetes.io/taints": '[{"key": "a b", "effect": "NoExecute"}]'},
            [("metadata.annotations.scheduler.alpha.kubernetes.io/taints[0].key", INVALID)],
        ),
        (
            "metadata.annotations",
            {"scheduler.alpha.kubernetes.io/taints": "{"},
            [("metadata.annotations", INVALID)],
        ),
        ("status.addresses", [{"type": "InternalIP", "address": "x"}] * 2, []),
    ],
)
def test_nodes(place: str, value: Any, expected: Found) -> None:
    assert causes(changed(NODE, place, value)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"value": 10**9}, []),
        ({"value": -(2**31)}, []),
        ({"value": 10**9 + 1}, [("value", "Forbidden")]),
        ({"metadata": {"name": "system-x"}}, [("metadata.name", "Forbidden")]),
        ({"metadata": {"name": "system-node-critical"}, "value": 2000001000}, []),
        ({"metadata": {"name": "system-node-critical"}, "value": 2000000000}, [("metadata.name", "Forbidden")]),
        (
            {"metadata": {"name": "system-cluster-critical"}, "value": 2000000000, "globalDefault": True},
            [("metadata.name", "Forbidden")],
        ),
        ({"preemptionPolicy": "Never"}, []),
        ({"preemptionPolicy": "never"}, [("preemptionPolicy", "NotSupported")]),
        ({"preemptionPolicy": ""}, [("preemptionPolicy", "Required")]),
    ],
)
def test_priority_classes(change: Tree, expected: Found) -> None:
    tree = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "p"}, "value": 1}
    assert causes({**tree, **change}) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"data": {}}, []),
        ({"data": None}, [("data", "Required")]),
        ({"data": [1]}, [("data", "Required")]),
        ({"revision": -1}, [("revision", INVALID)]),
        ({"revision": 0}, []),
    ],
)
def test_controller_revisions(change: Tree, expected: Found) -> None:
    tree = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"}, "data": {"spec": 1}}
    assert causes({**tree, "revision": 1, **change}) == expected
