"""Label selectors and node selectors: the words and when they match (A4-A10, LS).

A requirement that an API server would refuse still has a defined answer: it is invalid, and whatever contains it
never matches (A5, A9).
"""

# Annotations are not postponed here: msgspec would compile the text of each of them when the first object is read.

from collections.abc import Mapping

from ..errors import InputError, Problem
from .meta import Wire
from .names import is_label_key, is_label_value
from .regex import regex

__all__ = [
    "LabelSelector",
    "NodeSelector",
    "NodeSelectorTerm",
    "Requirement",
    "is_empty_selector",
    "is_invalid",
    "parse_int64",
    "parse_selector",
    "requirement_matches",
    "selector_matches",
    "selector_problem",
    "selector_text",
]

_INTEGER = regex(r"[+-]?[0-9]+")
_SET_OPERATORS = ("In", "NotIn")
_PRESENCE_OPERATORS = ("Exists", "DoesNotExist")
_ORDER_OPERATORS = ("Gt", "Lt")


class Requirement(Wire, frozen=True, kw_only=True, gc=False):
    """One matchExpressions[] or matchFields[] entry."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return `key In [a, b]`, or `key Exists`."""
        values = f" [{', '.join(self.values)}]" if self.values else ""
        return f"{self.key} {self.operator}{values}"


class LabelSelector(Wire, frozen=True, kw_only=True, gc=False):
    """matchLabels and matchExpressions, all of them required."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[Requirement, ...] = ()


class NodeSelectorTerm(Wire, frozen=True, kw_only=True, gc=False):
    """One OR-ed term; everything inside it is required (A4)."""

    match_expressions: tuple[Requirement, ...] = ()
    match_fields: tuple[Requirement, ...] = ()


class NodeSelector(Wire, frozen=True, kw_only=True, gc=False):
    """The OR of its terms; no term matches nothing (A3)."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


_SURELY_INT64 = 19
"""Fewer digits than that are no number beyond int64, so most values need no pattern."""


def parse_int64(text: str) -> int | None:
    """Return the integer that Go's ParseInt(text, 10, 64) reads, None where it reports an error (A8).

    >>> parse_int64("+007"), parse_int64("1_000"), parse_int64("9223372036854775808"), parse_int64(" 7")
    (7, None, None, None)
    """
    if len(text) < _SURELY_INT64 and text.isascii() and text.isdigit():
        return int(text)
    if len(text) > 64:
        text = text[0] + text[1:].lstrip("0") if text[0] in "+-" else text.lstrip("0") or "0"
    if len(text) > 64 or _INTEGER.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


def is_invalid(requirement: Requirement) -> str | None:
    """Return why a node or label requirement is invalid, None if it is valid (A9).

    >>> is_invalid(Requirement(key="cores", operator="Gt", values=("four",)))
    'Gt needs an integer'
    """
    operator, values = requirement.operator, requirement.values
    if not is_label_key(requirement.key):
        return "invalid label key"
    if operator in _SET_OPERATORS:
        if not values:
            return f"{operator} needs values"
    elif operator in _PRESENCE_OPERATORS:
        if values:
            return f"{operator} takes no values"
    elif operator in _ORDER_OPERATORS:
        if len(values) != 1:
            return f"{operator} needs exactly one value"
        if parse_int64(values[0]) is None:
            return f"{operator} needs an integer"
    else:
        return f"unknown operator {operator!r}"
    if not all(map(is_label_value, values)):
        return "invalid label value"
    return None


def requirement_matches(requirement: Requirement, value: str | None) -> bool:
    """Return whether a VALID requirement holds for a label's value, None where the label is absent (A6, A7).

    >>> requirement_matches(Requirement(key="zone", operator="NotIn", values=("a",)), None)
    True
    """
    operator = requirement.operator
    if operator == "In":
        return value is not None and value in requirement.values
    if operator == "NotIn":
        return value is None or value not in requirement.values
    if operator == "Exists":
        return value is not None
    if operator == "DoesNotExist":
        return value is None
    number = None if value is None else parse_int64(value)
    bound = parse_int64(requirement.values[0])
    if number is None or bound is None:
        return False
    return number > bound if operator == "Gt" else number < bound


