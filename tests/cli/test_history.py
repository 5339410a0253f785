"""dsplan history."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from .test_sources import run

LIVE = Path(__file__).resolve().parents[2].parent / "shared" / "live" / "24-second-template-slow"
NOW = ("--now", "2026-11-28T20:00:00Z")

pytestmark = pytest.mark.skipif(not LIVE.is_dir(), reason=f"the recording is not at {LIVE}")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.json"
    path.write_bytes(gzip.decompress((LIVE / "during-2.json.gz").read_bytes()))
    return path


def test_a_rollout_with_a_second_template_has_pods_on_three_revisions(dump: Path) -> None:
    result = run("history", "ds/exporter", dump, *NOW)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "own/exporter: 3 revisions, 20 pods, 15 outdated"
    assert [line.split()[0] for line in lines[3:] if not line.startswith(" ")] == ["3", "2", "1"]
    assert "  containers[exporter].image: 1.1 -> 1.2" in lines


def test_documents(dump: Path) -> None:
    document = json.loads(run("history", "exporter", dump, *NOW, "-o", "json").stdout)
    assert (document["kind"], document["version"]) == ("History", "1.0")
    revisions = document["daemonSets"][0]["revisions"]
    assert [(entry["revision"], entry["pods"], entry["current"]) for entry in revisions] == [
        (3, 5, True),
        (2, 5, False),
        (1, 10, False),
    ]
    (change,) = revisions[0]["changes"]
    assert change["path"] == "spec.template.spec.containers[exporter].image"
    assert (change["before"].rpartition(":")[2], change["after"].rpartition(":")[2]) == ("1.1", "1.2")
    assert "kind: History" in run("history", "exporter", dump, *NOW, "-o", "yaml").stdout


def test_all_of_them_and_a_name_that_is_none(dump: Path) -> None:
    everything = run("history", dump, *NOW).stdout
    assert everything.count("REVISION") >= 3
    result = run("history", "ds/exportr", dump, *NOW)
    assert result.exit_code == 1
    assert "exporter" in result.stderr
