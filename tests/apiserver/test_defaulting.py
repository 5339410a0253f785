"""Defaulting: single rules by hand, and what real API servers stored."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dsplan.apiserver.defaulting import (
    default_daemonset,
    default_node,
    default_object,
    default_pod,
    default_pod_template,
)
from tests.conformance import replay_defaulting

Tree = dict[str, Any]
SHARED = Path(__file__).resolve().parents[2].parent / "shared"
RECORDS = Path(__file__).resolve().parents[1] / "conformance" / "records" / "defaulting.jsonl.gz"


def rows(path: Path) -> list[Tree]:
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def spec_of(**spec: Any) -> Any:
    return default_pod_template({"spec": spec})["spec"]


def container_of(**fields: Any) -> Any:
    return spec_of(containers=[fields])["containers"][0]


def volume_of(**source: Any) -> Any:
    return spec_of(volumes=[{"name": "v", **source}])["volumes"][0]


def strategy_of(**strategy: Any) -> Any:
    return default_daemonset({"spec": {"updateStrategy": strategy}})["spec"]["updateStrategy"]


def test_recorded_objects_of_the_project() -> None:
    assert {row["id"]: replay_defaulting.check(row) for row in rows(RECORDS) if replay_defaulting.check(row)} == {}


def test_recorded_objects_of_other_projects() -> None:
    found = rows(SHARED / "truth" / "defaulting.jsonl.gz")
    failed = {row["id"]: replay_defaulting.check(row) for row in found if row["source"] == "corpus"}
    assert {name: problems for name, problems in failed.items() if problems} == {}


def test_the_replay_sees_a_difference() -> None:
    """The comparison above would be worthless if it could not fail."""
    row = next(row for row in rows(RECORDS) if row["source"] == "synthetic:resources")
    for path, value in ((("dnsPolicy",), "Default"), (("containers", 0, "resources"), {"limits": {"cpu": "77"}})):
        changed = copy.deepcopy(row)
        place = changed["stored"]["spec"]["template"]["spec"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert replay_defaulting.check(changed)


@pytest.mark.parametrize("name", ["C/C-pending-rollout.json.gz"])
def test_what_a_server_stored_stays_as_it_is(name: str) -> None:
    source = SHARED / "snapshots" / name
    if not source.exists():
        pytest.skip("../shared is not there")
    for stored in json.loads(gzip.decompress(source.read_bytes()))["items"]:
        assert list(replay_defaulting.differences(default_object(stored), stored, stored["kind"], "")) == []


@pytest.mark.parametrize(
    ("given_strategy", "expected"),
    [
        ({}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}),
        (
            {"type": "", "rollingUpdate": None},
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        ),
        (
            {"rollingUpdate": {"maxSurge": 1}},
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}},
        ),
        ({"type": "OnDelete"}, {"type": "OnDelete"}),
        (
            {"type": "OnDelete", "rollingUpdate": {}},
            {"type": "OnDelete", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}},
        ),
        ({"type": "Other"}, {"type": "Other"}),
    ],
)
def test_update_strategy_d1_d2_d3_x1(given_strategy: Tree, expected: Tree) -> None:
    assert strategy_of(**given_strategy) == expected


def test_spec_d4() -> None:
    spec = default_daemonset({"spec": {"minReadySeconds": 0}})["spec"]
    assert spec["revisionHistoryLimit"] == 10
    assert "minReadySeconds" not in spec
    assert spec["selector"] is None


def test_pod_spec_d5() -> None:
    assert spec_of(containers=[]) == {
        "containers": None,
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "terminationGracePeriodSeconds": 30,
        "schedulerName": "default-scheduler",
        "securityContext": {},
    }


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ({"serviceAccountName": "a"}, "a"),
        ({"serviceAccount": "b"}, "b"),
        ({"serviceAccountName": "a", "serviceAccount": "b"}, "a"),
        ({"serviceAccountName": "", "serviceAccount": "b"}, "b"),
    ],
)
def test_service_account_x3(accounts: Tree, expected: str) -> None:
    spec = spec_of(**accounts)
    assert (spec["serviceAccountName"], spec["serviceAccount"]) == (expected, expected)


@pytest.mark.parametrize("kind", ["containers", "initContainers", "ephemeralContainers"])
def test_containers_of_all_kinds_d6(kind: str) -> None:
    probe = {"httpGet": {"port": "http"}}
    [container] = spec_of(**{kind: [{"name": "c", "ports": [{"containerPort": 1}], "livenessProbe": probe}]})[kind]
    assert container["terminationMessagePolicy"] == "File"
    assert container["ports"] == [{"containerPort": 1, "protocol": "TCP"}]
    assert container["livenessProbe"] == {
        "httpGet": {"port": "http", "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def test_handlers_and_sources_x3() -> None:
    container = container_of(
        readinessProbe={"grpc": {"port": 9}},
        lifecycle={"preStop": {"httpGet": {"port": 1}}, "postStart": {}},
        env=[
            {"name": "a", "value": "", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "b", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": "c", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "p", "key": "k"}}},
        ],
    )
    assert container["readinessProbe"]["grpc"] == {"port": 9, "service": ""}
    assert container["lifecycle"] == {
        "preStop": {"httpGet": {"port": 1, "path": "/", "scheme": "HTTP"}},
        "postStart": {},
    }
    assert [entry["valueFrom"] for entry in container["env"]] == [
        {"fieldRef": {"fieldPath": "spec.nodeName", "apiVersion": "v1"}},
        {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}},
        {"fileKeyRef": {"volumeName": "v", "path": "p", "key": "k", "optional": False}},
    ]
    assert "value" not in container["env"][0]


@pytest.mark.parametrize(
    ("source", "filled"),
    [
        ({}, {"emptyDir": {}}),
        ({"emptyDir": None}, {"emptyDir": {}}),
        ({"unknown": {}}, {"emptyDir": {}}),
        ({"secret": {}}, {"secret": {"defaultMode": 0o644}}),
        ({"configMap": {"defaultMode": 0}}, {"configMap": {"defaultMode": 0}}),
        (
            {"downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "x"}}]}},
            {
                "downwardAPI": {
                    "items": [{"path": "p", "fieldRef": {"fieldPath": "x", "apiVersion": "v1"}}],
                    "defaultMode": 420,
                }
            },
        ),
        ({"hostPath": {"path": "/"}}, {"hostPath": {"path": "/", "type": ""}}),
        ({"projected": {"sources": []}}, {"projected": {"sources": None, "defaultMode": 420}}),
        (
            {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}, {"podCertificate": {}}]}},
            {
                "projected": {
                    "sources": [{"serviceAccountToken": {"expirationSeconds": 3600, "path": "t"}}, {}],
                    "defaultMode": 420,
                }
            },
        ),
        (
            {"iscsi": {"iqn": "i", "targetPortal": "p", "lun": 0}},
            {"iscsi": {"iqn": "i", "targetPortal": "p", "lun": 0, "iscsiInterface": "default"}},
        ),
        (
            {"rbd": {"image": "i", "monitors": ["m"]}},
            {"rbd": {"image": "i", "monitors": ["m"], "pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"}},
        ),
        (
            {"azureDisk": {"diskName": "d", "diskURI": "u"}},
            {
                "azureDisk": {
                    "diskName": "d",
                    "diskURI": "u",
                    "cachingMode": "ReadWrite",
                    "fsType": "ext4",
                    "readOnly": False,
                    "kind": "Shared",
                }
            },
        ),
        (
            {"scaleIO": {"gateway": "g", "system": "s"}},
            {
                "scaleIO": {
                    "gateway": "g",
                    "system": "s",
                    "secretRef": None,
                    "storageMode": "ThinProvisioned",
                    "fsType": "xfs",
                }
            },
        ),
        ({"image": {"reference": "a:1"}}, {"image": {"reference": "a:1", "pullPolicy": "IfNotPresent"}}),
        (
            {"ephemeral": {"volumeClaimTemplate": {"spec": {"dataSource": {"kind": "k", "name": "n"}}}}},
            {
                "ephemeral": {
                    "volumeClaimTemplate": {
                        "metadata": {},
                        "spec": {
                            "resources": {},
                            "volumeMode": "Filesystem",
                            "dataSource": {"apiGroup": None, "kind": "k", "name": "n"},
                        },
                    }
                }
            },
        ),
        ({"nfs": {"server": "s", "path": "p", "readOnly": False}}, {"nfs": {"server": "s", "path": "p"}}),
        ({"emptyDir": {"sizeLimit": "0.1m", "medium": ""}}, {"emptyDir": {"sizeLimit": "100u"}}),
    ],
)
def test_volumes_of_all_kinds_d7_x3(source: Tree, filled: Tree) -> None:
    assert volume_of(**source) == {"name": "v", **filled}


def test_gated_fields_vanish_x6() -> None:
    assert "lifecycle" not in container_of(lifecycle={"stopSignal": "SIGUSR1"})
    assert container_of(lifecycle={})["lifecycle"] == {}
    assert container_of(lifecycle={"stopSignal": "SIGUSR1", "preStop": {}})["lifecycle"] == {"preStop": {}}
    assert "schedulingGroup" not in spec_of(schedulingGroup={"podGroupName": "g"})


def test_zeros_are_left_out_but_pointers_kept() -> None:
    container = container_of(stdin=False, command=[], securityContext={"runAsUser": 0, "privileged": False})
    assert "stdin" not in container
    assert "command" not in container
    assert container["securityContext"] == {"runAsUser": 0, "privileged": False}


def test_null_map_values_are_empty_x10() -> None:
    template = default_pod_template({"metadata": {"labels": {"a": None}, "creationTimestamp": None}})
    assert template["metadata"] == {"labels": {"a": ""}}


def test_whole_floats_are_integers_x10() -> None:
    seconds = spec_of(terminationGracePeriodSeconds=5.0)["terminationGracePeriodSeconds"]
    assert (seconds, type(seconds)) == (5, int)


def test_times_are_written_in_utc() -> None:
    metadata = default_node({"metadata": {"creationTimestamp": "2020-01-01T02:00:00.5+02:00"}})["metadata"]
    assert metadata == {"creationTimestamp": "2020-01-01T00:00:00Z"}


def test_annotations_of_old_init_containers_are_dropped() -> None:
    annotations = {"pod.beta.kubernetes.io/init-containers": "[]", "a": "b"}
    template = default_pod_template({"metadata": {"annotations": annotations}})
    assert template["metadata"] == {"annotations": {"a": "b"}}


@pytest.mark.parametrize(
    ("status", "allocatable"),
    [
        ({"capacity": {"cpu": "1000m"}}, {"cpu": "1"}),
        ({"capacity": {"cpu": 1}, "allocatable": {}}, {"cpu": "1"}),
        ({"capacity": {"cpu": 1}, "allocatable": {"cpu": "0.0001"}}, {"cpu": "1m"}),
        ({"allocatable": {"cpu": 2}}, {"cpu": "2"}),
        ({}, None),
    ],
)
def test_allocatable_d8_d11_x4(status: Tree, allocatable: Tree | None) -> None:
    assert default_node({"status": status})["status"].get("allocatable") == allocatable


@pytest.mark.parametrize(
    ("spec", "single", "several"),
    [
        ({"podCIDR": "a"}, "a", ["a"]),
        ({"podCIDRs": ["a", "b"]}, "a", ["a", "b"]),
        ({"podCIDR": "c", "podCIDRs": ["a", "b"]}, "c", ["c"]),
    ],
)
def test_pod_cidrs_mirror_each_other(spec: Tree, single: str, several: list[str]) -> None:
    assert default_node({"spec": spec})["spec"] == {"podCIDR": single, "podCIDRs": several}


def test_pods_have_more_defaults_than_templates_d9() -> None:
    spec = {
        "hostNetwork": True,
        "containers": [{"ports": [{"containerPort": 1}], "resources": {"limits": {"cpu": 2, "memory": "1Gi"}}}],
        "initContainers": [{"ports": [{"containerPort": 2, "hostPort": 0}], "resources": {"limits": {"cpu": 1}}}],
    }
    pod, template = default_pod({"spec": spec})["spec"], default_pod_template({"spec": spec})["spec"]
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "2", "memory": "1Gi"}
    assert pod["initContainers"][0]["resources"]["requests"] == {"cpu": "1"}
    assert [pod[kind][0]["ports"][0]["hostPort"] for kind in ("containers", "initContainers")] == [1, 2]
    assert pod["enableServiceLinks"] is True
    assert "requests" not in template["containers"][0]["resources"]
    assert "hostPort" not in template["containers"][0]["ports"][0]
    assert "enableServiceLinks" not in template


@pytest.mark.parametrize(
    ("resources", "containers", "expected"),
    [
        (
            {"limits": {"cpu": 2}},
            [{"requests": {"cpu": "500m"}}],
            {"limits": {"cpu": "2"}, "requests": {"cpu": "500m"}},
        ),
        ({"limits": {"cpu": 2}}, [{}], {"limits": {"cpu": "2"}, "requests": {"cpu": "2"}}),
        (
            {"limits": {"memory": "1Gi"}},
            [{"limits": {"cpu": 1}}],
            {"limits": {"memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}},
        ),
        ({"requests": {"cpu": 1}}, [{"limits": {"cpu": 1}}], {"requests": {"cpu": "1"}}),
        (
            {"limits": {"cpu": 1}},
            [{"limits": {"hugepages-2Mi": "4Mi"}}, {"limits": {"hugepages-2Mi": "2Mi"}}],
            {"limits": {"cpu": "1", "hugepages-2Mi": "6Mi"}, "requests": {"cpu": "1", "hugepages-2Mi": "6Mi"}},
        ),
        (
            {"limits": {"cpu": 1}},
            [{"requests": {"cpu": "0.1m"}}, {"requests": {"cpu": "0.1m"}}],
            {"limits": {"cpu": "1"}, "requests": {"cpu": "1m"}},
        ),
        ({}, [{"limits": {"cpu": 1}}], {}),
    ],
)
def test_pod_level_resources_d10(resources: Tree, containers: list[Tree], expected: Tree) -> None:
    spec = {"resources": resources, "containers": [{"resources": entry} for entry in containers]}
    assert default_pod({"spec": spec})["spec"]["resources"] == expected
