"""What daemons cost before the first workload: per class of nodes, who lands there, their sum, what is left.

A class is made of nodes that the same DaemonSets want and that agree in the labels asked for, or in size where they do
not have the first of these labels; amounts are those of its smallest node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

import msgspec
from pyroaring import BitMap

from ..manifests.admission import Refusal
from ..model.meta import Identity
from ..model.world import Note, World
from .arrivals import PassOverAll
from .demand import Demand
from .failures import Shortage
from .load import NodeLoad
from .prediction import predict
from .requests import PODS, Amounts, Plenty
from .scene import Scene

__all__ = ["Daemon", "NodeClassOverhead", "NoRoom", "Overhead", "PORTABLE_LABELS", "overhead"]

PORTABLE_LABELS = ("node.kubernetes.io/instance-type", "kubernetes.io/os", "kubernetes.io/arch")
"""Labels that say what kind of machine a node is; asked for unless others are named."""


class Daemon(msgspec.Struct, frozen=True):
    """One DaemonSet's pod on a node of a class: what it asks for, and its host ports."""

    identity: Identity
    requests: Amounts
    ports: tuple[str, ...] = ()


class NodeClassOverhead(msgspec.Struct, frozen=True, kw_only=True):
    """A class of nodes (ids in name order) and what its daemons take.

    `allocatable` is that of the smallest node, `daemons` who lands there, `total` their sum (with `pods`), `left` what
    an otherwise empty node has for workloads: the largest single pod that still fits there asks for no more of
    anything. `free` is what the nodes have now, beside all pods that are there and the daemons that are wanted: the
    least and the most over the nodes. Amounts are in the scheduler's units.
    """

    labels: dict[str, str]
    nodes: BitMap
    allocatable: Amounts
    daemons: tuple[Daemon, ...]
    total: Amounts
    left: Amounts
    free: dict[str, tuple[int, int]]
    known: bool = True

    @property
    def ports(self) -> tuple[tuple[str, Identity], ...]:
        """Every host port that is taken, with whose it is."""
        return tuple(sorted((port, daemon.identity) for daemon in self.daemons for port in daemon.ports))

    @property
    def largest(self) -> Amounts | None:
        """The largest pod that still fits on an otherwise empty node, None where no pod does."""
        if self.left.get(PODS, 0) < 1:
            return None
        return {name: max(0, amount) for name, amount in self.left.items() if name != PODS}


