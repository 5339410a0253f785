"""Section V of the rules: pod specs in a template, rule by rule."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dsplan.apiserver.validation import validate
from tests.apiserver.validation.objects import DAEMONSET, POD, Found, Tree, causes, changed, of_spec

INVALID, REQUIRED, FORBIDDEN, UNSUPPORTED = "Invalid", "Required", "Forbidden", "NotSupported"
NODES = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"restartPolicy": ""}, []),
        ({"restartPolicy": "Never"}, [("restartPolicy", UNSUPPORTED)]),
        ({"restartPolicy": "always"}, [("restartPolicy", UNSUPPORTED)] * 2),
        ({"activeDeadlineSeconds": 5}, [("activeDeadlineSeconds", FORBIDDEN)]),
        ({"activeDeadlineSeconds": 2**31}, [("activeDeadlineSeconds", INVALID), ("activeDeadlineSeconds", FORBIDDEN)]),
        ({"terminationGracePeriodSeconds": -1}, []),
        ({"dnsPolicy": "clusterFirst"}, [("dnsPolicy", UNSUPPORTED)]),
        ({"nodeName": "a b"}, [("nodeName", INVALID)]),
        ({"nodeSelector": {"a b": "-"}}, [("nodeSelector", INVALID)] * 2),
        ({"serviceAccountName": "A"}, [("serviceAccountName", INVALID)]),
        ({"serviceAccount": "A"}, [("serviceAccountName", INVALID)]),
        ({"priorityClassName": "a_b"}, [("priorityClassName", INVALID)]),
        ({"runtimeClassName": ""}, [("runtimeClassName", INVALID)]),
        ({"preemptionPolicy": "never"}, [("preemptionPolicy", UNSUPPORTED)]),
        ({"preemptionPolicy": ""}, [("preemptionPolicy", REQUIRED)]),
        ({"hostname": "a.b", "subdomain": "A"}, [("hostname", INVALID), ("subdomain", INVALID)]),
        ({"imagePullSecrets": [{}]}, []),
        ({"schedulingGates": [{"name": "a"}, {"name": "a"}]}, [("schedulingGates[1]", "Duplicate")]),
        ({"readinessGates": [{"conditionType": "a b"}]}, [("readinessGates[0].conditionType", INVALID)]),
        ({"hostnameOverride": "a.b"}, []),
        ({"hostnameOverride": "a" * 65}, [("hostnameOverride", "TooLong")]),
        (
            {"hostnameOverride": "A", "setHostnameAsFQDN": True, "hostNetwork": True},
            [("hostnameOverride", FORBIDDEN), ("hostnameOverride", FORBIDDEN), ("hostnameOverride", INVALID)],
        ),
    ],
)
def test_plain_fields(change: Tree, expected: Found) -> None:
    assert of_spec(change) == expected


@pytest.mark.parametrize(
    ("config", "policy", "expected"),
    [
        (None, "None", [("dnsConfig", REQUIRED)]),
        ({}, "None", [("dnsConfig.nameservers", REQUIRED)]),
        ({"nameservers": ["1.1.1.1"]}, "None", []),
        ({"nameservers": ["1.1.1.1"] * 4}, "", [("dnsConfig.nameservers", INVALID)]),
        ({"nameservers": ["x", "fe80::1%eth0"]}, "", [(f"dnsConfig.nameservers[{i}]", INVALID) for i in (0, 1)]),
        ({"searches": [".", "_srv.a_b.example.", "a" * 63]}, "", []),
        ({"searches": ["-a"]}, "", [("dnsConfig.searches[0]", INVALID)]),
        ({"searches": ["a"] * 33}, "", [("dnsConfig.searches", INVALID)]),
        ({"searches": ["a" * 250] * 9}, "", [("dnsConfig.searches", INVALID)]),
        ({"options": [{"name": "ndots", "value": "2"}, {}]}, "", [("dnsConfig.options[1]", REQUIRED)]),
    ],
)
def test_dns(config: Tree | None, policy: str, expected: Found) -> None:
    assert of_spec({"dnsConfig": config, "dnsPolicy": policy}) == expected


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ({"ip": "::1", "hostnames": ["a.b"]}, []),
        ({"ip": "1.2.3"}, [("hostAliases[0].ip", INVALID)]),
        ({"ip": "1.2.3.04"}, [("hostAliases[0].ip", INVALID)]),
        ({"ip": "fe80::1%eth0"}, [("hostAliases[0].ip", INVALID)]),
        ({"ip": "::ffff:1.2.3.4"}, [("hostAliases[0].ip", INVALID)]),
        ({"ip": "1.2.3.4", "hostnames": ["a", "A"]}, [("hostAliases[0].hostnames[1]", INVALID)]),
    ],
)
def test_host_aliases(alias: Tree, expected: Found) -> None:
    assert of_spec({"hostAliases": [alias]}) == expected


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, []),
        ({"key": "a"}, []),
        ({}, [("operator", INVALID)]),
        ({"operator": "Exists", "value": "x"}, [("operator", INVALID)]),
        ({"key": "a b", "value": "-" * 64}, [("key", INVALID), ("operator", INVALID)]),
        ({"key": "a", "operator": "Gt", "value": "1"}, [("operator", UNSUPPORTED)]),
        ({"key": "a", "operator": "exists", "value": "x"}, [("operator", UNSUPPORTED)]),
        ({"key": "a", "effect": "noSchedule"}, [("effect", UNSUPPORTED)]),
        ({"key": "a", "tolerationSeconds": 0}, [("effect", INVALID)]),
        ({"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}, [("effect", INVALID)]),
        ({"key": "a", "effect": "NoExecute", "tolerationSeconds": -5}, []),
        ({"key": "a", "effect": "X", "tolerationSeconds": 1}, [("effect", INVALID), ("effect", UNSUPPORTED)]),
    ],
)
def test_tolerations(toleration: Tree, expected: Found) -> None:
    assert of_spec({"tolerations": [toleration]}) == [(f"tolerations[0].{field}", reason) for field, reason in expected]


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ({"key": "a", "operator": "In", "values": ["x", ""]}, []),
        ({"key": "a", "operator": "In"}, [("values", REQUIRED)]),
        ({"key": "a", "operator": "Exists", "values": ["x"]}, [("values", FORBIDDEN)]),
        ({"key": "a", "operator": "Gt", "values": ["abc"]}, []),
        ({"key": "a", "operator": "Lt", "values": ["1", "2"]}, [("values", REQUIRED)]),
        ({"key": "a", "operator": "gt", "values": ["1"]}, [("operator", INVALID)]),
        ({"key": "", "operator": "Exists"}, [("key", INVALID), ("key", INVALID)]),
        ({"key": "a", "operator": "NotIn", "values": ["ok", "a b"]}, [("values[1]", INVALID)]),
    ],
)
def test_node_affinity_expressions(requirement: Tree, expected: Found) -> None:
    terms = [{"matchExpressions": [requirement]}]
    change = {"affinity": {"nodeAffinity": {NODES.rpartition(".")[2]: {"nodeSelectorTerms": terms}}}}
    path = f"{NODES}.nodeSelectorTerms[0].matchExpressions[0]"
    assert of_spec(change) == [(f"{path}.{field}", reason) for field, reason in expected]


def test_node_affinity_terms() -> None:
    def required(terms: Any) -> Found:
        return of_spec({"affinity": {"nodeAffinity": {NODES.rpartition(".")[2]: {"nodeSelectorTerms": terms}}}})

    assert required([{}]) == []
    assert required([]) == [(f"{NODES}.nodeSelectorTerms", REQUIRED)]
    field = {"key": "metadata.name", "operator": "In", "values": ["A"]}
    path = f"{NODES}.nodeSelectorTerms[0].matchFields[0]"
    assert required([{"matchFields": [field]}]) == [(f"{path}.values[0]", INVALID)]
    assert required([{"matchFields": [{**field, "key": "metadata.uid"}]}]) == [(f"{path}.key", INVALID)]
    assert required([{"matchFields": [{**field, "values": []}]}]) == [(f"{path}.values", REQUIRED)]


def test_preferred_node_affinity_tolerates_illegal_values() -> None:
    def preferred(weight: int, value: str) -> Found:
        requirement = {"key": "a", "operator": "In", "values": [value]}
        term = {"weight": weight, "preference": {"matchExpressions": [requirement]}}
        return of_spec({"affinity": {"nodeAffinity": {PREFERRED: [term]}}})

    assert preferred(100, "not legal!") == []
    assert preferred(101, "x") == [(f"affinity.nodeAffinity.{PREFERRED}[0].weight", INVALID)]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ({"topologyKey": "k", "labelSelector": {}, "namespaces": ["a"]}, []),
        ({}, [("topologyKey", REQUIRED), ("topologyKey", INVALID), ("topologyKey", INVALID)]),
        ({"topologyKey": "k", "namespaces": ["A"]}, [("namespace", INVALID)]),
        ({"topologyKey": "k", "matchLabelKeys": ["a b"]}, [("matchLabelKeys", FORBIDDEN)]),
        ({"topologyKey": "k", "labelSelector": {}, "mismatchLabelKeys": ["a b"]}, [("mismatchLabelKeys[0]", INVALID)]),
        # A template's keys are not merged yet, so that a key stands in both is not seen.
        ({"topologyKey": "k", "labelSelector": {"matchLabels": {"a": "b"}}, "matchLabelKeys": ["a"]}, []),
    ],
)
@pytest.mark.parametrize("kind", ["podAffinity", "podAntiAffinity"])
def test_pod_affinity(kind: str, term: Tree, expected: Found) -> None:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    found = of_spec({"affinity": {kind: {required: [term]}}})
    assert found == [(f"affinity.{kind}.{required}[0].{field}", reason) for field, reason in expected]
    weighted = of_spec({"affinity": {kind: {PREFERRED: [{"weight": 1, "podAffinityTerm": term}]}}})
    assert weighted == [
        (f"affinity.{kind}.{PREFERRED}[0].podAffinityTerm.{field}", reason) for field, reason in expected
    ]


SPREAD = {"maxSkew": 1, "topologyKey": "k", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"minDomains": 3}, []),
        ({"maxSkew": 0}, [("maxSkew", INVALID)]),
        ({"topologyKey": ""}, [("topologyKey", REQUIRED)]),
        ({"whenUnsatisfiable": ""}, [("whenUnsatisfiable", UNSUPPORTED)]),
        ({"minDomains": 0, "whenUnsatisfiable": "ScheduleAnyway"}, [("minDomains", INVALID)] * 2),
        ({"nodeTaintsPolicy": "honor"}, [("nodeTaintsPolicy", UNSUPPORTED)]),
        ({"labelSelector": None, "matchLabelKeys": ["a"]}, [("matchLabelKeys", FORBIDDEN)]),
        ({"matchLabelKeys": ["a b"]}, [("matchLabelKeys[0]", INVALID)]),
        ({"labelSelector": {"matchLabels": {"a": "-"}}}, [("labelSelector.matchLabels", INVALID)]),
    ],
)
def test_topology_spread(change: Tree, expected: Found) -> None:
    found = of_spec({"topologySpreadConstraints": [{**SPREAD, **change}]})
    assert found == [(f"topologySpreadConstraints[0].{field}", reason) for field, reason in expected]


def test_a_repeated_spread_constraint_is_reported_at_the_first() -> None:
    found = of_spec({"topologySpreadConstraints": [SPREAD, SPREAD]})
    assert found == [("topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}", "Duplicate")]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([{"name": "a", "resourceClaimName": "x"}, {"name": "b", "resourceClaimTemplateName": "x"}], []),
        ([{"name": "a"}], [("[0]", INVALID)]),
        (
            [{"name": "", "resourceClaimName": "x", "resourceClaimTemplateName": "x"}],
            [("[0].name", REQUIRED), ("[0]", INVALID)],
        ),
        ([{"name": "A.", "resourceClaimName": "X"}], [("[0].name", INVALID), ("[0].resourceClaimName", INVALID)]),
        ([{"name": "a", "resourceClaimName": "x"}] * 2, [("[1].name", "Duplicate")]),
    ],
)
def test_resource_claims(claims: list[Tree], expected: Found) -> None:
    assert of_spec({"resourceClaims": claims}) == [(f"resourceClaims{field}", reason) for field, reason in expected]


def pod_level(pod: Tree, *containers: Tree, init: Tree | None = None) -> Found:
    listed = [{"name": f"c{index}", "image": "x", "resources": item} for index, item in enumerate(containers or [{}])]
    change: Tree = {"resources": pod, "containers": listed}
    if init is not None:
        change["initContainers"] = [{"name": "i", "image": "x", **init}]
    return of_spec(change)


def test_pod_level_resources() -> None:
    cpu = {"requests": {"cpu": "600m"}}
    assert pod_level({"requests": {"cpu": "1200m"}}, cpu, cpu) == []
    assert pod_level({"requests": {"cpu": 1}}, cpu, cpu) == [("resources.requests[cpu]", INVALID)]
    assert pod_level({"limits": {"cpu": 1}}, cpu, cpu) == []
    sidecar = {"restartPolicy": "Always", "resources": cpu}
    assert pod_level({"requests": {"cpu": 1}}, cpu, init=sidecar) == [("resources.requests[cpu]", INVALID)]
    assert pod_level({"requests": {"cpu": 1}}, cpu, init={"resources": cpu}) == []
    storage = {"requests": {"ephemeral-storage": "1Gi"}}
    assert pod_level({"requests": {"cpu": 1}}, storage) == []
    assert pod_level({"limits": {"cpu": 1}}, {"limits": {"cpu": 2}}) == [
        ("resources.containers[0][cpu].limits", INVALID)
    ]
    assert pod_level({"limits": {"ephemeral-storage": 1}}) == [("resources.limits[ephemeral-storage]", UNSUPPORTED)]
    half: Tree = {"requests": {"cpu": "0.5m"}}
    assert pod_level({"requests": {"cpu": "1m"}}, half, half) == [("resources.requests[cpu]", INVALID)]
    pages: Tree = {"limits": {"cpu": 1, "hugepages-2Mi": "2Mi"}}
    assert pod_level({"limits": {"cpu": 2, "hugepages-2Mi": "2Mi"}}, pages, pages) == [
        ("resources.limits[hugepages-2Mi]", INVALID),
    ]
    assert pod_level({"claims": [{"name": "x"}]}) == [
        ("resources.claims", FORBIDDEN),
        ("resources.claims[0]", "NotFound"),
    ]


@pytest.mark.parametrize(
    ("overhead", "expected"),
    [
        ({"cpu": "250m"}, []),
        ({"cpu": "-1"}, [("overhead.limits[cpu]", INVALID)]),
        ({"foo": 1}, [("overhead.limits[foo]", INVALID)] * 2),
    ],
)
def test_overhead(overhead: Tree, expected: Found) -> None:
    assert of_spec({"overhead": overhead}) == expected


def test_host_network_ports() -> None:
    """In a template a host port may be left out, on a pod it is filled in (D9)."""
    ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}, {"containerPort": 82, "hostPort": 9}]
    spec = {"hostNetwork": True, "containers": [{"name": "c", "image": "x", "ports": ports}]}
    expected = [("containers[0].ports[2].hostPort", INVALID)]
    assert of_spec(spec) == expected
    assert causes({**POD, "spec": spec}) == [(f"spec.{field}", reason) for field, reason in expected]


def test_a_user_namespace_shares_nothing_with_the_host() -> None:
    assert of_spec({"hostUsers": False}) == []
    shared = {"hostUsers": False, "hostNetwork": True, "hostPID": True, "hostIPC": True}
    assert of_spec(shared) == [("hostNetwork", FORBIDDEN), ("HostPID", FORBIDDEN), ("HostIPC", FORBIDDEN)]
    device = {"name": "c", "image": "x", "volumeDevices": [{"name": "v", "devicePath": "/d"}]}
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "x"}}
    spec = {"hostUsers": False, "containers": [device], "volumes": [volume]}
    assert of_spec(spec) == [("containers[0].volumeDevices", FORBIDDEN)]


def test_annotations_of_a_template() -> None:
    def annotated(annotations: Tree, **spec: Any) -> Found:
        tree = changed(DAEMONSET, "spec.template.metadata.annotations", annotations)
        tree["spec"]["template"]["spec"].update(spec)
        return [(field.removeprefix("spec.template."), reason) for field, reason in causes(tree)]

    cost = "controller.kubernetes.io/pod-deletion-cost"
    for text in ("0", "-5", "2147483647"):
        assert annotated({cost: text}) == []
    for text in ("", "+1", "01", "1.5", "2147483648", "٣", "-" + "9" * 5000):
        assert annotated({cost: text}) == [(f"annotations[{cost}]", INVALID)]
    armor = "container.apparmor.security.beta.kubernetes.io/"
    assert annotated({armor + "c": "unconfined"}) == []
    assert annotated({armor + "x": "bad"}) == [(f"annotations[{armor}x]", INVALID)] * 2
    profile = {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}
    assert annotated({armor + "c": "runtime/default"}, **profile) == []
    assert annotated({armor + "c": "unconfined"}, **profile) == [
        ("spec.containers[0].securityContext.appArmorProfile.type", FORBIDDEN)
    ]
    assert annotated({armor + "c": "unconfined"}, **profile, os={"name": "windows"})[0][1] == FORBIDDEN
    seccomp = "seccomp.security.alpha.kubernetes.io/pod"
    assert annotated({seccomp: "docker/default"}) == []
    assert annotated({seccomp: "localhost/../x"}) == [(f"annotations.{seccomp}", INVALID)]
    local = {"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a"}}}
    assert annotated({seccomp: "localhost/a"}, **local) == []
    assert annotated({seccomp: "localhost/b"}, **local) == [
        ("spec.securityContext.seccompProfile.localhostProfile", FORBIDDEN)
    ]
    tolerations = "scheduler.alpha.kubernetes.io/tolerations"
    assert annotated({tolerations: "{"}) == [("annotations", INVALID)]
    assert annotated({tolerations: "[{}]"}) == [(f"annotations.{tolerations}[0].operator", INVALID)]
    mirror = "kubernetes.io/config.mirror"
    assert annotated({mirror: "x"}) == [(f"annotations[{mirror}]", INVALID)]
    assert annotated({mirror: "x"}, nodeName="n") == []


def test_pods_that_are_created_and_pods_that_are_there() -> None:
    ephemeral = changed(POD, "spec.ephemeralContainers", [{"name": "e", "image": "x"}])
    assert causes(ephemeral) == [("spec.ephemeralContainers", FORBIDDEN)]
    assert causes(changed(ephemeral, "metadata.uid", "u")) == []
    assert causes(ephemeral, stored=True) == []
    gated = changed(changed(POD, "spec.nodeName", "n"), "spec.schedulingGates", [{"name": "g"}])
    assert causes(gated) == [("spec.nodeName", FORBIDDEN)]
    assert causes(changed(POD, "spec.containers[0].image", " x")) == [("spec.containers[0].image", INVALID)]
    assert validate(changed(DAEMONSET, "spec.template.spec.containers[0].image", " x")) == []
    claims = changed(
        changed(POD, "spec.nodeName", "n"), "spec.resourceClaims[0]", {"name": "r", "resourceClaimName": "c"}
    )
    mirror = changed(claims, "metadata.annotations", {"kubernetes.io/config.mirror": "x"})
    assert causes(claims) == []
    assert causes(mirror) == [("spec.resourceClaims[0]", FORBIDDEN)]
    assert causes(changed(POD, "metadata.generation", -1)) == []
    token = {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
    tree = changed(POD, "spec.volumes", [token])
    assert causes(tree) == [("spec.volumes[0].projected.sources[0].serviceAccountToken", FORBIDDEN)]
    assert causes(changed(tree, "spec.serviceAccountName", "default")) == []


def test_label_keys_are_merged_when_a_pod_is_created() -> None:
    spread = {**SPREAD, "labelSelector": {"matchLabels": {"app": "x"}}, "matchLabelKeys": ["app"]}
    tree = changed(changed(POD, "metadata.labels", {"app": "x"}), "spec.topologySpreadConstraints", [spread])
    assert causes(tree) == [("spec.topologySpreadConstraints[0][0]", INVALID)]
    assert causes(tree, stored=True) == []
    without_label = copy.deepcopy(tree)
    del without_label["metadata"]["labels"]
    assert causes(without_label) == []
    term = {"topologyKey": "k", "labelSelector": {}, "matchLabelKeys": ["app", "app"]}
    affinity = {"podAntiAffinity": {PREFERRED: [{"weight": 1, "podAffinityTerm": term}]}}
    repeated = changed(changed(POD, "metadata.labels", {"app": "x"}), "spec.affinity", affinity)
    assert causes(repeated) == [(f"spec.affinity.podAntiAffinity.{PREFERRED}[0].podAffinityTerm[1]", INVALID)]


def test_templates_have_no_ephemeral_containers() -> None:
    found = of_spec({"ephemeralContainers": [{"name": "e", "image": "x", "targetContainerName": "c"}]})
    assert found == [("ephemeralContainers", FORBIDDEN)]
