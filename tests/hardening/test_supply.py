"""What dsplan is built from: a lock without hosts, a table of licences, a list for releases, and the threat model."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = {
    name: [Requirement(text) for text in texts] for name, texts in PROJECT["project"]["optional-dependencies"].items()
}
LOCK = (ROOT / ".ci" / "dev.lock").read_text(encoding="utf-8")
LOCKED = dict(re.findall(r"^([\w.-]+)==(\S+)(?: ; .*)? \\$", LOCK, re.MULTILINE))


def test_the_lock_names_versions_and_hashes_and_no_host() -> None:
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
    assert "://" not in LOCK
    assert len(LOCKED) > 50


@pytest.mark.parametrize("need", [*RUNTIME, *EXTRAS["test"], *EXTRAS["dev"], *EXTRAS["live"]], ids=str)
def test_the_lock_has_everything_that_development_needs(need: Requirement) -> None:
    if need.marker is None or need.marker.evaluate({"python_version": "3.11"}):
        assert need.specifier.contains(LOCKED[canonicalize_name(need.name)], prereleases=True)


def test_every_direct_dependency_has_its_licence_and_keeper() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    table = {row[0]: row for row in rows[1:]}
    needs = {need.name for need in [*RUNTIME, *(need for extra in EXTRAS.values() for need in extra)]}
    assert needs <= set(table)
    assert all(cell for row in table.values() for cell in row)
    assert set(table) - needs == {"hatchling"}


def test_the_list_for_a_release() -> None:
    try:
        version("dsplan")
    except PackageNotFoundError:
        pytest.skip("dsplan is not installed here, only on the path")
    import json

    done = subprocess.run([sys.executable, ".ci/sbom.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    tree = json.loads(done.stdout)
    assert tree["metadata"]["component"]["name"] == "dsplan"
    names = {part["name"] for part in tree["components"]}
    needed = {canonicalize_name(need.name) for need in RUNTIME if need.marker is None or need.marker.evaluate()}
    assert needed <= names


def test_the_threat_model_names_tests_that_are_there() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests/\w+/)?test_\w+\.py)`", text))
    assert len(named) > 6
    for name in named:
        assert (ROOT / (name if "/" in name else f"tests/hardening/{name}")).exists(), name
    for heading in ("How to report", "Who may give dsplan input", "What it promises", "Out of scope"):
        assert f"## {heading}" in text
