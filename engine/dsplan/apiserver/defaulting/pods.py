"""What an API server fills in on Pods only, never in templates: requests, host ports, pod-level resources (D9, D10).

It happens before quantities are rounded to milli, so this works on the tree as it was given.

Source: pkg/apis/core/v1/defaults.go (SetDefaults_Pod), component-helpers/resource (AggregateContainerRequests).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from ...model.quantity import Exact, QuantityError, parse_quantity, text_of
from .rules import Tree

__all__ = ["aggregate", "is_pod_level_resource", "parsed_amounts", "with_pod_defaults"]


def with_pod_defaults(pod: Tree) -> Tree:
    """Return `pod` with the defaults of Pods; only what changes is copied.

    >>> with_pod_defaults({"spec": {"containers": [{"resources": {"limits": {"cpu": 1}}}]}})["spec"]["containers"]
    [{'resources': {'limits': {'cpu': 1}, 'requests': {'cpu': 1}}}]
    """
    spec = pod.get("spec")
    spec = dict(spec) if isinstance(spec, dict) else {}
    for name in ("containers", "initContainers"):
        if isinstance(spec.get(name), list):
            spec[name] = [_with_requests(container) for container in spec[name]]
    _default_pod_level(spec)
    if spec.get("enableServiceLinks") is None:
        spec["enableServiceLinks"] = True
    if spec.get("hostNetwork") is True:
        for name in ("containers", "initContainers"):
            if isinstance(spec.get(name), list):
                spec[name] = [_with_host_ports(container) for container in spec[name]]
    return {**pod, "spec": spec}


def aggregate(spec: Tree, kind: str) -> dict[str, Exact]:
    """Return what all containers of a pod spec need together, per resource; `kind` is `requests` or `limits` (K8).

    Plain init containers run one after the other before the others, sidecars run from their turn on: the larger of
    both phases counts. Pod-level resources and overhead are not part of it.

    >>> init = [{"restartPolicy": "Always", "resources": {"requests": {"cpu": "200m"}}},
    ...         {"resources": {"requests": {"cpu": "1"}}}]
    >>> main = [{"resources": {"requests": {"cpu": "500m"}}}, {"resources": {"requests": {"cpu": "300m"}}}]
    >>> aggregate({"containers": main, "initContainers": init}, "requests")["cpu"]
    Fraction(6, 5)
    """
    running: dict[str, Exact] = {}
    for container in _containers(spec, "containers"):
        _combine(running, _of_container(container, kind), _plus)
    sidecars: dict[str, Exact] = {}
    starting: dict[str, Exact] = {}
    for container in _containers(spec, "initContainers"):
        amounts = _of_container(container, kind)
        if container.get("restartPolicy") == "Always":
            _combine(running, amounts, _plus)
            _combine(sidecars, amounts, _plus)
            phase = sidecars
        else:
            phase = dict(sidecars)
            _combine(phase, amounts, _plus)
        _combine(starting, phase, max)
    _combine(running, starting, max)
    return running


def parsed_amounts(resources: Tree, kind: str) -> dict[str, Exact]:
    """Return a resource list by name, without the entries that are no quantities; validation reports those.

    >>> parsed_amounts({"limits": {"cpu": "2", "memory": "much"}}, "limits")
    {'cpu': 2}
    """
    amounts: dict[str, Exact] = {}
    for name, raw in _list(resources, kind).items():
        with suppress(QuantityError):
            amounts[name] = parse_quantity(raw)
    return amounts


def is_pod_level_resource(name: str) -> bool:
    """Return whether `spec.resources` of a Pod may name the resource: cpu, memory and huge pages.

    >>> is_pod_level_resource("hugepages-2Mi"), is_pod_level_resource("ephemeral-storage")
    (True, False)
    """
    return name in ("cpu", "memory") or name.startswith("hugepages-")


def _default_pod_level(spec: Tree) -> None:
    """Complete pod-level resources where they are given in part (D10)."""
    resources = spec.get("resources")
    if not isinstance(resources, dict):
        return
    limits, requests = _list(resources, "limits"), _list(resources, "requests")
    if limits or requests:
        for name, amount in aggregate(spec, "limits").items():
            if name.startswith("hugepages-") and name not in requests:
                limits.setdefault(name, text_of(amount, binary=True))
    if limits:
        for name, amount in aggregate(spec, "requests").items():
            if name in ("cpu", "memory"):
                requests.setdefault(name, text_of(amount, binary=name == "memory"))
        for name, limit in limits.items():
            if is_pod_level_resource(name):
                requests.setdefault(name, limit)
    filled = {"limits": limits, "requests": requests}
    spec["resources"] = {**resources, **{name: amounts for name, amounts in filled.items() if amounts}}


def _with_requests(container: Any) -> Any:
    """Return the container with a request for everything it limits (D9)."""
    resources = container.get("resources") if isinstance(container, dict) else None
    limits = resources.get("limits") if isinstance(resources, dict) else None
    if not isinstance(limits, dict) or not isinstance(resources, dict):
        return container
    requests = {**_list(resources, "requests")}
    for name, limit in limits.items():
        requests.setdefault(name, limit)
    return {**container, "resources": {**resources, "requests": requests}}


def _with_host_ports(container: Any) -> Any:
    """Return the container with every port on the host under the same number (D9)."""
    ports = container.get("ports") if isinstance(container, dict) else None
    if not isinstance(ports, list):
        return container
    return {**container, "ports": [_with_host_port(port) for port in ports]}


def _with_host_port(port: Any) -> Any:
    if not isinstance(port, dict) or port.get("hostPort"):
        return port
    return {**port, "hostPort": port.get("containerPort")}


def _containers(spec: Tree, name: str) -> Iterator[Tree]:
    entries = spec.get(name)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield entry


def _of_container(container: Tree, kind: str) -> dict[str, Exact]:
    resources = container.get("resources")
    return parsed_amounts(resources, kind) if isinstance(resources, dict) else {}


def _list(resources: Tree, name: str) -> Tree:
    amounts = resources.get(name)
    return dict(amounts) if isinstance(amounts, dict) else {}


def _plus(left: Exact, right: Exact) -> Exact:
    return left + right


def _combine(total: dict[str, Exact], amounts: dict[str, Exact], combine: Callable[[Exact, Exact], Exact]) -> None:
    for name, amount in amounts.items():
        total[name] = combine(total[name], amount) if name in total else amount
