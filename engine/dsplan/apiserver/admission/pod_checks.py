"""What a Pod is refused for although its template was accepted as a DaemonSet (X13).

Pods have rules of their own (host ports of the host network, blanks around images), and admission fills in what the
template's author never saw (limits below the requests). Problems that the template has already are not repeated.
"""

from __future__ import annotations

from typing import Any

from ...errors import Problem
from ..validation import validate
from .trees import mapping

__all__ = ["pod_problems"]

_TEMPLATE = "spec.template."


def pod_problems(admitted: dict[str, Any], given: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with an admitted Pod, but not with what was `given` as a template, in the server's order.

    >>> pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": " a"}], "nodeName": "A"}}
    >>> [problem.field for problem in pod_problems(pod, pod)]
    ['spec.containers[0].image']
    """
    template = {"metadata": given.get("metadata"), "spec": given.get("spec")}
    daemonset = {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": template}}
    known = {(_in_pod(problem.field), problem.reason) for problem in validate(daemonset, strict=False)}
    metadata = {"name": "pod", "namespace": "default", **mapping(admitted.get("metadata"))}
    pod = {**admitted, "apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    found = validate(pod, strict=False, stored=False)
    return [problem for problem in found if (problem.field, problem.reason) not in known]


def _in_pod(field: str) -> str:
    """Return a template's field as it is called in a Pod; a template's labels and annotations leave out `metadata`."""
    field = field.removeprefix(_TEMPLATE)
    return f"metadata.{field}" if field.startswith(("labels", "annotations")) else field
