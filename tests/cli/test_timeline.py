"""dsplan timeline and dsplan compare."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from dsplan.cli import cli
from dsplan.cli.durations import Seconds

SPECS = Path(__file__).parents[2] / "specs" / "roll-outs"
SEED = str(SPECS / "three-nodes-one-at-a-time.yaml")
NOW = ("--now", "2026-05-01T12:00:00Z")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, *NOW])


def test_the_seed_is_printed_event_by_event_with_waves_chart_and_summary() -> None:
    shown = run("timeline", SEED, "--ready", "14s").stdout
    for line in ("T+0     delete", "T+30    terminated", "T+31    create", "T+45    ready", "T+46    delete"):
        assert line in shown
    assert "  T+137 complete" in shown
    assert "     3   T+92    T+137       1   1 of 3   n3" in shown
    assert "nodes down" in shown
    assert "3 updated in 3 waves; complete at T+137 (2 min 17 s); at most 1 of 3 nodes down at once" in shown


def test_json_yaml_and_csv_say_the_same() -> None:
    document = json.loads(run("timeline", SEED, "--ready", "14", "-o", "json").stdout)
    assert document == yaml.safe_load(run("timeline", SEED, "--ready", "14", "-o", "yaml").stdout)
    waves = document["daemonsets"][0]["window"]["waves"]
    assert [(wave["start"], wave["end"], wave["nodes"]) for wave in waves] == [
        (0.0, 45.0, ["n1"]),
        (46.0, 91.0, ["n2"]),
        (92.0, 137.0, ["n3"]),
    ]
    rows = list(csv.DictReader(io.StringIO(run("timeline", SEED, "--ready", "14", "-o", "csv").stdout)))
    window = [row for row in rows if row["mode"] == "window"]
    assert [(float(row["start"]), float(row["end"]), row["names"]) for row in window] == [
        (wave["start"], wave["end"], " ".join(wave["nodes"])) for wave in waves
    ]


def test_events_are_in_the_document_only_when_asked_for() -> None:
    plain = json.loads(run("timeline", SEED, "-o", "json").stdout)["daemonsets"][0]
    full = json.loads(run("timeline", SEED, "-o", "json", "--events").stdout)["daemonsets"][0]
    assert "events" not in plain
    assert full["events"][1] == {
        "at": 0.0,
        "event": "deleted",
        "node": "n1",
        "pod": "p1",
        "reason": "Outdated",
    }


def test_a_dumb_terminal_gets_an_ascii_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert run("timeline", SEED).stdout.isascii()


def test_a_stall_is_told_before_it_starts() -> None:
    shown = run("timeline", str(SPECS / "stall-budget-spent.yaml")).stdout
    assert "a bigger budget would do harm (pods on n3 do not run)" in " ".join(shown.split())
    assert "run: kubectl rollout undo daemonset/agent -n default" in shown


def test_what_goes_at_once_is_a_line_of_its_own() -> None:
    shown = run("timeline", str(SPECS / "narrowed-selector.yaml")).stdout
    assert shown.startswith("! default/agent deletes 3 pods on 3 nodes at once: not eligible any more")
    assert shown.splitlines()[0].endswith(": n2 n3 n4")


def test_restart_rolls_out_what_is_up_to_date() -> None:
    path = str(SPECS / "apply-to-three-nodes.yaml")
    steady = str(SPECS.parent / "pod-missing.yaml")
    assert "3 created" in run("timeline", path).stdout
    before = run("timeline", steady).stdout
    assert "updated" not in before
    after = run("timeline", steady, "--restart", _only_daemonset(steady)).stdout
    assert "updated in" in after


def _only_daemonset(path: str) -> str:
    documents = yaml.safe_load_all(Path(path).read_text())
    return next(item["metadata"]["name"] for item in documents if item and item["kind"] == "DaemonSet")


def test_a_daemonset_that_is_not_there_is_bad_input() -> None:
    result = run("timeline", SEED, "--restart", "nobody")
    assert result.exception is not None
    assert "nobody: no DaemonSet of this name" in str(getattr(result.exception, "problems", [""])[0])


def test_compare_prints_a_row_per_strategy_and_its_arithmetic() -> None:
    shown = run("compare", str(SPECS / "compare-ten-nodes.yaml"), "--ready", "14").stdout
    assert "maxUnavailable 1 *" in shown
    assert "maxUnavailable 25% of 10 nodes = 3 (rounded up)" in shown
    assert "OnDelete in batches of 10%" in shown


def test_compare_as_data() -> None:
    path = str(SPECS / "compare-ten-nodes.yaml")
    options = ("--ready", "14", "--strategy", "maxSurge=2", "--strategy", "OnDelete=50%")
    document = json.loads(run("compare", path, *options, "-o", "json").stdout)
    entries = document["daemonsets"][0]["strategies"]
    assert [(entry["strategy"], entry["seconds"]) for entry in entries] == [
        ("maxUnavailable 1", 459.0),
        ("maxSurge 2", 110.0),
        ("OnDelete in batches of 50%", 91.0),
    ]
    rows = list(csv.DictReader(io.StringIO(run("compare", path, *options, "-o", "csv").stdout)))
    assert [float(row["seconds"]) for row in rows] == [459.0, 110.0, 91.0]


@pytest.mark.parametrize("text", ["maxUnavailable=0", "maxUnavailable=101%", "Recreate", "maxSurge=-1", ""])
def test_a_strategy_that_is_none_is_bad_input(text: str) -> None:
    assert run("compare", SEED, "--strategy", text).exception is not None


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("1m30s", 90.0), ("2h", 7200.0), ("250ms", 0.25), ("0.5", 0.5)]
)
def test_spans_of_time(text: str, seconds: float) -> None:
    assert Seconds().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "x", "1 m", "-3", "5d"])
def test_what_is_no_span_of_time_is_refused(text: str) -> None:
    result = run("timeline", SEED, "--ready", text)
    assert result.exit_code == 2


@pytest.mark.parametrize("command", ["timeline", "compare"])
def test_what_is_taken_of_gates_is_the_first_line_and_can_be_said_otherwise(command: str) -> None:
    spec = str(SPECS.parent / "policy-canary-and-zones.yaml")
    arguments = [command, spec, "--now", "2026-05-01T12:00:00Z"]
    passed = CliRunner().invoke(cli, arguments)
    assert passed.output.startswith("Gates that wait for somebody are taken as passed as soon as they ask;")
    waits = CliRunner().invoke(cli, [*arguments, "--gate", "wait"])
    assert waits.output.startswith("Gates that wait for somebody stay closed;")
    assert "T+4565" in passed.output
    assert "T+4565" not in waits.output
    document = json.loads(CliRunner().invoke(cli, [*arguments, "-o", "json"]).output)
    assert document["assumed"].startswith("Gates that wait for somebody are taken as passed")
