"""Which nodes are the canary: by count, selector, spread labels, or cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.policy import Canary, Cover, NodeKey, RolloutPolicy
from ..model.state import CanaryRecord
from .amounts import resolve
from .cover import fewest_nodes
from .facts import Facts
from .limits import selected
from .memory import Remembered
from .node_order import order_nodes
from .steps import canary_says

__all__ = ["ChosenCanary", "canary_of", "choose_canary"]

_NONE = BitMap()


class ChosenCanary(msgspec.Struct, frozen=True):
    """The nodes of a canary, in their order; `text` says why these, and how few are possible."""

    nodes: tuple[int, ...]
    text: str


def choose_canary(
    canary: Canary,
    candidates: BitMap,
    index: NodeIndex,
    keys: Sequence[NodeKey],
    *,
    known: BitMap = _NONE,
    gone: BitMap = _NONE,
    gone_first: bool = False,
    size: int | None = None,
) -> ChosenCanary:
    """Return the canary among the nodes where a target is wanted; nodes that are not ready are no canary.

    `known` nodes are of it already and stay as long as the selector matches them, ready or not; `gone` ones have had
    the update and may be chosen, ready or not, with `gone_first` before others. `size` is how many it has (by default
    what `count` comes to).
    """
    matching = selected(canary.selector, index)
    ready = BitMap(position for position in candidates if index.nodes[position].ready) | candidates & gone
    before = order_nodes(known & matching, index, keys)
    others = (ready & matching) - known
    first = others & gone if gone_first else BitMap()
    ordered = [*before, *order_nodes(first, index, keys), *order_nodes(others - first, index, keys)]
    if canary.cover is not None:
        return _covering(canary.cover, ordered, index)
    if canary.count == 0:
        return ChosenCanary(tuple(ordered), f"all {len(ordered)} nodes that the selector matches")
    amount = resolve(canary.count, len(candidates))
    most = amount.number if size is None else size
    chosen = tuple(_spread(ordered[len(before) :], index, canary.spread, before))[:most]
    over = f", spread over {', '.join(canary.spread)}" if canary.spread else ""
    short = f"; only {len(chosen)} of them are there and ready" if len(chosen) < most else ""
    return ChosenCanary(chosen, f"{amount.text} nodes{over}{short}")


def _covering(cover: Cover, ordered: Sequence[int], index: NodeIndex) -> ChosenCanary:
    values = {p: tuple(index.nodes[p].labels.get(key, "") for key in cover.keys) for p in ordered}
    found = fewest_nodes(ordered, values, combinations=cover.strength == "all-combinations")
    proof = "fewer is impossible" if found.minimal else f"at least {found.bound} are needed"
    what = "each combination" if cover.strength == "all-combinations" else "each value"
    return ChosenCanary(
        found.nodes, f"{len(found.nodes)} nodes cover {what} of {', '.join(cover.keys)} ({found.how}; {proof})"
    )


def canary_of(
    policy: RolloutPolicy, facts: Facts, remembered: Remembered, kept: BitMap, index: NodeIndex
) -> tuple[ChosenCanary, CanaryRecord] | None:
    """Return the canary of one target: what is left of the one that State knows, and as many more as are missing.

    None for a policy without a canary. Nodes that the partition keeps old are not chosen by count; neither is, at the
    beginning, a node that joined with the present revision. One that left, or an edit that wants more, makes others
    part of it: those that have gone already, or joined, before any that would have to go. So does a partition that
    keeps one of them old.
    """
    if policy.spec.canary is None:
        return None
    canary, says, record = policy.spec.canary, canary_says(policy.spec.canary), remembered.target.canary
    matching = facts.units.wanted & selected(canary.selector, index)
    known = BitMap(index.ids[name] for name in (record.nodes if record else ()) if name in index.ids) & matching
    same = record if record is not None and record.says == says else None
    joined = facts.fresh - facts.left if remembered.is_new else BitMap()
    eligible = (matching - joined) | known
    size = _size(canary, len(facts.units.wanted), len(eligible), same)
    if canary.count:
        known -= kept & facts.left  # another one may go in its place
    if same is not None and canary.count and len(known) >= size:
        chosen = ChosenCanary(tuple(known), "chosen when the roll-out began")
    else:
        candidates = (eligible - kept) | known if canary.count else eligible
        chosen = choose_canary(
            canary,
            candidates,
            index,
            policy.spec.node_order,
            known=known,
            gone=facts.new,
            gone_first=not remembered.is_new,
            size=size,
        )
    names = tuple(sorted(index.names[position] for position in chosen.nodes))
    return chosen, CanaryRecord(says=says, size=size, nodes=names)


def _size(canary: Canary, wanted: int, possible: int, record: CanaryRecord | None) -> int:
    """Return how many nodes a canary by count has: a percentage is never more than it was when it was chosen."""
    size = resolve(canary.count, wanted).number
    if isinstance(canary.count, str) and record is not None:
        size = min(size, record.size)
    return min(size, possible)


def _spread(ordered: Sequence[int], index: NodeIndex, keys: Sequence[str], before: Sequence[int] = ()) -> Iterator[int]:
    """Yield `before`, then nodes so that each next one has the values seen least so far, all keys counted; by order."""
    seen: dict[tuple[str, str], int] = {}
    for position in before:
        yield position
        for key in keys:
            pair = key, index.nodes[position].labels.get(key, "")
            seen[pair] = seen.get(pair, 0) + 1
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
