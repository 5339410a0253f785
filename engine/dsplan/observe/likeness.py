"""Could a pod have been made from a template? By the fields that planning reads of pods.

What admission adds does not count: sidecars, defaults of LimitRanges, node selectors of namespaces, tolerations, a
default PriorityClass. So a pod may have more than the template, and never less. Equal is not the same: arguments,
environment, probes and the like are not read of pods.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model.daemonset import DaemonSet
from ..model.node import Toleration
from ..model.pod import Container, ContainerPort, Pod, PodSpec, ResourceList
from ..model.quantity import QuantityError, parse_quantity

__all__ = ["looks_like_template"]

_GRACE = 30
_SCHEDULER = "default-scheduler"


def looks_like_template(pod: Pod, daemonset: DaemonSet) -> bool:
    """Return whether a pod has all that the DaemonSet's template asks for.

    >>> from dsplan.testing import a_daemonset
    >>> template = a_daemonset(image="app:1").pod
    >>> pod = Pod(metadata=template.metadata, spec=template.spec)
    >>> looks_like_template(pod, a_daemonset(image="app:1")), looks_like_template(pod, a_daemonset(image="app:2"))
    (True, False)
    """
    template, spec = daemonset.pod, pod.spec
    return (
        _have(spec.containers, template.spec.containers)
        and _have(spec.init_containers, template.spec.init_containers)
        and _scalars(template.spec) == _scalars(spec)
        and template.spec.priority_class_name in ("", spec.priority_class_name)
        and template.spec.node_selector.items() <= spec.node_selector.items()
        and _tolerated(template.spec.tolerations) <= _tolerated(spec.tolerations)
        and {volume.name for volume in template.spec.volumes} <= {volume.name for volume in spec.volumes}
        and template.metadata.labels.items() <= pod.metadata.labels.items()
    )


def _scalars(spec: PodSpec) -> tuple[object, ...]:
    """Return what nobody but the template's author decides, as an API server fills it in."""
    grace = spec.termination_grace_period_seconds
    return (
        spec.host_network,
        spec.scheduler_name or _SCHEDULER,
        spec.runtime_class_name,
        _GRACE if grace is None else max(grace, 1) if grace < 0 else grace,
    )


def _have(containers: Iterable[Container], wanted: Iterable[Container]) -> bool:
    by_name = {container.name: container for container in containers}
    return all(one.name in by_name and _could_be(by_name[one.name], one) for one in wanted)


def _could_be(container: Container, wanted: Container) -> bool:
    return (
        container.image == wanted.image
        and _covers(container.resources.limits, wanted.resources.limits)
        and _covers(container.resources.requests, wanted.resources.requests)
        and all(any(_is_port(port, each) for port in container.ports) for each in wanted.ports)
    )


def _is_port(port: ContainerPort, wanted: ContainerPort) -> bool:
    same = (port.container_port, port.protocol) == (wanted.container_port, wanted.protocol)
    return same and wanted.host_port in (0, port.host_port)


def _covers(amounts: ResourceList, wanted: ResourceList) -> bool:
    return all(name in amounts and _same(amounts[name], amount) for name, amount in wanted.items())


def _same(one: str | int | float, other: str | int | float) -> bool:
    try:
        return one == other or parse_quantity(one) == parse_quantity(other)
    except QuantityError:
        return False


def _tolerated(tolerations: Iterable[Toleration]) -> set[tuple[str, str, str, str]]:
    """Return tolerations without their seconds, which the controller's own ones drop (T11)."""
    return {(each.key, each.operator or "Equal", each.value, each.effect) for each in tolerations}
