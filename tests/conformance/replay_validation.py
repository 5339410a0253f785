"""Judge records of what a real API server refused and accepted (kind `validation`).

A record agrees when dsplan refuses exactly what the server refused. For DaemonSets, Nodes, PriorityClasses and
ControllerRevisions the multiset of (field, reason) must agree too, except in the families whose causes the server words
by parts that planning does not read. Answers of 400 have no causes: there a refusal is enough.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dsplan.apiserver.admission import Refusal, admit_pod
from dsplan.apiserver.validation import validate
from dsplan.errors import Problem
from dsplan.reading.json_exact import parse_json, skip_blanks
from dsplan.reading.yaml_exact import parse_yaml

__all__ = ["check"]

_LOOSE_FAMILIES = frozenset({"volume", "mount", "probe", "lifecycle", "sec", "env"})
_LOOSE_KINDS = frozenset({"Pod"})
_REPEATED_KEY = "already set in map"


def check(record: dict[str, Any]) -> list[str]:
    """Return how dsplan and the server disagree over this record; nothing if they agree."""
    problems = problems_of(record)
    refused = record["code"] != 201
    if refused != bool(problems):
        verdict = "; ".join(map(str, problems)) or "accepted"
        return [f"{record['id']}: server {record['code']}, dsplan: {verdict}"]
    causes = record.get("causes") or []
    if record["kind"] in _LOOSE_KINDS or not causes or _family(record["id"]) in _LOOSE_FAMILIES:
        return []
    wanted = Counter((cause["field"], cause["reason"]) for cause in causes)
    found = Counter((problem.field, problem.reason) for problem in problems)
    missing = [f"{record['id']}: missing {field} {reason}" for field, reason in (wanted - found).elements()]
    return missing + [f"{record['id']}: too many {field} {reason}" for field, reason in (found - wanted).elements()]


def _family(identity: str) -> str:
    """Return `volume` of `val/daemonset/volume-3`."""
    return identity.rpartition("/")[2].rpartition("-")[0]


def problems_of(record: dict[str, Any]) -> list[Problem]:
    """Return what dsplan has against the object of a record, in a cluster with the classes of the system only."""
    strict = record["fieldValidation"] == "Strict"
    tree, problems = (record["manifest"], []) if "manifest" in record else _read(record)
    repeated = [problem for problem in problems if _REPEATED_KEY in problem.message]
    if len(problems) > len(repeated) or (repeated and strict):
        return problems
    problems = validate(tree, kind=record["kind"], strict=strict, stored=False)
    if record["kind"] == "Pod" and not problems:
        outcome = admit_pod(tree)
        return list(outcome.problems) if isinstance(outcome, Refusal) else []
    return problems


def _read(record: dict[str, Any]) -> tuple[Any, list[Problem]]:
    """Return the body as an API server reads it: one JSON value, or the first YAML document."""
    text = record["raw"]
    if "yaml" in record["contentType"]:
        located = parse_yaml(text)  # uncut: an empty first document is an empty body, where kubectl passes it over
        return located.tree, list(located.problems)
    located, end = parse_json(text, skip_blanks(text, 0))
    problems = list(located.problems)
    if skip_blanks(text, end) != len(text):
        problems.append(Problem(reason="SyntaxError", message="must end after the object"))
    return located.tree, problems
