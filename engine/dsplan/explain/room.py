"""What would make a pod fit that is wanted and does not: room freed, a smaller request, a higher priority.

These are proposals; each is verified by planning and predicting again before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..apiserver.validation.priorityclass import SYSTEM_CLASSES
from ..model.daemonset import DaemonSet
from ..model.meta import controller_of
from ..model.node import Node
from ..model.pod import Pod
from ..model.quantity import QuantityError, milli_value, parse_quantity, value
from ..model.world import World
from ..placement.filters.failures import Failure, Plugin, Shortage, amount_text
from ..placement.filters.requests import CPU, Amounts, pod_requests
from .edits import DeletePod, Edit, FreeRoom, SetField
from .search import Side

__all__ = ["room_edits"]

_CONTAINERS = "spec.template.spec.containers"
_TRIED = 5

Suggestion = tuple[Side, tuple[Edit, ...]]


def room_edits(world: World, daemonset: DaemonSet, node: Node, failures: Sequence[Failure]) -> Iterator[Suggestion]:
    """Yield sets of edits that could make the pod fit, where resources stand in its way or priority would help."""
    if all(failure.plugin is Plugin.NODE_RESOURCES for failure in failures):
        short = [shortage for failure in failures for shortage in failure.shortages]
        yield Side.NODE, tuple(FreeRoom(node.name, entry.subject, entry.needed - entry.free) for entry in short)
        smaller = [edit for entry in short if (edit := _smaller(daemonset, entry)) is not None]
        if len(smaller) == len(short):
            yield Side.DAEMONSET, tuple(smaller)
        for pod in _large_enough(world, node, short):
            yield Side.CLUSTER, (DeletePod(pod.metadata.namespace, pod.name),)
    if all(failure.resolvable for failure in failures):
        for name in _higher_classes(world, daemonset):
            yield Side.DAEMONSET, (SetField(daemonset.identity, "spec.template.spec.priorityClassName", name),)


def _smaller(daemonset: DaemonSet, short: Shortage) -> SetField | None:
    """Return the edit that lowers the largest request of a resource by what is missing, None where none is so large."""
    resource = short.subject
    requests = [
        (_units(resource, written), -place)
        for place, container in enumerate(daemonset.pod.spec.containers)
        if (written := container.resources.requests.get(resource, container.resources.limits.get(resource))) is not None
    ]
    if not requests:
        return None
    largest, place = max(requests)
    left = largest - (short.needed - short.free)
    if left < 0:
        return None
    path = f"{_CONTAINERS}[{-place}].resources.requests[{resource}]"
    return SetField(daemonset.identity, path, amount_text(resource, left))


def _units(resource: str, written: str | int | float) -> int:
    try:
        exact = parse_quantity(written)
    except QuantityError:
        return 0
    return milli_value(exact) if resource == CPU else value(exact)


def _large_enough(world: World, node: Node, short: Sequence[Shortage]) -> Iterator[Pod]:
    """Yield the smallest pods of other workloads, no daemon pods, each of which alone holds what is missing."""
    found: list[tuple[int, str, Pod]] = []
    for pod in world.pods:
        owner = controller_of(pod.metadata)
        if pod.spec.node_name != node.name or pod.terminating or (owner is not None and owner.kind == "DaemonSet"):
            continue
        requests = _requests(pod)
        if all(requests.get(entry.subject, 0) >= entry.needed - entry.free for entry in short):
            found.append((requests.get(short[0].subject, 0), f"{pod.metadata.namespace}/{pod.name}", pod))
    yield from (pod for *_, pod in sorted(found, key=lambda entry: entry[:2])[:1])


def _requests(pod: Pod) -> Amounts:
    try:
        return {**pod_requests(pod.spec), "pods": 1}
    except QuantityError:
        return {}


def _higher_classes(world: World, daemonset: DaemonSet) -> list[str]:
    """Return priority classes above the DaemonSet's own, the lowest first."""
    values = {**SYSTEM_CLASSES, **{entry.metadata.name: entry.value for entry in world.priority_classes}}
    never = {entry.metadata.name for entry in world.priority_classes if entry.preemption_policy == "Never"}
    own = values.get(daemonset.pod.spec.priority_class_name, daemonset.pod.spec.priority or 0)
    higher = [(value, name) for name, value in values.items() if value > own and name not in never]
    return [name for _, name in sorted(higher)][:_TRIED]
