"""The lines of a description, part by part, as kubectl v1.36 writes them (tabs before they are aligned)."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.report.describe.containers import containers
from dsplan.report.describe.parts import annotation_lines, labels, spread_constraints, titled, tolerations
from dsplan.report.describe.volumes import volumes

Tree = dict[str, Any]


@pytest.mark.parametrize(
    ("volume", "lines"),
    [
        (
            {"hostPath": {"path": "/var"}},
            ["Type:\tHostPath (bare host directory volume)", "Path:\t/var", "HostPathType:\t<none>"],
        ),
        (
            {"hostPath": {"path": "/var", "type": ""}},
            ["Type:\tHostPath (bare host directory volume)", "Path:\t/var", "HostPathType:\t"],
        ),
        (
            {"emptyDir": {}},
            [
                "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
                "Medium:\t",
                "SizeLimit:\t<unset>",
            ],
        ),
        (
            {"emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
            [
                "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
                "Medium:\tMemory",
                "SizeLimit:\t1Gi",
            ],
        ),
        (
            {"secret": {"secretName": "s", "optional": True}},
            ["Type:\tSecret (a volume populated by a Secret)", "SecretName:\ts", "Optional:\ttrue"],
        ),
        (
            {"configMap": {"name": "c"}},
            ["Type:\tConfigMap (a volume populated by a ConfigMap)", "Name:\tc", "Optional:\tfalse"],
        ),
        (
            {"nfs": {"server": "s", "path": "/p", "readOnly": True}},
            [
                "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)",
                "Server:\ts",
                "Path:\t/p",
                "ReadOnly:\ttrue",
            ],
        ),
        (
            {"image": {"reference": "r:1", "pullPolicy": "Always"}},
            ["Type:\tImage (a container image or OCI artifact)", "Reference:\tr:1", "PullPolicy:\tAlways"],
        ),
        (
            {"csi": {"driver": "d"}},
            [
                "Type:\tCSI (a Container Storage Interface (CSI) volume source)",
                "Driver:\td",
                "FSType:\t",
                "ReadOnly:\tfalse",
            ],
        ),
        (
            {
                "projected": {
                    "sources": [
                        {"secret": {"name": "s", "optional": True}},
                        {"configMap": {"name": "c"}},
                        {"downwardAPI": {}},
                        {"downwardAPI": {"items": [{"path": "labels"}]}},
                        {"serviceAccountToken": {"path": "t"}},
                        {"serviceAccountToken": {"path": "t", "expirationSeconds": 600}},
                    ]
                }
            },
            [
                "Type:\tProjected (a volume that contains injected data from multiple sources)",
                "SecretName:\ts",
                "Optional:\ttrue",
                "ConfigMapName:\tc",
                "Optional:\tfalse",
                "DownwardAPI:\ttrue",
                "TokenExpirationSeconds:\t3600",
                "TokenExpirationSeconds:\t600",
            ],
        ),
        (
            {"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}, {"path": "cpu"}]}},
            [
                "Type:\tDownwardAPI (a volume populated by information about the pod)",
                "Items:",
                "  metadata.labels -> l",
            ],
        ),
        ({"projected": None}, ["Type:\tProjected (a volume that contains injected data from multiple sources)"]),
        ({"cephfs": {"monitors": ["m"]}}, ["<unknown>"]),
    ],
)
def test_a_volume_of_each_kind(volume: Tree, lines: list[str]) -> None:
    assert list(volumes([{"name": "v", **volume}])) == ["  Volumes:", "   v:", *(f"    {line}" for line in lines)]


def test_no_volumes() -> None:
    assert list(volumes([])) == ["  Volumes:\t<none>"]


def described(container: Tree) -> list[str]:
    """Return the lines of one container without what is there for each of them."""
    head, name, *lines = containers("Containers", [{"name": "c", "image": "i:1", **container}])
    assert (head, name) == ("  Containers:", "   c:")
    bare = {"Image:\ti:1", "Port:\t<none>", "Host Port:\t<none>", "Environment:\t<none>", "Mounts:\t<none>"}
    return [text for line in lines if (text := line.removeprefix("    ")) not in bare]


NUMBERS = "delay=1s timeout=2s period=3s #success=4 #failure=5"
TIMES = {
    "initialDelaySeconds": 1,
    "timeoutSeconds": 2,
    "periodSeconds": 3,
    "successThreshold": 4,
    "failureThreshold": 5,
}


@pytest.mark.parametrize(
    ("probe", "text"),
    [
        ({"exec": {"command": ["a", "b c"]}}, f"exec [a b c] {NUMBERS}"),
        ({"exec": None}, f"exec [] {NUMBERS}"),
        ({"httpGet": {"port": 80}}, f"http-get http://:80 {NUMBERS}"),
        (
            {"httpGet": {"host": "h", "port": "web", "path": "/p", "scheme": "HTTPS"}},
            f"http-get https://h:web/p {NUMBERS}",
        ),
        ({"tcpSocket": {"port": 1}}, f"tcp-socket :1 {NUMBERS}"),
        ({"grpc": {"port": 2, "service": "s"}}, f"grpc <pod>:2 s {NUMBERS}"),
        ({}, f"unknown {NUMBERS}"),
    ],
)
def test_probes(probe: Tree, text: str) -> None:
    for title, field in (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")):
        assert described({field: {**probe, **TIMES}}) == [f"{title}:\t{text}"]


def test_a_probe_without_numbers() -> None:
    zero = "delay=0s timeout=0s period=0s #success=0 #failure=0"
    assert described({"livenessProbe": {"tcpSocket": {"port": 1}}}) == [f"Liveness:\ttcp-socket :1 {zero}"]


@pytest.mark.parametrize(
    ("container", "lines"),
    [
        ({"ports": [{"containerPort": 80}]}, ["Port:\t80/TCP", "Host Port:\t0/TCP"]),
        (
            {"ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 53, "protocol": "UDP"}]},
            ["Ports:\t80/TCP, 53/UDP", "Host Ports:\t8080/TCP, 0/UDP"],
        ),
        ({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}, ["SeccompProfile:\tRuntimeDefault"]),
        (
            {"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "p.json"}}},
            ["SeccompProfile:\tLocalhost", "  LocalhostProfile:\tp.json"],
        ),
        ({"command": ["sh", "-c", "a\nb"]}, ["Command:", "  sh", "  -c", "  a", "  b"]),
        (
            {"resources": {"limits": {"memory": "1Gi", "cpu": "1"}, "requests": {"cpu": "100m"}}},
            ["Limits:", "  cpu:\t1", "  memory:\t1Gi", "Requests:", "  cpu:\t100m"],
        ),
        (
            {
                "envFrom": [
                    {"configMapRef": {"name": "c"}, "prefix": "X_"},
                    {"secretRef": {"name": "s", "optional": True}},
                ]
            },
            [
                "Environment Variables from:",
                "  c\tConfigMap with prefix 'X_'\tOptional: false",
                "  s\tSecret\tOptional: true",
            ],
        ),
        (
            {
                "volumeMounts": [
                    {"mountPath": "/b", "name": "v", "readOnly": True},
                    {"mountPath": "/a", "name": "w", "subPath": "s"},
                ]
            },
            ["Mounts:", '  /a from w (rw,path="s")', "  /b from v (ro)"],
        ),
        ({"volumeDevices": [{"devicePath": "/dev/x", "name": "v"}]}, ["Devices:", "  /dev/x from v"]),
    ],
)
def test_parts_of_a_container(container: Tree, lines: list[str]) -> None:
    assert described(container) == lines


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        ({"fieldRef": {"fieldPath": "spec.nodeName"}}, " (v1:spec.nodeName)"),
        ({"secretKeyRef": {"key": "k", "name": "s"}}, "<set to the key 'k' in secret 's'>\tOptional: false"),
        (
            {"configMapKeyRef": {"key": "k", "name": "c", "optional": True}},
            "<set to the key 'k' of config map 'c'>\tOptional: true",
        ),
        ({"resourceFieldRef": {"resource": "limits.cpu"}}, "2 (limits.cpu)"),
        ({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}, "1500 (limits.cpu)"),
        ({"resourceFieldRef": {"resource": "limits.memory"}}, "node allocatable (limits.memory)"),
        ({"resourceFieldRef": {"resource": "requests.memory"}}, "0 (requests.memory)"),
    ],
)
def test_where_a_variable_comes_from(origin: Tree, text: str) -> None:
    container = {"env": [{"name": "E", "valueFrom": origin}], "resources": {"limits": {"cpu": "1500m"}}}
    assert described(container)[-1] == f"  E:\t{text}"


def test_a_variable_of_several_lines_and_one_without_a_value() -> None:
    container = {"env": [{"name": "A", "value": "1\n2"}, {"name": "B"}]}
    assert described(container) == ["Environment:", "  A:\t1", "  \t2", "  B:\t"]


def test_no_containers() -> None:
    assert list(containers("Init Containers", [])) == ["  Init Containers: <none>"]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"key": "k", "operator": "Exists"}, "k op=Exists"),
        ({"operator": "Exists"}, "op=Exists"),
        ({"key": "k", "value": "v", "effect": "NoSchedule"}, "k=v:NoSchedule"),
        ({"key": "k", "effect": "NoExecute", "operator": "Exists"}, "k:NoExecute op=Exists"),
        ({"key": "k", "effect": "NoExecute", "tolerationSeconds": 0}, "k:NoExecute for 0s"),
        ({}, ""),
    ],
)
def test_tolerations(entry: Tree, text: str) -> None:
    assert list(tolerations([entry])) == [f"Tolerations:\t{text}"]


def test_what_has_several_values_goes_on_below_in_key_order() -> None:
    assert list(labels("Labels", {"b": "2", "a": "1"}, "  ")) == ["  Labels:\ta=1", "  \tb=2"]
    assert list(titled("T", [])) == ["T:\t<none>"]
    assert list(tolerations([{"key": "b"}, {"key": "a"}])) == ["Tolerations:\ta", "\tb"]


def test_long_and_many_lined_annotations_go_below_their_key() -> None:
    found = {
        "short": "x\n",
        "lines": "1\n2",
        "long": "y" * 200,
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    assert list(annotation_lines("Annotations", found)) == [
        "Annotations:\tlines:",
        "\t  1",
        "\t  2",
        "\tlong:",
        f"\t  {'y' * 138}...",
        "\tshort: x",
    ]
    assert list(annotation_lines("A", {"k": "v" * 137})) == [f"A:\tk: {'v' * 137}"]
    assert list(annotation_lines("A", {"k": "v" * 138})) == ["A:\tk:", f"\t  {'v' * 138}"]


def test_spread_constraints() -> None:
    assert list(spread_constraints([])) == []
    zone = {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}
    host = {**zone, "topologyKey": "host", "labelSelector": {"matchLabels": {"a": "b"}}}
    assert list(spread_constraints([zone, host])) == [
        "Topology Spread Constraints:\thost:DoNotSchedule when max skew 1 is exceeded (selector a=b)",
        "\tzone:DoNotSchedule when max skew 1 is exceeded",
    ]
