"""dsplan snapshot."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from .test_sources import AS_IN_GIT, dump, run, summary


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps(dump()))
    return path


def test_plans_from_it_are_those_of_the_cluster(cluster: Path, tmp_path: Path) -> None:
    kept, packed, whole = tmp_path / "kept.json", tmp_path / "kept.json.gz", tmp_path / "whole.json"
    said = run("snapshot", cluster, "-o", kept)
    assert said.exit_code == 0
    assert said.stdout == ""
    assert said.stderr.startswith(f"{kept}: 2 nodes, 2 pods, 1 DaemonSets, 1 revisions in ")
    run("snapshot", cluster, "-o", packed)
    run("snapshot", cluster, "-o", whole, "--full")
    assert gzip.decompress(packed.read_bytes()) == kept.read_bytes()
    documents = [
        json.loads(run("solve", file, "-o", "json", "--now", "2026-05-01").stdout)
        for file in (cluster, kept, packed, whole)
    ]
    for document in documents:  # each names the file it was made from, under its seal
        del document["madeFrom"], document["seal"]
    assert all(document == documents[0] for document in documents)
    assert run("snapshot", kept, "-o", "-").stdout.encode() == kept.read_bytes()


def test_manifests_over_it(cluster: Path, tmp_path: Path) -> None:
    kept, manifest = tmp_path / "kept.json", tmp_path / "agent.yaml"
    run("snapshot", cluster, "-o", kept)
    manifest.write_text(AS_IN_GIT)
    assert summary(manifest, "--cluster", kept).startswith("Plan: 0 to create, 0 to delete, 0 to update;")
    manifest.write_text(AS_IN_GIT.replace("agent:1", "agent:2"))
    assert "2 to update" in summary(manifest, "--cluster", kept)


def test_only_some_daemonsets(cluster: Path, tmp_path: Path) -> None:
    for flags in ([], ["--full"]):
        kept = tmp_path / "kept.json"
        run("snapshot", cluster, "-o", kept, "-n", "other", *flags)
        kinds = [item["kind"] for item in json.loads(kept.read_text())["items"]]
        assert "DaemonSet" not in kinds
        assert kinds.count("Node") == 2


def test_the_live_cluster(cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "kubectl"
    program.write_text(f"#!/bin/sh\ncat {cluster}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    kept, live = tmp_path / "kept.json", tmp_path / "live.json"
    assert run("snapshot", cluster, "-o", kept).exit_code == 0
    assert run("snapshot", "-o", live).exit_code == 0
    assert live.read_bytes() == kept.read_bytes()


def test_nothing_is_half_written(cluster: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("before")
    cluster.write_text("{")
    assert run("snapshot", cluster, "-o", kept).exit_code == 1
    assert kept.read_text() == "before"
    assert run("snapshot", cluster, "-o", tmp_path / "no" / "folder.json").exit_code == 1


def test_bodies_of_pods_are_said_to_be_incomplete(cluster: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    run("snapshot", cluster, "-o", kept)
    assert "bodies are not complete" in run("solve", kept, "--bodies", "-o", "json").stderr
    assert "bodies are not complete" not in run("solve", cluster, "--bodies", "-o", "json").stderr
