"""What a pod asks of its node, and what a node has, in the scheduler's units (K5-K10, D8, D11, Q11).

Units: cpu in thousandths, everything else in whole units, each rounded up once per pod after an exact sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from ...model.names import is_label_key
from ...model.node import Node
from ...model.pod import Container, ContainerStatus, PodSpec, PodStatus, ResourceList
from ...model.quantity import Exact, RawQuantity, milli_value, parse_quantity, round_up_milli, value

__all__ = [
    "CPU",
    "PODS",
    "Amounts",
    "Resized",
    "allocatable_of",
    "is_counted",
    "pod_requests",
    "reports_nothing",
    "resized_to",
    "unchecked_text",
]

CPU, MEMORY, STORAGE, PODS = "cpu", "memory", "ephemeral-storage", "pods"
_FIRST = (CPU, MEMORY, STORAGE)
_HUGEPAGES, _ATTACHABLE, _NATIVE = "hugepages-", "attachable-volumes-", "kubernetes.io/"
_SIDECAR = "Always"

Amounts = dict[str, int]
"""Resource name -> amount in the scheduler's units."""

_Exact = dict[str, Exact]
_PLENTY = 1 << 62


@lru_cache(maxsize=1024)
def is_counted(resource: str) -> bool:
    """Return whether the scheduler compares a resource at all; requests of any other name are ignored (K7).

    >>> [name for name in ("cpu", "hugepages-2Mi", "nvidia.com/gpu", "pods", "storage") if is_counted(name)]
    ['cpu', 'hugepages-2Mi', 'nvidia.com/gpu']
    """
    if resource in (CPU, MEMORY, STORAGE) or resource.startswith((_HUGEPAGES, _ATTACHABLE)) or _NATIVE in resource:
        return True
    is_extended = "/" in resource and not resource.startswith("requests.")
    return is_extended and is_label_key(f"requests.{resource}")


def pod_requests(spec: PodSpec, resized: Resized | None = None) -> Amounts:
    """Return what the scheduler counts for a pod, of every resource it compares (K7-K10). Zeros are left out.

    `spec` is that of a pod, where limits have become requests already (D9, D10). Sizes that an in-place resize has not
    changed yet still count (K9). In the scheduler's order. Raises QuantityError for an amount that is no quantity.

    >>> from dsplan.model.pod import Resources
    >>> def container(cpu, **more):
    ...     return Container(resources=Resources(requests={"cpu": cpu}), **more)
    >>> pod_requests(PodSpec(containers=(container("500m"), container("300m")),
    ...                      init_containers=(container("200m", restart_policy="Always"), container("1"))))
    {'cpu': 1200}
    """
    total = _aggregate(spec, resized or _NOT_RESIZED)
    if spec.resources is not None and spec.resources.requests:
        total.update(
            (name, amount)
            for name, amount in _exact(spec.resources.requests).items()
            if name in (CPU, MEMORY) or name.startswith(_HUGEPAGES)
        )
    if spec.overhead:
        _add(total, _exact(spec.overhead))
    counted = sorted(filter(is_counted, total), key=_scheduler_order)
    return {name: units for name in counted if (units := _units(name, total[name]))}


def _scheduler_order(resource: str) -> tuple[int, str]:
    """The order in which the scheduler compares resources, and reports shortages."""
    return (_FIRST.index(resource), "") if resource in _FIRST else (len(_FIRST), resource)


def _aggregate(spec: PodSpec, given: Resized) -> _Exact:
    """K8: what all containers need together, or the hungriest moment of the start, whichever is more."""
    running: _Exact = {}
    for container in spec.containers:
        _add(running, _effective(container, given))
    sidecars: _Exact = {}
    peak: _Exact = {}
    for container in spec.init_containers:
        if container.restart_policy == _SIDECAR:
            need = _effective(container, given)
            _add(running, need)
            _add(sidecars, need)
            _raise_to(peak, sidecars)
        else:
            starting = dict(sidecars)
            _add(starting, _exact(container.resources.requests))
            _raise_to(peak, starting)
    _raise_to(running, peak)
    return running


