"""Findings of `dsplan check`, its list of rules, and one rule explained, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ...check import Finding, Report, Result, Rule, Severity
from ...check.run import EXPECTED
from ...errors import printable
from ..inert import joined
from ..style import Style
from ..table import table

__all__ = ["check_text", "explained_text", "rules_text"]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def check_text(report: Report, style: Style) -> str:
    """Return the findings by object, each with its place, what it affects, and its fix; the summary is the last line.

    >>> check_text(Report(), Style())
    'Checked 0 DaemonSets: no findings.\\n'
    """
    why = {rule.id: rule.why for rule in report.rules}
    lines: list[str] = [_result(each, style) for each in report.results]
    lines += [""] if lines else []
    told: set[str] = set()
    for finding in report.findings:
        if finding.rule == EXPECTED.id:
            continue
        lines += _lines(finding, "" if finding.rule in told else why.get(finding.rule, ""), style)
        told.add(finding.rule)
    return joined([*lines, report.summary], colour=style.colour) + "\n"


def _result(result: Result, style: Style) -> str:
    """Return the result of one demand as a test runner prints it."""
    word = style.paint("PASS", "green") if result.holds else style.paint("FAIL", "red")
    place = f"{result.source}:{result.line}: " if result.line else ""
    return f"{word} {printable(f'{place}{result.name}: {result.demand}: {result.text}')}"


def _lines(finding: Finding, why: str, style: Style) -> list[str]:
    spot = finding.spot
    head = style.paint(f"{finding.severity.value} {finding.rule}", _COLOURS[finding.severity])
    place = f"{finding.place}: " if finding.place else ""
    lines = [f"{printable(place)}{head}: {printable(f'{spot.object.kind} {spot.object} {spot.text}')}"]
    parts = (("why", why), ("fix", spot.fix), ("run", spot.command))
    return [*lines, *(f"  {word}: {printable(text)}" for word, text in parts if text), ""]


def rules_text(rules: Sequence[Rule]) -> str:
    """Return the table of rules.

    >>> rules_text([]).split()
    ['ID', 'SEVERITY', 'NAME', 'SUMMARY']
    """
    rows = [
        (rule.id, rule.severity.value if rule.enabled else f"{rule.severity.value} (off)", rule.name, rule.summary)
        for rule in rules
    ]
    return joined(table(("ID", "SEVERITY", "NAME", "SUMMARY"), rows)) + "\n"


def explained_text(rule: Rule) -> str:
    """Return all that a rule says of itself, with how to ignore it."""
    state = "" if rule.enabled else "; off by default, --select turns it on"
    return (
        f"{rule.id} {rule.name} ({rule.severity.value}{state})\n\n{rule.summary}\n\n{rule.why}\n\n"
        f"Source: {rule.source}\n"
        f"Ignore it for one object: annotation dsplan.dev/ignore: {rule.id}\n"
    )