class NoRoom(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes (ids) of one class on which a DaemonSet does not fit once its current template is rolled out everywhere."""

    identity: Identity
    labels: dict[str, str]
    nodes: BitMap
    shortages: tuple[Shortage, ...]


class Overhead(msgspec.Struct, frozen=True, kw_only=True):
    """All classes, the largest first, and who would no longer fit where."""

    classes: tuple[NodeClassOverhead, ...]
    no_room: tuple[NoRoom, ...] = ()
    notes: tuple[Note, ...] = ()


def overhead(world: World, step: PassOverAll, *, by: Sequence[str] = PORTABLE_LABELS) -> Overhead:
    """Return what daemons take of every class of nodes; `by` are the label keys in which a class agrees.

    >>> from datetime import UTC, datetime
    >>> from dsplan import decode, step
    >>> spec = {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m"}}}]}
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}, "status": {"allocatable": {"cpu": "2", "pods": "9"}}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "a", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "a"}},
    ...               "template": {"metadata": {"labels": {"app": "a"}}, "spec": spec}}}])
    >>> found, = overhead(world, step(world, now=datetime(2026, 1, 1, tzinfo=UTC))).classes
    >>> found.total, found.left, found.largest
    ({'cpu': 100, 'pods': 1}, {'cpu': 1900, 'pods': 8}, {'cpu': 1900})
    """
    return _Overhead(world, step, tuple(by)).run()


class _Overhead:
    def __init__(self, world: World, step: PassOverAll, by: tuple[str, ...]) -> None:
        self.world = world
        self.step = step
        self.by = by
        self.scene = Scene(world, doubt=True)
        self.notes: list[Note] = [*self.scene.templates.notes, *self.scene.notes]
        self.wanted: list[tuple[Identity, Demand, BitMap]] = []
        for entry in step.daemonsets:
            demand = self.scene.created(entry.daemonset)
            if isinstance(demand, Refusal):
                self.notes.append(Note(str(entry.daemonset.identity), f"no pod is created: {demand.message}"))
            elif entry.verdicts is not None:
                self.wanted.append((entry.daemonset.identity, demand, entry.verdicts.run))

    def run(self) -> Overhead:
        groups: dict[tuple[tuple[str, ...], tuple[int, ...], Hashable], list[int]] = defaultdict(list)
        for position, load in enumerate(self.scene.loads):
            landing = tuple(n for n, (_, _, nodes) in enumerate(self.wanted) if position in nodes)
            values = tuple(load.node.labels.get(key, "") for key in self.by)
            told = values and values[0] and not isinstance(load.allocatable, Plenty)
            groups[values, landing, None if told else _size(load)].append(position)
        classes = [self._class(values, landing, positions) for (values, landing, _), positions in groups.items()]
        return Overhead(
            classes=tuple(sorted(classes, key=lambda entry: (-len(entry.nodes), entry.nodes[0]))),
            no_room=tuple(self._no_room(classes)),
            notes=tuple(self.notes),
        )

    def _class(self, values: Sequence[str], landing: Sequence[int], positions: Sequence[int]) -> NodeClassOverhead:
        daemons = [self.wanted[n] for n in landing]
        loads = [self.scene.loads[position] for position in positions]
        total = dict(_sum(demand.requests for _, demand, _ in daemons))
        total[PODS] = len(daemons)
        allocatable = _least(loads)
        return NodeClassOverhead(
            labels={key: value for key, value in zip(self.by, values, strict=True) if value},
            nodes=BitMap(positions),
            allocatable=allocatable,
            daemons=tuple(Daemon(name, demand.requests, tuple(map(str, demand.ports))) for name, demand, _ in daemons),
            total=total,
            left={name: amount - total.get(name, 0) for name, amount in allocatable.items()},
            free=dict(self._free(loads, daemons, allocatable)),
            known=not isinstance(loads[0].allocatable, Plenty),
        )

    def _free(
        self,
        loads: Sequence[NodeLoad],
        daemons: Sequence[tuple[Identity, Demand, BitMap]],
        allocatable: Amounts,
    ) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield per resource the least and the most that is free beside all pods and the daemons still to come."""
        missing = []
        for load in loads:
            there = {tenant.owner for tenant in load.tenants}
            missing.append(_sum(demand.requests for name, demand, _ in daemons if name not in there))
        absent = [
            sum(name not in {tenant.owner for tenant in load.tenants} for name, _, _ in daemons) for load in loads
        ]
        for name in allocatable:
            if name == PODS:
                rooms = [load.pods - len(load.tenants) - more for load, more in zip(loads, absent, strict=True)]
            else:
                rooms = [load.free(name) - more.get(name, 0) for load, more in zip(loads, missing, strict=True)]
            yield name, (min(rooms), max(rooms))

    def _no_room(self, classes: Iterable[NodeClassOverhead]) -> Iterator[NoRoom]:
        """Yield where a template would not fit on the nodes that are there, once rolled out."""
        prediction = predict(self.world, self.step, rollout=True)
        ordered = sorted(classes, key=lambda entry: entry.nodes[0])
        for entry in prediction.daemonsets:
            for found in ordered:
                if not found.known:
                    continue
                nodes = entry.impossible & found.nodes
                if nodes:
                    outcome = entry.at(nodes[0])
                    shortages = [part for failure in outcome.failures for part in failure.shortages] if outcome else []
                    yield NoRoom(identity=entry.identity, labels=found.labels, nodes=nodes, shortages=tuple(shortages))


def _size(load: NodeLoad) -> Hashable:
    """Return what tells nodes apart whose labels do not."""
    return load.pods, tuple(sorted(load.allocatable.items()))


def _sum(requests: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for amounts in requests:
        for name, amount in amounts.items():
            total[name] = total.get(name, 0) + amount
    return total


def _least(loads: Sequence[NodeLoad]) -> Amounts:
    names = list(dict.fromkeys(name for load in loads for name in load.allocatable))
    return {name: min(load.allocatable.get(name, 0) for load in loads) for name in names}
