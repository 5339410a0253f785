"""Section V of the rules: containers, their ports, resources, variables, probes, mounts and security, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apiserver.validation.objects import Found, Tree, of_container, of_spec

INVALID, REQUIRED, FORBIDDEN, UNSUPPORTED = "Invalid", "Required", "Forbidden", "NotSupported"


def port(number: int = 1, **more: Any) -> Tree:
    return {"containerPort": number, **more}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": ""}, [("name", REQUIRED)]),
        ({"name": "a" * 64}, [("name", INVALID)]),
        ({"image": ""}, [("image", REQUIRED)]),
        ({"imagePullPolicy": "always"}, [("imagePullPolicy", UNSUPPORTED)]),
        ({"terminationMessagePolicy": "file"}, [("terminationMessagePolicy", UNSUPPORTED)]),
        ({"ports": [port(name="http"), port(2, name="http")]}, [("ports[1].name", "Duplicate")]),
        ({"ports": [port(0)]}, [("ports[0].containerPort", REQUIRED)]),
        ({"ports": [port(65536, hostPort=-1)]}, [("ports[0].containerPort", INVALID), ("ports[0].hostPort", INVALID)]),
        ({"ports": [port(protocol="tcp")]}, [("ports[0].protocol", UNSUPPORTED)]),
        ({"ports": [port(name="a" * 16)]}, [("ports[0].name", INVALID)]),
        ({"ports": [port(hostIP="no ip")]}, []),  # X7
        ({"ports": [port(hostPort=5), port(hostPort=5, hostIP="1.1.1.1"), port(hostPort=5, protocol="UDP")]}, []),
        ({"ports": [port(hostPort=5), port(2, hostPort=5, protocol="TCP")]}, [("ports[1].hostPort", "Duplicate")]),
        ({"restartPolicy": "Never"}, []),
        ({"restartPolicy": "never"}, [("restartPolicy", UNSUPPORTED)]),
        (
            {"restartPolicyRules": [{"action": "Restart"}]},
            [("restartPolicy", REQUIRED), ("restartPolicyRules[0].exitCodes", REQUIRED)],
        ),
        (
            {
                "restartPolicy": "Never",
                "restartPolicyRules": [{"action": "x", "exitCodes": {"operator": "in", "values": [1]}}],
            },
            [("restartPolicyRules[0].action", UNSUPPORTED), ("restartPolicyRules[0].exitCodes.operator", UNSUPPORTED)],
        ),
        (
            {
                "restartPolicy": "Never",
                "restartPolicyRules": [
                    {"action": "Restart", "exitCodes": {"operator": "In", "values": list(range(256))}}
                ],
            },
            [("restartPolicyRules[0].exitCodes.values", "TooMany")],
        ),
        ({"resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}]}, []),
        ({"resizePolicy": [{}]}, [("resizePolicy", REQUIRED)] * 2),
        (
            {"resizePolicy": [{"resourceName": "x", "restartPolicy": "y"}] * 2},
            [("resizePolicy", UNSUPPORTED)] * 2
            + [("resizePolicy[1]", "Duplicate")]
            + [("resizePolicy", UNSUPPORTED)] * 2,
        ),
    ],
)
def test_plain_fields(change: Tree, expected: Found) -> None:
    assert of_container(change) == expected


def test_names_and_host_ports_are_unique() -> None:
    twin = {"name": "c", "image": "x", "ports": [port(hostPort=5)]}
    assert of_spec({"containers": [twin, twin]}) == [
        ("containers[1].name", "Duplicate"),
        ("containers[1].ports[0].hostPort", "Duplicate"),
    ]
    # Init containers run one after another: ports clash inside one only, and are counted from the first.
    init = {"name": "i", "image": "x", "ports": [port(hostPort=5)] * 2}
    containers = [{"name": "c", "image": "x", "ports": [port(hostPort=5)]}]
    found = of_spec(
        {"containers": containers, "initContainers": [{**init, "name": "j", "ports": [port(hostPort=5)]}, init]}
    )
    assert found == [("initContainers[0].ports[1].hostPort", "Duplicate")]
    assert of_spec({"containers": containers, "initContainers": [{"name": "c", "image": "x"}]}) == [
        ("initContainers[0].name", "Duplicate")
    ]


@pytest.mark.parametrize("field", ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])
def test_only_sidecars_have_hooks_and_probes_among_init_containers(field: str) -> None:
    handler: Tree = {"tcpSocket": {"port": 1}}
    value = {"preStop": handler} if field == "lifecycle" else handler
    init = {"name": "i", "image": "x", field: value}
    assert of_spec({"initContainers": [init]}) == [(f"initContainers[0].{field}", FORBIDDEN)]
    assert of_spec({"initContainers": [{**init, "restartPolicy": "OnFailure"}]}) == [
        (f"initContainers[0].{field}", FORBIDDEN)
    ]
    assert of_spec({"initContainers": [{**init, "restartPolicy": "Always"}]}) == []


def test_only_sidecars_are_restarted_to_be_resized() -> None:
    policies = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    init = {"name": "i", "image": "x", "resizePolicy": policies}
    assert of_spec({"initContainers": [init]}) == [("initContainers[0].resizePolicy[0].restartPolicy", INVALID)]
    assert of_spec({"initContainers": [{**init, "restartPolicy": "Always"}]}) == []


@pytest.mark.parametrize(
    ("limits", "requests", "expected"),
    [
        ({"cpu": 1, "memory": "1Gi", "ephemeral-storage": 1}, {"cpu": "1000m"}, []),
        ({"cpu": "0.0015"}, {"cpu": "0.0011"}, []),
        ({"cpu": 1}, {"cpu": "1.0001"}, [("requests", INVALID)]),
        ({"cpu": "-1"}, {}, [("limits[cpu]", INVALID)]),
        ({"CPU": 1}, {}, [("limits[CPU]", INVALID)] * 2),
        ({"pods": 1}, {}, [("limits[pods]", INVALID)]),
        ({"storage": "0.5"}, {}, [("limits[storage]", INVALID)]),
        ({"pods": "0.5"}, {}, [("limits[pods]", INVALID)] * 2),
        ({"a b": 1}, {}, [("limits[a b]", INVALID)] * 2),
        ({"requests.cpu": 1}, {}, [("limits[requests.cpu]", INVALID)]),
        ({"example.com/x": 2}, {"example.com/x": 2}, []),
        ({"example.com/x": 2}, {"example.com/x": 1}, [("requests", INVALID)]),
        ({"example.com/x": "0.5"}, {}, [("limits[example.com/x]", INVALID)]),
        ({}, {"example.com/x": 1}, [("limits", REQUIRED)]),
        ({}, {"kubernetes.io/x": "0.5"}, []),
        ({"requests.example.com/x": 1}, {}, [("limits[requests.example.com/x]", INVALID)]),
        ({"example.com/" + "x" * 63: 1}, {}, []),
        ({"e" * 244 + "." + "c" * 8 + "/x": 1}, {}, [(f"limits[{'e' * 244}.{'c' * 8}/x]", INVALID)]),
        ({"hugepages-2Mi": "4Mi", "cpu": 1}, {}, []),
        ({"hugepages-2Mi": "4Mi"}, {}, [("", FORBIDDEN)]),
        ({"hugepages-2Mi": "3Mi", "memory": 1}, {}, [("limits[hugepages-2Mi]", INVALID)]),
        ({"hugepages-0": "3Mi", "memory": 1}, {}, [("limits[hugepages-0]", INVALID)]),
        ({"memory": 1}, {"hugepages-2Mi": "2Mi"}, [("limits", REQUIRED)]),
    ],
)
def test_resources(limits: Tree, requests: Tree, expected: Found) -> None:
    found = of_container({"resources": {"limits": limits, "requests": requests}})
    assert found == [(f"resources.{field}".removesuffix("."), reason) for field, reason in expected]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([{"name": "a"}], []),
        ([{"name": "a", "request": "x"}, {"name": "a", "request": "y"}], []),
        ([{"name": ""}], [("[0]", REQUIRED)]),
        ([{"name": "b"}], [("[0]", "NotFound")]),
        ([{"name": "a"}, {"name": "a"}], [("[1]", "Duplicate")]),
        ([{"name": "a"}, {"name": "a", "request": "x"}], [("[1]", "Duplicate")]),
        ([{"name": "a", "request": "x"}, {"name": "a"}], [("[1]", "Duplicate")]),
        ([{"name": "a", "request": "x"}, {"name": "a", "request": "x"}], [("[1]", "Duplicate")]),
        ([{"name": "a", "request": "X"}], [("[0].request", INVALID)]),
    ],
)
def test_claims(claims: list[Tree], expected: Found) -> None:
    spec = {"resourceClaims": [{"name": "a", "resourceClaimName": "x"}]}
    found = of_container({"resources": {"claims": claims}}, spec)
    assert found == [(f"resources.claims{field}", reason) for field, reason in expected]


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ({"name": "any thing!"}, []),
        ({"name": ""}, [("name", REQUIRED)]),
        ({"name": "a=b"}, [("name", INVALID)]),
        ({"name": "é"}, [("name", INVALID)]),
        ({"valueFrom": {}}, [("valueFrom", INVALID)]),
        ({"value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, [("valueFrom", INVALID)]),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.host"}}}, []),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a.b/c']"}}}, []),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['A b']"}}}, [("valueFrom.fieldRef", INVALID)]),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name['x']"}}}, [("valueFrom.fieldRef.fieldPath", INVALID)]),
        ({"valueFrom": {"fieldRef": {"fieldPath": "status.phase"}}}, [("valueFrom.fieldRef.fieldPath", UNSUPPORTED)]),
        ({"valueFrom": {"fieldRef": {}}}, [("valueFrom.fieldRef.fieldPath", REQUIRED)]),
        ({"valueFrom": {"resourceFieldRef": {"resource": "limits.hugepages-2Mi", "divisor": "1Mi"}}}, []),
        ({"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1000m"}}}, []),
        (
            {"valueFrom": {"resourceFieldRef": {"resource": "cpu"}}},
            [("valueFrom.resourceFieldRef.resource", UNSUPPORTED)],
        ),
        (
            {"valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "3"}}},
            [("valueFrom.resourceFieldRef.divisor", INVALID)],
        ),
        (
            {"valueFrom": {"configMapKeyRef": {"name": "", "key": ".."}}},
            [("valueFrom.configMapKeyRef.name", INVALID), ("valueFrom.configMapKeyRef.key", INVALID)],
        ),
        ({"valueFrom": {"secretKeyRef": {"name": "x"}}}, [("valueFrom.secretKeyRef.key", REQUIRED)]),
        ({"valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "/f", "key": "K"}}}, []),
        (
            {"valueFrom": {"fileKeyRef": {"volumeName": "w", "path": "/f/..", "key": "K"}}},
            [("valueFrom.fileKeyRef.path", INVALID), ("valueFrom.fileKeyRef.volumeName", "NotFound")],
        ),
    ],
)
def test_variables(variable: Tree, expected: Found) -> None:
    found = of_container({"env": [{"name": "A", **variable}]}, {"volumes": [{"name": "v", "emptyDir": {}}]})
    assert found == [(f"env[0].{field}", reason) for field, reason in expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"configMapRef": {"name": "a"}, "prefix": "A_"}, []),
        ({}, [("envFrom", INVALID)]),
        ({"configMapRef": {"name": ""}}, [("envFrom[0].configMapRef.name", REQUIRED)]),
        (
            {"secretRef": {"name": "A"}, "prefix": "="},
            [("envFrom[0].prefix", INVALID), ("envFrom[0].secretRef.name", INVALID)],
        ),
        ({"secretRef": {"name": "a"}, "configMapRef": {"name": "a"}}, [("envFrom", INVALID)]),
    ],
)
def test_sources_of_variables(source: Tree, expected: Found) -> None:
    assert of_container({"envFrom": [source]}) == expected


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ({"exec": {"command": [""]}}, []),
        ({"tcpSocket": {"port": "nope"}, "timeoutSeconds": 0}, []),
        ({}, [("", REQUIRED)]),
        ({"exec": {}}, [("exec.command", REQUIRED)]),
        ({"exec": {"command": ["x"]}, "grpc": {"port": 0}}, [("grpc", FORBIDDEN)]),
        ({"grpc": {"port": 0}}, [("grpc.port", INVALID)]),
        ({"httpGet": {"port": "80"}}, [("httpGet.port", INVALID)]),
        ({"httpGet": {"port": 80, "scheme": "http"}}, [("httpGet.scheme", UNSUPPORTED)]),
        ({"httpGet": {"port": 80, "httpHeaders": [{"name": "a b"}]}}, [("httpGet.httpHeaders", INVALID)]),
        ({"tcpSocket": {"port": 1}, "periodSeconds": -1}, [("periodSeconds", INVALID)]),
        ({"tcpSocket": {"port": 1}, "successThreshold": 2}, [("successThreshold", INVALID)]),
        ({"tcpSocket": {"port": 1}, "terminationGracePeriodSeconds": 0}, [("terminationGracePeriodSeconds", INVALID)]),
    ],
)
def test_probes(probe: Tree, expected: Found) -> None:
    found = of_container({"livenessProbe": probe})
    assert found == [(f"livenessProbe.{field}".removesuffix("."), reason) for field, reason in expected]


def test_readiness_may_need_several_successes_and_has_no_grace_period() -> None:
    probe = {"tcpSocket": {"port": 1}, "successThreshold": 2}
    assert of_container({"readinessProbe": probe}) == []
    assert of_container({"readinessProbe": {**probe, "terminationGracePeriodSeconds": 5}}) == [
        ("readinessProbe.terminationGracePeriodSeconds", INVALID)
    ]


@pytest.mark.parametrize(
    ("hook", "grace", "expected"),
    [
        ({"sleep": {"seconds": 30}}, None, []),
        ({"sleep": {"seconds": 0}}, None, []),
        ({"sleep": {"seconds": 31}}, None, [("sleep", INVALID)]),
        ({"sleep": {"seconds": 31}}, 60, []),
        ({}, None, [("", REQUIRED)]),
    ],
)
def test_hooks(hook: Tree, grace: int | None, expected: Found) -> None:
    found = of_container({"lifecycle": {"preStop": hook}}, {"terminationGracePeriodSeconds": grace})
    assert found == [(f"lifecycle.preStop.{field}".removesuffix("."), reason) for field, reason in expected]


VOLUMES = {
    "volumes": [
        {"name": "v"},
        {"name": "claim", "persistentVolumeClaim": {"claimName": "x"}},
        {"name": "bad", "hostPath": {}},
    ]
}


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        ({}, []),
        ({"name": ""}, [("[0].name", REQUIRED), ("[0].name", "NotFound")]),
        ({"name": "x"}, [("[0].name", "NotFound")]),
        ({"mountPath": ""}, [("[0].mountPath", REQUIRED)]),
        ({"subPath": "/a"}, [(".subPath", INVALID)]),
        ({"subPath": "a", "subPathExpr": "../b"}, [("[0].subPathExpr", INVALID), (".subPathExpr", INVALID)]),
        ({"mountPropagation": "Bidirectional"}, [(".mountPropagation", FORBIDDEN)]),
        ({"mountPropagation": "x"}, [(".mountPropagation", UNSUPPORTED)]),
        ({"recursiveReadOnly": "Enabled"}, [(".recursiveReadOnly", FORBIDDEN)]),
        (
            {"recursiveReadOnly": "Enabled", "readOnly": True, "mountPropagation": "HostToContainer"},
            [(".recursiveReadOnly", FORBIDDEN)],
        ),
        ({"recursiveReadOnly": "Disabled"}, []),
        ({"recursiveReadOnly": "x"}, [(".recursiveReadOnly", UNSUPPORTED)]),
    ],
)
def test_mounts(mount: Tree, expected: Found) -> None:
    found = of_container(
        {"volumeMounts": [{"name": "v", "mountPath": "/a", **mount}]}, {"volumes": VOLUMES["volumes"][:2]}
    )
    assert found == [(f"volumeMounts{field}", reason) for field, reason in expected]


def test_mounts_and_devices_do_not_clash() -> None:
    mount = {"name": "claim", "mountPath": "/a"}
    device = {"name": "claim", "devicePath": "/a"}
    found = of_container(
        {"volumeMounts": [mount, mount], "volumeDevices": [device]}, {"volumes": VOLUMES["volumes"][:2]}
    )
    mounts = [("name", INVALID), ("mountPath", INVALID)]
    assert found == [
        *((f"volumeMounts[0].{field}", reason) for field, reason in mounts),
        ("volumeMounts[1].mountPath", INVALID),
        *((f"volumeMounts[1].{field}", reason) for field, reason in mounts),
        ("volumeDevices[0].name", INVALID),
        ("volumeDevices[0].devicePath", INVALID),
    ]


def test_devices() -> None:
    def devices(*items: Tree) -> Found:
        found = of_container({"volumeDevices": list(items)}, {"volumes": VOLUMES["volumes"][:2]})
        return [(field.removeprefix("volumeDevices"), reason) for field, reason in found]

    assert devices({"name": "claim", "devicePath": "/d"}) == []
    assert devices({"name": "v", "devicePath": "/d"}) == [("[0].name", INVALID)]
    assert devices({"name": "claim", "devicePath": "/../d"}) == [("[0].devicePath", INVALID)]
    assert devices({}) == [("[0].name", REQUIRED), ("[0].name", "NotFound"), ("[0].devicePath", REQUIRED)]
    twice = {"name": "claim", "devicePath": "/d"}
    assert devices(twice, twice) == [("[1].name", INVALID), ("[1].devicePath", INVALID)]


def test_a_volume_with_problems_cannot_be_mounted() -> None:
    found = of_container({"volumeMounts": [{"name": "bad", "mountPath": "/a"}]}, VOLUMES)
    assert found == [("volumes[2].hostPath.path", REQUIRED), ("volumeMounts[0].name", "NotFound")]


def test_ephemeral_containers_have_little() -> None:
    container = {
        "name": "e",
        "image": " x",
        "ports": [port()],
        "resources": {"limits": {"cpu": 1}},
        "livenessProbe": {},
        "volumeMounts": [{"name": "v", "mountPath": "/a", "subPath": "b"}],
        "targetContainerName": "none",
    }
    found = of_spec({"volumes": [{"name": "v"}], "ephemeralContainers": [container]})
    assert [(field.removeprefix("ephemeralContainers[0]."), reason) for field, reason in found] == [
        ("image", INVALID),
        ("targetContainerName", "NotFound"),
        ("ports", FORBIDDEN),
        ("resources", FORBIDDEN),
        ("livenessProbe", FORBIDDEN),
        ("volumeMounts[0].subPath", FORBIDDEN),
        ("ephemeralContainers", FORBIDDEN),
    ]
