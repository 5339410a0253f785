"""Sizes of images: read from nodes where a policy limits bytes, and only there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dsplan
from dsplan.cli import cli
from dsplan.model.world import World

IMAGES = [{"names": ["docker.io/library/app@sha256:0a", "docker.io/library/app:1"], "sizeBytes": 300}]
NODE: dict[str, Any] = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"images": IMAGES}}


def policy(**rates: Any) -> dict[str, Any]:
    spec = {"targets": [{"name": "ds"}], "rates": rates}
    return {"apiVersion": "dsplan.dev/v1alpha1", "kind": "RolloutPolicy", "metadata": {"name": "p"}, "spec": spec}


def sizes(world: World) -> dict[str, int]:
    return world.image_sizes


SIZES = {"docker.io/library/app@sha256:0a": 300, "docker.io/library/app:1": 300}


def test_from_trees() -> None:
    assert sizes(dsplan.decode([NODE, policy(imageBytesPerSecond=10)])) == SIZES
    assert sizes(dsplan.decode([NODE, policy(podsPerMinute=10)])) == {}
    assert sizes(dsplan.decode([NODE])) == {}


@pytest.mark.parametrize("order", [1, -1], ids=["nodes first", "policy first"])
def test_from_files(tmp_path: Path, order: int) -> None:
    nodes, wanted = tmp_path / "nodes.json", tmp_path / "policy.json"
    nodes.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [NODE]}))
    wanted.write_text(json.dumps(policy(imageBytesPerSecond="10Mi")))
    assert sizes(dsplan.load([nodes, wanted][::order])) == SIZES
    assert sizes(dsplan.load([nodes])) == {}


def test_the_cluster_is_asked_where_the_policy_is_among_manifests(tmp_path: Path) -> None:
    """One node, one pull of 300 bytes at 10 a second: it is known, so nobody says that it is not."""
    cluster, manifest = tmp_path / "cluster.json", tmp_path / "policy.json"
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "app:1"}]}}
    daemonset = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "ds", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": template},
    }
    cluster.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [NODE, daemonset]}))
    manifest.write_text(json.dumps(policy(imageBytesPerSecond=10)))
    found = CliRunner().invoke(cli, ["solve", str(manifest), "--cluster", str(cluster)])
    assert found.exit_code == 0, found.output
    assert "rate 600 image bytes a minute" in found.output
    assert "is not known" not in found.output
