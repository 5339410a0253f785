"""The event that says that an object is gone, where a server said so and no watch has yet."""

from __future__ import annotations

from typing import Any

from ..diff import Action

__all__ = ["tombstone"]


def tombstone(kind: str, namespace: str, name: str, action: Action | None = None) -> dict[str, Any]:
    """Return the least of an object by which its deletion is understood."""
    uid = action.precondition.uid if action is not None and action.precondition else ""
    tree: dict[str, Any] = {"kind": kind, "metadata": {"name": name, "namespace": namespace, "uid": uid}}
    if kind == "RolloutPolicy":
        tree |= {"apiVersion": "dsplan.dev/v1alpha1", "spec": {"targets": []}}
    return tree
