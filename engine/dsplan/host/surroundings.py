"""What a host asks about the cluster before it begins: its version, and whether the real controller runs there."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from .answers import ApiError
from .api import Api
from .kinds import path_of

__all__ = ["ServerVersion", "controller_runs", "server_version"]

SEMANTICS = (1, 36)
_MANAGER = ("kube-system", "kube-controller-manager")
_DIFFERENCES = (
    ((1, 31), "before 1.31 unavailable old pods do not spend maxUnavailable"),
    ((1, 36), "before 1.36 the controller may act on a cache that has not caught up with its own writes"),
)


class ServerVersion(msgspec.Struct, frozen=True):
    """The server's version, and what is different there from the semantics that dsplan plans by (Kubernetes 1.36)."""

    text: str
    differences: tuple[str, ...] = ()


async def server_version(api: Api) -> ServerVersion:
    """Return the version of the server. Raises ApiError and Unanswered.

    >>> from asyncio import run
    >>> class Old:
    ...     async def get(self, path):
    ...         return {"gitVersion": "v1.30.2"}
    >>> len(run(server_version(Old())).differences)
    2
    """
    text = str((await api.get("/version")).get("gitVersion") or "")
    found = re.match(r"v?(\d+)\.(\d+)", text)
    if found is None:
        return ServerVersion(text, ("the version is not understood; Kubernetes 1.36 is assumed",))
    version = int(found[1]), int(found[2])
    told = [difference for since, difference in _DIFFERENCES if version < since]
    if version > SEMANTICS:
        told.append(f"{text} is newer than the semantics of Kubernetes 1.36 that dsplan plans by")
    return ServerVersion(text, tuple(told))


async def controller_runs(api: Api) -> str:
    """Return why the real DaemonSet controller is taken to run here, empty where nothing says so.

    A kube-controller-manager renews its Lease; it can run without this controller, which nobody outside can see, so a
    user who has switched it off must say so. Raises ApiError and Unanswered.
    """
    try:
        lease = await api.get(path_of("Lease", *_MANAGER))
    except ApiError as error:
        if error.status in (403, 404):
            return "" if error.status == 404 else "the Lease of kube-controller-manager may not be read"
        raise
    spec = lease.get("spec") or {}
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return ""
    renewed = datetime.fromisoformat(spec["renewTime"])
    lasts = timedelta(seconds=4 * float(spec.get("leaseDurationSeconds") or 15))
    if api.clock.now() - renewed > lasts:
        return ""
    return f"kube-controller-manager {spec['holderIdentity']} renewed its Lease at {spec['renewTime']}"
