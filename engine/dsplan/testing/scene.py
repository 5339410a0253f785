"""A simulated cluster with its hosts, the checks on them, and faults that strike both.

After the faults have stopped, `recover` brings the cluster to its desired state within `bound` seconds, by steps that
never raise the rank, and it stays there: eventually stable reconciliation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import pairwise

import msgspec

from ..constraints import BUILTIN_RULES
from ..model.meta import Condition
from ..model.node import Node
from ..model.pod import Pod
from ..model.state import State
from ..model.world import World
from ..observe.shape import is_ready
from ..passes import step
from ..passes.governed import governed_step, plan_policies
from ..simulator import BoundPod, Durations, PodTransition, PodTransitionKind, SteadyKubelet
from .cluster import FakeCluster
from .host import Host
from .ranking import rank
from .safety import Safety

__all__ = ["Recovery", "Scene", "TroubledKubelet"]

_QUICK = Durations(create=0.0, ready=5.0, terminate=5.0)
_HELD_BACK = 300 + 900
"""Seconds that a write that was never seen may hold a DaemonSet back (C7), and a failed pod its successor (M10)."""
_CYCLE = 40
"""Seconds that the replacement of one pod takes at most: it ends, the next one becomes ready and then available."""


class TroubledKubelet(SteadyKubelet):
    """Five seconds to ready, five to end; on `sick` nodes pods never become ready, on `failing` ones they fail."""

    def __init__(self) -> None:
        super().__init__(_QUICK)
        self.sick: frozenset[str] = frozenset()
        self.failing: frozenset[str] = frozenset()

    def start(self, bound: BoundPod) -> Iterable[PodTransition]:
        """Return what becomes of a pod after binding."""
        if bound.node.name in self.failing:
            return (PodTransition(2.0, PodTransitionKind.FAILED),)
        return () if bound.node.name in self.sick else super().start(bound)

    def resume(self, pod: Pod, node: Node | None, now: datetime) -> Iterable[PodTransition]:
        """Return Ready for a pod that is not: its node is well again."""
        finished = pod.status.phase in ("Failed", "Succeeded")
        if node is None or not node.ready or finished or pod.terminating or is_ready(pod) or node.name in self.sick:
            return ()
        return (PodTransition(_QUICK.ready, PodTransitionKind.READY),)

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        """Return five seconds, however long ago the deletion was; None where the node cannot confirm it."""
        if not pod.spec.node_name or pod.status.phase in ("Failed", "Succeeded"):
            return 0.0
        return _QUICK.terminate if node is not None and node.ready else None


class Recovery(msgspec.Struct, frozen=True):
    """How a cluster came to rest: after how many seconds, of how many allowed, by which ranks, and what is wrong."""

    seconds: float
    bound: float
    ranks: tuple[int, ...]
    problems: tuple[str, ...]


class Scene:
    """One cluster with one or two hosts; `safety.violations` must stay empty whatever happens.

    `make_host` makes the hosts: give your own subclass of Host to find out whether it is safe.
    """

    def __init__(self, world: World, *, now: datetime, make_host: Callable[..., Host] = Host) -> None:
        self._make_host = make_host
        self.kubelet = TroubledKubelet()
        self.node_names = {node.name: node for node in world.nodes}
        self.policies = world.rollout_policies
        self.cluster = FakeCluster(world, self.kubelet, now=now)
        self.safety = Safety(self.cluster)
        self.hosts: list[Host] = []
        self.add_host()

    def add_host(self) -> Host:
        """Let another host begin."""
        host = self._make_host(self.cluster, self.safety.about_to_write)
        self.hosts.append(host)
        self.safety.hosts = max(self.safety.hosts, len(self.hosts))
        return host

    def remove_host(self, place: int) -> None:
        """Let a host end, whatever it was about to write."""
        if len(self.hosts) > 1:
            del self.hosts[place]

    def look(self, host: Host) -> None:
        """Let a host decide, and judge what it decides."""
        before = host.reconciler.state
        self.safety.decided(host, before, host.look())

    @staticmethod
    def as_ready(node: Node, *, ready: bool) -> Node:
        """Return a node that is ready, or that is not."""
        condition = Condition(type="Ready", status="True" if ready else "False")
        return msgspec.structs.replace(node, status=msgspec.structs.replace(node.status, conditions=(condition,)))

    def stop_faults(self) -> None:
        """Let trouble end: one host with a working clock, a complete list; nodes and kubelets that work."""
        del self.hosts[1:]
        for policy in self.policies:
            self.cluster.put_policy(policy)
        self.kubelet.sick = self.kubelet.failing = frozenset()
        for name, first in self.node_names.items():
            node: Node = self.cluster.get("Node", "", name) or first
            self.cluster.inject(self.as_ready(node, ready=False))
            self.cluster.inject(self.as_ready(node, ready=True))
        [host] = self.hosts
        host.skew -= host.skew
        host.wire.relist(host.reconciler)

    def recover(self) -> Recovery:
        """Stop all faults and let the host work; return how the cluster came to rest."""
        self.stop_faults()
        [host] = self.hosts
        bound = float(_HELD_BACK + _CYCLE * (len(self.cluster.list("Pod").items) + len(self.node_names)))
        started, ranks = self.cluster.now, list[int]()
        while (seconds := (self.cluster.now - started).total_seconds()) <= bound:
            busy = self._round(host)
            world = self.cluster.world
            ranks.append(rank(world, self.cluster.now))
            if not busy and ranks[-1] == 0 and not self._wanted(host):
                break
            self.cluster.pass_time(self._until_something(host, busy=busy))
        return Recovery(seconds, bound, _distinct(ranks), tuple(self._problems(host, ranks)))

    def _round(self, host: Host) -> bool:
        host.hear()
        self.look(host)
        busy = bool(host.to_send)
        host.send()
        return busy

    def _until_something(self, host: Host, *, busy: bool) -> float:
        """Return the seconds until a kubelet does something or the host wants to look again; a second while it acts."""
        due, again = self.cluster.cluster.next_due, host.reconciler.plan(host.now).requeue_after
        waits = [1.0] if busy else [60.0]
        waits += [] if due is None else [(due - self.cluster.now).total_seconds()]
        waits += [] if again is None else [again]
        return max(1.0, min(waits))

    def _wanted(self, host: Host) -> list[str]:
        """Return what is to be done in the cluster as it is; of the State only the progress of policies counts."""
        world, now = self.cluster.world, self.cluster.now
        whole = step(world, now=now)
        if world.rollout_policies:
            world = msgspec.structs.replace(world, state=State(rollouts=host.reconciler.state.rollouts))
            whole = governed_step(whole, plan_policies(world, whole, now=now), world, BUILTIN_RULES)
        return [f"{action.verb} {action.kind} {action.name or action.node}" for action in whole.actions]

    def _problems(self, host: Host, ranks: list[int]) -> Iterable[str]:
        if wanted := self._wanted(host):
            yield f"not at rest: {wanted[:5]}"
        if ranks[-1] != 0:
            yield f"rank {ranks[-1]} is left"
        # In the first rounds a new revision is recorded, which makes outdated what was not known to be.
        settled = ranks[2:]
        if any(after > before for before, after in pairwise(settled)):
            yield f"the rank rose: {_distinct(ranks)}"
        for _ in range(60):
            self.cluster.pass_time(10.0)
            if self._round(host):
                yield f"not stable: it acts again after {(self.cluster.now)}"
                break
        yield from self.safety.violations


def _distinct(ranks: list[int]) -> tuple[int, ...]:
    found = ranks[:1]
    for value in ranks:
        if value != found[-1]:
            found.append(value)
    return tuple(found)
