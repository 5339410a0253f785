"""What a host may do: every right asked for before the first write, and all missing ones told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from ..errors import DsplanError
from .api import Api
from .kinds import PATHS

__all__ = ["MissingRights", "Right", "missing_rights", "rights_needed"]

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Right(msgspec.Struct, frozen=True, order=True):
    """One verb on one resource; `namespace` is empty for all of them."""

    verb: str
    kind: str
    namespace: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        """As an administrator reads it."""
        found = PATHS[self.kind]
        what = found.plural + (f".{found.group}" if found.group else "")
        what += f"/{self.subresource}" if self.subresource else ""
        return f"{self.verb} {what}" + (f" in namespace {self.namespace}" if self.namespace else " in all namespaces")


class MissingRights(DsplanError):
    """Rights that are missing, all of them."""

    def __init__(self, rights: Iterable[Right]) -> None:
        self.rights = tuple(sorted(rights))
        super().__init__("missing rights:\n" + "\n".join(f"  {right}" for right in self.rights))


def rights_needed(
    own_namespace: str,
    namespaces: Iterable[str],
    *,
    replaces_controller: bool,
    evicts: bool = False,
    policies: bool = True,
) -> tuple[Right, ...]:
    """Return all that a host needs: reading the fleet, keeping State and Lease, acting in some namespaces ("": all).

    >>> [str(right) for right in rights_needed("ops", ["web"], replaces_controller=False) if right.kind == "Pod"][2:]
    ['get pods in namespace web', 'delete pods in namespace web']
    """
    kinds = ["Node", "DaemonSet", "ControllerRevision", "Pod", *(["RolloutPolicy"] if policies else [])]
    found = [Right(verb, kind) for kind in kinds for verb in ("list", "watch")]
    for kind in ("ConfigMap", "Lease"):
        found += [Right(verb, kind, own_namespace) for verb in ("get", "create", "update")]
    if replaces_controller:
        found.append(Right("get", "Lease", "kube-system"))
    for namespace in namespaces:
        found += [Right("get", kind, namespace) for kind in ("DaemonSet", "Pod")]
        found += [Right("get", "RolloutPolicy", namespace)] if policies else []
        found += [Right("create", "Event", namespace)]
        found += [Right("create", "Pod", namespace, "eviction")] if evicts else [Right("delete", "Pod", namespace)]
        if replaces_controller:
            found += [Right(verb, "Pod", namespace) for verb in ("create", "patch")]
            found += [Right(verb, "ControllerRevision", namespace) for verb in ("create", "get", "patch", "delete")]
            found += [Right("patch", "DaemonSet", namespace, "status")]
    return tuple(dict.fromkeys(found))


async def missing_rights(api: Api, rights: Iterable[Right]) -> tuple[Right, ...]:
    """Ask the server about each right, and return those that it does not grant. Raises ApiError and Unanswered."""
    asked = tuple(rights)
    granted = await asyncio.gather(*(_is_granted(api, right) for right in asked))
    return tuple(right for right, yes in zip(asked, granted, strict=True) if not yes)


async def _is_granted(api: Api, right: Right) -> bool:
    resource = PATHS[right.kind]
    attributes = {"verb": right.verb, "group": resource.group, "resource": resource.plural}
    attributes |= {"namespace": right.namespace} if right.namespace else {}
    attributes |= {"subresource": right.subresource} if right.subresource else {}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await api.write("POST", _PATH, review)
    return bool((answer.get("status") or {}).get("allowed"))
