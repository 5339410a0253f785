"""What the command line makes of the account: exit codes, JSON lines, names, and both worlds of a what-if option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from dsplan.cli import cli
from tests.explain.builders import daemonset, node, pod, revision

NOW = ("--now", "2026-05-01T12:00:00Z")


def written(folder: Path, *trees: dict[str, Any]) -> str:
    for tree in trees:
        for reference in tree["metadata"].get("ownerReferences", ()):
            reference["apiVersion"] = "apps/v1"
    path = folder / "cluster.yaml"
    path.write_text("\n---\n".join(yaml.safe_dump({"apiVersion": "v1", **tree}) for tree in trees))
    return str(path)


def rolling(folder: Path, *, stalls: bool) -> str:
    ds = daemonset()
    nodes = [node("n1"), node("n2"), node("sick", ready=not stalls)]
    pods = [pod(ds, "n1", "old"), pod(ds, "n2", "old"), pod(ds, "sick", "new", ready=not stalls)]
    return written(
        folder, {**ds, "apiVersion": "apps/v1"}, {**revision(ds, "new"), "apiVersion": "apps/v1"}, *nodes, *pods
    )


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, [*words, *NOW])


@pytest.mark.parametrize(("stalls", "code"), [(False, 3), (True, 4)])
@pytest.mark.parametrize("output", ["table", "markdown", "json"])
def test_a_healthy_plan_with_changes_is_3_and_a_stall_is_4(
    tmp_path: Path, stalls: bool, code: int, output: str
) -> None:
    done = run("solve", rolling(tmp_path, stalls=stalls), "-o", output, "--exit-code")
    assert done.exit_code == code, done.output


def test_a_difference_that_brings_problems_is_4_and_any_other_is_3(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    healthy, stalled = rolling(tmp_path / "a", stalls=False), rolling(tmp_path / "b", stalls=True)
    assert run("diff", healthy, stalled, "--exit-code").exit_code == 4
    assert run("diff", stalled, healthy, "--exit-code").exit_code == 3
    assert run("diff", healthy, healthy, "--exit-code").exit_code == 0
    room = "ds/ds:spec.template.spec.containers[0].resources.requests.memory=5000Gi"
    roomy = {"apiVersion": "apps/v1", **daemonset()}
    path = written(tmp_path, roomy, node("n1", memory="1Gi"))
    assert run("solve", path, "--set", room, "--exit-code").exit_code == 4
    assert run("solve", path, "--remove-node", "n1", "--exit-code").exit_code == 3


def test_json_lines_name_every_pair_and_every_write(tmp_path: Path) -> None:
    lines = [
        json.loads(line) for line in run("solve", rolling(tmp_path, stalls=False), "-o", "jsonl").output.splitlines()
    ]
    fates = {line["node"]: (line["fate"], line["wave"]) for line in lines if line["type"] == "fate"}
    assert fates == {"n1": ("replaced", 1), "n2": ("replaced", 2), "sick": ("runs", 0)}
    deleted = [line for line in lines if line["type"] == "action" and line["verb"] == "delete"]
    assert [(line["name"], line["node"], line["daemonset"]) for line in deleted] == [("ds-n1", "n1", "default/ds")]
    assert lines[-1]["stalls"] == 0
    assert lines[-1]["update"] == 2


def test_names_are_words_for_xargs(tmp_path: Path) -> None:
    assert run("solve", rolling(tmp_path, stalls=False), "-o", "name").output.split() == ["pod/ds-n1"]


def test_numbers_of_the_summary_are_there_when_they_are_0(tmp_path: Path) -> None:
    summary = json.loads(run("solve", written(tmp_path, node("n1")), "-o", "json").output)["summary"]
    assert {
        summary[name] for name in ("create", "delete", "update", "blocked", "impossible", "stalls", "evictions")
    } == {0}


@pytest.mark.parametrize("command", ["timeline", "compare", "fit", "overhead"])
def test_a_what_if_option_shows_the_commands_own_answer_before_and_after(tmp_path: Path, command: str) -> None:
    ds = daemonset(nodeSelector={"pool": "a"})
    trees = [{**tree, "apiVersion": "apps/v1"} for tree in (ds, revision(ds, "new"))]
    nodes = [node(f"n{n}", labels={"pool": "a"}) for n in range(2)]
    path = written(tmp_path, *trees, *nodes, pod(ds, "n0", "new"), pod(ds, "n1", "new"))
    edit = ("--set", "node/n1:pool=b")
    lines = run(command, path, *edit).output.splitlines()
    assert lines[0] == "What if"
    assert lines.index("BEFORE") < lines.index("AFTER")
    assert any("at once, outside any budget: n1" in line for line in lines), lines
    both = json.loads(run(command, path, *edit, "-o", "json").output)
    assert both["kind"] == "BeforeAndAfter"
    assert both["before"] == json.loads(run(command, path, "-o", "json").output)


def test_markdown_of_ten_thousand_nodes_is_one_screen(tmp_path: Path) -> None:
    names = [f"node-{number:05}" for number in range(10_000)]
    trees = [{"apiVersion": "apps/v1", **daemonset()}, *({"apiVersion": "v1", **node(name)} for name in names)]
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": trees}))
    lines = run("solve", str(path), "-o", "markdown").output.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) < 2000