def is_empty_selector(selector: LabelSelector) -> bool:
    """Return whether it is exactly the empty object, which selects everything (C3)."""
    return not selector.match_labels and not selector.match_expressions


def selector_problem(selector: LabelSelector | None) -> str | None:
    """Return why a label selector cannot be read at all, so that a pass fails on it; None if it can."""
    for requirement in selector.match_expressions if selector else ():
        if requirement.operator in _ORDER_OPERATORS:
            return f"{requirement}: label selectors know no {requirement.operator}"
        if why := is_invalid(requirement):
            return f"{requirement}: {why}"
    return None


def selector_matches(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Return whether a label selector matches; None and a selector with an invalid requirement match nothing (C3).

    >>> selector_matches(LabelSelector(match_labels={"app": "d"}), {"app": "d", "x": "y"})
    True
    """
    if selector is None:
        return False
    for key, value in selector.match_labels.items():
        if labels.get(key) != value:
            return False
    return all(
        requirement.operator not in _ORDER_OPERATORS
        and is_invalid(requirement) is None
        and requirement_matches(requirement, labels.get(requirement.key))
        for requirement in selector.match_expressions
    )


_SET_TEXT = regex(r"\s*(?P<key>\S+)\s+(?P<word>in|notin)\s+\((?P<values>[^()]*)\)\s*")
_TERM_TEXT = regex(r"(?:[^,(]|\([^()]*\))+")


def parse_selector(text: str) -> LabelSelector:
    """Return the selector that `kubectl -l` reads: `a=b,c!=d,e in (x,y),f,!g`.

    Raises InputError where a part of it cannot be read.

    >>> [str(part) for part in parse_selector("app=x, tier in (a,b),!old").match_expressions]
    ['app In [x]', 'tier In [a, b]', 'old DoesNotExist']
    """
    parts = [_parse_requirement(term.strip()) for term in _TERM_TEXT.findall(text)]
    selector = LabelSelector(match_expressions=tuple(parts))
    if problem := selector_problem(selector):
        raise InputError.of([Problem(reason="SyntaxError", message=f"not a label selector: {problem}", value=text)])
    return selector


def _parse_requirement(text: str) -> Requirement:
    if found := _SET_TEXT.fullmatch(text):
        values = tuple(value.strip() for value in found["values"].split(","))
        return Requirement(key=found["key"], operator="In" if found["word"] == "in" else "NotIn", values=values)
    for sign, operator in (("!=", "NotIn"), ("==", "In"), ("=", "In")):
        key, found_sign, value = text.partition(sign)
        if found_sign:
            return Requirement(key=key.strip(), operator=operator, values=(value.strip(),))
    return Requirement(key=text.lstrip("! "), operator="DoesNotExist" if text.startswith("!") else "Exists")


def selector_text(selector: LabelSelector | None) -> str:
    """Return the selector as kubectl prints it.

    >>> selector_text(LabelSelector(match_labels={"b": "2", "a": "1"},
    ...                             match_expressions=(Requirement(key="c", operator="In", values=("y", "x")),)))
    'a=1,b=2,c in (x,y)'
    """
    if selector is None or is_empty_selector(selector):
        return "<none>"
    parts = [(key, f"{key}={value}") for key, value in selector.match_labels.items()]
    parts += [(requirement.key, _requirement_text(requirement)) for requirement in selector.match_expressions]
    return ",".join(text for _, text in sorted(parts))


def _requirement_text(requirement: Requirement) -> str:
    if requirement.operator == "Exists":
        return requirement.key
    if requirement.operator == "DoesNotExist":
        return f"!{requirement.key}"
    word = {"In": "in", "NotIn": "notin"}.get(requirement.operator, requirement.operator)
    return f"{requirement.key} {word} ({','.join(sorted(requirement.values))})"
