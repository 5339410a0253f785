"""--add-pool with what Karpenter and others describe: who lands there, what is left, and what nobody can know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_sources import run

TAINT = {"key": "dedicated", "value": "a", "effect": "NoSchedule"}


def node(name: str, machine: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"node.kubernetes.io/instance-type": machine, "kubernetes.io/os": "linux"},
        },
        "status": {
            "capacity": {"cpu": "4", "memory": "16Gi", "pods": "58"},
            "allocatable": {"cpu": "3800m", "memory": "14Gi", "pods": "58"},
        },
    }


def daemonset(name: str, cpu: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "i:1", "resources": {"requests": {"cpu": cpu, "memory": "128Mi"}}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "ops"}, "spec": spec}


def pool(machine: str) -> dict[str, Any]:
    requirements = [{"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [machine]}]
    template = {"metadata": {"labels": {"team": "a"}}, "spec": {"taints": [TAINT], "requirements": requirements}}
    head = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "team-a"}}
    return {**head, "spec": {"template": template}}


CATALOGUE = {
    "apiVersion": "dsplan.dev/v1alpha1",
    "kind": "InstanceTypes",
    "spec": {"c6.huge": {"cpu": 16, "memory": "32Gi"}},
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    daemonsets = [
        daemonset("everywhere", "100m", tolerations=[{"operator": "Exists"}]),
        daemonset("untolerated", "300m"),
        daemonset("team-b", "1", nodeSelector={"team": "b"}, tolerations=[{"operator": "Exists"}]),
    ]
    contents = {
        "cluster": [node("n1", "m5.xlarge")],
        "sets": daemonsets,
        "known": [pool("m5.xlarge")],
        "unknown": [pool("c6.huge")],
        "catalogue": [CATALOGUE],
    }
    paths = {name: tmp_path / f"{name}.yaml" for name in contents}
    for name, trees in contents.items():
        paths[name].write_text(yaml.safe_dump_all(trees))
    return paths


def test_the_overhead_of_a_pool_to_come(files: dict[str, Path]) -> None:
    words = ("overhead", files["sets"], "--cluster", files["cluster"], "--add-pool", files["known"], "-o", "json")
    result = run(*words)
    assert result.exit_code == 0
    classes = json.loads(result.stdout)["after"]["classes"]
    [of_pool] = [entry for entry in classes if "untolerated" not in json.dumps(entry)]
    assert "everywhere" in json.dumps(of_pool)
    assert "team-b" not in json.dumps(of_pool)
    assert "the room that node n1 has" in result.stderr


def test_a_pool_without_sizes_says_so_and_a_catalogue_gives_them(files: dict[str, Path]) -> None:
    words = ("solve", files["sets"], "--cluster", files["cluster"], "--add-pool", files["unknown"])
    result = run(*words)
    assert result.exit_code == 0
    assert "the size of c6.huge (whether pods fit is not checked; give a catalogue" in result.stderr
    assert "how many nodes there will be" in result.stderr
    assert "team-a-0" in result.stdout
    sized = run(*words, "--instance-types", files["catalogue"])
    assert "the size of c6.huge" not in sized.stderr
    whole = run("overhead", *words[1:], "--instance-types", files["catalogue"])
    assert "cpu 16" in whole.stdout


def test_pools_among_manifests_join_the_cluster(files: dict[str, Path]) -> None:
    result = run("solve", files["sets"], files["known"], "--cluster", files["cluster"], "-o", "json")
    assert result.exit_code == 0
    assert "team-a-0" in result.stdout
    assert "node n1" in result.stdout, "its size is that of the node that is there"


def test_a_file_without_nodes_is_no_pool(files: dict[str, Path]) -> None:
    result = run("solve", files["sets"], "--cluster", files["cluster"], "--add-pool", files["sets"])
    assert result.exit_code == 1
    assert "holds no Node and no pool of nodes" in result.stderr
