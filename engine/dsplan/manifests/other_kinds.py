"""Objects of kinds that planning does not read: which of them are meant to be something else, or are no objects."""

from __future__ import annotations

from typing import Final

from dsplan.apiserver.strict import close_to
from dsplan.errors import Problem
from dsplan.reading.foreign import object_is
from dsplan.reading.groups import FORMER
from dsplan.reading.objects import RawObject
from dsplan.reading.resources import CURRENT

__all__ = ["not_meant", "not_of_a_cluster"]

_OTHERS: Final = """
APIGroup APIGroupList APIResourceList APIService APIVersions Binding CSIDriver CSIStorageCapacity
CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ComponentStatus ConfigMap CronJob
CustomResourceDefinition DeviceClass EndpointSlice Endpoints Event Eviction FlowSchema HorizontalPodAutoscaler IPAddress
Ingress IngressClass Job Lease LeaseCandidate LocalSubjectAccessReview MutatingAdmissionPolicy
MutatingAdmissionPolicyBinding MutatingWebhookConfiguration NetworkPolicy PodCertificateRequest PodSecurityPolicy
PodTemplate PriorityLevelConfiguration ReplicaSet ReplicationController ResourceClaim ResourceClaimTemplate
ResourceSlice Role RoleBinding Scale Secret SelfSubjectAccessReview SelfSubjectReview SelfSubjectRulesReview Service
ServiceCIDR StatefulSet StorageClass StorageVersion StorageVersionMigration SubjectAccessReview TokenRequest TokenReview
ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment
VolumeAttributesClass
"""
_BUILT_IN: Final = frozenset(_OTHERS.split())
"""Kinds of Kubernetes itself that planning does not read."""


def not_of_a_cluster(item: RawObject) -> Problem | None:
    """Return the problem of an object that a cluster has none of (a Status, a Table, a kustomization), or None.

    >>> from dsplan.reading.read import read_bytes
    >>> status = b'{"kind": "Status", "apiVersion": "v1", "message": "nodes is forbidden", "reason": "Forbidden"}'
    >>> not_of_a_cluster(read_bytes(status).objects[0]).message[:50]
    "a Status, the API server's answer to a request tha"
    """
    what = object_is(item.group, item.kind, lambda: item.tree)
    return Problem(reason="DecodeError", message=what) if what else None


def not_meant(item: RawObject) -> Problem | None:
    """Return the problem of an object whose kind or version Kubernetes does not know, with the one that is near.

    Kinds of other API groups (`apps.kruise.io`) are nobody's mistake.

    >>> from dsplan.reading.read import read_bytes
    >>> print(not_meant(read_bytes(b'{"kind": "Daemonset", "apiVersion": "apps/v1"}').objects[0]).message)
    no matches for kind "Daemonset" in version "apps/v1", did you mean DaemonSet in apps/v1?
    """
    if not _is_of_kubernetes(item.group):
        return None
    kind = item.kind if item.kind in CURRENT else _near(item.kind)
    if not kind or (kind != item.kind and item.kind in _BUILT_IN):
        return None
    message = f'no matches for kind "{item.kind}" in version "{item.api_version}"'
    return Problem(reason="FieldValueNotSupported", message=f"{message}, did you mean {kind} in {CURRENT[kind]}?")


def _is_of_kubernetes(group: str) -> bool:
    groups = {version.rpartition("/")[0] for version in (*CURRENT.values(), *sum(FORMER.values(), ()))}
    return group in groups or group == "core"


def _near(kind: str) -> str:
    spelt = {name.lower(): name for name in CURRENT}
    lowered = kind.lower()
    found = spelt.get(lowered) or spelt.get(lowered.removesuffix("s")) or spelt.get(lowered.replace("_", ""))
    if found or kind in _BUILT_IN:
        return found or ""
    near = close_to(lowered, [*spelt, *(name.lower() for name in _BUILT_IN)])
    return spelt.get(near, "")
