"""What admission refuses about valid Pods (P1, X13)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsplan.manifests.validation import admit_pod, validate
from tests.conformance.replay import records

SHARED = Path(__file__).parents[4] / "shared"
PRIORITIES = [
    {"metadata": {"name": "high"}, "value": 1000000},
    {"metadata": {"name": "low"}, "value": -5, "preemptionPolicy": "Never"},
]
RUNTIMES = [
    {"metadata": {"name": "plain"}, "handler": "runc"},
    {
        "metadata": {"name": "kata"},
        "overhead": {"podFixed": {"cpu": "250m"}},
        "scheduling": {"nodeSelector": {"kata": "yes"}},
    },
]
DEFAULT = [
    {"metadata": {"name": "b"}, "value": 50, "globalDefault": True},
    {"metadata": {"name": "a"}, "value": 42, "globalDefault": True},
]


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({}, []),
        ({"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}, []),
        ({"priority": 1}, ["spec.priority"]),
        ({"preemptionPolicy": "Never"}, ["spec.preemptionPolicy"]),
        ({"priorityClassName": "high", "priority": 1000000}, []),
        ({"priorityClassName": "low", "priority": -5, "preemptionPolicy": "Never"}, []),
        ({"priorityClassName": "low", "preemptionPolicy": "PreemptLowerPriority"}, ["spec.preemptionPolicy"]),
        ({"priorityClassName": "gold"}, ["spec.priorityClassName"]),
        ({"priorityClassName": "system-node-critical", "priority": 2000001000}, []),
        ({"runtimeClassName": "plain"}, []),
        ({"runtimeClassName": "nope"}, ["spec.runtimeClassName"]),
        ({"overhead": {"cpu": 1}}, ["spec.overhead"]),
        ({"runtimeClassName": "kata", "overhead": {"cpu": "0.25"}}, []),
        ({"runtimeClassName": "kata", "overhead": {"cpu": 1}}, ["spec.overhead"]),
        ({"runtimeClassName": "kata", "nodeSelector": {"kata": "no"}}, ["spec.nodeSelector[kata]"]),
    ],
)
def test_classes(spec: dict[str, Any], fields: list[str]) -> None:
    problems = admit_pod({"spec": spec}, priority_classes=PRIORITIES, runtime_classes=RUNTIMES)
    assert [problem.field for problem in problems] == fields
    assert all(problem.reason == "FieldValueForbidden" for problem in problems)


def test_of_several_default_classes_the_lowest_counts() -> None:
    assert admit_pod({"spec": {"priority": 42}}, priority_classes=DEFAULT) == []
    assert admit_pod({"spec": {"priority": 50}}, priority_classes=DEFAULT) != []


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder is not beside the checkout")
def test_every_recorded_answer_to_a_pod() -> None:
    import json

    context = json.loads((SHARED / "truth" / "admitted-context.json").read_text())
    named = {
        key: [{"metadata": {"name": item["name"]}, **item} for item in context[key]]
        for key in context
        if key != "limitRanges"
    }
    default = {"metadata": {"name": "dflt"}, "value": 42, "globalDefault": True, "preemptionPolicy": "Never"}
    for record in records(SHARED / "truth" / "admitted.jsonl.gz"):
        metadata = {**(record["template"].get("metadata") or {}), "name": "p"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": record["template"]["spec"]}
        priorities = named["priorityClasses"] + [default] * ("dflt" in record["context"])
        problems = validate(pod) or admit_pod(pod, priority_classes=priorities, runtime_classes=named["runtimeClasses"])
        assert bool(problems) == (record["code"] != 201), record["id"]
