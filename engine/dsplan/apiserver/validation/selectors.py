"""Labels, label selectors and node selectors (V: metadata.labels, spec.selector, nodeAffinity).

Source: meta/v1 validation (MV), core validation (CV).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...model.selectors import LabelSelector, Requirement, selector_matches
from .findings import Findings
from .formats import dns_subdomain, label_key, label_value

__all__ = [
    "check_label_key",
    "check_label_selector",
    "check_labels",
    "check_node_selector",
    "check_node_selector_term",
    "matches",
]

Tree = Mapping[str, Any]


def check_labels(labels: Mapping[str, str], path: str, found: Findings) -> None:
    """Keys are label keys, values label values; both are reported under the path of the map itself."""
    for key, value in labels.items():
        found.invalid_each(path, key, label_key(key))
        found.invalid_each(path, value, label_value(value))


def check_label_key(key: str, path: str, found: Findings) -> None:
    """The text is a label key."""
    found.invalid_each(path, key, label_key(key))


def check_label_selector(selector: Tree | None, path: str, found: Findings) -> None:
    """matchLabels and matchExpressions with the four operators of label selectors; None is fine."""
    if not selector:
        return
    check_labels(selector.get("matchLabels", {}), f"{path}.matchLabels", found)
    for index, expression in enumerate(selector.get("matchExpressions", ())):
        _check_expression(expression, f"{path}.matchExpressions[{index}]", found, ordered=False)


def check_node_selector(selector: Tree, path: str, found: Findings) -> None:
    """At least one term; a term without requirements is accepted and matches nothing (A4)."""
    terms = selector.get("nodeSelectorTerms") or ()
    if not terms:
        found.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        check_node_selector_term(term, f"{path}.nodeSelectorTerms[{index}]", found)


def check_node_selector_term(term: Tree, path: str, found: Findings, *, any_value: bool = False) -> None:
    """matchExpressions over labels and matchFields over metadata.name; `any_value` lets illegal label values pass."""
    for index, expression in enumerate(term.get("matchExpressions", ())):
        where = f"{path}.matchExpressions[{index}]"
        _check_expression(expression, where, found, ordered=True, any_value=any_value)
    for index, requirement in enumerate(term.get("matchFields", ())):
        _check_field_requirement(requirement, f"{path}.matchFields[{index}]", found)


def _check_expression(expression: Tree, path: str, found: Findings, *, ordered: bool, any_value: bool = False) -> None:
    """One requirement on a label; `ordered` allows Gt and Lt. That their value is a number is not checked (A9)."""
    operator = expression.get("operator", "")
    values = expression.get("values", ())
    if operator in ("In", "NotIn"):
        if not values:
            found.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            found.forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    elif ordered and operator in ("Gt", "Lt"):
        if len(values) != 1:
            found.required(f"{path}.values", "must be a single value when `operator` is 'Lt' or 'Gt'")
    else:
        accepted = "In, NotIn, Exists, DoesNotExist" + (", Gt, Lt" if ordered else "")
        found.invalid(f"{path}.operator", operator, f"is not a selector operator (accepted: {accepted})")
    key = expression.get("key", "")
    found.invalid_each(f"{path}.key", key, label_key(key))
    if not any_value:
        for index, value in enumerate(values):
            found.invalid_each(f"{path}.values[{index}]", value, label_value(value))


def _check_field_requirement(requirement: Tree, path: str, found: Findings) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values", ())
    if operator not in ("In", "NotIn"):
        found.invalid(f"{path}.operator", operator, "is not an operator for fields (accepted: In, NotIn)")
    elif len(values) != 1:
        found.required(f"{path}.values", "must be exactly one value for a field")
    key = requirement.get("key", "")
    if key != "metadata.name":
        found.invalid(f"{path}.key", key, "is not a field that can be selected (accepted: metadata.name)")
        return
    for index, value in enumerate(values):
        found.invalid_each(f"{path}.values[{index}]", value, dns_subdomain(value))


def matches(selector: Tree | None, labels: Mapping[str, str]) -> bool:
    """Return whether a valid label selector matches; None matches nothing, the empty one everything (C3).

    >>> matches({}, {}), matches(None, {}), matches({"matchLabels": {"a": "b"}}, {"a": "b", "c": "d"})
    (True, False, True)
    """
    if selector is None:
        return False
    expressions = tuple(
        Requirement(key=item.get("key", ""), operator=item.get("operator", ""), values=tuple(item.get("values", ())))
        for item in selector.get("matchExpressions", ())
    )
    typed = LabelSelector(match_labels=dict(selector.get("matchLabels", {})), match_expressions=expressions)
    return selector_matches(typed, labels)
