"""A plan as markdown."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_why import NOW, run

SPECS = Path(__file__).parents[3] / "specs"


def test_what_happens_is_a_row_and_the_summary_comes_first() -> None:
    text = run("solve", str(SPECS / "node-selector-ssd.yaml"), "-o", "markdown", "--now", NOW).output
    lines = text.splitlines()
    assert lines[2].startswith("**Plan: 2 to create")
    assert "| `default/ssd-monitor` | 2 | 0 | 0 | 0 | 0 | 0 |" in lines
    assert "| `default/ssd-monitor` | + create | 2 | Missing (controller) | node-1 node-2 |" in lines
    assert "| `default/ssd-monitor` | excluded | 1 | NodeSelectorMismatch: disktype=ssd | node-3 |" in lines


def test_a_roll_out_and_what_waits() -> None:
    text = run("solve", str(SPECS / "on-delete.yaml"), "-o", "markdown", "--now", NOW).output
    assert "| ! blocked |" in text
    text = run("solve", str(SPECS / "rolling-update-max-unavailable-3.yaml"), "-o", "markdown", "--now", NOW).output
    assert "| ~ update | " in text
