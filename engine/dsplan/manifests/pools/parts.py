"""Parts of documents that anybody may have written: whatever has another type than expected is absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec

__all__ = ["FuturePool", "Tree", "labels_at", "list_at", "number_at", "part", "tag_taint", "taints_at", "text_at"]

Tree: TypeAlias = dict[str, Any]


class FuturePool(msgspec.Struct, frozen=True, kw_only=True):
    """What one description tells of nodes to come.

    `count` is None where it is not told; `choices` are labels that have one of several values on a node; `machines` are
    instance types, one of which a node is; `capacity` is what the description itself tells of it, `reserved` what the
    kubelet keeps of it; `own` is the label that the nodes of this pool alone have; `unknown` is what cannot be known.
    """

    tool: str
    name: str
    count: int | None = None
    labels: dict[str, str] = {}
    choices: dict[str, tuple[str, ...]] = {}
    taints: tuple[dict[str, str], ...] = ()
    machines: tuple[str, ...] = ()
    demands: tuple[Tree, ...] = ()
    capacity: dict[str, str] = {}
    reserved: tuple[dict[str, str], ...] = ()
    own: tuple[str, str] = ("", "")
    unknown: tuple[str, ...] = ()


def part(tree: Any, *path: str | int) -> Any:
    """Return what is at a path of objects and lists, None where it ends early.

    >>> part({"a": [{"b": 1}]}, "a", 0, "b"), part({"a": 1}, "a", "b")
    (1, None)
    """
    for step in path:
        if isinstance(step, int):
            tree = tree[step] if isinstance(tree, list) and step < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def text_at(tree: Any, *path: str | int) -> str:
    """Return the text or number at a path as text, empty for anything else.

    >>> text_at({"a": {"b": 110}}, "a", "b"), text_at({"a": []}, "a")
    ('110', '')
    """
    found = part(tree, *path)
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, str | int | float) else ""


def number_at(tree: Any, *path: str | int) -> int | None:
    """Return the whole number at a path, also where it is written as text; None for anything else.

    >>> number_at({"a": "110"}, "a"), number_at({"a": -1}, "a"), number_at({}, "a")
    (110, None, None)
    """
    text = text_at(tree, *path)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def list_at(tree: Any, *path: str | int) -> list[Any]:
    """Return the list at a path, empty for anything else."""
    found = part(tree, *path)
    return found if isinstance(found, list) else []


def labels_at(tree: Any, *path: str | int) -> dict[str, str]:
    """Return the texts of the object at a path, empty for anything else.

    >>> labels_at({"labels": {"a": "b", "c": 3, "d": []}}, "labels")
    {'a': 'b', 'c': '3'}
    """
    found = part(tree, *path)
    if not isinstance(found, dict):
        return {}
    return {key: text_at(found, key) for key in found if isinstance(found[key], str | int | float)}


_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
    "NO_EXECUTE": "NoExecute",
}


def taints_at(tree: Any, *path: str | int) -> tuple[dict[str, str], ...]:
    """Return the taints at a path: objects, `key=value:Effect`, or a map from key to `value:Effect`.

    >>> taints_at({"t": ["a=b:NoSchedule", {"key": "c", "effect": "NO_EXECUTE"}]}, "t")
    ({'key': 'a', 'value': 'b', 'effect': 'NoSchedule'}, {'key': 'c', 'value': '', 'effect': 'NoExecute'})
    """
    found = part(tree, *path)
    if isinstance(found, dict):
        found = [f"{key}={value}" for key, value in found.items()]
    return tuple(_taints(found if isinstance(found, list) else []))


def _taints(entries: list[Any]) -> Iterator[dict[str, str]]:
    for entry in entries:
        if isinstance(entry, str):
            yield tag_taint(entry.partition(":")[0].partition("=")[0], _behind_key(entry))
        elif text_at(entry, "key"):
            effect = text_at(entry, "effect")
            spoken = _EFFECTS.get(effect, effect)
            yield {"key": text_at(entry, "key"), "value": text_at(entry, "value"), "effect": spoken}


def _behind_key(entry: str) -> str:
    front, _, effect = entry.rpartition(":")
    return f"{front.partition('=')[2]}:{effect}" if front else effect


def tag_taint(key: str, text: str) -> dict[str, str]:
    """Return a taint whose value and effect are written as `value:Effect`.

    >>> tag_taint("dedicated", "gpu:NoSchedule")
    {'key': 'dedicated', 'value': 'gpu', 'effect': 'NoSchedule'}
    """
    value, _, effect = text.rpartition(":")
    return {"key": key, "value": value, "effect": _EFFECTS.get(effect, effect)}
