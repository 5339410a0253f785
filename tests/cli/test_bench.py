"""dsplan bench."""

from __future__ import annotations

import json
import xml.etree.ElementTree
from pathlib import Path

from click.testing import CliRunner, Result

from dsplan.cli import cli
from dsplan.errors import InputError

SMALL = ("--world", "edge", "--scenario", "one-pass", "--nodes", "20,40", "--rounds", "1")


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["bench", *arguments])


def test_table_json_chart_and_baseline(tmp_path: Path) -> None:
    svg, baseline = tmp_path / "chart.svg", tmp_path / "before.json"
    result = bench(*SMALL, "--svg", str(svg), "-o", "json", "--clock", "cpu")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert "process_time" in report["clock"]
    assert [entry["nodes"] for entry in report["measurements"]] == [20, 40]
    assert xml.etree.ElementTree.parse(svg).getroot().tag.endswith("svg")

    for entry in report["measurements"]:
        entry["stages"]["observe"]["median"] = entry["stages"]["total"]["median"] = 1000.0
    baseline.write_text(json.dumps(report))
    faster = bench(*SMALL, "--baseline", str(baseline))
    assert faster.exit_code == 0, faster.output
    assert "MEDIAN" in faster.stdout
    assert "0 of" in faster.stderr

    for entry in report["measurements"]:
        entry["stages"]["total"]["median"] = -1.0
    baseline.write_text(json.dumps(report))
    slower = bench(*SMALL, "--baseline", str(baseline))
    assert slower.exit_code == 4
    assert "slower: edge/one-pass/1/20: total" in slower.stderr


def test_wrong_words_are_usage_errors() -> None:
    for wrong in (("--world", "moon"), ("--scenario", "x"), ("--nodes", "ten"), ("--nodes", "0"), ("--nodes", "1,,2")):
        result = bench(*wrong)
        assert result.exit_code == 2, (wrong, result.output)


def test_a_baseline_that_is_none_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    for text in ("{", '{"version": 99}', "[]"):
        wrong.write_text(text)
        assert isinstance(bench("--baseline", str(wrong)).exception, InputError)
    assert isinstance(bench("--baseline", str(tmp_path / "missing.json")).exception, InputError)
