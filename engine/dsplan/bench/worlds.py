"""Whole worlds of any size: nodes, DaemonSets, revisions, daemon pods."""

from __future__ import annotations

import msgspec

from ..eligibility import NodeIndex
from ..model.daemonset import DaemonSetStatus
from ..model.pod import Pod
from ..model.world import World
from ..passes import step
from .daemon_pods import NOW, make_pods
from .daemons import NEW, make_daemonsets
from .families import FAMILIES
from .fleet import make_nodes

__all__ = ["make_world", "with_status"]


def make_world(
    family: str = "eks-like",
    nodes: int = 10_000,
    *,
    daemonsets: int = 1,
    seed: int = 0,
    drift: bool = True,
    pods: bool = True,
    hash_label: str = NEW,
    everywhere: bool = False,
) -> World:
    """Return a seeded world: the same arguments give the same world, and objects share all they have in common.

    `pods=False` leaves the daemon pods out, `hash_label` is the revision hash in their labels. `everywhere` has
    only DaemonSets that want every node. With `drift=False` everything is as it should
    be: no node is sick or cordoned, every pod is in place, up to date and ready.
    Raises KeyError where there is no such family.

    >>> world = make_world("edge", 100)
    >>> len(world.nodes), len(world.daemonsets), 90 < len(world.pods) < 110, world == make_world("edge", 100)
    (100, 1, True, True)
    """
    kind = FAMILIES[family]
    if not drift:
        kind = msgspec.structs.replace(kind, sick=0, cordoned=0, drifted=0)
    fleet = make_nodes(kind, nodes, seed=seed)
    sets, revisions = make_daemonsets(daemonsets, hostile=kind.own_class, everywhere=everywhere)
    found: tuple[Pod, ...] = ()
    if pods:
        found = tuple(make_pods(sets, NodeIndex(fleet), drifted=kind.drifted, hash_label=hash_label, seed=seed))
    return World(nodes=fleet, daemonsets=sets, revisions=revisions, pods=found)


def with_status(world: World) -> World:
    """Return the world with the status that a pass writes already written, so that nothing is left to write."""
    computed = {entry.identity: entry.status for entry in step(world, now=NOW).daemonsets}
    return msgspec.structs.replace(
        world,
        daemonsets=tuple(
            msgspec.structs.replace(daemonset, status=computed[daemonset.identity] or DaemonSetStatus())
            for daemonset in world.daemonsets
        ),
    )
