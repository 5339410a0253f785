"""Workflow commands that GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from ...errors import Problem
from .plain import message_of
from .rules import Outcome, rule_of, worst_first

__all__ = ["MOST", "github"]

MOST = 10
"""GitHub shows so many errors of a step, and no more."""
_ESCAPED = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_ESCAPED_IN_PROPERTIES = (*_ESCAPED, (":", "%3A"), (",", "%2C"))


def github(outcome: Outcome) -> str:
    """Return at most `MOST` error annotations, worst first, then what else there is, as plain lines of the log.

    >>> problem = Problem(reason="FieldValueInvalid", message="is bad", source="a.yaml", line=3, column=5)
    >>> print(github(Outcome(problems=(problem,), sources=("a.yaml",), objects=1)), end="")
    ::error file=a.yaml,line=3,col=5,title=dsplan field-value-invalid::is bad
    Validated 1 object in 1 file: 1 problem in 1 file.
    """
    ordered = worst_first(outcome.problems)
    lines = [_annotation(problem) for problem in ordered[:MOST]]
    lines += [str(problem) for problem in ordered[MOST:]]
    return "".join(f"{line}\n" for line in (*lines, outcome.summary))


def _annotation(problem: Problem) -> str:
    places = {"file": problem.source, "line": problem.line, "col": problem.column}
    if problem.source.startswith("<"):
        places = {}
    properties = {**places, "title": f"dsplan {rule_of(problem).id}"}
    text = ",".join(
        f"{key}={_escaped(str(value), _ESCAPED_IN_PROPERTIES)}" for key, value in properties.items() if value
    )
    return f"::error {text}::{_escaped(message_of(problem), _ESCAPED)}"


def _escaped(text: str, escaped: tuple[tuple[str, str], ...]) -> str:
    for character, code in escaped:
        text = text.replace(character, code)
    return text
