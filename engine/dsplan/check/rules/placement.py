"""Pods that find no place: ports, room, quotas, and whom new pods drive out."""

from __future__ import annotations

from collections.abc import Iterator

from pyroaring import BitMap

from ...model.node import Node
from ...placement.filters.failures import Failure, Plugin
from ...placement.filters.outcomes import OutcomeKind
from ...planner.account.types import Row
from ...planner.account.words import Fate, LotKind
from ..rule import rule
from ..scene import SPEC, Scene, Subject, named
from ..types import Severity, Spot
from .nodes import counted_text

__all__ = ["RULES"]


def _failures(subject: Subject, position: int) -> tuple[Failure, ...]:
    """Return what the scheduler says against the pod on one node."""
    for prediction in (subject.plan.prediction, subject.plan.later):
        outcome = prediction.at(position) if prediction is not None else None
        if outcome is not None and outcome.failures:
            return outcome.failures
    return ()


def _unplaced(subject: Subject) -> Iterator[tuple[Row, frozenset[Plugin], BitMap]]:
    """Yield the nodes where the wanted pod finds no place, by the filters that object."""
    for row in subject.rows(Fate.UNPLACED):
        found: dict[frozenset[Plugin], BitMap] = {}
        for position in row.nodes:
            plugins = frozenset(each.plugin for each in _failures(subject, position))
            found.setdefault(plugins, BitMap()).add(position)
        for plugins, nodes in sorted(found.items(), key=lambda item: item[1][0]):
            yield row, plugins, nodes


@rule(
    "DSP103",
    "evicts-workloads",
    Severity.WARNING,
    summary="New pods of the DaemonSet evict running pods.",
    why="A higher priority makes room by killing what runs there; the scheduler tries to keep PodDisruptionBudgets and "
    "does not have to.",
    source="P2, P3",
)
def evicts_workloads(scene: Scene) -> Iterator[Spot]:
    """Whose pods are evicted, and where."""
    for subject in scene.subjects:
        evictions = subject.account.evictions
        if not evictions:
            continue
        pods = sum(each.pods * len(each.nodes) for each in evictions)
        nodes = BitMap.union(BitMap(), *(each.nodes for each in evictions))
        victims = [
            f"{each.victim.kind} {each.victim} ({each.pods * len(each.nodes):,})"
            for each in sorted(evictions, key=lambda each: (-each.pods * len(each.nodes), each.victim))
        ]
        text = f"evicts {counted_text(pods, 'pod')} on {counted_text(len(nodes), 'node')}: {named(victims)}"
        fix = "lower its requests, make room first, or use a priority class with preemptionPolicy: Never"
        yield subject.spot(text, f"{SPEC}.priorityClassName", nodes=nodes, fix=fix)


@rule(
    "DSP104",
    "port-in-use",
    Severity.ERROR,
    summary="A host port that the pod needs is taken on some nodes.",
    why="Two pods cannot share a host port of a node; the new one stays Pending, and the roll-out waits for it.",
    source="k/k#106417; K12, K13",
)
def port_in_use(scene: Scene) -> Iterator[Spot]:
    """Nodes where another pod has the port; a port is certain also where a node does not tell its room."""
    for subject in scene.subjects:
        taken: dict[str, BitMap] = {}
        for prediction in (subject.plan.prediction, subject.plan.later):
            for fate in prediction.fates if prediction is not None else ():
                failures = fate.outcome.failures if fate.outcome.kind is OutcomeKind.PENDING else ()
                for failure in failures:
                    for shortage in failure.shortages if failure.plugin is Plugin.NODE_PORTS else ():
                        what = str(shortage)
                        taken[what] = taken.get(what, BitMap()) | fate.nodes
        for what, nodes in sorted(taken.items()):
            text = f"stays Pending on {counted_text(len(nodes), 'node')}: host port {what}"
            yield subject.spot(text, _ports_field(subject), nodes=nodes, fix="use another host port, or none")


def _ports_field(subject: Subject) -> str:
    for path, container in subject.containers():
        if container.get("ports"):
            return f"{path}.ports"
    return f"{SPEC}.containers"


@rule(
    "DSP105",
    "no-room",
    Severity.ERROR,
    summary="The pod is wanted on nodes that have no room for it.",
    why="It stays Pending there for ever: daemon pods are bound to one node each, and no autoscaler makes that node "
    "bigger.",
    source="k/k#140984, k/k#58868, karpenter#731; K5-K9, K20",
)
def no_room(scene: Scene) -> Iterator[Spot]:
    """Nodes where requests do not fit."""
    for subject in scene.subjects:
        for row, plugins, nodes in _unplaced(subject):
            if row.reason != "pending" or (plugins and Plugin.NODE_RESOURCES not in plugins):
                continue
            if not plugins and "Insufficient" not in row.text and "Too many pods" not in row.text:
                continue
            nodes = BitMap(position for position in nodes if _tells_room(subject.index.nodes[position]))
            if not nodes:
                continue
            example = f" ({row.example})" if row.example else ""
            loses = ", where one runs now" if row.loses else ""
            text = f"stays Pending on {counted_text(len(nodes), 'node')}{loses}: {row.text}{example}"
            fix = "lower its requests, raise its priority, or free these nodes"
            yield subject.spot(text, f"{SPEC}.containers[0].resources", nodes=nodes, fix=fix)


def _tells_room(node: Node) -> bool:
    """Return whether a node says how much of everything it has; of a real one the kubelet does."""
    room = node.status.allocatable or node.status.capacity or {}
    return all(resource in room for resource in ("cpu", "memory", "pods"))


@rule(
    "DSP106",
    "quota-refuses",
    Severity.ERROR,
    summary="A ResourceQuota of the namespace refuses pods of the DaemonSet.",
    why="A refused pod is never created: the node goes without, and only an event of the DaemonSet tells.",
    source="L10, X13",
)
def quota_refuses(scene: Scene) -> Iterator[Spot]:
    """Pods that are refused for want of quota."""
    for subject, row in _refused(scene):
        if "quota" in row.example:
            text = f"{counted_text(row.count(LotKind.COMES) or len(row), 'pod is', 'pods are')} refused: {row.example}"
            fix = "raise the quota, or run it in a namespace without one"
            yield subject.spot(text, nodes=row.nodes, fix=fix)


@rule(
    "DSP113",
    "pod-never-runs",
    Severity.ERROR,
    summary="The pod is wanted on nodes where it cannot run, for another reason than room, ports or quota.",
    why="The API server, the scheduler or the kubelet says no to it every time, and the roll-out waits.",
    source="K1-K21, P1",
)
def pod_never_runs(scene: Scene) -> Iterator[Spot]:
    """Everything else that is wanted and impossible."""
    told = {Plugin.NODE_RESOURCES, Plugin.NODE_PORTS}
    for subject in scene.subjects:
        for row, plugins, nodes in _unplaced(subject):
            if "quota" in row.example or plugins & told or "Insufficient" in row.text or "Too many pods" in row.text:
                continue
            word = {"refused": "refused", "rejected": "rejected by the kubelet"}.get(row.reason, "Pending")
            text = f"{word} on {counted_text(len(nodes), 'node')}: {row.example or row.text}"
            yield subject.spot(text, nodes=nodes, fix="see `dsplan fit` for what each node says")


def _refused(scene: Scene) -> Iterator[tuple[Subject, Row]]:
    for subject in scene.subjects:
        yield from ((subject, row) for row in subject.rows(Fate.UNPLACED) if row.reason == "refused")


RULES = (evicts_workloads, port_in_use, no_room, quota_refuses, pod_never_runs)
