"""Workflow commands that GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from ..inert import inert
from .log import Entry, Log, log_of
from .rules import Outcome

__all__ = ["MOST", "github", "github_log"]

MOST = 10
"""GitHub shows so many annotations of a level and step, and no more."""
_ESCAPED = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_ESCAPED_IN_PROPERTIES = (*_ESCAPED, (":", "%3A"), (",", "%2C"))
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def github(outcome: Outcome) -> str:
    """Return at most `MOST` error annotations, worst first, then what else there is, as plain lines of the log.

    >>> from ...errors import Problem
    >>> problem = Problem(reason="FieldValueInvalid", message="is bad", source="a.yaml", line=3, column=5)
    >>> print(github(Outcome(problems=(problem,), sources=("a.yaml",), objects=1)), end="")
    ::error file=a.yaml,line=3,col=5,title=dsplan field-value-invalid::is bad
    Validated 1 object in 1 file: 1 problem in 1 file.
    """
    return github_log(log_of(outcome))


def github_log(log: Log) -> str:
    """Return at most `MOST` annotations of each level, the worst first, the rest as plain lines, and the summary."""
    shown: list[str] = []
    rest: list[str] = []
    counts = dict.fromkeys(_COMMANDS, 0)
    for entry in log.ranked:
        counts[entry.level] += 1
        if counts[entry.level] <= MOST:
            shown.append(_annotation(entry))
        else:
            rest.append(inert(entry.text))
    return "".join(f"{line}\n" for line in (*shown, *rest, log.summary))


def _annotation(entry: Entry) -> str:
    places = {"file": entry.source, "line": entry.line, "col": entry.column} if not entry.source.startswith("<") else {}
    properties = {**places, "title": f"dsplan {entry.rule}"}
    text = ",".join(
        f"{key}={_escaped(inert(str(value)), _ESCAPED_IN_PROPERTIES)}" for key, value in properties.items() if value
    )
    message = "\n".join(map(inert, entry.message.split("\n")))
    return f"::{_COMMANDS[entry.level]} {text}::{_escaped(message, _ESCAPED)}"


def _escaped(text: str, escaped: tuple[tuple[str, str], ...]) -> str:
    for character, code in escaped:
        text = text.replace(character, code)
    return text
