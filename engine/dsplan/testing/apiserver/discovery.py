"""/version, health, and which groups and kinds there are."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.meta import RawTree
from .kinds import Kind
from .wire import Answer, Request, json_answer, not_supported, text_answer

__all__ = ["discover"]

_VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "$Format:%H$",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.26",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def discover(request: Request, kinds: Iterable[Kind], version: str) -> Answer | None:
    """Return the answer to a request that is about the server itself; None for any other."""
    path = request.path.rstrip("/") or "/"
    if path == "/version":
        minor = version.removeprefix("v").split(".")[1]
        return json_answer({**_VERSION, "minor": minor, "emulationMinor": minor, "gitVersion": version})
    if path in ("/readyz", "/livez", "/healthz"):
        return text_answer("ok")
    served = list(kinds)
    if path == "/api":
        address = {"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:0"}
        return json_answer({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]})
    if path == "/apis":
        groups = [_group(group, kind.version) for group, kind in {k.group: k for k in served if k.group}.items()]
        return json_answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
    if path.startswith("/openapi"):
        raise not_supported(path)
    return _of_group(path, served)


def _of_group(path: str, kinds: list[Kind]) -> Answer | None:
    parts = path.strip("/").split("/")
    if parts[0] not in ("api", "apis") or len(parts) > (2 if parts[0] == "api" else 3):
        return None
    group = "" if parts[0] == "api" else parts[1]
    members = [kind for kind in kinds if kind.group == group]
    if parts[0] == "apis" and len(parts) == 2:
        found = _group(group, members[0].version) if members else None
        return (
            text_answer("404 page not found\n", 404)
            if found is None
            else json_answer({"kind": "APIGroup", "apiVersion": "v1", **found})
        )
    members = [kind for kind in members if kind.version == parts[-1]]
    if not members:
        return text_answer("404 page not found\n", 404)
    resources = [entry for kind in members for entry in _resources(kind)]
    head: RawTree = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if group else {})
    return json_answer({**head, "groupVersion": members[0].api_version, "resources": resources})


def _group(name: str, version: str) -> RawTree:
    preferred = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [preferred], "preferredVersion": preferred}


def _resources(kind: Kind) -> list[RawTree]:
    base = {"singularName": kind.kind.lower(), "namespaced": kind.namespaced, "kind": kind.kind}
    own = {"name": kind.plural, **base, "verbs": sorted(kind.verbs)}
    subs = [
        {
            "name": f"{kind.plural}/{sub}",
            **base,
            "singularName": "",
            "verbs": ["create"] if sub == "eviction" else ["get", "patch", "update"],
        }
        for sub in kind.subresources
    ]
    return [own, *subs]
