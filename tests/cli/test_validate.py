"""dsplan validate."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .test_sources import AS_IN_GIT, dump, run


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(AS_IN_GIT + "---\napiVersion: v1\nkind: Node\nmetadata: {name: N_1}\nspec: {taints: 3}\n")
    return path


def test_good(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(AS_IN_GIT)
    result = run("validate", good)
    assert result.exit_code == 0
    assert result.stdout == "Validated 1 object in 1 file: nothing that an API server would refuse.\n"


def test_bad(bad: Path) -> None:
    result = run("validate", bad)
    assert result.exit_code == 1
    assert [line.removeprefix(f"{bad}:").split(": ")[0] for line in result.stdout.splitlines()] == [
        "18:16",
        "17:18",
        "Validated 2 objects in 1 file",
    ]


def test_what_a_cluster_stored_is_judged_too(tmp_path: Path) -> None:
    found = dump()
    found["items"][0]["metadata"]["name"] = "N_1"
    file = tmp_path / "dump.json"
    file.write_text(json.dumps(found))
    assert run("solve", file).exit_code == 0
    assert run("validate", file).exit_code == 1


def test_formats(bad: Path) -> None:
    assert len(json.loads(run("validate", bad, "-o", "json").stdout)["problems"]) == 2
    assert len(json.loads(run("validate", bad, "-o", "sarif").stdout)["runs"][0]["results"]) == 2
    assert ElementTree.fromstring(run("validate", bad, "-o", "junit").stdout.encode()).attrib["failures"] == "2"
    annotations = run("validate", bad, "-o", "github")
    assert annotations.stdout.count("::error file=") == 2
    assert annotations.exit_code == 1


def test_usage(tmp_path: Path) -> None:
    assert run("validate").exit_code == 2
    assert run("validate", tmp_path / "absent").exit_code == 1
