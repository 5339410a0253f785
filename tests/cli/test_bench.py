"""dsplan bench."""

from __future__ import annotations

import json
import xml.etree.ElementTree
from math import isfinite
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from dsplan.cli import cli
from dsplan.errors import InputError

SMALL = ("--world", "edge", "--scenario", "one-pass", "--nodes", "20,40", "--rounds", "1")


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["bench", *arguments])


def slow(report: dict[str, Any]) -> None:
    """Make every stage of a run so slow that none can be slower, however busy the machine is."""
    for entry in report["measurements"]:
        for timing in entry["stages"].values():
            timing["median"] = 1000.0


def test_table_json_chart_and_baseline(tmp_path: Path) -> None:
    svg, baseline = tmp_path / "chart.svg", tmp_path / "before.json"
    result = bench(*SMALL, "--svg", str(svg), "-o", "json", "--clock", "cpu")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert "process_time" in report["clock"]
    assert [entry["nodes"] for entry in report["measurements"]] == [20, 40]
    assert xml.etree.ElementTree.parse(svg).getroot().tag.endswith("svg")

    slow(report)
    baseline.write_text(json.dumps(report))
    faster = bench(*SMALL, "--clock", "cpu", "--baseline", str(baseline))
    assert faster.exit_code == 0, faster.output
    assert "MEDIAN" in faster.stdout
    assert "0 of" in faster.stderr

    for entry in report["measurements"]:
        entry["stages"]["total"]["median"] = -1.0
    baseline.write_text(json.dumps(report))
    slower = bench(*SMALL, "--clock", "cpu", "--baseline", str(baseline))
    assert slower.exit_code == 4
    assert "slower: edge/one-pass/1/20: total" in slower.stderr


def test_wrong_words_are_usage_errors() -> None:
    for wrong in (
        ("--world", "moon"),
        ("--scenario", "x"),
        ("--nodes", "ten"),
        ("--nodes", "0"),
        ("--nodes", "1,,2"),
        ("--cluster", "x.json", "--nodes", "10"),
        ("--svg", "/no/such/folder/x.svg"),
    ):
        result = bench(*wrong)
        assert result.exit_code == 2, (wrong, result.output)


def test_a_baseline_that_is_none_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    for text in ("{", '{"version": 99}', "[]"):
        wrong.write_text(text)
        assert isinstance(bench("--baseline", str(wrong)).exception, InputError)
    assert isinstance(bench("--baseline", str(tmp_path / "missing.json")).exception, InputError)


def test_every_stage_with_all_that_is_known_of_it() -> None:
    result = bench(*SMALL, "-o", "wide", "--seconds", "0")
    assert result.exit_code == 0, result.output
    small, large = (line.split() for line in result.stdout.splitlines() if line.split()[3:4] == ["observe"])
    assert small[:4] == ["edge", "one-pass", "20", "observe"]
    assert small[-1] == "-"
    assert large[-2] == "KiB"
    assert isfinite(float(large[-1]))  # how it grows is not asked of worlds as small as these


def test_progress_goes_to_stderr_and_results_to_stdout() -> None:
    result = bench(*SMALL, "-o", "json", "--seconds", "0")
    assert result.stderr.splitlines() == [
        "[1/2] one-pass: edge, 20 nodes, 1 DaemonSet",
        "[2/2] one-pass: edge, 40 nodes, 1 DaemonSet",
    ]
    assert json.loads(result.stdout)["measurements"][0]["stages"]["total"]["peak_bytes"] > 1000


def test_runs_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    """A gate that compares nothing, or seconds of another kind, would let everything pass."""
    before = tmp_path / "before.json"
    report = json.loads(bench(*SMALL, "-o", "json", "--seconds", "0", "--clock", "cpu").stdout)
    slow(report)
    before.write_text(json.dumps(report))
    for other in (SMALL, (*SMALL, "--clock", "cpu", "--world", "gke-like", "--daemonsets", "2")):
        result = bench(*other, "--seconds", "0", "--baseline", str(before))
        assert isinstance(result.exception, InputError), result.output
    same = bench(*SMALL, "--seconds", "0", "--clock", "cpu", "--baseline", str(before))
    assert same.exit_code == 0, same.output
    assert "0 of" in same.stderr


def test_a_cluster_of_files(tmp_path: Path) -> None:
    spec = Path(__file__).parents[2] / "specs" / "three-nodes.yaml"
    result = bench("--cluster", str(spec), "--scenario", "one-pass", "--rounds", "1", "--seconds", "0")
    assert result.exit_code == 0, result.output
    assert str(spec) in result.stdout
    missing = bench("--cluster", str(tmp_path / "missing.json"), "--scenario", "one-pass")
    assert isinstance(missing.exception, InputError)
