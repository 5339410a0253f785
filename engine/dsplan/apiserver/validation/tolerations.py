"""Tolerations of a pod spec and taints of a node (V, T7).

Source: core validation (CV:ValidateTolerations, validateNodeTaints).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Findings
from .formats import label_value
from .selectors import check_label_key

__all__ = ["check_taints", "check_tolerations"]

Tree = Mapping[str, Any]

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS = ("Equal", "Exists")


def check_tolerations(tolerations: Sequence[Tree], path: str, found: Findings) -> None:
    """Key, operator with value, and effect of each; Lt and Gt need a gate that is off by default (T7)."""
    for index, toleration in enumerate(tolerations):
        _check_toleration(toleration, f"{path}[{index}]", found)


def _check_toleration(toleration: Tree, path: str, found: Findings) -> None:
    key, operator = toleration.get("key", ""), toleration.get("operator", "")
    value, effect = toleration.get("value", ""), toleration.get("effect", "")
    if key:
        check_label_key(key, f"{path}.key", found)
    elif operator != "Exists":
        found.invalid(f"{path}.operator", operator, "must be Exists when `key` is empty: all keys and values match")
    if "tolerationSeconds" in toleration and effect != "NoExecute":
        found.invalid(f"{path}.effect", effect, "must be NoExecute when `tolerationSeconds` is set")
    # Whatever is wrong with the value, the cause stands under the operator.
    if operator in ("Equal", ""):
        rules = label_value(value)
        if rules:
            found.invalid(f"{path}.operator", value, "; ".join(rules))
    elif operator == "Exists":
        if value:
            found.invalid(f"{path}.operator", value, "needs an empty value when `operator` is 'Exists'")
    else:
        found.not_supported(f"{path}.operator", operator, _OPERATORS)
    if effect and effect not in _EFFECTS:
        found.not_supported(f"{path}.effect", effect, _EFFECTS)


def check_taints(taints: Sequence[Tree], path: str, found: Findings) -> None:
    """Key, value and effect of each; a pair of key and effect stands once, whatever the values."""
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        where = f"{path}[{index}]"
        key, value, effect = taint.get("key", ""), taint.get("value", ""), taint.get("effect", "")
        check_label_key(key, f"{where}.key", found)
        rules = label_value(value)
        if rules:
            found.invalid(f"{where}.value", value, "; ".join(rules))
        if not effect:
            found.required(f"{where}.effect", f"must be one of {', '.join(_EFFECTS)}")
        elif effect not in _EFFECTS:
            found.not_supported(f"{where}.effect", effect, _EFFECTS)
        if (key, effect) in seen:
            found.duplicate(where, f"{key}:{effect}", "must be unique by key and effect")
        seen.add((key, effect))
