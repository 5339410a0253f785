"""What a write of the controller makes of an object (C16, M2, M3, H1, H8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ..diff import Blueprint
from ..model.convert import convert
from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet, DaemonSetStatus
from ..model.meta import Condition, ObjectMeta, OwnerReference
from ..model.pod import Affinity, NodeAffinity, Pod, PodStatus
from ..model.selectors import NodeSelector, NodeSelectorTerm, Requirement

O = TypeVar("O", Pod, ControllerRevision)  # noqa: E741

__all__ = [
    "PodBuilder",
    "adopted",
    "condition_set",
    "new_revision",
    "relabelled",
    "released",
    "terminating",
    "updated_revision",
    "with_status",
]


class PodBuilder:
    """The typed view of what all pods of one blueprint have in common."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        tree = {"metadata": dict(blueprint.metadata), "spec": blueprint.spec}
        self._model = convert(tree, Pod)

    def build(self, name: str, uid: str, node: str, created: datetime) -> Pod:
        """Return a pod for a node, pinned to it (A12)."""
        model = self._model
        spec = msgspec.structs.replace(model.spec, affinity=_pinned(model.spec.affinity, node))
        metadata = msgspec.structs.replace(model.metadata, name=name, uid=uid, creation_timestamp=created)
        return Pod(metadata=metadata, spec=spec, status=PodStatus(phase="Pending"))


def _pinned(affinity: Affinity | None, node: str) -> Affinity:
    field = Requirement(key="metadata.name", operator="In", values=(node,))
    selector = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(field,)),))
    pin = NodeAffinity(required_during_scheduling_ignored_during_execution=selector)
    return Affinity(node_affinity=pin) if affinity is None else msgspec.structs.replace(affinity, node_affinity=pin)


def terminating(pod: Pod, until: datetime) -> Pod:
    """Return the pod with a deletionTimestamp."""
    return msgspec.structs.replace(pod, metadata=msgspec.structs.replace(pod.metadata, deletion_timestamp=until))


def condition_set(pod: Pod, now: datetime, *, phase: str, ready: bool) -> Pod:
    """Return the pod in a phase, with its Ready condition as it is from now on."""
    others = tuple(condition for condition in pod.status.conditions if condition.type != "Ready")
    condition = Condition(type="Ready", status="True" if ready else "False", last_transition_time=now)
    status = msgspec.structs.replace(pod.status, phase=phase, conditions=(*others, condition))
    return msgspec.structs.replace(pod, status=status)


def adopted(pod: Pod, daemonset: DaemonSet) -> Pod:
    """Return the pod with the DaemonSet as its controller (M3)."""
    owner = OwnerReference(
        api_version="apps/v1", kind="DaemonSet", name=daemonset.name, uid=daemonset.metadata.uid, controller=True
    )
    references = (*pod.metadata.owner_references, owner)
    return msgspec.structs.replace(pod, metadata=msgspec.structs.replace(pod.metadata, owner_references=references))


def released(item: O) -> O:
    """Return the pod or revision without a controller (M2, H10)."""
    references = tuple(reference for reference in item.metadata.owner_references if not reference.controller)
    metadata = msgspec.structs.replace(item.metadata, owner_references=references)
    return msgspec.structs.replace(item, metadata=metadata)


def relabelled(pod: Pod, current_hash: str) -> Pod:
    """Return the pod with the current hash label (H8)."""
    labels = {**pod.metadata.labels, HASH_LABEL: current_hash}
    return msgspec.structs.replace(pod, metadata=msgspec.structs.replace(pod.metadata, labels=labels))


def new_revision(daemonset: DaemonSet, name: str, change: dict[str, Any]) -> ControllerRevision:
    """Return the revision that describes the current template (H1, H2)."""
    template = daemonset.spec.template
    labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH_LABEL: change["hash"]}
    owner = OwnerReference(
        api_version="apps/v1", kind="DaemonSet", name=daemonset.name, uid=daemonset.metadata.uid, controller=True
    )
    metadata = ObjectMeta(
        name=name, namespace=daemonset.metadata.namespace, uid=name, labels=labels, owner_references=(owner,)
    )
    data = {"spec": {"template": {**template, "$patch": "replace"}}}
    return ControllerRevision(metadata=metadata, data=data, revision=change["revision"])


def updated_revision(revision: ControllerRevision, change: dict[str, Any]) -> ControllerRevision:
    """Return the revision with another number and hash label (H8)."""
    labels = {**revision.metadata.labels, HASH_LABEL: change["hash"]}
    metadata = msgspec.structs.replace(revision.metadata, labels=labels)
    return msgspec.structs.replace(revision, metadata=metadata, revision=change["revision"])


def with_status(daemonset: DaemonSet, change: dict[str, Any]) -> DaemonSet:
    """Return the DaemonSet with a status as the controller writes it (S11)."""
    return msgspec.structs.replace(daemonset, status=convert(change, DaemonSetStatus))
