"""`expect:` documents: what a team demands of a plan, as tests of its own.

expect:
- name: agents cover Linux
  daemonsets: kube-system/*                        # namespace/name with *, default: all
  desired: {atLeast: 95%, of: kubernetes.io/os=linux}
  evictions: 0
  stalls: 0
  duration: 20m
  down: {atMost: 1, per: topology.kubernetes.io/rack}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ..diff.budget import BudgetError, scaled
from ..errors import InputError, Problem
from ..model.durations import parse_duration
from ..model.meta import wire_name
from ..model.selectors import parse_selector

__all__ = ["DownLimit", "Expectation", "NodeShare", "decode_expectations"]

_KEYS = ("desired", "evictions", "stalls", "duration", "down")


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, forbid_unknown_fields=True):
    """Base of the document's parts: camelCase on the wire, nothing unknown."""


class NodeShare(_Part, frozen=True, kw_only=True):
    """At least a number, or a percentage rounded up, of the nodes with some labels (`of`, as kubectl -l reads it)."""

    at_least: int | str
    of: str = ""


class DownLimit(_Part, frozen=True, kw_only=True):
    """At most so many nodes without an available pod at any moment, for each value of the node label `per`."""

    at_most: int
    per: str = ""


class Expectation(_Part, frozen=True, kw_only=True):
    """One entry of `expect:`. What is absent is not looked at; `duration` is text such as 20m."""

    name: str
    daemonsets: str = "*"
    desired: NodeShare | None = None
    evictions: int | None = None
    stalls: int | None = None
    duration: str | None = None
    down: DownLimit | None = None


def decode_expectations(
    tree: Any, source: str, lines: Sequence[int] = ()
) -> tuple[tuple[Expectation, int | None], ...]:
    """Return the expectations of a parsed document with their lines; `lines` are those of the entries, from 1.

    Raises InputError with every problem.

    >>> found = decode_expectations({"expect": [{"name": "calm", "evictions": 0}]}, "e.yaml")
    >>> found[0][0].evictions
    0
    """
    entries = tree.get("expect") if isinstance(tree, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError.of([_problem("must have a list of at least one entry", "expect", source, 1)])
    found: list[tuple[Expectation, int | None]] = []
    problems: list[Problem] = []
    for place, entry in enumerate(entries):
        line = lines[place] if place < len(lines) else None
        field = f"expect[{place}]"
        try:
            expectation = msgspec.convert(entry, Expectation)
        except msgspec.ValidationError as error:
            problems.append(_problem(str(error)[:200], field, source, line))
            continue
        problems += [_problem(text, f"{field}.{key}", source, line) for key, text in _wrong(expectation)]
        found.append((expectation, line))
    if problems:
        raise InputError.of(problems)
    return tuple(found)


def _wrong(expectation: Expectation) -> Iterable[tuple[str, str]]:
    """Yield the fields whose values cannot be used, with the reason."""
    if all(getattr(expectation, key) is None for key in _KEYS):
        yield "name", f"demands nothing: give one of {', '.join(_KEYS)}"
    if expectation.desired is not None:
        try:
            scaled(expectation.desired.at_least, 100)
        except BudgetError as error:
            yield "desired.atLeast", str(error)
        try:
            parse_selector(expectation.desired.of)
        except InputError as error:
            yield "desired.of", error.problems[0].message
    if expectation.duration is not None and not parse_duration(expectation.duration):
        yield "duration", f"{expectation.duration!r} is not a duration, for example 20m"
    numbers = {"evictions": expectation.evictions, "stalls": expectation.stalls}
    numbers["down.atMost"] = expectation.down.at_most if expectation.down is not None else None
    yield from ((key, "must be >= 0") for key, number in numbers.items() if number is not None and number < 0)


def _problem(message: str, field: str, source: str, line: int | None) -> Problem:
    return Problem(reason="FieldValueInvalid", message=message, field=field, source=source, line=line)
