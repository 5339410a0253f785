"""The policies of a plan as markdown."""

from __future__ import annotations

from tests.cli.test_why import NOW, run
from tests.report.markdown.test_plan import SPECS


def section(name: str) -> list[str]:
    lines: list[str] = run("solve", str(SPECS / name), "-o", "markdown", "--now", NOW).output.splitlines()
    return lines[lines.index("#### Policies") :]


def test_each_policy_is_a_row_with_its_step() -> None:
    lines = section("policy-canary-and-zones.yaml")
    assert lines[2].startswith("**Waves of the policies: 4, at least 4, gap 0")
    assert lines[4:6] == ["| policy | targets | step | waits for |", "|---|---|---|---|"]
    [row] = [line for line in lines if line.startswith("| default/")]
    assert "| default/agent | canary |" in row


def test_what_nobody_enforces_says_what_comes_first() -> None:
    [line] = [line for line in section("policy-not-enforced.yaml") if line.startswith("- not enforced")]
    assert line.startswith("- not enforced on kube-system/cni: set spec.updateStrategy.type to OnDelete first")
