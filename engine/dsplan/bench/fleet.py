"""The nodes of a world: seeded, and sharing every part that two nodes have in common."""

from __future__ import annotations

from sys import intern

from ..model.meta import Condition, ObjectMeta
from ..model.node import Node, NodeSpec, NodeStatus, Taint
from .chance import letters, mixed
from .families import Family, Pool

__all__ = ["make_node", "make_nodes", "unready"]

_NOT_READY = tuple(Taint(key="node.kubernetes.io/not-ready", effect=effect) for effect in ("NoSchedule", "NoExecute"))
_UNSCHEDULABLE = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
_READY_CONDITIONS = (Condition(type="Ready", status="True", reason="KubeletReady"),)
_UNKNOWN_CONDITIONS = (Condition(type="Ready", status="Unknown", reason="NodeStatusUnknown"),)


def make_nodes(family: Family, count: int, *, seed: int = 0, first: int = 0) -> tuple[Node, ...]:
    """Return `count` nodes of a family, by name; number `i` of a seed is always the same node.

    They are made in name order, so that they lie in memory as a list that was read from an API server would.

    >>> from dsplan.bench.families import FAMILIES
    >>> one, two = make_nodes(FAMILIES["eks-like"], 2)
    >>> one.labels["topology.kubernetes.io/zone"], one.name != two.name, one.status is two.status
    ('eu-central-1a', True, True)
    """
    pools = _Pools(family)
    names = sorted((pools.name(number, mixed(seed, number)), number) for number in range(first, first + count))
    return tuple([pools.node(number, seed) for _, number in names])


def make_node(family: Family, number: int, *, seed: int = 0) -> Node:
    """Return one node of a family."""
    return _Pools(family).node(number, seed)


def unready(node: Node) -> Node:
    """Return the node as it is once its kubelet has fallen silent: condition and both taints.

    >>> from dsplan.bench.families import FAMILIES
    >>> unready(make_node(FAMILIES["edge"], 1)).ready
    False
    """
    if not node.ready:
        return node
    spec = NodeSpec(taints=(*node.spec.taints, *_NOT_READY), unschedulable=node.spec.unschedulable)
    status = NodeStatus(
        allocatable=node.status.allocatable, capacity=node.status.capacity, conditions=_UNKNOWN_CONDITIONS
    )
    return Node(metadata=node.metadata, spec=spec, status=status)


class _Pools:
    """Makes nodes; what depends on the pool and the node's health alone is made once."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.by_chance = [pool for pool in family.pools for _ in range(pool.share)]
        self.shared: dict[tuple[str, bool, bool], tuple[NodeSpec, NodeStatus]] = {}
        self.texts: dict[tuple[str, int], str] = {}
        self.labels = {pool.name: {**family.labels, **pool.labels} for pool in family.pools}

    def name(self, number: int, bits: int) -> str:
        return self.family.node_name.format(
            pool=self._pool(bits).name, number=number, high=number >> 8, low=number & 255, letters=letters(bits >> 24)
        )

    def node(self, number: int, seed: int) -> Node:
        family, bits = self.family, mixed(seed, number)
        pool = self._pool(bits)
        healthy, cordoned = bits // 1000 % 1000 >= family.sick, bits // 10**6 % 1000 < family.cordoned
        name = intern(self.name(number, bits))
        spec, status = self._shared(pool, healthy, cordoned)
        if family.own_class:
            taint = Taint(key="example.com/owner", value=name, effect="NoSchedule")
            spec = NodeSpec(taints=(taint, *spec.taints), unschedulable=cordoned)
        metadata = ObjectMeta(
            name=name, uid=f"node-{seed}-{number}", resource_version="1", labels=self._labels(pool, number, name, bits)
        )
        return Node(metadata=metadata, spec=spec, status=status)

    def _pool(self, bits: int) -> Pool:
        return self.by_chance[bits % len(self.by_chance)]

    def _labels(self, pool: Pool, number: int, name: str, bits: int) -> dict[str, str]:
        family = self.family
        labels = dict(self.labels[pool.name])
        if family.zones:
            labels["topology.kubernetes.io/zone"] = family.zones[number % len(family.zones)]
        for key, size in family.domains.items():
            labels[key] = self._text(key.rpartition("/")[2], number // size)
        for key in family.numbers:
            labels[key] = str(number)
        for key in family.unique:
            labels[key] = name if key == "kubernetes.io/hostname" else f"{bits:016x}"
        if family.own_class:
            labels[f"example.com/slot-{number}"] = "taken"
        return labels

    def _text(self, word: str, number: int) -> str:
        return self.texts.setdefault((word, number), f"{word}-{number}")

    def _shared(self, pool: Pool, healthy: bool, cordoned: bool) -> tuple[NodeSpec, NodeStatus]:
        key = (pool.name, healthy, cordoned)
        if key not in self.shared:
            taints = pool.taints + (() if healthy else _NOT_READY) + ((_UNSCHEDULABLE,) if cordoned else ())
            resources: dict[str, str | int | float] = {"cpu": pool.cpu, "memory": pool.memory, "pods": pool.pods}
            conditions = _READY_CONDITIONS if healthy else _UNKNOWN_CONDITIONS
            status = NodeStatus(allocatable=resources, capacity=resources, conditions=conditions)
            self.shared[key] = (NodeSpec(taints=taints, unschedulable=cordoned), status)
        return self.shared[key]
