"""The rules that a problem can break, by ids that never change."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ...errors import Problem

__all__ = ["RULES", "Outcome", "Rule", "rule_of", "worst_first"]


class Rule(msgspec.Struct, frozen=True):
    """`id` is what other tools remember; `summary` is for people, `help` says why it matters."""

    id: str
    summary: str
    level: str = "error"
    help: str = ""


RULES = {
    "Unreadable": Rule("unreadable", "A source cannot be read."),
    "SyntaxError": Rule("syntax-error", "A document is not YAML or JSON."),
    "LimitExceeded": Rule("limit-exceeded", "A source is beyond what is read."),
    "DecodeError": Rule("decode-error", "A field is unknown, there twice, or of another type than it must be."),
    "DuplicateObject": Rule("duplicate-object", "The same object is there twice."),
    "FieldValueRequired": Rule("field-value-required", "A field that must be set is not."),
    "FieldValueInvalid": Rule("field-value-invalid", "A value breaks a rule of its field."),
    "FieldValueNotSupported": Rule("field-value-not-supported", "A value is not one of those that are accepted."),
    "FieldValueForbidden": Rule("field-value-forbidden", "A field may not be set here."),
    "FieldValueDuplicate": Rule("field-value-duplicate", "A value that must be unique is there before."),
    "FieldValueNotFound": Rule("field-value-not-found", "A name refers to nothing."),
    "FieldValueTooLong": Rule("field-value-too-long", "A value is too long."),
    "FieldValueTooMany": Rule("field-value-too-many", "A list has too many entries."),
    "InternalError": Rule("internal-error", "A check could not be made."),
}
"""Reason -> rule, worst first: what hides other problems comes before what does not."""
_OTHER = Rule("other", "Something else.")
_RANKS = {reason: rank for rank, reason in enumerate(RULES)}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, and everything that is wrong with it, in the order it was found."""

    problems: tuple[Problem, ...]
    sources: tuple[str, ...]
    objects: int

    @property
    def summary(self) -> str:
        """One line for people.

        >>> Outcome(problems=(), sources=("a.yaml",), objects=3).summary
        'Validated 3 objects in 1 file: nothing that an API server would refuse.'
        """
        objects = f"{self.objects:,} object{'s' * (self.objects != 1)}"
        where = f"{objects} in {len(self.sources):,} file{'s' * (len(self.sources) != 1)}"
        count = len(self.problems)
        if not count:
            return f"Validated {where}: nothing that an API server would refuse."
        files = len({problem.source for problem in self.problems})
        of = f"{files:,} file{'s' * (files != 1)}"
        return f"Validated {where}: {count:,} problem{'s' * (count != 1)} in {of}."


def rule_of(problem: Problem) -> Rule:
    """Return the rule that a problem breaks.

    >>> rule_of(Problem(reason="FieldValueRequired", message="must be set")).id
    'field-value-required'
    """
    return RULES.get(problem.reason, _OTHER)


def worst_first(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems by how much they hide, those alike in the order they were found."""
    return sorted(problems, key=lambda problem: _RANKS.get(problem.reason, len(_RANKS)))
