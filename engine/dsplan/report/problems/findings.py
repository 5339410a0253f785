"""Findings of `dsplan check` as a log that the writers of CI formats take."""

from __future__ import annotations

from collections.abc import Iterable

from ...check import Finding, Report
from ...check import Rule as Checked
from ...errors import printable
from .log import Entry, Log
from .rules import Rule

__all__ = ["findings_log"]


def findings_log(report: Report) -> Log:
    """Return the log of `dsplan check`: rules with severity and reason, findings with place and fix.

    >>> findings_log(Report()).summary
    'Checked 0 DaemonSets: no findings.'
    """
    entries = tuple(_entries(report.findings))
    return Log(
        name="dsplan check",
        rules=tuple(_rule(each) for each in report.rules),
        entries=entries,
        ranked=entries,
        sources=report.sources,
        summary=report.summary,
        passed="no findings",
        passes=tuple((each.source, f"{each.name}: {each.demand}") for each in report.results if each.holds),
    )


def _rule(rule: Checked) -> Rule:
    return Rule(rule.id, rule.summary, rule.severity.value, f"{rule.why} (Source: {rule.source})")


def _entries(findings: Iterable[Finding]) -> Iterable[Entry]:
    for finding in findings:
        spot = finding.spot
        name = f"{spot.object.kind} {spot.object}"
        fix = f" Fix: {spot.fix}." if spot.fix else ""
        message = printable(f"{name}: {spot.text}.{fix}")
        text = ": ".join(part for part in (finding.place, f"{finding.severity.value} {finding.rule}", message) if part)
        yield Entry(
            rule=finding.rule,
            level=finding.severity.value,
            message=message,
            text=printable(text),
            object=name,
            field=spot.field,
            source=finding.source,
            line=finding.line,
            column=finding.column,
            identity=(finding.rule, finding.source, name, spot.field),
        )
