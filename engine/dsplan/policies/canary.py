"""Which nodes are the canary: by count, selector, spread labels, or cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.policy import Canary, NodeKey
from .amounts import resolve
from .cover import fewest_nodes
from .limits import selected
from .node_order import order_nodes

__all__ = ["ChosenCanary", "choose_canary"]


class ChosenCanary(msgspec.Struct, frozen=True):
    """The nodes of a canary, in their order; `text` says why these, and how few are possible."""

    nodes: tuple[int, ...]
    text: str


def choose_canary(canary: Canary, candidates: BitMap, index: NodeIndex, keys: Sequence[NodeKey]) -> ChosenCanary:
    """Return the canary among the nodes where some target is wanted; nodes that are not ready are no canary."""
    ready = BitMap(position for position in candidates if index.nodes[position].ready)
    among = ready & selected(canary.selector, index)
    ordered = order_nodes(among, index, keys)
    if canary.cover is not None:
        cover = canary.cover
        values = {p: tuple(index.nodes[p].labels.get(key, "") for key in cover.keys) for p in ordered}
        found = fewest_nodes(ordered, values, combinations=cover.strength == "all-combinations")
        proof = "fewer is impossible" if found.minimal else f"at least {found.bound} are needed"
        what = "each combination" if cover.strength == "all-combinations" else "each value"
        return ChosenCanary(
            found.nodes, f"{len(found.nodes)} nodes cover {what} of {', '.join(cover.keys)} ({found.how}; {proof})"
        )
    if canary.count == 0:
        return ChosenCanary(tuple(ordered), f"all {len(ordered)} nodes that the selector matches")
    amount = resolve(canary.count, len(candidates))
    chosen = tuple(_spread(ordered, index, canary.spread))[: amount.number]
    over = f", spread over {', '.join(canary.spread)}" if canary.spread else ""
    return ChosenCanary(chosen, f"{amount.text} nodes{over}")


def _spread(ordered: Sequence[int], index: NodeIndex, keys: Sequence[str]) -> Iterator[int]:
    """Yield nodes so that each next one has the values seen least so far, all keys counted; then by order."""
    seen: dict[tuple[str, str], int] = {}
    groups: dict[tuple[str, ...], list[int]] = {}
    for position in reversed(ordered):
        parts = tuple(index.nodes[position].labels.get(key, "") for key in keys)
        groups.setdefault(parts, []).append(position)
    rank = {position: place for place, position in enumerate(ordered)}
    while groups:
        parts = min(
            groups,
            key=lambda parts: (
                sum(seen.get(pair, 0) for pair in zip(keys, parts, strict=True)),
                rank[groups[parts][-1]],
            ),
        )
        yield groups[parts].pop()
        for pair in zip(keys, parts, strict=True):
            seen[pair] = seen.get(pair, 0) + 1
        if not groups[parts]:
            del groups[parts]
