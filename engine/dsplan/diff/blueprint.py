"""The body of a created daemon pod, complete (C16, T10-T12, A12, A13)."""

from __future__ import annotations

from typing import Any

import msgspec

from ..constraints.tolerations import automatic_tolerations
from ..model.daemonset import HASH_LABEL, TEMPLATE_GENERATION_LABEL, DaemonSet
from ..model.meta import RawTree
from ..model.names import is_dns_subdomain
from .bodies import owner_reference

__all__ = ["Blueprint", "blueprint_of"]


class Blueprint(msgspec.Struct, frozen=True):
    """Everything of a created pod but its node; shared by all creations of a DaemonSet in one pass."""

    metadata: RawTree
    spec: RawTree

    def body(self, node: str) -> dict[str, Any]:
        """Return the pod pinned to a node (A12): its required node affinity is replaced, all else stays."""
        affinity = dict(self.spec.get("affinity") or {})
        affinity["nodeAffinity"] = {**(affinity.get("nodeAffinity") or {}), **_pin(node)}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": self.metadata,
            "spec": {**self.spec, "affinity": affinity},
        }


def _pin(node: str) -> RawTree:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}}


def blueprint_of(daemonset: DaemonSet, current_hash: str, generation: str | None) -> Blueprint:
    """Return what all pods created in a pass have in common (C16)."""
    template = daemonset.spec.template
    source: RawTree = template.get("metadata") or {}
    labels = dict(source.get("labels") or {})
    if generation is not None:
        labels[TEMPLATE_GENERATION_LABEL] = generation
    if current_hash:
        labels[HASH_LABEL] = current_hash
    metadata: RawTree = {
        "generateName": _generate_name(daemonset.name),
        "namespace": daemonset.metadata.namespace,
        "labels": labels,
        "ownerReferences": [owner_reference(daemonset)],
    }
    for field in ("annotations", "finalizers"):
        if source.get(field):
            metadata[field] = source[field]
    spec: RawTree = dict(template.get("spec") or {})
    spec["tolerations"] = _tolerations(spec)
    return Blueprint(metadata, spec)


def _generate_name(name: str) -> str:
    return f"{name}-" if is_dns_subdomain(f"{name}x") else name


def _tolerations(spec: RawTree) -> list[RawTree]:
    tolerations: list[RawTree] = list(spec.get("tolerations") or [])
    own = [_fields(toleration) for toleration in tolerations]
    for entry in automatic_tolerations(host_network=bool(spec.get("hostNetwork"))):
        automatic = {"key": entry.key, "operator": entry.operator, "effect": entry.effect}
        wanted = _fields(automatic)
        same = [index for index, fields in enumerate(own) if fields == wanted]
        for index in same:
            tolerations[index] = automatic
        if not same:
            tolerations.append(automatic)
    return tolerations


def _fields(toleration: RawTree) -> tuple[str, ...]:
    return tuple(toleration.get(field) or "" for field in ("key", "effect", "operator", "value"))
