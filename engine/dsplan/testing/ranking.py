"""How far a cluster is from its desired state: a number that no step towards it raises."""

from __future__ import annotations

from datetime import datetime

from ..diff import allows_surge
from ..eligibility import Verdict
from ..model.world import World
from ..observe import PodFact, Shape
from ..passes.observation import observe_daemonset, surroundings_of

__all__ = ["rank", "rank_of_node"]

_TERMINATING, _READY, _AVAILABLE = int(PodFact.TERMINATING), int(PodFact.READY), int(PodFact.AVAILABLE)
_UPDATED, _FINISHED = int(PodFact.UPDATED), int(PodFact.FAILED | PodFact.SUCCEEDED)

_GONE, _SURPLUS, _MISSING, _OUTDATED, _BESIDE = 1, 2, 3, 8, 3
"""What is left to happen: a pod ends; one is to be deleted, too; one is to be made; the old one is to be replaced,
without a successor yet, or beside one."""


def rank(world: World, now: datetime) -> int:
    """Return the sum over all DaemonSets and nodes; 0 where every wanted node has one new, available pod.

    >>> from .builders import NOW, a_daemonset, a_node
    >>> rank(World(nodes=(a_node("n1"),), daemonsets=(a_daemonset(),)), NOW)
    3
    """
    around = surroundings_of(world, now=now)
    total = 0
    for daemonset in world.daemonsets:
        observed = observe_daemonset(daemonset, around).observed
        surge = allows_surge(daemonset)
        total += sum(rank_of_node(verdict, shape, surge=surge) * nodes for verdict, shape, nodes in observed.counted())
        total += sum(rank_of_node(Verdict.DENY, group.shape, surge=surge) for group in observed.vanished.values())
    return total


def rank_of_node(verdict: Verdict, shape: Shape, *, surge: bool) -> int:
    """Return the rank of one node in a situation."""
    ending = sum(bool(facts & _TERMINATING) for facts in shape)
    finished = [facts for facts in shape if facts & _FINISHED and not facts & _TERMINATING]
    live = [facts for facts in shape if not facts & (_FINISHED | _TERMINATING)]
    to_end = ending * _GONE + len(finished) * _SURPLUS
    if verdict is not Verdict.RUN:
        # One that may stay counts as surplus for as long as an update may still take it away.
        kept = [facts for facts in live if facts & _UPDATED][:1] if verdict is Verdict.KEEP else []
        return to_end + (len(live) - len(kept)) * _SURPLUS
    if not surge:
        kept = live[:1]
        return to_end + _stage(kept) + (len(live) - len(kept)) * _SURPLUS
    new, old = [f for f in live if f & _UPDATED][:1], [f for f in live if not f & _UPDATED][:1]
    staged = _stage(new) + _BESIDE * bool(old) if new else _stage(old)
    return to_end + staged + (len(live) - len(new) - len(old)) * _SURPLUS


def _stage(kept: list[int]) -> int:
    if not kept:
        return _MISSING
    facts = kept[0]
    if not facts & _UPDATED:
        return _OUTDATED
    return 0 if facts & _AVAILABLE else 1 if facts & _READY else 2
