"""What an API server refuses when one object takes the place of another: fields that are immutable.

Source: ValidateDaemonSetUpdate, ValidateDeploymentUpdate, ValidateControllerRevisionUpdate (apps), ValidatePodUpdate,
ValidateResourceQuotaUpdate, ValidatePersistentVolumeUpdate, ValidatePersistentVolumeClaimUpdate (core),
ValidatePriorityClassUpdate (scheduling), ValidateRuntimeClassUpdate (node) and ValidateObjectMetaUpdate, v1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from shlex import quote
from typing import Any

import msgspec

from ..errors import Problem
from ..model.pod import Container, Pod
from .defaulting import revision_template, same_template

__all__ = ["update_problems"]

_IMMUTABLE = "field is immutable"
_PODS_MAY_CHANGE = ("containers", "init_containers", "tolerations", "termination_grace_period_seconds")
_Check = Callable[[Any, Any], Iterator[Problem]]


def update_problems(stored: Any, wanted: Any) -> list[Problem]:
    """Return what an API server has against an update of `stored` to `wanted`, objects of one kind and name.

    Of the fields that planning reads. What `wanted` leaves out counts as left as it is, as with `kubectl apply`.

    >>> from dsplan.model.priority import PriorityClass
    >>> [str(problem) for problem in update_problems(PriorityClass(value=5), PriorityClass(value=7))]
    ['value: field is immutable: delete the PriorityClass and create it again; pods keep the priority that they have']
    """
    problems = []
    uid = wanted.metadata.uid
    if uid and stored.metadata.uid and uid != stored.metadata.uid:
        problems.append(_immutable("metadata.uid", "the manifest is of another object of this name: remove its uid"))
    check = _CHECKS.get(type(wanted).__name__)
    return [*problems, *(check(stored, wanted) if check else ())]


def _immutable(field: str, advice: str, reason: str = "FieldValueInvalid") -> Problem:
    return Problem(reason=reason, field=field, message=f"{_IMMUTABLE}: {advice}")


def _daemonset(stored: Any, wanted: Any) -> Iterator[Problem]:
    if stored.spec.selector != wanted.spec.selector:
        yield _immutable("spec.selector", _orphaning(stored, "daemonset"))


def _deployment(stored: Any, wanted: Any) -> Iterator[Problem]:
    if stored.spec.selector != wanted.spec.selector:
        yield _immutable("spec.selector", _orphaning(stored, "deployment"))


def _orphaning(stored: Any, kind: str) -> str:
    name, namespace = quote(stored.metadata.name), quote(stored.metadata.namespace)
    command = f"kubectl delete {kind} {name} -n {namespace} --cascade=orphan"
    return (
        f"`{command}` and create it again; it adopts the pods that its new selector matches, "
        "the others stay behind until you delete them"
    )


def _priority_class(stored: Any, wanted: Any) -> Iterator[Problem]:
    advice = "delete the PriorityClass and create it again; pods keep the priority that they have"
    if stored.value != wanted.value:
        yield _immutable("value", advice, "FieldValueForbidden")
    one, other = (entry.preemption_policy or "PreemptLowerPriority" for entry in (stored, wanted))
    if one != other:
        yield _immutable("preemptionPolicy", advice)


def _runtime_class(stored: Any, wanted: Any) -> Iterator[Problem]:
    if stored.handler and wanted.handler and stored.handler != wanted.handler:
        yield _immutable("handler", "create a RuntimeClass of another name")


def _revision(stored: Any, wanted: Any) -> Iterator[Problem]:
    one, other = revision_template(stored.data), revision_template(wanted.data)
    same = stored.data == wanted.data if one is None or other is None else same_template(one, other)
    if not same:
        yield _immutable("data", "leave revisions to the DaemonSet controller; `kubectl rollout undo` goes back to one")


def _quota(stored: Any, wanted: Any) -> Iterator[Problem]:
    if set(stored.spec.scopes) != set(wanted.spec.scopes):
        yield _immutable("spec.scopes", "delete the ResourceQuota and create it again")


def _claim(stored: Any, wanted: Any) -> Iterator[Problem]:
    bound = stored.spec.volume_name
    if wanted.spec.volume_name and bound and wanted.spec.volume_name != bound:
        yield _immutable("spec.volumeName", "delete the claim and create it again", "FieldValueForbidden")
    if wanted.spec.access_modes and wanted.spec.access_modes != stored.spec.access_modes:
        yield _immutable("spec.accessModes", "delete the claim and create it again", "FieldValueForbidden")


def _volume(stored: Any, wanted: Any) -> Iterator[Problem]:
    advice = "delete the volume and create it again"
    if wanted.spec.csi is not None and wanted.spec.csi != stored.spec.csi:
        yield _immutable("spec.csi", advice, "FieldValueForbidden")
    if stored.spec.node_affinity is not None and wanted.spec.node_affinity not in (None, stored.spec.node_affinity):
        yield _immutable("spec.nodeAffinity", advice)


def _pod(stored: Pod, wanted: Pod) -> Iterator[Problem]:
    """Of a pod's spec little but images may change; tolerations may be added."""
    advice = "of a pod only images and the grace period may change, and tolerations be added; delete it instead"
    default = type(wanted.spec)()
    for field in wanted.spec.__struct_fields__:
        value = getattr(wanted.spec, field)
        if field not in _PODS_MAY_CHANGE and value not in (getattr(default, field), getattr(stored.spec, field)):
            name = msgspec.structs.fields(wanted.spec)[wanted.spec.__struct_fields__.index(field)].encode_name
            yield _immutable(f"spec.{name}", advice, "FieldValueForbidden")
    for field, name in (("containers", "containers"), ("init_containers", "initContainers")):
        if _differ(getattr(stored.spec, field), getattr(wanted.spec, field)):
            yield _immutable(f"spec.{name}", advice, "FieldValueForbidden")


def _differ(stored: tuple[Container, ...], wanted: tuple[Container, ...]) -> bool:
    known = {container.name: container for container in stored}
    return any(container.name not in known for container in wanted)


_CHECKS: Mapping[str, _Check] = {
    "DaemonSet": _daemonset,
    "Deployment": _deployment,
    "PriorityClass": _priority_class,
    "RuntimeClass": _runtime_class,
    "ControllerRevision": _revision,
    "ResourceQuota": _quota,
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "Pod": _pod,
}
