"""What decides which pods a namespace takes: Namespace, LimitRange, ResourceQuota, ServiceAccount."""

from __future__ import annotations

from .meta import AnnotatedMeta, ObjectMeta, RawTree, Wire

__all__ = [
    "NODE_SELECTOR_ANNOTATIONS",
    "LimitRange",
    "Namespace",
    "NamespaceStatus",
    "QuotaSpec",
    "QuotaStatus",
    "ResourceQuota",
    "ServiceAccount",
]

NODE_SELECTOR_ANNOTATIONS = ("openshift.io/node-selector", "scheduler.alpha.kubernetes.io/node-selector")
"""Annotations of a Namespace that admission adds to the node selector of every pod; the first one that is there counts
(OpenShift's project node selector, and the plugin PodNodeSelector)."""


class LimitRange(Wire, frozen=True, kw_only=True, gc=False):
    """A limit range; its defaults change the created pod (X13)."""

    metadata: ObjectMeta = ObjectMeta()
    spec: RawTree = {}


class NamespaceStatus(Wire, frozen=True, kw_only=True, gc=False):
    """status of a Namespace; in one that is Terminating nothing is created (C15)."""

    phase: str = ""


class Namespace(Wire, frozen=True, kw_only=True, gc=False):
    """A namespace, for namespaceSelector (K14) and for what admission does to its pods."""

    metadata: AnnotatedMeta = AnnotatedMeta()
    status: NamespaceStatus = NamespaceStatus()


class QuotaStatus(Wire, frozen=True, kw_only=True, gc=False):
    """status of a ResourceQuota: the limits that are enforced, and what is used of them."""

    hard: RawTree = {}
    used: RawTree = {}


class QuotaSpec(Wire, frozen=True, kw_only=True, gc=False):
    """spec of a ResourceQuota: what it limits, and the pods that it counts; without scopes it counts all."""

    hard: RawTree = {}
    scopes: tuple[str, ...] = ()
    scope_selector: RawTree = {}


class ResourceQuota(Wire, frozen=True, kw_only=True, gc=False):
    """A resource quota: pods beyond it are refused (L10)."""

    metadata: ObjectMeta = ObjectMeta()
    spec: QuotaSpec = QuotaSpec()
    status: QuotaStatus = QuotaStatus()


class ServiceAccount(Wire, frozen=True, kw_only=True, gc=False):
    """A service account; a pod that names one that is not there is refused."""

    metadata: ObjectMeta = ObjectMeta()
