"""Manifests that the API server would refuse over what the cluster has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .test_sources import run

CASE = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "09-immutable-selector"
NOW = ("--now", "2026-11-28T12:00:00Z")

pytestmark = pytest.mark.skipif(not CASE.is_dir(), reason=f"the recorded case is not at {CASE}")


def test_a_changed_selector_is_refused_before_anything_is_planned() -> None:
    result = run("solve", CASE / "ds.yaml", "--cluster", CASE / "cluster.yaml", *NOW)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "ds.yaml:8:5: DaemonSet kured/kured: spec.selector: field is immutable: " in result.stderr
    assert "kubectl delete daemonset kured -n kured --cascade=orphan" in result.stderr


@pytest.mark.parametrize("output", ["table", "markdown", "json"])
def test_diff_refuses_it_too(output: str) -> None:
    words = ("diff", CASE / "chart-old.yaml", CASE / "ds.yaml", "--cluster", CASE / "cluster.yaml", *NOW, "-o", output)
    result = run(*words)
    assert result.exit_code == 1
    assert "spec.selector: field is immutable" in result.stderr


def test_validate_with_a_cluster() -> None:
    words = ("validate", CASE / "ds.yaml", "--cluster", CASE / "cluster.yaml")
    result = run(*words)
    assert result.exit_code == 1
    assert "spec.selector: field is immutable" in result.stdout
    assert run("validate", CASE / "ds.yaml").exit_code == 0
    assert json.loads(run(*words, "-o", "sarif").stdout)["runs"][0]["results"][0]["ruleId"]


def test_warn_makes_a_note_of_it() -> None:
    result = run("solve", CASE / "ds.yaml", "--cluster", CASE / "cluster.yaml", *NOW, "--validate", "warn")
    assert result.exit_code == 0
    assert "field is immutable" in result.stdout
