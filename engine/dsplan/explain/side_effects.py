"""What an edit costs the rest of the cluster, found by evaluating all of it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
from pyroaring import BitMap

from ..constraints import Rule, constraints_of
from ..eligibility import NodeIndex, Verdict, evaluate
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.node import Node
from ..model.world import World
from ..planner.account import Fate
from ..planner.account.difference import AccountDifference, difference
from ..planner.plan import DaemonSetPlan, Plan
from .roles import count_roles

__all__ = ["OtherChange", "SideEffects", "Worsening", "side_effects_of"]

_WORSE = (Fate.UNPLACED, Fate.STALLED, Fate.FAILING, Fate.REMOVED)


class OtherChange(msgspec.Struct, frozen=True, order=True):
    """What the edit of the node does to another DaemonSet there."""

    daemonset: Identity
    before: Verdict
    after: Verdict


class Worsening(msgspec.Struct, frozen=True, order=True):
    """Nodes where a DaemonSet comes to a worse end than without the edit."""

    daemonset: Identity
    fate: str
    nodes: tuple[str, ...]


class SideEffects(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What else changes.

    `also_selects` and `no_longer` are other nodes that the DaemonSet gains and loses, also counted by role;
    `replaced` counts live pods elsewhere that a changed template puts out of date; `others` are DaemonSets whose
    verdict for this node changes. `worse` is who loses a place, stalls or goes for good besides the pair that was asked
    about, `evicts` whose pods are evicted that were not before, with how many: both from the accounts of all.
    """

    also_selects: tuple[str, ...] = ()
    also_roles: tuple[tuple[str, int], ...] = ()
    no_longer: tuple[str, ...] = ()
    replaced: int = 0
    others: tuple[OtherChange, ...] = ()
    worse: tuple[Worsening, ...] = ()
    evicts: tuple[tuple[str, int], ...] = ()

    @property
    def weight(self) -> int:
        """Number of pods that start, stop or are replaced elsewhere; edits of equal size are ordered by it."""
        worse = sum(len(entry.nodes) for entry in self.worse) + sum(pods for _, pods in self.evicts)
        return len(self.also_selects) + len(self.no_longer) + self.replaced + len(self.others) + worse


def side_effects_of(
    world: World, asked: Identity, node: str, plans: tuple[Plan, Plan], rules: tuple[Rule, ...]
) -> SideEffects:
    """Return what differs between two plans (before and after an edit) besides the pair that was asked about."""
    before, after = (next(entry for entry in plan.daemonsets if entry.identity == asked) for plan in plans)
    index, edited = plans[0].index, plans[1].index
    apart = difference(plans[0].account, index.names, plans[1].account, edited.names)
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
        worse=tuple(sorted(_worse(apart, asked, node))),
        evicts=tuple(sorted(_evicted(apart))),
    )


def _worse(apart: AccountDifference, asked: Identity, node: str) -> Iterator[Worsening]:
    for entry in apart.daemonsets:
        found: dict[str, set[str]] = {}
        for change in entry.fates:
            if change.after in _WORSE and change.after != change.before:
                found.setdefault(change.after, set()).update(change.nodes)
        for fate, nodes in found.items():
            if names := tuple(sorted(nodes - ({node} if entry.daemonset == asked else set()))):
                yield Worsening(entry.daemonset, fate, names)


def _evicted(apart: AccountDifference) -> Iterator[tuple[str, int]]:
    more: Counter[str] = Counter()
    for entry in apart.daemonsets:
        for eviction in entry.evictions:
            more[eviction.victim] += eviction.pods[1] - eviction.pods[0]
    yield from ((victim, pods) for victim, pods in more.items() if pods > 0)


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
