"""Findings of `dsplan check` in markdown, for a comment under a pull request."""

from __future__ import annotations

from ...check import Finding, Report, Severity
from ...errors import printable
from .cells import code, text_cell

__all__ = ["MOST_CHARACTERS", "check_markdown"]

MOST_CHARACTERS = 65_000
"""GitHub takes comments of at most 65,536 characters; there is some room for what stands around this."""
_SIGNS = {Severity.ERROR: "**error**", Severity.WARNING: "warning", Severity.INFO: "info"}


def check_markdown(report: Report) -> str:
    """Return the summary, a table of findings, and their fixes folded; never more than `MOST_CHARACTERS`.

    >>> check_markdown(Report())
    '### dsplan check\\n\\nChecked 0 DaemonSets: no findings.\\n'
    """
    head = f"### dsplan check\n\n{report.summary}\n"
    if not report.findings:
        return head
    columns = "\n| severity | rule | object | finding | place |\n|---|---|---|---|---|\n"
    shown: list[str] = []
    folded: list[str] = []
    size = len(head) + len(columns) + 400
    for finding in report.findings:
        row, detail = _row(finding), _detail(finding)
        if size + len(row) + len(detail) > MOST_CHARACTERS:
            break
        size += len(row) + len(detail)
        shown.append(row)
        folded.append(detail)
    left = len(report.findings) - len(shown)
    more = f"\n... and {left:,} more: run `dsplan check` to see all.\n" if left else ""
    details = f"\n<details><summary>How to fix</summary>\n\n{''.join(folded)}\n</details>\n" if any(folded) else ""
    return head + columns + "".join(shown) + more + details


def _row(finding: Finding) -> str:
    spot = finding.spot
    cells = (
        _SIGNS[finding.severity],
        finding.rule,
        code(f"{spot.object.kind} {spot.object}"),
        text_cell(printable(spot.text)),
        code(printable(finding.place)) if finding.place else "",
    )
    return f"| {' | '.join(cells)} |\n"


def _detail(finding: Finding) -> str:
    spot = finding.spot
    if not spot.fix and not spot.command:
        return ""
    command = f" {code(printable(spot.command))}" if spot.command else ""
    return f"- {finding.rule} {code(str(spot.object))}: {text_cell(printable(spot.fix))}{command}\n"
