"""The pod that a template becomes, as the scheduler will see it: built, defaulted, admitted (C16, A12, D9, D10, P1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ...apiserver.admission import AdmissionContext, Admitted, Refusal, admit_pod, admit_template
from ...diff import blueprint_of
from ...model.convert import convert
from ...model.daemonset import DaemonSet, Deployment
from ...model.meta import ObjectMeta
from ...model.pod import Pod, PodSpec
from ...model.priority import PriorityClass, RuntimeClass
from ...model.world import Note, World
from ...observe.observed import template_generation

__all__ = ["Templates"]

_ANY_NODE = "node"


class Templates:
    """Makes pods of the templates of a world. `notes` say which classes had to be assumed.

    Where a world describes no PriorityClass at all, one that a template names is taken to have the value that pods of
    that class show, else 0; likewise a RuntimeClass is taken to have the template's overhead.
    """

    def __init__(self, world: World) -> None:
        described = AdmissionContext.of(world)
        assumed = list(_assumed_priorities(world))
        self.notes = tuple(Note("PriorityClass", f"{name} is not given: {value} is assumed") for name, value in assumed)
        classes = [PriorityClass(metadata=ObjectMeta(name=name), value=value) for name, value in assumed]
        self.context = msgspec.structs.replace(
            described,
            priority_classes=(*described.priority_classes, *classes),
            runtime_classes=(*described.runtime_classes, *_assumed_runtimes(world)),
        )

    def of_daemonset(self, daemonset: DaemonSet, current_hash: str = "", *, admit: bool = True) -> Pod | Refusal:
        """Return the pod that the controller creates, pinned to some node, or why an API server refuses it.

        Without `admit` it is what the controller sends, as far as it can be read.
        """
        body = blueprint_of(daemonset, current_hash, template_generation(daemonset)).body(_ANY_NODE)
        if not admit:
            return convert(body, Pod)
        owners = ("ownerReferences", "generateName")  # of a manifest that was never applied they are incomplete
        body["metadata"] = {key: value for key, value in body["metadata"].items() if key not in owners}
        return _pod_of(admit_pod(body, self.context))

    def of_deployment(self, deployment: Deployment) -> Pod | Refusal:
        """Return the pod of a Deployment, or why an API server refuses it."""
        return _pod_of(admit_template(deployment.spec.template, deployment.metadata.namespace, self.context))


def _pod_of(answer: Admitted | Refusal) -> Pod | Refusal:
    return answer if isinstance(answer, Refusal) else convert(answer.pod, Pod)


def _templates(world: World) -> Iterator[PodSpec]:
    yield from (daemonset.pod.spec for daemonset in world.daemonsets)
    yield from (deployment.pod.spec for deployment in world.deployments)


def _assumed_priorities(world: World) -> Iterator[tuple[str, int]]:
    """Yield the classes that templates name in a world without any, with the value that pods of the class show."""
    if world.priority_classes:
        return
    seen = {pod.spec.priority_class_name: pod.spec.priority or 0 for pod in world.pods}
    named = {spec.priority_class_name for spec in _templates(world)}
    for name in sorted(named - {"", "system-node-critical", "system-cluster-critical"}):
        yield name, seen.get(name, 0)


def _assumed_runtimes(world: World) -> Iterable[RuntimeClass]:
    if world.runtime_classes:
        return ()
    overheads: dict[str, dict[str, Any]] = {
        spec.runtime_class_name: dict(spec.overhead) for spec in _templates(world) if spec.runtime_class_name
    }
    return [
        RuntimeClass(metadata=ObjectMeta(name=name), overhead={"podFixed": overhead} if overhead else {})
        for name, overhead in sorted(overheads.items())
    ]
