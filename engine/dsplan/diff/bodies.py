"""What a write sends, besides the pod to create: objects, strategic merge patches, options of a deletion.

A patch carries uid and resourceVersion of the object it was decided for, so that the API server refuses it (409) where
the object is another by now.
"""

from __future__ import annotations

from typing import Any

from ..model.daemonset import HASH_LABEL, DaemonSet
from ..model.meta import RawTree

__all__ = ["adoption", "deletion", "owner_reference", "release", "revision", "revision_change", "status_change"]

_COUNTS = (
    "currentNumberScheduled",
    "desiredNumberScheduled",
    "numberAvailable",
    "numberMisscheduled",
    "numberReady",
    "numberUnavailable",
    "observedGeneration",
    "updatedNumberScheduled",
)


def owner_reference(daemonset: DaemonSet) -> RawTree:
    """Return the reference by which a DaemonSet controls an object (M4)."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "name": daemonset.name,
        "uid": daemonset.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def adoption(daemonset: DaemonSet) -> RawTree:
    """Return the patch that makes a DaemonSet the controller of a pod (M3)."""
    return {"metadata": {"ownerReferences": [owner_reference(daemonset)]}}


def release(daemonset: DaemonSet) -> RawTree:
    """Return the patch that takes a DaemonSet from the owners of a pod (M2)."""
    return {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": daemonset.metadata.uid}]}}


def revision(daemonset: DaemonSet, name: str, number: int, label: str) -> RawTree:
    """Return the ControllerRevision that records the template as it is, complete (H1, H2)."""
    template = daemonset.spec.template
    labels = (template.get("metadata") or {}).get("labels") or {}
    metadata: RawTree = {
        "name": name,
        "namespace": daemonset.metadata.namespace,
        "labels": {**labels, HASH_LABEL: label},
        "ownerReferences": [owner_reference(daemonset)],
    }
    if daemonset.metadata.annotations:
        metadata["annotations"] = dict(daemonset.metadata.annotations)
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata,
        "data": {"spec": {"template": {**template, "$patch": "replace"}}},
        "revision": number,
    }


def revision_change(change: dict[str, Any]) -> RawTree:
    """Return the patch of a revision's number and hash label (H8)."""
    return {"metadata": {"labels": {HASH_LABEL: change["hash"]}}, "revision": change["revision"]}


def status_change(change: dict[str, Any]) -> RawTree:
    """Return the patch of a status; counts that are 0 are spelt out, or the patch would leave them as they were."""
    return {"status": {**dict.fromkeys(_COUNTS, 0), **change}}


def deletion(uid: str, resource_version: str) -> RawTree:
    """Return the options of a deletion that must not hit another object of the name."""
    given = {"uid": uid, "resourceVersion": resource_version}
    preconditions = {field: value for field, value in given.items() if value}
    return {"apiVersion": "v1", "kind": "DeleteOptions", **({"preconditions": preconditions} if preconditions else {})}
