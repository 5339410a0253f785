"""SARIF 2.1.0, as code scanning reads it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ..._version import __version__
from ...errors import Problem
from .plain import message_of
from .rules import RULES, Outcome, rule_of

__all__ = ["sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(outcome: Outcome) -> dict[str, Any]:
    """Return the log of one run: every rule with its stable id, every problem with its place.

    Fingerprints leave out lines, so that a problem stays the same one when lines above it come and go.
    """
    rules = [
        {"id": rule.id, "shortDescription": {"text": rule.summary}, "defaultConfiguration": {"level": "error"}}
        for rule in RULES.values()
    ]
    driver = {"name": "dsplan", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in outcome.problems],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(problem: Problem) -> dict[str, Any]:
    rule = rule_of(problem).id
    what = "\0".join((rule, problem.source, problem.object, problem.field, problem.message))
    result: dict[str, Any] = {
        "ruleId": rule,
        "level": "error",
        "message": {"text": message_of(problem)},
        "partialFingerprints": {"dsplan/v1": sha256(what.encode("utf-8", "surrogatepass")).hexdigest()},
    }
    if problem.source and not problem.source.startswith("<"):
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(problem.source.replace("\\", "/"))}}
        if problem.line is not None:
            column = {} if problem.column is None else {"startColumn": problem.column}
            place["region"] = {"startLine": problem.line, **column}
        result["locations"] = [{"physicalLocation": place}]
    return result
