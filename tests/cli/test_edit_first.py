"""The edit itself comes first in `diff` and `solve FILE --cluster`, and never shows a value that may be secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .test_sources import AS_IN_GIT, dump, run

NOW = ("--now", "2026-05-01T12:00:00Z")
SECRET = "hunter2"
OTHER = """
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 5
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps(dump()))
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "new.yaml"
    path.write_text(AS_IN_GIT.replace("agent:1", "agent:2") + OTHER)
    return path


def test_solve_begins_with_the_edit(cluster: Path, manifest: Path) -> None:
    lines = run("solve", manifest, "--cluster", cluster, *NOW).stdout.splitlines()
    assert lines[:5] == [
        "Edit",
        "  ~ DaemonSet default/agent",
        "      containers[agent].image: 1 -> 2",
        "  + PriorityClass high",
        "",
    ]
    assert not run("solve", cluster, *NOW).stdout.startswith("Edit")


def test_the_document_has_it_and_show_prints_it(cluster: Path, manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    document = json.loads(run("solve", manifest, "--cluster", cluster, *NOW, "-o", "json", "--out", out).stdout)
    assert [(entry["kind"], entry["change"]) for entry in document["edit"]] == [
        ("DaemonSet", "changed"),
        ("PriorityClass", "added"),
    ]
    assert run("show", out).stdout.startswith("Edit\n  ~ DaemonSet default/agent\n")


@pytest.mark.parametrize("output", ["table", "markdown"])
def test_diff_begins_with_the_edit(cluster: Path, manifest: Path, tmp_path: Path, output: str) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(AS_IN_GIT)
    words = ("diff", old, manifest, "--cluster", cluster, *NOW)
    text = run(*words, "-o", output).stdout
    assert "containers[agent].image: 1 -> 2" in text
    assert text.index("~ DaemonSet default/agent") < text.index("before")
    back = run("diff", manifest, old, "--cluster", cluster, *NOW, "-o", output).stdout
    assert "- PriorityClass high" in back
    assert json.loads(run(*words, "-o", "json").stdout)["edit"][0]["fields"][0]["path"].endswith(".image")


def test_an_edit_that_touches_no_pod_is_a_change_all_the_same(cluster: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(AS_IN_GIT)
    new.write_text(AS_IN_GIT + "status: {}\n" + OTHER)
    result = run("diff", old, new, "--cluster", cluster, *NOW, "--exit-code")
    assert "  + PriorityClass high" in result.stdout
    assert "No DaemonSet is planned differently." in result.stdout
    assert result.exit_code == 3
    assert run("diff", old, old, "--cluster", cluster, *NOW).stdout == "No changes.\n"


@pytest.mark.parametrize("output", ["table", "wide", "json", "markdown"])
@pytest.mark.parametrize("command", ["solve", "diff"])
def test_no_secret_is_shown(cluster: Path, tmp_path: Path, command: str, output: str) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(AS_IN_GIT)
    more = f"args: [{SECRET}], command: [{SECRET}], env: [{{name: TOKEN, value: {SECRET}}}], name: agent"
    flow = f"- {{image: 'example.com/agent:1', {more}}}\n"
    lines = AS_IN_GIT.replace("metadata: {labels", f"metadata: {{annotations: {{token: {SECRET}}}, labels").splitlines(
        True
    )
    start = next(place for place, line in enumerate(lines) if "- image" in line)
    new.write_text("".join([*lines[:start], "      " + flow, *lines[start + 3 :]]))
    files = (new,) if command == "solve" else (old, new)
    shown = run(command, *files, "--cluster", cluster, *NOW, "-o", output)
    assert shown.exit_code == 0, shown.stderr
    assert SECRET not in shown.stdout
    for name in ("env[TOKEN]", "args", "command", "annotations[token]"):
        assert name in shown.stdout


def test_diff_of_plan_files_has_the_edit_that_the_second_adds(cluster: Path, manifest: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    run("solve", cluster, *NOW, "--out", old)
    run("solve", manifest, "--cluster", cluster, *NOW, "--out", new)
    assert run("diff", old, new, *NOW).stdout.startswith("Edit\n  ~ DaemonSet default/agent\n")
    assert run("diff", new, new, *NOW).stdout == "No changes.\n"


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
@pytest.mark.parametrize(
    "edit",
    [
        f"spec.template.spec.containers[0].env[+]={{name: TOKEN, value: {SECRET}}}",
        f"spec.template.spec.containers[0].args=[{SECRET}]",
        f"spec.template.metadata.annotations.token={SECRET}",
        f"spec.template.spec.initContainers[+]={{name: first, image: first, command: [{SECRET}]}}",
    ],
)
def test_an_edit_on_the_command_line_is_not_repeated_with_its_secret(cluster: Path, edit: str, output: str) -> None:
    shown = run("solve", cluster, *NOW, "--set", f"ds/agent:{edit}", "-o", output)
    assert shown.exit_code == 0, shown.stderr
    assert SECRET not in shown.stdout
    assert edit.partition("=")[0].split(".")[-1] in shown.stdout