class Resized(msgspec.Struct, frozen=True):
    """Amounts that containers hold whatever their spec says (K9); `infeasible`: the node will not follow it."""

    containers: dict[str, ContainerStatus] = {}
    infeasible: bool = False


def resized_to(status: PodStatus) -> Resized:
    """Return what the kubelet reports as given to a pod's containers; nothing where it does not say."""
    entries = (*status.container_statuses, *status.init_container_statuses)
    given = {entry.name: entry for entry in entries if entry.resources is not None}
    infeasible = bool(given) and any(
        condition.type == "PodResizePending" and condition.reason == "Infeasible" for condition in status.conditions
    )
    return Resized(given, infeasible) if given else _NOT_RESIZED


_NOT_RESIZED = Resized()


def _effective(container: Container, given: Resized) -> _Exact:
    """Return max(spec, actuated, allocated), without the spec where the resize is infeasible (K9)."""
    entry = given.containers.get(container.name)
    wanted = _exact(container.resources.requests)
    if entry is None or entry.resources is None:
        return wanted
    need = {} if given.infeasible else wanted
    _raise_to(need, _exact(entry.resources.requests))
    _raise_to(need, _exact(entry.allocated_resources))
    return need


def _exact(resources: ResourceList) -> _Exact:
    return {name: _amount(raw) for name, raw in resources.items()}


@lru_cache(maxsize=16_384, typed=True)
def _amount(raw: RawQuantity) -> Exact:
    """Return an amount as a resource list holds it: whole thousandths (D8); nodes and pods say few different ones."""
    return round_up_milli(parse_quantity(raw))


def _units(name: str, amount: Exact) -> int:
    return milli_value(amount) if name == CPU else value(amount)


def _add(total: _Exact, more: Mapping[str, Exact]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _raise_to(total: _Exact, other: Mapping[str, Exact]) -> None:
    for name, amount in other.items():
        if name not in total or amount > total[name]:
            total[name] = amount


def allocatable_of(node: Node) -> Amounts:
    """Return what a node can give, of every resource the scheduler compares and of `pods` (K5, K7, D11).

    Raises QuantityError for an amount that is no quantity.

    >>> from dsplan.model.node import NodeStatus
    >>> allocatable_of(Node(status=NodeStatus(allocatable={"cpu": "1930m", "pods": "29"})))
    {'cpu': 1930, 'pods': 29}
    """
    status = node.status
    resources = status.capacity if status.allocatable is None else status.allocatable
    return _counted(resources.items() if resources else ())


def _counted(items: Iterable[tuple[str, RawQuantity]]) -> Amounts:
    return {name: amount for name, raw in items if (amount := _counted_amount(name, raw)) is not None}


@lru_cache(maxsize=16_384, typed=True)
def _counted_amount(name: str, raw: RawQuantity) -> int | None:
    """Return an amount in the scheduler's units, None where it does not compare the resource."""
    return _units(name, _amount(raw)) if name == PODS or is_counted(name) else None


class UnknownAllocatable(Amounts):
    """What a node has that says nothing of it: more of everything than anybody asks for."""

    def get(self, name: str, default: int | None = None) -> int:  # type: ignore[override]
        """Return a great deal."""
        return _PLENTY


def reports_nothing(node: Node) -> bool:
    """Return whether a node has neither allocatable nor capacity, as those written by hand."""
    return not node.status.allocatable and not node.status.capacity


def unchecked_text(nodes: int) -> str:
    """Return what is said of nodes that report nothing.

    >>> unchecked_text(1)
    '1 node reports no allocatable resources; fit was not checked there'
    """
    who = "1 node reports" if nodes == 1 else f"{nodes:,} nodes report"
    return f"{who} no allocatable resources; fit was not checked there"
