"""Findings of `dsplan check` as plain values, for JSON and YAML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...check import Finding, Report, Result, Rule, Severity

__all__ = ["check_document", "rules_document"]


def check_document(report: Report) -> dict[str, Any]:
    """Return the report; a finding has what is known of it, no empty fields.

    >>> check_document(Report())["summary"]
    {'error': 0, 'warning': 0, 'info': 0, 'ignored': 0, 'checked': 0}
    """
    counts = {each.value: report.count(each) for each in Severity}
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "CheckReport",
        "summary": {**counts, "ignored": report.ignored, "checked": report.checked},
        "rules": rules_document(report.rules),
        "expectations": [_expected(each) for each in report.results],
        "findings": [_finding(each) for each in report.findings],
    }


def rules_document(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return what the rules say of themselves."""
    fields = ("id", "name", "summary", "why", "source", "enabled")
    return [{**{field: getattr(rule, field) for field in fields}, "severity": rule.severity.value} for rule in rules]


def _expected(result: Result) -> dict[str, Any]:
    return {field: getattr(result, field) for field in ("name", "demand", "holds", "text")}


def _finding(finding: Finding) -> dict[str, Any]:
    spot = finding.spot
    identity = spot.object
    named = {"kind": identity.kind, "namespace": identity.namespace, "name": identity.name}
    found: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "object": {key: value for key, value in named.items() if value},
        "message": spot.text,
        "field": spot.field,
        "nodes": list(spot.nodes),
        "fix": spot.fix,
        "command": spot.command,
        "patch": dict(spot.patch),
        "file": finding.source,
        "line": finding.line,
        "column": finding.column,
    }
    return {key: value for key, value in found.items() if value not in ("", None, [], {})}
