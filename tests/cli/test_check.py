"""dsplan check."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.check.scenes import daemonset, node

from .test_sources import run

WINDOWS = {"kubernetes.io/os": "windows"}
NOW = "--now=2026-05-01T12:00:00Z"


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.json"
    items = [node("l1"), node("w1", labels=WINDOWS), daemonset("there")]
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": items}))
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "agent.yaml"
    tree = daemonset("agent", tolerations=[{"operator": "Exists"}])
    del tree["metadata"]["uid"]
    path.write_text("# a comment\n" + json.dumps(tree, indent=1))
    return path


def test_manifests_over_a_cluster(manifest: Path, cluster: Path) -> None:
    result = run("check", manifest, "--cluster", cluster, "--select", "DSP101", NOW)
    assert result.exit_code == 0
    first, *rest = result.stdout.splitlines()
    assert first.startswith(f"{manifest}:")
    assert first.endswith(
        "warning DSP101: DaemonSet default/agent selects 1 Windows node, and the template names no OS"
    )
    assert rest[-1] == "Checked 1 DaemonSet: 1 warning."
    assert any(line.startswith("  fix: ") for line in rest)
    assert any(line.startswith("  run: kubectl --namespace default patch daemonset agent") for line in rest)


def test_a_cluster_alone(cluster: Path) -> None:
    result = run("check", cluster, "--select", "DSP101", NOW)
    assert "DaemonSet default/there selects 1 Windows node" in result.stdout


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 4), ("info", 4), ("never", 0)])
def test_fail_on(cluster: Path, level: str, code: int) -> None:
    assert run("check", cluster, "--select", "DSP101", "--fail-on", level, NOW).exit_code == code


def test_manifests_without_a_cluster(manifest: Path) -> None:
    result = run("check", manifest, "--select", "DSP1")
    assert result.exit_code == 0
    assert result.stdout == "Checked 1 DaemonSet: no findings.\n"


def test_formats(cluster: Path) -> None:
    def told(output: str) -> str:
        return str(run("check", cluster, "--select", "DSP101", "-o", output, NOW).stdout)

    assert json.loads(told("json"))["findings"][0]["rule"] == "DSP101"
    sarif = json.loads(told("sarif"))["runs"][0]
    assert [each["ruleId"] for each in sarif["results"]] == ["DSP101"]
    assert sarif["results"][0]["level"] == "warning"
    assert {each["id"] for each in sarif["tool"]["driver"]["rules"]} >= {"DSP101"}
    assert ElementTree.fromstring(told("junit").encode()).attrib["failures"] == "1"
    assert told("github").startswith("::warning file=")
    issue = json.loads(told("gitlab"))[0]
    assert (issue["check_name"], issue["severity"]) == ("DSP101", "major")
    assert issue["location"]["lines"]["begin"] >= 1
    assert told("markdown").startswith("### dsplan check\n\nChecked 1 DaemonSet: 1 warning.\n")
    assert "findings:" in told("yaml")


def test_list_and_explain() -> None:
    listed = run("check", "--list").stdout
    assert "DSP101   warning" in listed
    explained = run("check", "--explain", "DSP101").stdout
    assert explained.startswith("DSP101 selects-more-than-meant (warning)")
    assert "k/k#56766" in explained
    assert run("check", "--explain", "DSP101").stdout == run("check", "--explain", "selects-more-than-meant").stdout
    assert run("check", "--explain", "XYZ").exit_code == 1
    assert json.loads(run("check", "--list", "-o", "json").stdout)[0]["id"] == "DSP101"


def test_a_config_file(cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.dsplan.check]\nselect = ["DSP101"]\nfail-on = "warning"\n')
    assert run("check", cluster, NOW).exit_code == 4
    (tmp_path / ".dsplan.toml").write_text('[check]\nselect = ["DSP101"]\nignore = ["DSP101"]\n')
    assert run("check", cluster, NOW).stdout == "Checked 1 DaemonSet: no findings.\n"
    other = tmp_path / "other.toml"
    other.write_text('[check.severity]\nDSP101 = "error"\n')
    assert run("check", cluster, "--config", other, "--select", "DSP101", NOW).exit_code == 4
    other.write_text("[check\n")
    result = run("check", cluster, "--config", other, NOW)
    assert result.exit_code == 1
    assert "not TOML" in result.stderr


def test_platforms(cluster: Path, tmp_path: Path) -> None:
    known = tmp_path / "platforms.yaml"
    known.write_text("example.com/app:1: [linux/arm64]\n")
    result = run("check", cluster, "--platforms", known, "--select", "DSP110", NOW)
    assert result.exit_code == 4
    assert "is for linux/arm64 and not for linux/amd64, windows/amd64" in result.stdout
    known.write_text("- 3\n")
    assert run("check", cluster, "--platforms", known, NOW).exit_code == 1


def test_nothing_from_outside_reaches_the_terminal_unescaped(tmp_path: Path) -> None:
    path = tmp_path / "evil.json"
    tree = daemonset(container={"image": "a\x1b[2J-amd64:1"})
    items = [node("a1", labels={"kubernetes.io/arch": "arm64"}), tree]
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": items}))
    for output in ("table", "github", "markdown"):
        result = run("check", path, "--select", "DSP110", "--validate", "ignore", "-o", output, NOW)
        assert "DSP110" in result.stdout
        assert "\x1b" not in result.stdout


def test_expect(cluster: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "expect.yaml"
    wanted.write_text("# of our team\nexpect:\n- name: covers\n  desired: {atLeast: 2}\n- name: calm\n  stalls: 0\n")
    result = run("check", cluster, "--expect", wanted, NOW)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == [
        f"PASS {wanted}:3: covers: desired: default/there wants 2 of 2 nodes; at least 2 expected",
        f"PASS {wanted}:5: calm: stalls: 0 stalled, at most 0 expected",
    ]
    assert result.stdout.splitlines()[-1] == "Checked 1 DaemonSet: no findings. 2 of 2 expectations hold."
    wanted.write_text("expect:\n- name: covers\n  desired: {atLeast: 3}\n  stalls: 0\n")
    failed = run("check", cluster, "--expect", wanted, NOW)
    assert failed.exit_code == 4
    assert failed.stdout.startswith(f"FAIL {wanted}:2: covers: desired: ")
    suites = ElementTree.fromstring(run("check", cluster, "--expect", wanted, "-o", "junit", NOW).stdout.encode())
    assert (suites.attrib["tests"], suites.attrib["failures"]) == ("3", "1")
    assert run("check", cluster, "--expect", wanted, "-o", "github", NOW).stdout.startswith("::error file=")
    wanted.write_text("expect: [")
    assert run("check", cluster, "--expect", wanted, NOW).exit_code == 1


@pytest.mark.parametrize("output", ["sarif", "junit", "github", "gitlab"])
def test_solve_tells_the_same_findings(manifest: Path, cluster: Path, output: str) -> None:
    checked = run("check", manifest, "--cluster", cluster, "-o", output, "--fail-on", "never", NOW).stdout
    solved = run("solve", manifest, "--cluster", cluster, "-o", output, NOW).stdout
    assert "DSP101" in checked
    assert solved == checked


def test_diff_tells_what_is_new(manifest: Path, cluster: Path, tmp_path: Path) -> None:
    better = tmp_path / "better.yaml"
    tree = daemonset("agent", nodeSelector={"kubernetes.io/os": "linux"}, tolerations=[{"operator": "Exists"}])
    del tree["metadata"]["uid"]
    better.write_text(json.dumps(tree))

    def told(before: Path, after: Path) -> list[str]:
        text = run("diff", before, after, "--cluster", cluster, "-o", "sarif", NOW).stdout
        return [each["ruleId"] for each in json.loads(text)["runs"][0]["results"]]

    assert told(better, manifest) == ["DSP101"]
    assert told(manifest, better) == []
    plan = tmp_path / "plan.json"
    run("solve", cluster, "--out", plan, NOW)
    assert run("diff", plan, plan, "-o", "sarif").exit_code == 2
    assert run("solve", cluster, "--set", "x", "-o", "sarif", NOW).exit_code in (1, 2)
