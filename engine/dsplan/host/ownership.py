"""Who else writes a DaemonSet: GitOps tools and Helm, and the switch to OnDelete that must not fight them."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import DsplanError
from ..model.meta import Identity
from .api import STRATEGIC, Api
from .kinds import path_of

__all__ = ["Owner", "OwnedElsewhere", "hands_back", "owner_of", "switch_to_on_delete"]

_LABELS = {
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "fleet.cattle.io/bundle-name": "Fleet",
}
_ANNOTATIONS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "meta.helm.sh/release-name": "Helm",
    "configsync.gke.io/manager": "Config Sync",
    "configmanagement.gke.io/managed": "Config Sync",
}
_MANAGERS = {
    "argocd": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "helm": "Helm",
    "fleetagent": "Fleet",
    "pulumi": "Pulumi",
    "terraform": "Terraform",
}


class Owner(msgspec.Struct, frozen=True):
    """A tool that owns an object, and by what it is known."""

    tool: str
    evidence: str

    def __str__(self) -> str:
        """Return both."""
        return f"{self.tool} ({self.evidence})"


class OwnedElsewhere(DsplanError):
    """A DaemonSet belongs to a tool that would undo the change."""


def owner_of(tree: dict[str, Any]) -> Owner | None:
    """Return the tool that owns an object, None where nothing tells of one.

    >>> str(owner_of({"metadata": {"labels": {"argocd.argoproj.io/instance": "edge"}}}))
    'Argo CD (label argocd.argoproj.io/instance=edge)'
    """
    metadata = tree.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    for what, known, found in (("label", _LABELS, labels), ("annotation", _ANNOTATIONS, annotations)):
        for key, tool in known.items():
            if key in found:
                return Owner(tool, f"{what} {key}={found[key]}")
    if labels.get("app.kubernetes.io/managed-by") == "Helm":
        return Owner("Helm", "label app.kubernetes.io/managed-by=Helm")
    for entry in metadata.get("managedFields") or ():
        manager = str(entry.get("manager") or "")
        for prefix, tool in _MANAGERS.items():
            if manager.lower().startswith(prefix) and _owns_strategy(entry):
                return Owner(tool, f"field manager {manager}")
    return None


def _owns_strategy(entry: dict[str, Any]) -> bool:
    return "f:updateStrategy" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})


async def switch_to_on_delete(api: Api, identity: Identity) -> dict[str, Any]:
    """Set updateStrategy of a DaemonSet to OnDelete, and return it as it is then.

    Raises OwnedElsewhere where a GitOps tool or Helm owns it: it would be set back in mid-roll-out; change it at its
    source. Raises ApiError, also where it changed meanwhile, and Unanswered.
    """
    path = path_of("DaemonSet", identity.namespace, identity.name)
    tree = await api.get(path)
    if (tree["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        return tree
    owner = owner_of(tree)
    if owner is not None:
        raise OwnedElsewhere(f"{identity} belongs to {owner}: set updateStrategy.type to OnDelete at its source")
    known = {field: tree["metadata"][field] for field in ("uid", "resourceVersion")}
    change = {"metadata": known, "spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}
    return await api.write("PATCH", path, change, STRATEGIC)


def hands_back(tree: dict[str, Any]) -> str:
    """Return what the real controller does with a DaemonSet whose strategy was set back, empty where it was not.

    >>> hands_back({"spec": {"updateStrategy": {"type": "OnDelete"}}})
    ''
    """
    strategy = (tree.get("spec") or {}).get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return ""
    limits = strategy.get("rollingUpdate") or {}
    owner = owner_of(tree)
    who = f"{owner}" if owner else "somebody"
    limit = limits.get("maxUnavailable", 1)
    return (
        f"{who} set updateStrategy back to RollingUpdate: the controller now replaces all pods that are out of date "
        f"by itself, at most {limit} at a time, whatever a policy says"
    )
