"""Paths of the kinds that a host reads and writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

__all__ = ["PATHS", "Resource", "path_of"]


class Resource(msgspec.Struct, frozen=True):
    """Where a kind is served; `optional` kinds are those that a cluster may lack."""

    group: str
    version: str
    plural: str
    namespaced: bool = True
    optional: bool = False


PATHS: Final = {
    "Node": Resource("", "v1", "nodes", namespaced=False),
    "Pod": Resource("", "v1", "pods"),
    "ConfigMap": Resource("", "v1", "configmaps"),
    "Event": Resource("", "v1", "events"),
    "DaemonSet": Resource("apps", "v1", "daemonsets"),
    "ControllerRevision": Resource("apps", "v1", "controllerrevisions"),
    "Lease": Resource("coordination.k8s.io", "v1", "leases"),
    "RolloutPolicy": Resource("dsplan.dev", "v1alpha1", "rolloutpolicies", optional=True),
}


def path_of(
    kind: str,
    namespace: str = "",
    name: str = "",
    subresource: str = "",
    *,
    query: Mapping[str, str | int] | None = None,
) -> str:
    """Return the path of an object, of a list where no name is given, of all namespaces where none is.

    >>> path_of("DaemonSet", "kube-system", "agent", "status")
    '/apis/apps/v1/namespaces/kube-system/daemonsets/agent/status'
    >>> path_of("Pod", query={"limit": 500})
    '/api/v1/pods?limit=500'
    """
    found = PATHS[kind]
    parts = ["/apis", found.group, found.version] if found.group else ["/api", found.version]
    if found.namespaced and namespace:
        parts += ["namespaces", quote(namespace, safe="")]
    parts += [found.plural, *(quote(part, safe="") for part in (name, subresource) if part)]
    return "/".join(parts) + (f"?{urlencode(query)}" if query else "")
