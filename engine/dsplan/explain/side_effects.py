"""What an edit costs the rest of the cluster, found by evaluating all of it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from pyroaring import BitMap

from ..constraints import Rule, constraints_of
from ..eligibility import NodeIndex, Verdict, evaluate
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.node import Node
from ..model.world import World
from ..planner.plan import DaemonSetPlan
from .roles import count_roles

__all__ = ["OtherChange", "SideEffects", "side_effects_of"]


class OtherChange(msgspec.Struct, frozen=True, order=True):
    """What the edit of the node does to another DaemonSet there."""

    daemonset: Identity
    before: Verdict
    after: Verdict


class SideEffects(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What else changes.

    `also_selects` and `no_longer` are other nodes that the DaemonSet gains and loses, also counted by role;
    `replaced` counts live pods elsewhere that a changed template puts out of date; `others` are DaemonSets whose
    verdict for this node changes.
    """

    also_selects: tuple[str, ...] = ()
    also_roles: tuple[tuple[str, int], ...] = ()
    no_longer: tuple[str, ...] = ()
    replaced: int = 0
    others: tuple[OtherChange, ...] = ()

    @property
    def weight(self) -> int:
        """Number of pods that start, stop or are replaced elsewhere; edits of equal size are ordered by it."""
        return len(self.also_selects) + len(self.no_longer) + self.replaced + len(self.others)


def side_effects_of(
    world: World,
    node: str,
    before: DaemonSetPlan,
    after: DaemonSetPlan,
    rules: tuple[Rule, ...],
    *,
    index: NodeIndex,
    edited: NodeIndex,
) -> SideEffects:
    """Return what differs between two plans for one DaemonSet, and for the others on an edited node.

    `index` and `edited` hold the nodes before and after, under the same names.
    """
    ran, runs = _run(before, index, rules), _run(after, edited, rules)
    position = BitMap((index.ids[node],))
    gained, lost = runs - ran - position, ran - runs - position
    here = index.nodes[index.ids[node]]
    there = edited.nodes[edited.ids[node]]
    return SideEffects(
        also_selects=tuple(index.names[place] for place in gained),
        also_roles=count_roles(edited.nodes[place] for place in gained),
        no_longer=tuple(index.names[place] for place in lost),
        replaced=_replaced(before, after, node),
        others=() if here is there else tuple(sorted(_others(world, before.identity, here, there, rules))),
    )


def _run(entry: DaemonSetPlan, index: NodeIndex, rules: tuple[Rule, ...]) -> BitMap:
    if entry.step.verdicts is not None:
        return entry.step.verdicts.run
    constraints = constraints_of(entry.step.daemonset, rules)
    return BitMap(place for place, node in enumerate(index.nodes) if evaluate(constraints, node).should_run)


def _replaced(before: DaemonSetPlan, after: DaemonSetPlan, node: str) -> int:
    """Return how many other nodes' pods the plan replaces that it did not replace before."""
    return len(_outdated(after) - _outdated(before) - {node})


def _outdated(entry: DaemonSetPlan) -> set[str]:
    return {*entry.rollout.updated, *entry.rollout.stalled}


def _others(world: World, asked: Identity, here: Node, there: Node, rules: tuple[Rule, ...]) -> Iterator[OtherChange]:
    others: Iterable[DaemonSet] = (entry for entry in world.daemonsets if entry.identity != asked)
    for daemonset in others:
        constraints = constraints_of(daemonset, rules)
        before, after = evaluate(constraints, here).verdict, evaluate(constraints, there).verdict
        if before is not after:
            yield OtherChange(daemonset.identity, before, after)
