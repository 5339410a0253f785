"""Volumes: what kind each is, and the few fields that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...model.meta import RawTree

__all__ = ["volumes"]

_Reader = Callable[[RawTree], Any]


def _field(name: str, default: Any = "") -> _Reader:
    return lambda source: default if source.get(name) is None else source[name]


def _flag(name: str) -> _Reader:
    return lambda source: "true" if source.get(name) else "false"


def _size_limit(source: RawTree) -> Any:
    return source.get("sizeLimit") or "<unset>"


_KINDS: dict[str, tuple[str, tuple[tuple[str, _Reader], ...]]] = {
    "hostPath": (
        "HostPath (bare host directory volume)",
        (("Path", _field("path")), ("HostPathType", _field("type", "<none>"))),
    ),
    "emptyDir": (
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        (("Medium", _field("medium")), ("SizeLimit", _size_limit)),
    ),
    "secret": (
        "Secret (a volume populated by a Secret)",
        (("SecretName", _field("secretName")), ("Optional", _flag("optional"))),
    ),
    "configMap": (
        "ConfigMap (a volume populated by a ConfigMap)",
        (("Name", _field("name")), ("Optional", _flag("optional"))),
    ),
    "nfs": (
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        (("Server", _field("server")), ("Path", _field("path")), ("ReadOnly", _flag("readOnly"))),
    ),
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        (("ClaimName", _field("claimName")), ("ReadOnly", _flag("readOnly"))),
    ),
    "csi": (
        "CSI (a Container Storage Interface (CSI) volume source)",
        (("Driver", _field("driver")), ("FSType", _field("fsType")), ("ReadOnly", _flag("readOnly"))),
    ),
    "ephemeral": (
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        (),
    ),
    "image": (
        "Image (a container image or OCI artifact)",
        (("Reference", _field("reference")), ("PullPolicy", _field("pullPolicy"))),
    ),
}


def volumes(found: Sequence[RawTree]) -> Iterator[str]:
    """Yield the volumes of a pod template in its order."""
    yield "  Volumes:" if found else "  Volumes:\t<none>"
    for volume in found:
        yield f"   {volume.get('name', '')}:"
        yield from (f"    {line}" for line in _volume(volume))


def _volume(volume: RawTree) -> Iterator[str]:
    if "projected" in volume:
        yield "Type:\tProjected (a volume that contains injected data from multiple sources)"
        for source in (volume["projected"] or {}).get("sources") or []:
            yield from _projected(source)
        return
    if "downwardAPI" in volume:
        yield "Type:\tDownwardAPI (a volume populated by information about the pod)"
        yield "Items:"
        for item in (volume["downwardAPI"] or {}).get("items") or []:
            if item.get("fieldRef"):
                yield f"  {item['fieldRef'].get('fieldPath', '')} -> {item.get('path', '')}"
        return
    kind = next((name for name in _KINDS if name in volume), None)
    if kind is None:
        yield "<unknown>"
        return
    text, fields = _KINDS[kind]
    yield f"Type:\t{text}"
    for title, read in fields:
        yield f"{title}:\t{read(volume[kind] or {})}"


def _projected(source: RawTree) -> Iterator[str]:
    for field, title in (("secret", "SecretName"), ("configMap", "ConfigMapName")):
        if source.get(field):
            yield f"{title}:\t{source[field].get('name', '')}"
            yield f"Optional:\t{'true' if source[field].get('optional') else 'false'}"
    if source.get("downwardAPI"):
        yield "DownwardAPI:\ttrue"
    if source.get("serviceAccountToken"):
        yield f"TokenExpirationSeconds:\t{source['serviceAccountToken'].get('expirationSeconds', 3600)}"
