"""What does one event cost a Reconciler, and does it depend on the size of the cluster?

10,000 nodes x 50 DaemonSets, every pod in place. Times are printed, ratios are asserted; run with `-s` to see them.
The large cluster has ten times the nodes and a tenth of the DaemonSets, since five million pods do not fit in memory;
it is compared with a small one of as many DaemonSets.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import Any

import msgspec
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import dsplan
from dsplan.model.daemonset import DaemonSet
from dsplan.model.meta import Condition, ObjectMeta
from dsplan.model.node import Node, NodeSpec
from dsplan.model.pod import Pod, PodSpec
from dsplan.model.world import World
from dsplan.reconciler import Reconciler
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision

_POOLS = 20
LITTLE_MORE = 2.5
"""What ten times the nodes may cost, for they fill more of the caches; work on all nodes would cost ten times."""
_LATER = NOW + timedelta(hours=1)
_NOT_READY = Condition(type="Ready", status="False", last_transition_time=NOW)


def cluster(nodes: int, daemonsets: int) -> World:
    """Return a cluster at rest: 20 pools, three zones; a third of the DaemonSets select pools, a third tolerate all."""
    pools = [a_node("n", zone="abc"[pool % 3], labels={"pool": str(pool)}) for pool in range(_POOLS)]
    made = [_with_name(pools[number % _POOLS], f"node-{number:06}") for number in range(nodes)]
    sets, pods, revisions = [], [], []
    for number in range(daemonsets):
        daemonset = _daemonset(number)
        model = a_pod(daemonset, "n", hash_label="5d")
        wanted = made if number % 3 else [node for node in made if int(node.labels["pool"]) < 10]
        pods += [_on(model, node.name) for node in wanted]
        status = {
            "desired_number_scheduled": len(wanted),
            "current_number_scheduled": len(wanted),
            "number_ready": len(wanted),
            "updated_number_scheduled": len(wanted),
            "number_available": len(wanted),
            "observed_generation": 1,
        }
        sets.append(msgspec.structs.replace(daemonset, status=msgspec.structs.replace(daemonset.status, **status)))
        revisions.append(a_revision(daemonset, number=1, hash_label="5d"))
    return World(nodes=tuple(made), daemonsets=tuple(sets), pods=tuple(pods), revisions=tuple(revisions))


def _daemonset(number: int) -> DaemonSet:
    spec: dict[str, Any] = {"tolerations": [{"operator": "Exists"}]} if number % 3 == 2 else {}
    if number % 3 == 0:
        expression = {"key": "pool", "operator": "In", "values": [str(pool) for pool in range(10)]}
        terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    return a_daemonset(f"ds-{number:02}", spec=spec, max_unavailable="10%")


def _with_name(node: Node, name: str) -> Node:
    metadata = msgspec.structs.replace(node.metadata, name=name, uid=f"uid-{name}")
    return msgspec.structs.replace(node, metadata=metadata)


def _on(model: Pod, node: str) -> Pod:
    name = f"{model.metadata.labels['app']}-{node}"
    metadata: ObjectMeta = msgspec.structs.replace(model.metadata, name=name, uid=f"uid-{name}")
    return msgspec.structs.replace(model, metadata=metadata, spec=PodSpec(node_name=node))


class Watched:
    """A Reconciler at rest, and the events it is sent."""

    def __init__(self, nodes: int, daemonsets: int) -> None:
        world = cluster(nodes, daemonsets)
        self.nodes = world.nodes[:: max(1, nodes // 500)]
        owner = world.daemonsets[1].name
        self.pods = {pod.spec.node_name: pod for pod in world.pods if pod.metadata.labels["app"] == owner}
        self.version = 0
        started = perf_counter()
        dsplan.step(world, now=_LATER)
        self.step = perf_counter() - started
        self.reconciler = Reconciler(world)
        started = perf_counter()
        self.reconciler.plan(_LATER)
        self.first_plan = perf_counter() - started
        self.reconciler.delta(_LATER)
        gc.collect()
        gc.freeze()

    def stamped(self, item: Any) -> Any:
        self.version += 1
        metadata = msgspec.structs.replace(item.metadata, resource_version=str(self.version))
        return msgspec.structs.replace(item, metadata=metadata)

    def pod_microseconds(self, change: Callable[[Pod], Pod], *, ask: str = "") -> float:
        """Return the median cost of telling it that pods of one DaemonSet changed; each is put back before the next.

        `ask` names what is asked for after each event: `delta` or `plan`.
        """
        costs = []
        for node in self.nodes:
            pod = self.pods[node.name]
            event = {"type": "MODIFIED", "object": self.stamped(change(pod))}
            started = perf_counter()
            self.reconciler.observe(event)
            if ask:
                getattr(self.reconciler, ask)(_LATER)
            costs.append(perf_counter() - started)
            self.reconciler.observe({"type": "MODIFIED", "object": self.stamped(pod)})
            self.reconciler.delta(_LATER)
        return median(costs) * 1e6

    def microseconds(
        self, change: Callable[[Node, int], Node], *, raw: bool = False, ask: bool = False, undo: bool = False
    ) -> float:
        """Return the median cost of telling it of changes of some hundred nodes.

        With `ask` the delta is asked for, too; with `undo` every change is taken back before the next, for otherwise
        the work that nobody does piles up, and it would be measured how long it takes to list that.
        """
        costs = []
        for turn, node in enumerate(self.nodes):
            item: Any = self.stamped(change(node, turn))
            if raw:
                item = {"apiVersion": "v1", "kind": "Node", **msgspec.to_builtins(item)}
            event = {"type": "MODIFIED", "object": item}
            started = perf_counter()
            self.reconciler.observe(event)
            if ask:
                self.reconciler.delta(_LATER)
            costs.append(perf_counter() - started)
            if undo:
                self.reconciler.observe({"type": "MODIFIED", "object": self.stamped(node)})
                self.reconciler.delta(_LATER)
        return median(costs) * 1e6


def heartbeat(node: Node, turn: int) -> Node:
    return node


def cordon(node: Node, turn: int) -> Node:
    """A taint that all daemon pods tolerate: another class, the same verdicts."""
    return _tainted(node, "node.kubernetes.io/unschedulable:NoSchedule")


def to_other_pool(node: Node, turn: int) -> Node:
    """A label that a third of the DaemonSets select by: their verdicts change for every second node."""
    labels = {**node.labels, "pool": str((int(node.labels["pool"]) + 10) % 20)}
    return msgspec.structs.replace(node, metadata=msgspec.structs.replace(node.metadata, labels=labels))


def strange(node: Node, turn: int) -> Node:
    """A taint never seen before: every constraint of every DaemonSet is asked."""
    return _tainted(node, f"strange-{turn}=yes:NoSchedule")


def _tainted(node: Node, text: str) -> Node:
    spec: NodeSpec = a_node("n", taints=(text,)).spec
    return msgspec.structs.replace(node, spec=spec)


def same_pod(pod: Pod) -> Pod:
    """A status that says nothing new: another resourceVersion, as kubelets write it all the time."""
    return pod


def sick_pod(pod: Pod) -> Pod:
    """The pod is not ready any more: its node is in another situation, the status another."""
    return msgspec.structs.replace(pod, status=msgspec.structs.replace(pod.status, conditions=(_NOT_READY,)))


def measure(watched: Watched) -> dict[str, float]:
    """Return what each kind of event costs, in microseconds; between two kinds all nodes are put back."""
    figures = {"heartbeat": watched.microseconds(heartbeat)}
    figures["heartbeat, raw"] = watched.microseconds(heartbeat, raw=True)
    figures["heartbeat and delta"] = watched.microseconds(heartbeat, ask=True)
    for name, change, ask in (
        ("known class, same verdicts", cordon, False),
        ("known class, other verdicts", to_other_pool, False),
        ("known class, other verdicts, and delta", to_other_pool, True),
    ):
        for again in (heartbeat, change, heartbeat):
            watched.microseconds(again)
        watched.reconciler.delta(_LATER)
        figures[name] = watched.microseconds(change, ask=ask, undo=ask)
    watched.microseconds(heartbeat)
    figures["new class"] = watched.microseconds(strange)
    watched.microseconds(heartbeat)
    watched.reconciler.delta(_LATER)
    figures["pod, nothing new"] = watched.pod_microseconds(same_pod)
    figures["pod, nothing new, and delta"] = watched.pod_microseconds(same_pod, ask="delta")
    figures["pod falls sick"] = watched.pod_microseconds(sick_pod)
    figures["pod falls sick, and delta"] = watched.pod_microseconds(sick_pod, ask="delta")
    figures["pod falls sick, and plan"] = watched.pod_microseconds(sick_pod, ask="plan")
    return figures


def missing_pods(nodes: int) -> float:
    """Return the cost of one event, delta included, while all pods of one DaemonSet are still to be created."""
    watched = Watched(nodes, 2)
    fresh = a_daemonset("fresh", version=1)
    for item in (fresh, a_revision(fresh, hash_label="5d", version=1)):
        watched.reconciler.observe({"type": "ADDED", "object": item})
    watched.reconciler.delta(_LATER)
    costs = []
    for turn, node in enumerate(watched.nodes):
        pod = a_pod(fresh, node.name, name=f"fresh-{turn}", uid=f"uid-{turn}", version=turn + 1, ready_since=None)
        started = perf_counter()
        watched.reconciler.observe({"type": "ADDED", "object": pod})
        watched.reconciler.delta(_LATER)
        costs.append(perf_counter() - started)
    return median(costs) * 1e6


def test_work_left_for_later_costs_nothing_now() -> None:
    small, large = missing_pods(1_000), missing_pods(20_000)
    print(f"\none of 1,000 / of 20,000 missing pods appears: {small:.0f} us / {large:.0f} us, delta included")
    assert large / small <= LITTLE_MORE


@pytest.fixture(autouse=True)
def _thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.benchmark(group="incremental: one label changes, 2,000 nodes x 10 DaemonSets")
def test_an_event_and_the_delta(benchmark: BenchmarkFixture) -> None:
    watched = Watched(2_000, 10)
    changes = cycle([(node, change) for node in watched.nodes for change in (to_other_pool, heartbeat)])

    def told() -> None:
        """Move a node to another pool, or back."""
        node, change = next(changes)
        watched.reconciler.observe({"type": "MODIFIED", "object": watched.stamped(change(node, 0))})
        watched.reconciler.delta(_LATER)

    benchmark.pedantic(told, rounds=200)


@pytest.mark.benchmark(group="incremental: one label changes, 2,000 nodes x 10 DaemonSets")
def test_a_whole_pass_for_every_event(benchmark: BenchmarkFixture) -> None:
    world = cluster(2_000, 10)
    benchmark.pedantic(lambda: dsplan.step(world, now=_LATER), rounds=3)


def test_ten_thousand_nodes() -> None:
    watched = Watched(10_000, 50)
    figures = measure(watched)
    print(f"\n10,000 nodes x 50 DaemonSets: step {watched.step:.2f} s, first plan {watched.first_plan:.2f} s")
    for name, cost in figures.items():
        print(f"{name:40} {cost:8.1f} us")
    shares = {name: watched.step * 1e6 / cost for name, cost in figures.items()}
    assert shares["heartbeat"] > 10_000
    assert shares["known class, other verdicts"] > 3_000
    assert shares["new class"] > 300
    assert shares["pod falls sick, and plan"] > 1_000


def test_ten_times_the_nodes_cost_no_more() -> None:
    small = measure(Watched(10_000, 5))
    gc.unfreeze()
    large = measure(Watched(100_000, 5))
    ratios = {name: large[name] / small[name] for name in small}
    print()
    for name, ratio in ratios.items():
        print(f"{name:40} {small[name]:8.1f} us {large[name]:8.1f} us  x {ratio:.2f}")
    assert max(ratios.values()) <= LITTLE_MORE
