"""matchLabelKeys and mismatchLabelKeys of pod affinity terms and topology spread constraints (V).

Source: core validation (CV:validateMatchLabelKeysAndMismatchLabelKeys), pkg/registry/core/pod strategy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Findings
from .selectors import check_label_key

__all__ = ["check_label_keys", "with_merged_label_keys"]

Tree = Mapping[str, Any]

_LISTS = ("matchLabelKeys", "mismatchLabelKeys")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def check_label_keys(term: Tree, path: str, found: Findings) -> None:
    """Legal keys, only beside a labelSelector, in one of the lists, and not also in the selector."""
    selector = term.get("labelSelector")
    match_keys: Sequence[str] = term.get("matchLabelKeys", ())
    mismatch_keys: Sequence[str] = term.get("mismatchLabelKeys", ())
    for name, keys in zip(_LISTS, (match_keys, mismatch_keys), strict=True):
        if keys and selector is None:
            found.forbidden(f"{path}.{name}", "must not be specified when labelSelector is not set")
            continue
        for index, key in enumerate(keys):
            check_label_key(key, f"{path}.{name}[{index}]", found)
    if match_keys and selector is not None:
        _check_repeated(match_keys, selector, path, found)
    mismatched = set(mismatch_keys)
    for index, key in enumerate(match_keys):
        if key in mismatched:
            where = f"{path}.matchLabelKeys[{index}]"
            found.invalid(where, key, "exists in both matchLabelKeys and mismatchLabelKeys")


def _check_repeated(match_keys: Sequence[str], selector: Tree, path: str, found: Findings) -> None:
    """Only a key that the selector names twice counts: once written, once merged in. The index is put on the term."""
    index_of = {key: index for index, key in enumerate(match_keys)}
    seen = set(selector.get("matchLabels", ()))
    for expression in selector.get("matchExpressions", ()):
        key = expression.get("key", "")
        if key in index_of and key in seen:
            found.invalid(f"{path}[{index_of[key]}]", key, "exists in both matchLabelKeys and labelSelector")
        seen.add(key)


def with_merged_label_keys(spec: Tree, labels: Mapping[str, str]) -> Tree:
    """Return a pod spec as the server merges the keys into the selectors when it creates a Pod with these labels.

    >>> spec = {"topologySpreadConstraints": [{"labelSelector": {}, "matchLabelKeys": ["app"]}]}
    >>> with_merged_label_keys(spec, {"app": "x"})["topologySpreadConstraints"][0]["labelSelector"]
    {'matchExpressions': [{'key': 'app', 'operator': 'In', 'values': ['x']}]}
    """
    merged = dict(spec)
    if "topologySpreadConstraints" in spec:
        merged["topologySpreadConstraints"] = [_merged(item, labels) for item in spec["topologySpreadConstraints"]]
    affinity = spec.get("affinity", {})
    kinds = {kind: affinity[kind] for kind in ("podAffinity", "podAntiAffinity") if kind in affinity}
    if kinds:
        merged["affinity"] = {**affinity, **{kind: _merged_terms(terms, labels) for kind, terms in kinds.items()}}
    return merged


def _merged_terms(affinity: Tree, labels: Mapping[str, str]) -> Tree:
    merged = dict(affinity)
    if _REQUIRED in affinity:
        merged[_REQUIRED] = [_merged(term, labels) for term in affinity[_REQUIRED]]
    if _PREFERRED in affinity:
        merged[_PREFERRED] = [
            {**weighted, "podAffinityTerm": _merged(weighted.get("podAffinityTerm", {}), labels)}
            for weighted in affinity[_PREFERRED]
        ]
    return merged


def _merged(term: Tree, labels: Mapping[str, str]) -> Tree:
    selector = term.get("labelSelector")
    added = [
        {"key": key, "operator": operator, "values": [labels[key]]}
        for name, operator in zip(_LISTS, ("In", "NotIn"), strict=True)
        for key in term.get(name, ())
        if key in labels
    ]
    if selector is None or not added:
        return term
    expressions = [*selector.get("matchExpressions", ()), *added]
    return {**term, "labelSelector": {**selector, "matchExpressions": expressions}}
