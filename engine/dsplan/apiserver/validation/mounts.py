"""volumeMounts and volumeDevices of a container (V).

Source: core validation (CV:ValidateVolumeMounts, ValidateVolumeDevices).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Findings
from .paths import check_relative_path

__all__ = ["check_mounts_and_devices"]

Tree = Mapping[str, Any]

_PROPAGATION = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")


def check_mounts_and_devices(container: Tree, volumes: Mapping[str, Tree], path: str, found: Findings) -> None:
    """Each names a volume in `volumes`; names and paths do not clash between the two lists."""
    mounts: Sequence[Tree] = container.get("volumeMounts", ())
    devices: Sequence[Tree] = container.get("volumeDevices", ())
    mounted = {item.get("name", ""): item.get("mountPath", "") for item in mounts}
    attached = {item.get("name", ""): item.get("devicePath", "") for item in devices}
    privileged = container.get("securityContext", {}).get("privileged") is True
    _check_mounts(mounts, attached, volumes, privileged, f"{path}.volumeMounts", found)
    _check_devices(devices, mounted, volumes, f"{path}.volumeDevices", found)


def _check_mounts(
    mounts: Sequence[Tree],
    attached: Mapping[str, str],
    volumes: Mapping[str, Tree],
    privileged: bool,
    path: str,
    found: Findings,
) -> None:
    seen: set[str] = set()
    device_paths = set(attached.values())
    for index, mount in enumerate(mounts):
        where = f"{path}[{index}]"
        name, target = mount.get("name", ""), mount.get("mountPath", "")
        _check_volume_name(name, volumes, where, found)
        if not target:
            found.required(f"{where}.mountPath")
        if target in seen:
            found.invalid(f"{where}.mountPath", target, "must be unique")
        seen.add(target)
        if name in attached:
            found.invalid(f"{where}.name", name, "must not already exist in volumeDevices")
        if target in device_paths:
            found.invalid(f"{where}.mountPath", target, "must not already exist as a path in volumeDevices")
        _check_sub_paths(mount, path, where, found)
        _check_propagation(mount, privileged, path, found)


def _check_volume_name(name: str, volumes: Mapping[str, Tree], path: str, found: Findings) -> None:
    if not name:
        found.required(f"{path}.name")
    if name not in volumes:
        found.not_found(f"{path}.name", name, "must be the name of a valid volume of the pod")


def _check_sub_paths(mount: Tree, path: str, indexed_path: str, found: Findings) -> None:
    """Clashes are reported under the mount, bad paths under the whole list."""
    sub_path, expression = mount.get("subPath", ""), mount.get("subPathExpr", "")
    if sub_path:
        check_relative_path(sub_path, f"{path}.subPath", found)
    if expression:
        if sub_path:
            found.invalid(f"{indexed_path}.subPathExpr", expression, "cannot be set together with subPath")
        check_relative_path(expression, f"{path}.subPathExpr", found)


def _check_propagation(mount: Tree, privileged: bool, path: str, found: Findings) -> None:
    """Both modes are reported under the whole list, without an index."""
    propagation = mount.get("mountPropagation")
    if propagation is not None:
        if propagation not in _PROPAGATION:
            found.not_supported(f"{path}.mountPropagation", propagation, _PROPAGATION)
        if propagation == "Bidirectional" and not privileged:
            found.forbidden(f"{path}.mountPropagation", "Bidirectional is available only to privileged containers")
    recursive = mount.get("recursiveReadOnly")
    if recursive in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            found.forbidden(f"{path}.recursiveReadOnly", "may only be specified when readOnly is true")
        if propagation not in (None, "None"):
            found.forbidden(f"{path}.recursiveReadOnly", "may only be specified when mountPropagation is None or unset")
    elif recursive not in (None, "Disabled"):
        found.not_supported(f"{path}.recursiveReadOnly", str(recursive), _RECURSIVE)


def _check_devices(
    devices: Sequence[Tree], mounted: Mapping[str, str], volumes: Mapping[str, Tree], path: str, found: Findings
) -> None:
    names: set[str] = set()
    paths: set[str] = set()
    mount_paths = set(mounted.values())
    for index, device in enumerate(devices):
        where = f"{path}[{index}]"
        name, target = device.get("name", ""), device.get("devicePath", "")
        if name in names:
            found.invalid(f"{where}.name", name, "must be unique")
        _check_volume_name(name, volumes, where, found)
        if name in volumes and not volumes[name].keys() & {"persistentVolumeClaim", "ephemeral"}:
            found.invalid(f"{where}.name", name, "must be a persistentVolumeClaim or an ephemeral volume")
        if not target:
            found.required(f"{where}.devicePath")
        if target in paths:
            found.invalid(f"{where}.devicePath", target, "must be unique")
        if ".." in target.split("/"):
            found.invalid(f"{where}.devicePath", target, "must not contain '..'")
        else:
            paths.add(target)
        if name in mounted:
            found.invalid(f"{where}.name", name, "must not already exist in volumeMounts")
        if target in mount_paths:
            found.invalid(f"{where}.devicePath", target, "must not already exist as a path in volumeMounts")
        if name:
            names.add(name)
