"""What daemons cost before the first workload: per class of nodes, who lands there, their sum, what is left.

A class is made of nodes that the same DaemonSets want and that agree in the labels asked for, or in size where no label
tells the kind of machine; amounts are those of its smallest node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec
from pyroaring import BitMap

from ..apiserver.admission import Refusal
from ..model.arguments import check_world
from ..model.brief import Brief
from ..model.meta import Identity
from ..model.node import POOL_LABEL, pool_of
from ..model.world import Note, World
from .filters.demand import Demand, owner_of, split_pin
from .filters.failures import Holder, Shortage
from .filters.node_load import NodeLoad
from .filters.requests import PODS, Amounts, UnknownAllocatable
from .filters.scheduler_view import SchedulerView
from .scheduler.arrivals import PassOverAll
from .scheduler.prediction import NEVER, DaemonSetPrediction, Prediction, predict

__all__ = ["CLASS_LABELS", "NODE_POOL", "Daemon", "NoRoom", "NodeClassOverhead", "Overhead", "Standing", "overhead"]

NODE_POOL = "NodePool"
"""Stands for the label by which a node says its pool, whichever it has (`POOL_LABELS`)."""

_TYPE = "node.kubernetes.io/instance-type"
CLASS_LABELS = (NODE_POOL, _TYPE, "kubernetes.io/os", "kubernetes.io/arch")
"""Labels in which the nodes of a class agree, unless others are named."""

_ALIKE = (_TYPE, POOL_LABEL)
"""Labels that tell the kind of machine: nodes that agree in one of these count as equally large."""


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


class Standing(StrEnum):
    """What is there now of a pod that would find no room."""

    RUNNING = "running"
    """It runs: the current template no longer fits where the old one did."""
    NEW = "new"
    """Nothing: a DaemonSet comes to nodes where it does not fit."""
    PENDING = "pending"
    """It waits already."""


class NoRoom(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes (ids) of one class on which a DaemonSet does not fit once its current template is rolled out everywhere.

    `shortages` are those of the first of the nodes; `number` is the position of the class.
    """

    identity: Identity
    standing: Standing
    number: int
    labels: dict[str, str]
    nodes: BitMap
    shortages: tuple[Shortage, ...]


class Overhead(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """All classes, the largest first; who would no longer fit where, what runs now first; and who is evicted for it."""

    classes: tuple[NodeClassOverhead, ...]
    no_room: tuple[NoRoom, ...] = ()
    evicted: tuple[Holder, ...] = ()
    notes: tuple[Note, ...] = ()


def overhead(world: World, step: PassOverAll, *, by: Sequence[str] = CLASS_LABELS) -> Overhead:
    """Return what daemons take of every class of nodes; a class agrees in the labels `by` (or `NODE_POOL`).

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
    check_world(world)
    return _Overhead(world, step, tuple(by)).run()


class _Overhead:
    def __init__(self, world: World, step: PassOverAll, by: tuple[str, ...]) -> None:
        self.world = world
        self.step = step
        self.by = by
        self.scene = SchedulerView(world, doubt=True)
        self.notes: list[Note] = [*self.scene.templates.notes, *self.scene.notes]
        self.wanted: list[tuple[Identity, Demand, BitMap]] = []
        for entry in step.daemonsets:
            demand = self.scene.created(entry.daemonset)
            if isinstance(demand, Refusal):
                self.notes.append(Note(str(entry.daemonset.identity), f"no pod is created: {demand.message}"))
            elif entry.verdicts is not None:
                self.wanted.append((entry.daemonset.identity, demand, entry.verdicts.run))
        self._waiting: dict[Identity, BitMap] = defaultdict(BitMap)
        for pod in self.scene.waiting:
            position = self.scene.positions.get(split_pin(pod.spec)[0] or "")
            if position is not None:
                self._waiting[owner_of(pod)].add(position)

    def run(self) -> Overhead:
        groups: dict[tuple[tuple[str, ...], tuple[int, ...], Hashable], list[int]] = defaultdict(list)
        for position, load in enumerate(self.scene.loads):
            landing = tuple(n for n, (_, _, nodes) in enumerate(self.wanted) if position in nodes)
            values = tuple(_value(load.node.labels, key) for key in self.by)
            groups[values, landing, self._size(load)].append(position)
        classes = [self._class(values, landing, positions) for (values, landing, _), positions in groups.items()]
        classes.sort(key=lambda entry: (-len(entry.nodes), entry.nodes[0]))
        prediction = predict(self.world, self.step, rollout=True)
        return Overhead(
            classes=tuple(classes),
            no_room=tuple(self._no_room(classes, prediction)),
            evicted=prediction.evicted,
            notes=tuple(self.notes),
        )

    def _size(self, load: NodeLoad) -> Hashable:
        """Return what tells nodes apart whose labels do not: their size, if they tell it."""
        labels = load.node.labels
        if isinstance(load.allocatable, UnknownAllocatable):
            return None
        if any(key in labels for key in _ALIKE) or (self.by != CLASS_LABELS and _value(labels, self.by[0])):
            return "told"
        return load.pods, tuple(sorted(load.allocatable.items()))

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
            known=not isinstance(loads[0].allocatable, UnknownAllocatable),
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

    def _no_room(self, classes: Sequence[NodeClassOverhead], prediction: Prediction) -> Iterator[NoRoom]:
        """Yield where a template would not fit on the nodes that are there, once rolled out; what runs now first."""
        homes = {position: number for number, those in enumerate(classes) if those.known for position in those.nodes}
        running = self._running()
        gaps = [
            gap
            for entry in prediction.daemonsets
            for gap in _gaps(entry, homes, classes, running[entry.identity], self._waiting[entry.identity])
        ]
        order = list(Standing)
        yield from sorted(gaps, key=lambda gap: order.index(gap.standing))

    def _running(self) -> dict[Identity, BitMap]:
        """Return where pods of each owner are."""
        found: dict[Identity, BitMap] = defaultdict(BitMap)
        for position, load in enumerate(self.scene.loads):
            for tenant in load.tenants:
                found[tenant.owner].add(position)
        return found


def _gaps(
    entry: DaemonSetPrediction,
    homes: Mapping[int, int],
    classes: Sequence[NodeClassOverhead],
    running: BitMap,
    waiting: BitMap,
) -> Iterator[NoRoom]:
    """Yield, per class and standing, the nodes where one DaemonSet finds no room."""
    outcomes = {position: fate.outcome for fate in entry.fates if fate.outcome.kind in NEVER for position in fate.nodes}
    groups: dict[tuple[int, Standing], BitMap] = defaultdict(BitMap)
    for position in sorted(outcomes.keys() & homes.keys()):
        waits = Standing.PENDING if position in waiting else Standing.NEW
        groups[homes[position], Standing.RUNNING if position in running else waits].add(position)
    for (number, standing), nodes in sorted(groups.items()):
        yield NoRoom(
            identity=entry.identity,
            standing=standing,
            number=number,
            labels=classes[number].labels,
            nodes=nodes,
            shortages=tuple(part for failure in outcomes[nodes[0]].failures for part in failure.shortages),
        )


def _value(labels: Mapping[str, str], key: str) -> str:
    return pool_of(dict(labels)) if key == NODE_POOL else labels.get(key, "")


def _sum(requests: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for amounts in requests:
        for name, amount in amounts.items():
            total[name] = total.get(name, 0) + amount
    return total


def _least(loads: Sequence[NodeLoad]) -> Amounts:
    names = list(dict.fromkeys(name for load in loads for name in load.allocatable))
    return {name: min(load.allocatable.get(name, 0) for load in loads) for name in names}
