"""The kinds that the stand-in serves, with the verbs that hosts, adapters and examples send."""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["KINDS", "Kind", "kind_named"]

_READ: Final = ("get", "list", "watch")
_WRITE: Final = ("create", "delete", "patch", "update")


class Kind(msgspec.Struct, frozen=True):
    """One resource; `resource` is how messages spell it, `optional` whether a cluster may lack it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]
    subresources: tuple[str, ...] = ()
    custom: bool = False

    @property
    def api_version(self) -> str:
        """As objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The plural with its group, as in messages.

        >>> kind_named("Lease").resource
        'leases.coordination.k8s.io'
        """
        return f"{self.plural}.{self.group}" if self.group else self.plural


KINDS: Final = (
    Kind("", "v1", "namespaces", "Namespace", False, _READ),
    Kind("", "v1", "nodes", "Node", False, (*_READ, "patch"), ("status",)),
    Kind("", "v1", "pods", "Pod", True, (*_READ, *_WRITE), ("status", "eviction")),
    Kind("", "v1", "configmaps", "ConfigMap", True, (*_READ, *_WRITE)),
    Kind("", "v1", "events", "Event", True, (*_READ, "create")),
    Kind("apps", "v1", "daemonsets", "DaemonSet", True, (*_READ, *_WRITE), ("status",)),
    Kind("apps", "v1", "controllerrevisions", "ControllerRevision", True, (*_READ, *_WRITE)),
    Kind("coordination.k8s.io", "v1", "leases", "Lease", True, (*_READ, *_WRITE)),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, _READ),
    Kind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, _READ),
    Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False, _READ),
    Kind("dsplan.dev", "v1alpha1", "rolloutpolicies", "RolloutPolicy", True, (*_READ, *_WRITE), ("status",), True),
)

_BY_NAME = {kind.kind: kind for kind in KINDS}


def kind_named(name: str) -> Kind:
    """Return a kind by its name.

    >>> kind_named("Pod").plural
    'pods'
    """
    return _BY_NAME[name]
