"""The order of nodes by a policy's key list: total, and printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ..diff.order import ORDER_TEXT, node_order
from ..eligibility import NodeIndex
from ..model.node import Node
from ..model.policy import NodeKey
from ..model.selectors import parse_int64

__all__ = ["order_nodes", "order_text"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def order_text(keys: Sequence[NodeKey]) -> str:
    """Return the order in words; the name is always the last key.

    >>> order_text((NodeKey(by="Label", key="weight", descending=True), NodeKey(by="Spread", key="zone")))
    'by label weight (descending), then in turns over zone, then by name'
    """
    if not keys:
        return ORDER_TEXT
    words = {"NotReadyFirst": "nodes that are not ready first", "Age": "by age, the oldest first", "Name": "by name"}
    parts = []
    for entry in keys:
        text = {"Label": f"by label {entry.key}", "Spread": f"in turns over {entry.key}"}.get(entry.by, "")
        parts.append((text or words[entry.by]) + (" (descending)" if entry.descending else ""))
    return ", then ".join(parts if keys[-1].by == "Name" else [*parts, "by name"])


def order_nodes(positions: Iterable[int], index: NodeIndex, keys: Sequence[NodeKey] = ()) -> list[int]:
    """Return node ids in the order of the keys, equal nodes by name; without keys in the written order.

    Sorting is stable, so the last key is applied first.
    """
    if not keys:
        return node_order(positions, index)
    found = sorted(positions)
    for entry in reversed(keys):
        found = _in_turns(found, index, entry) if entry.by == "Spread" else _sorted(found, index, entry)
    return found


def _sorted(positions: list[int], index: NodeIndex, entry: NodeKey) -> list[int]:
    return sorted(positions, key=lambda position: _value(index.nodes[position], entry), reverse=entry.descending)


def _value(node: Node, entry: NodeKey) -> Any:
    if entry.by == "NotReadyFirst":
        return node.ready
    if entry.by == "Age":
        return node.metadata.creation_timestamp or _LONG_AGO
    if entry.by == "Name":
        return node.name
    text = node.labels.get(entry.key)
    if text is None:
        return (2, 0, "")
    number = parse_int64(text)
    return (1, 0, text) if number is None else (0, number, text)


def _in_turns(positions: list[int], index: NodeIndex, entry: NodeKey) -> list[int]:
    """Take the first node of every value, then the second of every value; values in their order."""
    turns: dict[str, int] = defaultdict(int)
    keyed = []
    for rank, position in enumerate(positions):
        value = index.nodes[position].labels.get(entry.key, "")
        keyed.append((turns[value], value, rank, position))
        turns[value] += 1
    keyed.sort(key=lambda item: item[1], reverse=entry.descending)
    keyed.sort(key=lambda item: item[0])
    return [position for *_, position in keyed]
