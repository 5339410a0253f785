"""Tolerations that admission adds or merges (D12, X13).

Source: plugin/pkg/admission/defaulttolerationseconds, pkg/util/tolerations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .trees import objects

__all__ = ["add_default_tolerations", "merge_tolerations"]

Toleration = dict[str, Any]

_SECONDS = 300
_KEYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def add_default_tolerations(spec: dict[str, Any]) -> None:
    """Let the Pod stay 300 s on nodes that are not ready or unreachable, unless it says something about that itself.

    Any toleration of the key (or of all keys) for NoExecute counts as saying so, whatever its operator and value.

    >>> spec = {"tolerations": [{"key": "node.kubernetes.io/unreachable", "operator": "Exists"}]}
    >>> add_default_tolerations(spec)
    >>> [toleration["key"] for toleration in spec["tolerations"]]
    ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready']
    """
    tolerations = objects(spec.get("tolerations"))
    told = {str(entry.get("key", "")) for entry in tolerations if entry.get("effect", "") in ("", "NoExecute")}
    added = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _SECONDS}
        for key in _KEYS
        if not {key, ""} & told
    ]
    if added:
        spec["tolerations"] = tolerations + added


def merge_tolerations(first: Sequence[Toleration], second: Sequence[Toleration]) -> list[Toleration]:
    """Return both lists without the entries that another one covers; of equal ones the first stays.

    >>> merge_tolerations([{"key": "a", "operator": "Exists", "effect": "NoSchedule"}], [{"operator": "Exists"}])
    [{'operator': 'Exists'}]
    """
    every = [*first, *second]
    merged: list[Toleration] = []
    for position, entry in enumerate(every):
        covered_before = any(_covers(other, entry) for other in merged)
        covered_after = any(other != entry and _covers(other, entry) for other in every[position + 1 :])
        if not covered_before and not covered_after:
            merged.append(entry)
    return merged


def _covers(wide: Toleration, narrow: Toleration) -> bool:
    """Return whether `wide` tolerates all that `narrow` does, as upstream compares them."""
    if wide == narrow:
        return True
    everything = not wide.get("key") and wide.get("operator") == "Exists"
    if wide.get("key", "") != narrow.get("key", "") and not everything:
        return False
    if wide.get("effect") and wide["effect"] != narrow.get("effect"):
        return False
    limit, seconds = wide.get("tolerationSeconds"), narrow.get("tolerationSeconds")
    if wide.get("effect") == "NoExecute" and limit is not None and (seconds is None or seconds > limit):
        return False
    if wide.get("operator", "Equal") == "Equal":
        return narrow.get("operator") == "Equal" and wide.get("value", "") == narrow.get("value", "")
    return wide.get("operator") == "Exists"
