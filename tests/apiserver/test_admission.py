"""From template to admitted Pod: single plugins by hand, laws by property, and what a real API server did."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.apiserver.admission import AdmissionContext, Admitted, Refusal, admit_pod, admit_template
from dsplan.apiserver.admission.preparation import qos_class
from dsplan.apiserver.admission.tolerations import merge_tolerations
from dsplan.model.convert import convert
from dsplan.model.namespaces import LimitRange
from dsplan.model.priority import PriorityClass, RuntimeClass
from dsplan.model.world import World
from tests.apiserver.trees import malformed, trees
from tests.conformance import replay_admitted

Tree = dict[str, Any]
RECORDS = Path(__file__).resolve().parents[1] / "conformance" / "records" / "admitted.jsonl.gz"

CONTEXT = AdmissionContext(
    priority_classes=(
        convert({"metadata": {"name": "high"}, "value": 100}, PriorityClass),
        convert({"metadata": {"name": "polite"}, "value": 5, "preemptionPolicy": "Never"}, PriorityClass),
    ),
    runtime_classes=(
        convert(
            {
                "metadata": {"name": "kata"},
                "overhead": {"podFixed": {"cpu": "250m"}},
                "scheduling": {"nodeSelector": {"kata": "yes"}, "tolerations": [{"key": "kata", "operator": "Exists"}]},
            },
            RuntimeClass,
        ),
        convert({"metadata": {"name": "plain"}}, RuntimeClass),
    ),
    limit_ranges=(
        convert(
            {
                "metadata": {"name": "r", "namespace": "limited"},
                "spec": {
                    "limits": [
                        {"type": "Container", "default": {"cpu": "500m"}, "max": {"cpu": "2", "memory": "1Gi"}},
                        {"type": "Pod", "max": {"cpu": "3"}, "maxLimitRequestRatio": {"cpu": "4"}},
                    ]
                },
            },
            LimitRange,
        ),
    ),
)


def admit(namespace: str = "default", **spec: Any) -> Admitted | Refusal:
    return admit_template({"spec": {"containers": [{"name": "c", "image": "c:1"}], **spec}}, namespace, CONTEXT)


def spec_of(namespace: str = "default", **spec: Any) -> Any:
    outcome = admit(namespace, **spec)
    assert isinstance(outcome, Admitted), outcome
    return outcome.pod["spec"]


def refusal_of(namespace: str = "default", **spec: Any) -> Refusal:
    outcome = admit(namespace, **spec)
    assert isinstance(outcome, Refusal)
    return outcome


def container(**resources: Any) -> Tree:
    return {"name": "c", "image": "c:1", "resources": resources}


def rows() -> list[Tree]:
    return [json.loads(line) for line in gzip.decompress(RECORDS.read_bytes()).splitlines()]


def test_recorded_admissions() -> None:
    assert {row["id"]: replay_admitted.check(row) for row in rows() if replay_admitted.check(row)} == {}


def test_the_replay_sees_a_difference() -> None:
    """The comparison above would be worthless if it could not fail."""
    row = next(row for row in rows() if row["code"] == 201)
    for field, value in (("priority", 8), ("tolerations", []), ("overhead", {"cpu": "1"})):
        changed = copy.deepcopy(row)
        changed["pod"]["spec"][field] = value
        assert replay_admitted.check(changed)
    assert replay_admitted.check({**row, "code": 403, "reason": "Forbidden", "message": "no"})
    refused = next(row for row in rows() if row["code"] == 422)
    assert replay_admitted.check({**refused, "causes": []})


@pytest.mark.parametrize(
    ("given_spec", "priority", "policy"),
    [
        ({}, 0, "PreemptLowerPriority"),
        ({"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}, 0, "PreemptLowerPriority"),
        ({"priorityClassName": "high"}, 100, "PreemptLowerPriority"),
        ({"priorityClassName": "high", "priority": 100}, 100, "PreemptLowerPriority"),
        ({"priorityClassName": "polite"}, 5, "Never"),
        ({"priorityClassName": "polite", "priority": 5, "preemptionPolicy": "Never"}, 5, "Never"),
        ({"priorityClassName": "system-node-critical"}, 2000001000, "PreemptLowerPriority"),
        ({"priorityClassName": "system-cluster-critical"}, 2000000000, "PreemptLowerPriority"),
    ],
)
def test_priority_p1(given_spec: Tree, priority: int, policy: str) -> None:
    spec = spec_of(**given_spec)
    assert (spec["priority"], spec["preemptionPolicy"]) == (priority, policy)


def test_the_lowest_of_several_global_defaults_counts_p1() -> None:
    classes = [{"metadata": {"name": f"d{value}"}, "value": value, "globalDefault": True} for value in (7, 3, 9)]
    context = AdmissionContext(priority_classes=tuple(convert(entry, PriorityClass) for entry in classes))
    outcome = admit_template({}, "default", context)
    assert isinstance(outcome, Admitted)
    assert (outcome.pod["spec"]["priorityClassName"], outcome.pod["spec"]["priority"]) == ("d3", 3)


@pytest.mark.parametrize(
    ("given_spec", "field"),
    [
        ({"priorityClassName": "gold"}, "spec.priorityClassName"),
        ({"priority": 1}, "spec.priority"),
        ({"preemptionPolicy": "Never"}, "spec.preemptionPolicy"),
        ({"priorityClassName": "polite", "preemptionPolicy": "PreemptLowerPriority"}, "spec.preemptionPolicy"),
        ({"priorityClassName": "high", "preemptionPolicy": "Never"}, "spec.preemptionPolicy"),
        ({"runtimeClassName": "gvisor"}, "spec.runtimeClassName"),
        ({"runtimeClassName": ""}, "spec.runtimeClassName"),
        ({"runtimeClassName": "kata", "overhead": {"cpu": "1"}}, "spec.overhead"),
        ({"runtimeClassName": "plain", "overhead": {"cpu": "1"}}, "spec.overhead"),
        ({"overhead": {"cpu": "1"}}, "spec.overhead"),
        ({"runtimeClassName": "kata", "nodeSelector": {"kata": "no"}}, "spec.nodeSelector[kata]"),
    ],
)
def test_contradictions_are_forbidden_x13(given_spec: Tree, field: str) -> None:
    refusal = refusal_of(**given_spec)
    assert (refusal.code, refusal.reason, [problem.field for problem in refusal.problems]) == (
        403,
        "Forbidden",
        [field],
    )


def test_a_runtime_class_adds_overhead_selector_and_tolerations_x13() -> None:
    spec = spec_of(runtimeClassName="kata", nodeSelector={"a": "b"}, overhead={"cpu": "0.25"})
    assert spec["overhead"] == {"cpu": "250m"}
    assert spec["nodeSelector"] == {"a": "b", "kata": "yes"}
    assert spec["tolerations"][-1] == {"key": "kata", "operator": "Exists"}


EVERYTHING = {"operator": "Exists"}
NOT_READY = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
FOR_A_WHILE = {**NOT_READY, "tolerationSeconds": 5}
EQUAL = {"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        ([EQUAL], [EQUAL], [EQUAL]),
        ([EQUAL], [EVERYTHING], [EVERYTHING]),
        ([EVERYTHING], [EQUAL], [EVERYTHING]),
        ([FOR_A_WHILE], [NOT_READY], [NOT_READY]),
        ([{**FOR_A_WHILE, "tolerationSeconds": 9}], [FOR_A_WHILE], [{**FOR_A_WHILE, "tolerationSeconds": 9}]),
        ([EQUAL], [{**EQUAL, "effect": "NoExecute"}], [EQUAL, {**EQUAL, "effect": "NoExecute"}]),
        ([EQUAL], [{**EQUAL, "value": "c"}], [EQUAL, {**EQUAL, "value": "c"}]),
        ([{"key": "a", "value": "b"}], [{"key": "a", "value": "b"}], [{"key": "a", "value": "b"}]),
        (
            [EQUAL],
            [{"key": "a", "operator": "Lt", "value": "5"}],
            [EQUAL, {"key": "a", "operator": "Lt", "value": "5"}],
        ),
    ],
)
def test_of_two_tolerations_the_wider_one_is_kept_x13(
    first: list[Tree], second: list[Tree], merged: list[Tree]
) -> None:
    assert merge_tolerations(first, second) == merged


@pytest.mark.parametrize(
    ("given_tolerations", "added"),
    [
        ([], ["not-ready", "unreachable"]),
        ([EVERYTHING], []),
        ([{"operator": "Exists", "effect": "NoSchedule"}], ["not-ready", "unreachable"]),
        ([NOT_READY], ["unreachable"]),
        ([{"key": "node.kubernetes.io/not-ready", "value": "x"}], ["unreachable"]),
    ],
)
def test_default_tolerations_d12(given_tolerations: list[Tree], added: list[str]) -> None:
    tolerations = spec_of(tolerations=given_tolerations)["tolerations"]
    assert tolerations[: len(given_tolerations)] == given_tolerations
    new = tolerations[len(given_tolerations) :]
    assert [toleration["key"].rpartition("/")[2] for toleration in new] == added
    assert all(toleration["tolerationSeconds"] == 300 for toleration in new)


def test_limit_ranges_fill_in_x13() -> None:
    outcome = admit("limited", initContainers=[{"name": "i", "image": "i:1"}])
    assert isinstance(outcome, Admitted)
    expected = {"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}}
    spec = outcome.pod["spec"]
    assert spec["containers"][0]["resources"] == spec["initContainers"][0]["resources"] == expected
    assert outcome.pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; "
        "cpu, memory request for init container i; cpu, memory limit for init container i"
    )


@pytest.mark.parametrize(
    ("containers", "code", "field"),
    [
        ([container(limits={"cpu": "3", "memory": "1"})], 403, "container c"),
        ([container(requests={"cpu": "1"})], 422, "spec.containers[0].resources.requests"),
        ([container(limits={"cpu": "2"}), container(limits={"cpu": "2"})], 403, "spec"),
        ([container(limits={"cpu": "2"}, requests={"cpu": "400m"})], 403, "spec"),
    ],
)
def test_limit_ranges_refuse_x13(containers: list[Tree], code: int, field: str) -> None:
    refusal = refusal_of("limited", containers=containers)
    assert (refusal.code, refusal.problems[0].field) == (code, field)


def test_limit_ranges_of_other_namespaces_do_not_count() -> None:
    assert spec_of("default")["containers"][0]["resources"] == {}


@pytest.mark.parametrize(
    ("given_spec", "field", "reason"),
    [
        ({"containers": [{"name": "c", "image": " x"}]}, "spec.containers[0].image", "FieldValueInvalid"),
        (
            {"hostNetwork": True, "containers": [{"name": n, "ports": [{"containerPort": 1}]} for n in "ab"]},
            "spec.containers[1].ports[0].hostPort",
            "FieldValueDuplicate",
        ),
        (
            {"hostNetwork": True, "initContainers": [{"name": "i", "ports": [{"containerPort": 1}] * 2}]},
            "spec.initContainers[0].ports[1].hostPort",
            "FieldValueDuplicate",
        ),
        ({"nodeName": "n", "schedulingGates": [{"name": "g"}]}, "spec.nodeName", "FieldValueForbidden"),
    ],
)
def test_valid_templates_can_make_invalid_pods_x13(given_spec: Tree, field: str, reason: str) -> None:
    refusal = refusal_of(**given_spec)
    assert (refusal.code, refusal.reason) == (422, "Invalid")
    assert [(problem.field, problem.reason) for problem in refusal.problems] == [(field, reason)]


def test_a_projected_token_needs_an_account() -> None:
    source = {"serviceAccountToken": {"path": "t"}}
    spec = {"containers": [{"name": "c"}], "volumes": [{"name": "v", "projected": {"sources": [source]}}]}
    without = admit_pod({"spec": spec}, AdmissionContext(service_account=""))
    assert isinstance(without, Refusal)
    assert without.problems[0].field == "spec.volumes[0].projected.sources[0].serviceAccountToken"
    assert isinstance(admit_pod({"spec": spec}), Admitted)


def test_label_keys_become_expressions_x13() -> None:
    term = {"topologyKey": "z", "labelSelector": {}, "matchLabelKeys": ["app"], "mismatchLabelKeys": ["tier", "none"]}
    rules = {
        "requiredDuringSchedulingIgnoredDuringExecution": [term],
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": term}],
    }
    without_selector = {"maxSkew": 1, "topologyKey": "z", "matchLabelKeys": ["app"], "whenUnsatisfiable": "x"}
    template = {
        "metadata": {"labels": {"app": "a", "tier": "t"}},
        "spec": {"affinity": {"podAntiAffinity": rules}, "topologySpreadConstraints": [without_selector]},
    }
    outcome = admit_template(template, "default")
    assert isinstance(outcome, Admitted)
    spec = outcome.pod["spec"]
    expected = [
        {"key": "app", "operator": "In", "values": ["a"]},
        {"key": "tier", "operator": "NotIn", "values": ["t"]},
    ]
    required, preferred = (spec["affinity"]["podAntiAffinity"][kind][0] for kind in rules)
    assert required["labelSelector"] == preferred["podAffinityTerm"]["labelSelector"] == {"matchExpressions": expected}
    assert "labelSelector" not in spec["topologySpreadConstraints"][0]


@pytest.mark.parametrize(
    ("annotation", "profile"),
    [
        ("runtime/default", {"type": "RuntimeDefault"}),
        ("unconfined", {"type": "Unconfined"}),
        ("localhost/x", {"type": "Localhost", "localhostProfile": "x"}),
        ("localhost/", None),
        ("other", None),
    ],
)
def test_old_apparmor_annotations_become_fields(annotation: str, profile: Tree | None) -> None:
    metadata = {"annotations": {"container.apparmor.security.beta.kubernetes.io/c": annotation}}
    outcome = admit_template({"metadata": metadata, "spec": {"containers": [{"name": "c"}]}}, "default")
    assert isinstance(outcome, Admitted)
    assert outcome.pod["spec"]["containers"][0].get("securityContext", {}).get("appArmorProfile") == profile


def test_a_negative_grace_period_becomes_one_second_x9() -> None:
    assert spec_of(terminationGracePeriodSeconds=-1)["terminationGracePeriodSeconds"] == 1
    assert spec_of(terminationGracePeriodSeconds=0)["terminationGracePeriodSeconds"] == 0


BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [{}]}, "BestEffort"),
        ({"containers": [container(limits={"cpu": "0"})]}, "BestEffort"),
        ({"containers": [container(requests={"cpu": "1"})]}, "Burstable"),
        ({"containers": [container(limits=BOTH, requests=BOTH)]}, "Guaranteed"),
        ({"containers": [container(limits=BOTH, requests={**BOTH, "cpu": "999m"})]}, "Burstable"),
        ({"containers": [container(limits=BOTH, requests=BOTH), {}]}, "Burstable"),
        ({"containers": [container(limits=BOTH, requests=BOTH)], "initContainers": [{}]}, "Burstable"),
        ({"containers": [{}], "resources": {"limits": BOTH, "requests": BOTH}}, "Guaranteed"),
        ({"containers": [container(limits=BOTH, requests=BOTH)], "resources": {"requests": BOTH}}, "Burstable"),
    ],
)
def test_quality_of_service(spec: Tree, expected: str) -> None:
    assert qos_class(spec) == expected


def test_the_context_of_a_world() -> None:
    world = World(priority_classes=CONTEXT.priority_classes, runtime_classes=CONTEXT.runtime_classes)
    assert {entry.metadata.name for entry in AdmissionContext.of(world).runtime_classes} == {"kata", "plain"}


@settings(max_examples=100, deadline=None)
@given(trees("Pod"))
def test_admission_changes_an_admitted_pod_no_more(pod: Tree) -> None:
    """Failed when the default tolerations were added whatever the Pod said."""
    once = admit_pod(pod, CONTEXT)
    if isinstance(once, Admitted):
        twice = admit_pod(once.pod, CONTEXT)
        assert isinstance(twice, Admitted)
        assert without_label_keys(twice.pod) == without_label_keys(once.pod)


def without_label_keys(tree: Any) -> Any:
    """Return the tree without selectors, which grow with every admission (upstream's too)."""
    if isinstance(tree, list):
        return [without_label_keys(entry) for entry in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: without_label_keys(value) for key, value in tree.items() if key != "labelSelector"}


@settings(max_examples=100, deadline=None)
@given(trees("PodTemplateSpec"), st.sampled_from(["default", "limited"]))
def test_template_and_context_are_not_touched(template: Tree, namespace: str) -> None:
    """Failed when defaulting was left out, so that the plugins wrote into the given spec."""
    before, context = copy.deepcopy(template), copy.deepcopy(CONTEXT)
    admit_template(template, namespace, CONTEXT)
    assert template == before
    assert context == CONTEXT


@settings(max_examples=100, deadline=None)
@given(malformed("PodTemplateSpec"), st.sampled_from(["default", "limited"]))
def test_values_of_a_wrong_type_never_raise(template: Tree, namespace: str) -> None:
    """Failed when entries of lists that are no objects were not passed over."""
    admit_template(template, namespace, CONTEXT)
