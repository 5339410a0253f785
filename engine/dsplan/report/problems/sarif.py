"""SARIF 2.1.0, as code scanning reads it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ..._version import __version__
from .log import Entry, Log, log_of
from .rules import Outcome, Rule

__all__ = ["fingerprint", "sarif", "sarif_log"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(outcome: Outcome) -> dict[str, Any]:
    """Return the log of one run: every rule with its stable id, every problem with its place.

    Fingerprints leave out lines, so that a problem stays the same one when lines above it come and go.
    """
    return sarif_log(log_of(outcome))


def sarif_log(log: Log) -> dict[str, Any]:
    """Return the log of one run: every rule with its stable id and level, every entry with its place."""
    driver = {"name": "dsplan", "version": __version__, "rules": [_rule(rule) for rule in log.rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(entry) for entry in log.entries],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def fingerprint(entry: Entry) -> str:
    """Return what stays the same of an entry when lines above it come and go, as hexadecimal digits."""
    return sha256("\0".join(entry.identity).encode("utf-8", "surrogatepass")).hexdigest()


def _rule(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
    }
    return found | ({"help": {"text": rule.help}} if rule.help else {})


def _result(entry: Entry) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": entry.rule,
        "level": _LEVELS[entry.level],
        "message": {"text": entry.message},
        "partialFingerprints": {"dsplan/v1": fingerprint(entry)},
    }
    if entry.has_file:
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(entry.source.replace("\\", "/"))}}
        if entry.line is not None:
            column = {} if entry.column is None else {"startColumn": entry.column}
            place["region"] = {"startLine": entry.line, **column}
        result["locations"] = [{"physicalLocation": place}]
    return result
