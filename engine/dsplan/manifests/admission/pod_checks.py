"""What a Pod is refused for although its template was accepted as a DaemonSet (X13).

All else was checked with the template; these rules look at what only Pods have, or at what admission has filled in.

Source: pkg/apis/core/validation (ValidatePodCreate).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...errors import Problem
from ...model.quantity import text_of
from ..defaulting import parsed_amounts
from .trees import mapping, objects

__all__ = ["pod_problems"]

Tree = dict[str, Any]


def pod_problems(spec: Tree) -> list[Problem]:
    """Return what is wrong with an admitted Pod's spec, in the order of the server.

    >>> [problem.field for problem in pod_problems({"containers": [{"name": "a", "image": " a"}]})]
    ['spec.containers[0].image']
    """
    found = [*_volumes(spec)]
    for kind in ("initContainers", "containers"):
        found += _images(spec, kind)
        found += _resources(spec, kind)
    found += _host_ports(spec)
    if spec.get("nodeName") and spec.get("schedulingGates"):
        message = "cannot be set before all schedulingGates are gone"
        found.append(Problem(reason="FieldValueForbidden", field="spec.nodeName", message=message))
    return found


def _volumes(spec: Tree) -> Iterator[Problem]:
    """A token needs an account; the ServiceAccount plugin sees to that where it is on."""
    if spec.get("serviceAccountName"):
        return
    for index, volume in enumerate(objects(spec.get("volumes"))):
        for number, source in enumerate(objects(mapping(volume.get("projected")).get("sources"))):
            if source.get("serviceAccountToken") is not None:
                field = f"spec.volumes[{index}].projected.sources[{number}].serviceAccountToken"
                message = "must not be given without a serviceAccountName"
                yield Problem(reason="FieldValueForbidden", field=field, message=message)


def _images(spec: Tree, kind: str) -> Iterator[Problem]:
    for index, container in enumerate(objects(spec.get(kind))):
        image = container.get("image")
        if isinstance(image, str) and image != image.strip():
            field = f"spec.{kind}[{index}].image"
            message = "must not begin or end with blanks"
            yield Problem(reason="FieldValueInvalid", field=field, message=message, value=image)


def _resources(spec: Tree, kind: str) -> Iterator[Problem]:
    """Requests stay within limits, which a LimitRange may have filled in below them."""
    for index, container in enumerate(objects(spec.get(kind))):
        resources = mapping(container.get("resources"))
        limits = parsed_amounts(resources, "limits")
        for name, amount in sorted(parsed_amounts(resources, "requests").items()):
            if name in limits and amount > limits[name]:
                field = f"spec.{kind}[{index}].resources.requests"
                message = f"must be at most the {name} limit of {text_of(limits[name])}"
                yield Problem(reason="FieldValueInvalid", field=field, message=message, value=text_of(amount))


def _host_ports(spec: Tree) -> Iterator[Problem]:
    """Containers do not share a host port; init containers run one by one, so each is looked at alone."""
    yield from _duplicates("containers", objects(spec.get("containers")))
    for container in objects(spec.get("initContainers")):
        yield from _duplicates("initContainers", [container])


def _duplicates(kind: str, containers: list[Tree]) -> Iterator[Problem]:
    taken: set[str] = set()
    for index, container in enumerate(containers):
        for number, port in enumerate(objects(container.get("ports"))):
            key = f"{port.get('protocol', 'TCP')}/{port.get('hostIP', '')}/{port.get('hostPort')}"
            if port.get("hostPort") and key in taken:
                field = f"spec.{kind}[{index}].ports[{number}].hostPort"
                message = "is taken by another port of this Pod"
                yield Problem(reason="FieldValueDuplicate", field=field, message=message, value=key)
            taken.add(key)
