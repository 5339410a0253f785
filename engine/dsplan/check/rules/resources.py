"""Requests, limits and priority: whether the pods get their room, and what they take from others."""

from __future__ import annotations

from collections.abc import Iterator

from pyroaring import BitMap

from ...passes.step_types import Step
from ...placement.filters.failures import Shortage, amount_text
from ...placement.overhead import NodeClassOverhead, overhead
from ...planner.account.words import Fate
from ..rule import rule
from ..scene import SPEC, Scene, Subject, named
from ..types import Severity, Spot
from .agents import is_critical_agent
from .nodes import counted_text

__all__ = ["RULES"]


@rule(
    "DSP301",
    "no-requests",
    Severity.WARNING,
    summary="No container requests CPU or memory.",
    why="The pod is BestEffort: first to be evicted when a node runs short, and the scheduler keeps no room for it.",
    source="k/k#58868; Kubernetes QoS classes",
)
def no_requests(scene: Scene) -> Iterator[Spot]:
    """Templates without any request or limit."""
    for subject in scene.subjects:
        containers = subject.spec.containers
        own = subject.spec.resources
        asks = own is not None and (own.requests or own.limits)
        if containers and not asks and not any(each.resources.requests or each.resources.limits for each in containers):
            text = f"{counted_text(len(containers), 'container')} without any request: its pods are evicted first"
            fix = "request what it needs, at least memory"
            yield subject.spot(text, f"{SPEC}.containers[0].resources", fix=fix)


@rule(
    "DSP302",
    "limits-without-requests",
    Severity.INFO,
    summary="A container has limits and no requests, so that it requests as much as its limits.",
    why="A limit is meant as a ceiling; as a request it keeps that much of every node free for the daemon.",
    source="D10",
)
def limits_without_requests(scene: Scene) -> Iterator[Spot]:
    """Limits that become requests."""
    for subject in scene.subjects:
        for place, container in enumerate(subject.spec.containers):
            given = container.resources
            missing = sorted(set(given.limits) & {"cpu", "memory"} - set(given.requests))
            if missing:
                amounts = ", ".join(f"{given.limits[name]} {name}" for name in missing)
                where = f"requests {amounts} on {_everywhere(subject)}"
                text = f"container {container.name} {where}: its limits count as requests"
                yield subject.spot(text, f"{SPEC}.containers[{place}].resources", fix="write the requests")


def _everywhere(subject: Subject) -> str:
    return counted_text(len(subject.wanted), "node") if subject.plan.nodes else "every node"


@rule(
    "DSP303",
    "larger-than-nodes",
    Severity.ERROR,
    summary="The pod requests more than some selected nodes have in all.",
    why="No eviction and no waiting helps: on these nodes it stays Pending for ever.",
    source="karpenter#731; K5-K9",
)
def larger_than_nodes(scene: Scene) -> Iterator[Spot]:
    """Requests beyond what an empty node offers."""
    for subject in scene.subjects:
        unplaced = BitMap.union(BitMap(), *(row.nodes for row in subject.rows(Fate.UNPLACED)))
        found: dict[str, BitMap] = {}
        for prediction in (subject.plan.prediction, subject.plan.later):
            for fate in prediction.fates if prediction is not None else ():
                for failure in fate.outcome.failures:
                    for each in failure.shortages:
                        if each.total and each.needed > each.total:
                            text = _larger(each)
                            found[text] = found.get(text, BitMap()) | (fate.nodes & unplaced)
        for text, nodes in sorted(found.items()):
            if nodes:
                where = f"{text} of {counted_text(len(nodes), 'node')}"
                fix = "lower the request, or keep it off these nodes"
                yield subject.spot(where, f"{SPEC}.containers[0].resources", nodes=nodes, fix=fix)


def _larger(shortage: Shortage) -> str:
    needed, total = (amount_text(shortage.subject, amount) for amount in (shortage.needed, shortage.total))
    return f"requests {needed} {shortage.subject}, more than the {total} in all"


@rule(
    "DSP304",
    "daemon-overhead",
    Severity.INFO,
    summary="All DaemonSets together request more than a share of some nodes.",
    why="What daemons take is paid for on every node and is not there for workloads; small nodes are hit hardest.",
    source="karpenter#1185; K5",
)
def daemon_overhead(scene: Scene) -> Iterator[Spot]:
    """Node classes beyond the share, told of the DaemonSet that takes most of those asked about."""
    steps = tuple(each.step for each in scene.plan.daemonsets)
    whole = Step(now=scene.plan.now, daemonsets=steps, index=scene.index, state=scene.plan.state)
    subjects = {subject.identity: subject for subject in scene.subjects}
    for found in overhead(scene.world, whole).classes if subjects and scene.index.nodes else ():
        for resource in ("cpu", "memory"):
            share = _share(found, resource)
            mine = [each for each in found.daemons if each.identity in subjects and each.requests.get(resource, 0)]
            if share <= scene.options.overhead_share or not mine:
                continue
            largest = max(mine, key=lambda each: (each.requests[resource], each.identity))
            subject = subjects[largest.identity]
            names = subject.names(found.nodes)
            where = f"{counted_text(len(names), 'node')} ({named(names)})"
            own = amount_text(resource, largest.requests[resource])
            text = f"daemons request {share:.0%} of the {resource} of {where}; this one {own}"
            field = f"{SPEC}.containers[0].resources"
            fix = "lower requests, use larger nodes, or keep daemons off small ones"
            yield subject.spot(text, field, nodes=found.nodes, fix=fix)


def _share(found: NodeClassOverhead, resource: str) -> float:
    there = found.allocatable.get(resource, 0)
    return found.total.get(resource, 0) / there if found.known and there else 0.0


@rule(
    "DSP305",
    "no-priority-class",
    Severity.WARNING,
    summary="An agent that workloads of a node depend on has no priority class.",
    why="On a full node it stays Pending while workloads run, and under pressure it is evicted before them.",
    source="k/k#140984; P1, P2",
)
def no_priority_class(scene: Scene) -> Iterator[Spot]:
    """Network, volume and device plug-ins without priority."""
    for subject in scene.subjects:
        spec = subject.spec
        if is_critical_agent(subject) and not spec.priority_class_name and spec.priority is None:
            text = f"provides network, volumes or devices on {_everywhere(subject)} and has no priority class"
            patch = {"spec": {"template": {"spec": {"priorityClassName": "system-node-critical"}}}}
            fix = "use system-node-critical"
            yield subject.spot(text, f"{SPEC}.priorityClassName", fix=fix, **subject.patched(patch))


RULES = (no_requests, limits_without_requests, larger_than_nodes, daemon_overhead, no_priority_class)
