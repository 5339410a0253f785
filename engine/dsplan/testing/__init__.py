"""For the tests of hosts and of dsplan itself: builders, a cluster with faults, and who watches over it.

In: builders and faults. Out: a World, a fake cluster that obeys and misbehaves, a host's loop on it, and what went
wrong.
Promises: all of it is repeatable; chance is handed in by the caller. Hypothesis strategies are in
`dsplan.testing.strategies`, which needs that package.

>>> from random import Random
>>> scene = Scene(World(nodes=(a_node("n1"),), daemonsets=(a_daemonset(),)), now=NOW)
>>> for fault in FAULTS:
...     fault.strike(scene, Random(7))
>>> scene.recover().problems, scene.safety.violations
((), [])
"""

from ..model.world import World
from .builders import NOW, a_daemonset, a_node, a_pod, a_revision
from .cluster import FakeCluster
from .faults import FAULTS, Fault
from .host import Host
from .journal import Conflict, Journal, NotFound
from .ranking import rank
from .safety import Safety
from .scene import Recovery, Scene, TroubledKubelet
from .wire import Wire

__all__ = [
    "FAULTS",
    "NOW",
    "Conflict",
    "FakeCluster",
    "Fault",
    "Host",
    "Journal",
    "NotFound",
    "Recovery",
    "Safety",
    "Scene",
    "TroubledKubelet",
    "Wire",
    "World",
    "a_daemonset",
    "a_node",
    "a_pod",
    "a_revision",
    "rank",
]
