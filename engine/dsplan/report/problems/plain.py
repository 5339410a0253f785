"""Problems for people and for programs."""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import Problem
from ..inert import joined
from .rules import Outcome, rule_of

__all__ = ["as_entry", "message_of", "problems_json", "problems_text"]


def problems_text(outcome: Outcome) -> str:
    """Return one line a problem, and the summary."""
    return joined([*map(str, outcome.problems), outcome.summary]) + "\n"


def problems_json(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as plain values."""
    return {
        "problems": [as_entry(problem) for problem in outcome.problems],
        "sources": list(outcome.sources),
        "objects": outcome.objects,
    }


def as_entry(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain values; the value seen is text, and shortened."""
    entry: dict[str, Any] = {"rule": rule_of(problem).id, **msgspec.to_builtins(problem)}
    if "value" in entry:
        entry["value"] = problem.seen
    return {key: list(value) if isinstance(value, tuple) else value for key, value in entry.items()}


def message_of(problem: Problem) -> str:
    """Return what is wrong, without the place; every writer makes it inert in its own way."""
    return msgspec.structs.replace(problem, source="", line=None, column=None).text
