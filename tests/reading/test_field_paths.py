"""Fields as Kubernetes prints them, and where they are in the object."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.reading.field_paths import tree_path

TREE: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "a b", "x[0]": "y"}},
    "spec": {
        "taints": [{"key": "a"}, {"key": "b"}],
        "template": {
            "metadata": {"labels": {"app": "-"}, "annotations": {"a": "b"}},
            "spec": {
                "shareProcessNamespace": True,
                "securityContext": {},
                "overhead": {"cpu": "-1"},
                "containers": [{"name": "c", "resources": {"limits": {"nvidia.com/gpu": "1"}}, "volumeMounts": [{}]}],
                "volumes": [{"cephfs": {}, "gcePersistentDisk": {"partition": 256}, "downwardAPI": {}}],
                "affinity": {"podAffinity": {"required": [{"namespaces": ["A"]}]}},
                "hostPID": True,
            },
        },
    },
    "status": {"capacity": {"nvidia.com/gpu": "1", "nvidia": {"com/gpu": 1}}},
}
POD_SPEC = ("spec", "template", "spec")


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("", ()),
        ("metadata.name", ("metadata",)),
        ("metadata.labels[app.kubernetes.io/name]", ("metadata", "labels", "app.kubernetes.io/name")),
        ("metadata.labels[x[0]]", ("metadata", "labels", "x[0]")),
        ("metadata.taints[1].key", ("spec", "taints", 1, "key")),
        ("metadata.taints[7]", ("spec", "taints")),
        ("spec.template.labels", ("spec", "template", "metadata", "labels")),
        ("spec.template.annotations[a]", ("spec", "template", "metadata", "annotations", "a")),
        ("status.capacity.nvidia.com/gpu", ("status", "capacity", "nvidia.com/gpu")),
        ("spec.template.spec.overhead.limits[cpu]", (*POD_SPEC, "overhead", "cpu")),
        (
            "spec.template.spec.resources.containers[0][nvidia.com/gpu].limits",
            (*POD_SPEC, "containers", 0, "resources", "limits", "nvidia.com/gpu"),
        ),
        (
            "spec.template.spec.containers[0].volumeMounts.mountPropagation",
            (*POD_SPEC, "containers", 0, "volumeMounts"),
        ),
        (
            "spec.template.spec.volumes[0].persistentDisk.partition",
            (*POD_SPEC, "volumes", 0, "gcePersistentDisk", "partition"),
        ),
        ("spec.template.spec.volumes[0].cephFS", (*POD_SPEC, "volumes", 0, "cephfs")),
        ("spec.template.spec.volumes[0].downwarAPI", (*POD_SPEC, "volumes", 0, "downwardAPI")),
        ("spec.template.spec.securityContext.shareProcessNamespace", (*POD_SPEC, "shareProcessNamespace")),
        ("spec.template.spec.HostPID", (*POD_SPEC, "hostPID")),
        (
            "spec.template.spec.affinity.podAffinity.required[0].namespace",
            (*POD_SPEC, "affinity", "podAffinity", "required", 0, "namespaces"),
        ),
        ("nowhere", ()),
        ("spec.taints[x]", ("spec", "taints")),
        ("spec.taints[٣]", ("spec", "taints")),
    ],
)
def test_places(field: str, path: tuple[str | int, ...]) -> None:
    assert tree_path(field, TREE) == path


def test_a_key_or_value_of_a_map_is_found() -> None:
    assert tree_path("metadata.labels", TREE, "a b")[-1] == "app.kubernetes.io/name"
    assert tree_path("metadata.labels", TREE, "x[0]")[-1] == "x[0]"
    assert tree_path("spec.template.labels", TREE, "-")[-1] == "app"
    assert tree_path("metadata.labels", TREE, "zz") == ("metadata", "labels")
    assert tree_path("metadata.name", TREE, "a") == ("metadata",)


def test_any_tree_will_do() -> None:
    assert tree_path("spec.x", None) == ()
    assert tree_path("spec.x", {"spec": "x"}) == ("spec",)
    assert tree_path("1.x", {1: {"x": 0}}) == (1, "x")
