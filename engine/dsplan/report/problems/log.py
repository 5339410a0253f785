"""What the writers of CI formats are given: rules, entries with their places, and one line of summary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from ...errors import Problem
from .plain import message_of
from .rules import RULES, Outcome, Rule, rule_of, worst_first

__all__ = ["Entry", "Level", "Log", "log_of"]

Level = Literal["error", "warning", "info"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is told: the id of its rule, the message without the place, and the place as far as it is known.

    `text` is the whole line for people. `identity` are the parts that stay when lines above come and go.
    """

    rule: str
    level: Level = "error"
    message: str
    text: str
    object: str = ""
    field: str = ""
    source: str = ""
    line: int | None = None
    column: int | None = None
    identity: tuple[str, ...] = ()

    @property
    def has_file(self) -> bool:
        """Whether it is in a file, and not in a stream."""
        return bool(self.source) and not self.source.startswith("<")


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What one command tells. `entries` are in the order they were found, `ranked` the worst first.

    A source without entries passes as `passed`; `passes` are further tests that passed: source and name.
    """

    name: str
    rules: tuple[Rule, ...]
    entries: tuple[Entry, ...]
    ranked: tuple[Entry, ...]
    sources: tuple[str, ...]
    summary: str
    passed: str
    passes: tuple[tuple[str, str], ...] = ()


def log_of(outcome: Outcome) -> Log:
    """Return the log of `dsplan validate`.

    >>> log_of(Outcome(problems=(), sources=(), objects=0)).name
    'dsplan validate'
    """
    return Log(
        name="dsplan validate",
        rules=tuple(RULES.values()),
        entries=tuple(_entries(outcome.problems)),
        ranked=tuple(_entries(worst_first(outcome.problems))),
        sources=outcome.sources,
        summary=outcome.summary,
        passed="validates",
    )


def _entries(problems: Iterable[Problem]) -> Iterable[Entry]:
    for problem in problems:
        rule = rule_of(problem).id
        yield Entry(
            rule=rule,
            message=message_of(problem),
            text=str(problem),
            object=problem.object,
            field=problem.field,
            source=problem.source,
            line=problem.line,
            column=problem.column,
            identity=(rule, problem.source, problem.object, problem.field, problem.message),
        )
