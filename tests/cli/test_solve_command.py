"""`dsplan solve`, `show`, `verify`, `drift`, `diff`: formats, exit codes, files that are whole or not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
NOW = ("--now", "2026-05-01T12:00:00Z")


def dsplan(*words: str | Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *map(str, words)],
        input=stdin,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_last_line_is_the_summary_and_a_pipe_has_no_colour() -> None:
    done = dsplan("solve", SPECS / "three-nodes.yaml", *NOW)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("Plan: 3 to create, ")
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_standard_input_is_a_file() -> None:
    text = (SPECS / "three-nodes.yaml").read_text()
    assert dsplan("solve", "-", *NOW, stdin=text).stdout == dsplan("solve", SPECS / "three-nodes.yaml", *NOW).stdout


@pytest.mark.parametrize(
    ("spec", "code"), [("three-nodes", 3), ("on-delete", 0), ("pod-extra", 3), ("rolling-update-max-unavailable-1", 3)]
)
def test_exit_code_tells_whether_changes_are_pending(spec: str, code: int) -> None:
    assert dsplan("solve", SPECS / f"{spec}.yaml", *NOW, "--exit-code").returncode == code
    assert dsplan("solve", SPECS / f"{spec}.yaml", *NOW).returncode == 0


def test_an_impossible_pod_is_a_conflict(tmp_path: Path) -> None:
    manifest = tmp_path / "full.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
        "status: {allocatable: {cpu: 1, memory: 1Gi, pods: 10}}\n---\n"
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: big}\nspec:\n  selector: {matchLabels: {a: b}}\n"
        "  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n"
        "      - {name: c, image: i, resources: {requests: {memory: 2Gi}}}\n"
    )
    done = dsplan("solve", manifest, *NOW, "--exit-code")
    assert done.returncode == 4
    assert "x impossible 1" in done.stdout
    assert "needs 2Gi, 1Gi free of 1Gi" in done.stdout


@pytest.mark.parametrize("output", ["table", "wide", "json", "yaml", "name", "markdown"])
def test_a_plan_shows_the_same_from_its_file(tmp_path: Path, output: str) -> None:
    plan = tmp_path / "plan.json"
    direct = dsplan("solve", SPECS / "storage.yaml", *NOW, "-o", output, "--out", plan)
    assert direct.returncode == 0, direct.stderr
    assert dsplan("show", plan, "-o", output).stdout == direct.stdout
    assert sorted(os.listdir(tmp_path)) == ["plan.json"]


def test_names_are_one_deletion_a_line_for_xargs() -> None:
    done = dsplan("solve", SPECS / "pod-extra.yaml", *NOW, "-o", "name")
    assert done.stdout == "pod/fluentd-extra\n"


def test_a_namespace_and_a_selector_narrow_the_daemonsets() -> None:
    whole = json.loads(dsplan("solve", SPECS / "storage.yaml", *NOW, "-o", "json").stdout)
    assert [entry["name"] for entry in whole["daemonsets"]] == ["csi-node", "rook-agent"]
    for words in (("-n", "rook-ceph"), ("--namespace=rook-ceph",)):
        part = json.loads(dsplan("solve", SPECS / "storage.yaml", *NOW, "-o", "json", *words).stdout)
        assert [entry["name"] for entry in part["daemonsets"]] == ["rook-agent"]
    none = dsplan("solve", SPECS / "storage.yaml", *NOW, "-l", "no=such")
    assert (none.returncode, none.stdout) == (1, "")
    assert 'no DaemonSet with the labels "no=such"; the input has 2 DaemonSets' in none.stderr
    assert dsplan("solve", SPECS / "storage.yaml", *NOW, "-l", "a in").returncode == 1


def test_a_plan_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    done = dsplan("solve", SPECS / "storage.yaml", *NOW, "--out", tmp_path / "missing" / "plan.json")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []


def test_verify_and_drift_of_a_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    dsplan("solve", SPECS / "node-joins.yaml", *NOW, "--out", plan)
    assert dsplan("verify", plan).returncode == 0
    assert "everything holds" in dsplan("verify", plan, "--cluster", SPECS / "node-joins.yaml").stdout
    another = dsplan("verify", plan, "--cluster", SPECS / "pod-missing.yaml")
    assert another.returncode == 1
    assert "not the world of this plan; use drift" in another.stderr
    drifted = json.loads(dsplan("drift", plan, "--cluster", SPECS / "pod-missing.yaml", "-o", "json").stdout)
    assert "the node is gone" in {one.get("why") for one in drifted["standings"]}
    tree = json.loads(plan.read_text())
    tree["summary"]["create"] = 7
    plan.write_text(json.dumps(tree))
    lying = dsplan("verify", plan)
    assert lying.returncode == 4
    assert "summary" in lying.stdout


def test_diff_of_clusters_of_plans_and_of_manifests_over_a_cluster(tmp_path: Path) -> None:
    before, after = SPECS / "pod-missing.yaml", SPECS / "node-joins.yaml"
    text = dsplan("diff", before, after, *NOW).stdout
    assert "+ 1 node added: node-4" in text
    plan = tmp_path / "plan.json"
    dsplan("solve", before, *NOW, "--out", plan)
    assert dsplan("diff", plan, after, *NOW).stdout == text
    assert dsplan("diff", before, before, *NOW, "--exit-code").returncode == 0
    assert dsplan("diff", before, after, *NOW, "--exit-code").returncode == 3
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    manifest = next(part for part in before.read_text().split("---\n") if "kind: DaemonSet" in part)
    old.write_text(manifest)
    new.write_text(manifest.replace("v1.17-1", "v1.18-0"))
    told = dsplan("diff", old, new, "--cluster", before, *NOW, "-o", "markdown").stdout
    assert "| `kube-system/fluentd` | ~ update | 2 |" in told


@pytest.mark.parametrize("words", [("solv",), ("solve", "--nonsense"), ("solve", "x", "-o", "xml"), ("show",)])
def test_wrong_usage_is_2(words: tuple[str, ...]) -> None:
    done = dsplan(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} {ROOT / 'cli.py'} solve {SPECS / 'storage.yaml'} -o json | head -c 5"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""
