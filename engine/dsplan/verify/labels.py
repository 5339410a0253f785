"""Labels, selectors, taints: when they match (A1-A11, T1-T12). Everything is asked of plain trees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = [
    "daemon_tolerations",
    "int64",
    "invalid",
    "is_tolerated",
    "matches",
    "requirement_holds",
    "requirement_text",
    "selector_problem",
    "taint_text",
]

Tree = dict[str, Any]

_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_COUNTS = {"In": (1, None), "NotIn": (1, None), "Exists": (0, 0), "DoesNotExist": (0, 0), "Gt": (1, 1), "Lt": (1, 1)}
"""Least and most values that an operator takes (A9)."""


def int64(text: str) -> int | None:
    """Return the number that Go's ParseInt(text, 10, 64) reads, None where it fails (A8).

    >>> int64("+007"), int64("1_0"), int64("9223372036854775808")
    (7, None, None)
    """
    if _INTEGER.fullmatch(text) is None:
        return None
    digits = text.lstrip("+-").lstrip("0")
    if len(digits) > 19:
        return None
    number = -int(digits or "0") if text[0] == "-" else int(digits or "0")
    return number if -(2**63) <= number < 2**63 else None


def _is_key(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    return _PART.fullmatch(name) is not None and (
        not slash or (len(prefix) <= 253 and _PREFIX.fullmatch(prefix) is not None)
    )


def _values(requirement: Tree) -> list[str]:
    return requirement.get("values") or []


def invalid(requirement: Tree) -> bool:
    """Return whether a requirement on labels is invalid, so that its term never matches (A9)."""
    values, operator = _values(requirement), requirement.get("operator", "")
    least, most = _COUNTS.get(operator, (1, 0))
    if not least <= len(values) <= (len(values) if most is None else most):
        return True
    if operator in ("Gt", "Lt") and int64(values[0]) is None:
        return True
    legal = all(value == "" or _PART.fullmatch(value) for value in values)
    return not (legal and _is_key(requirement.get("key", "")))


def requirement_holds(requirement: Tree, value: str | None) -> bool:
    """Return whether a valid requirement holds for a label's value, None where there is none (A6, A7)."""
    operator, values = requirement.get("operator"), _values(requirement)
    if operator in ("Gt", "Lt"):
        number, bound = int64(value or ""), int64(values[0])
        if number is None or bound is None:
            return False
        return number > bound if operator == "Gt" else number < bound
    is_there = value is not None if operator in ("Exists", "DoesNotExist") else value in values
    return is_there == (operator in ("In", "Exists"))


def requirement_text(requirement: Tree) -> str:
    """Return a requirement as exclusions name it."""
    values = _values(requirement)
    listed = f" [{', '.join(values)}]" if values else ""
    return f"{requirement.get('key', '')} {requirement.get('operator', '')}{listed}"


def selector_problem(selector: Tree | None) -> bool:
    """Return whether a label selector cannot be read, so that a pass fails on it."""
    return any(
        one.get("operator") in ("Gt", "Lt") or invalid(one) for one in (selector or {}).get("matchExpressions") or ()
    )


def matches(selector: Tree | None, labels: Mapping[str, str]) -> bool:
    """Return whether a label selector matches; none, and one that cannot be read, match nothing (C3).

    >>> matches({"matchLabels": {"app": "d"}}, {"app": "d"}), matches(None, {}), matches({}, {})
    (True, False, True)
    """
    if selector is None or selector_problem(selector):
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(requirement_holds(one, labels.get(one["key"])) for one in selector.get("matchExpressions") or ())


def taint_text(taint: Tree) -> str:
    """Return a taint as kubectl prints it."""
    value = taint.get("value", "")
    return f"{taint.get('key', '')}{'=' if value else ''}{value}:{taint.get('effect', '')}"


def _tolerates(toleration: Tree, taint: Tree) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect", "")):
        return False
    if toleration.get("key") not in (None, "", taint.get("key", "")):
        return False
    operator = toleration.get("operator") or "Equal"
    same = (toleration.get("value") or "") == (taint.get("value") or "")
    return operator == "Exists" or (operator == "Equal" and same)


def is_tolerated(taint: Tree, tolerations: Iterable[Tree]) -> bool:
    """Return whether one of the tolerations matches a taint (T1-T7).

    >>> is_tolerated({"key": "gpu", "effect": "NoSchedule"}, [{"operator": "Exists"}])
    True
    """
    return any(_tolerates(one, taint) for one in tolerations)


_AUTOMATIC = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)


def daemon_tolerations(spec: Tree) -> list[Tree]:
    """Return what a daemon pod tolerates: the template's tolerations and the automatic ones (T10)."""
    names = (*_AUTOMATIC, *((("network-unavailable", "NoSchedule"),) if spec.get("hostNetwork") else ()))
    own = [{"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect} for name, effect in names]
    return [*(spec.get("tolerations") or ()), *own]
