"""Security contexts of containers and of the pod (V).

Source: core validation (CV:ValidateSecurityContext, validatePodSpecSecurityContext).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .formats import group_or_user_id, size, sysctl_name
from .paths import check_relative_path
from .windows import check_windows_options

__all__ = ["check_container_security", "check_pod_security"]

Tree = Mapping[str, Any]

_PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
_PROC_MOUNTS = ("Default", "Unmasked")
_CLOSED_POD_FIELDS = {
    "fsGroupChangePolicy": ("Always", "OnRootMismatch"),
    "supplementalGroupsPolicy": ("Merge", "Strict"),
    # MountOption needs the gate SELinuxMount, which is off by default.
    "seLinuxChangePolicy": ("Recursive",),
}
_LONGEST_PROFILE = 4095
_NET_PREFIX = "net."
_IPC_NAMES = frozenset({"kernel.sem"})
_IPC_PREFIXES = ("kernel.shm", "kernel.msg", "fs.mqueue.")


def check_container_security(context: Tree, path: str, found: Findings, *, host_users: bool) -> None:
    """Ids, procMount, profiles and privileges; `host_users` is False in a pod with its own user namespace."""
    _check_ids(context, ("runAsUser", "runAsGroup"), path, found)
    proc_mount = context.get("procMount")
    if proc_mount is not None and proc_mount not in _PROC_MOUNTS:
        found.not_supported(f"{path}.procMount", proc_mount, _PROC_MOUNTS)
    if proc_mount == "Unmasked" and host_users:
        found.invalid(f"{path}.procMount", proc_mount, "needs `hostUsers` to be false")
    _check_seccomp(context, path, found)
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            found.invalid(path, {}, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        if "CAP_SYS_ADMIN" in context.get("capabilities", {}).get("add", ()):
            found.invalid(path, {}, "cannot set `allowPrivilegeEscalation` to false and add CAP_SYS_ADMIN")
    check_windows_options(context, path, found)
    _check_app_armor(context, path, found)


def check_pod_security(context: Tree, spec: Tree, path: str, found: Findings) -> None:
    """Ids, groups, sysctls, closed sets and profiles; parts of it depend on the host namespaces of `spec`."""
    _check_ids(context, ("fsGroup", "runAsUser", "runAsGroup"), path, found)
    for index, group in enumerate(context.get("supplementalGroups", ())):
        found.invalid_each(f"{path}.supplementalGroups[{index}]", group, group_or_user_id(group))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        found.invalid(f"{path}.shareProcessNamespace", True, "cannot be set together with hostPID")
    _check_sysctls(context, spec, f"{path}.sysctls", found)
    _check_closed(context, "fsGroupChangePolicy", path, found)
    _check_seccomp(context, path, found)
    check_windows_options(context, path, found)
    _check_app_armor(context, path, found)
    _check_closed(context, "supplementalGroupsPolicy", path, found)
    _check_closed(context, "seLinuxChangePolicy", path, found)


def _check_ids(context: Tree, names: tuple[str, ...], path: str, found: Findings) -> None:
    for name in names:
        number = context.get(name)
        if number is not None:
            found.invalid_each(f"{path}.{name}", number, group_or_user_id(number))


def _check_closed(context: Tree, name: str, path: str, found: Findings) -> None:
    accepted = _CLOSED_POD_FIELDS[name]
    if name in context and context[name] not in accepted:
        found.not_supported(f"{path}.{name}", context[name], accepted)


def _check_sysctls(context: Tree, spec: Tree, path: str, found: Findings) -> None:
    seen: set[str] = set()
    for index, sysctl in enumerate(context.get("sysctls", ())):
        where, name = f"{path}[{index}].name", sysctl.get("name", "")
        rules = sysctl_name(name)
        if not name:
            found.required(where)
        elif rules:
            found.invalid_each(where, name, rules)
        elif name in seen:
            found.duplicate(where, name)
        seen.add(name)
        plain = _dotted(name)
        if spec.get("hostNetwork") and plain.startswith(_NET_PREFIX):
            found.invalid(where, name, "may not be specified when `hostNetwork` is true")
        elif spec.get("hostIPC") and (plain in _IPC_NAMES or plain.startswith(_IPC_PREFIXES)):
            found.invalid(where, name, "may not be specified when `hostIPC` is true")


def _dotted(sysctl: str) -> str:
    """Return the name with '.' as separator; where '/' is used first, '.' and '/' change places."""
    if "/" in sysctl and sysctl.find("/") < (sysctl.find(".") if "." in sysctl else len(sysctl)):
        return sysctl.translate(str.maketrans("./", "/."))
    return sysctl


def _check_seccomp(context: Tree, path: str, found: Findings) -> None:
    profile, where = context.get("seccompProfile"), f"{path}.seccompProfile"
    if profile is None:
        return
    kind, localhost = profile.get("type", ""), profile.get("localhostProfile")
    if not kind:
        found.required(f"{where}.type", "must be set when seccompProfile is set")
    elif kind not in _PROFILE_TYPES:
        found.not_supported(f"{where}.type", kind, _PROFILE_TYPES)
    if kind != "Localhost":
        if localhost is not None:
            found.invalid(f"{where}.localhostProfile", localhost, "can only be set when the type is Localhost")
    elif localhost is None:
        found.required(f"{where}.localhostProfile", "must be set when the type is Localhost")
    else:
        check_relative_path(localhost, f"{where}.localhostProfile", found)


def _check_app_armor(context: Tree, path: str, found: Findings) -> None:
    profile, where = context.get("appArmorProfile"), f"{path}.appArmorProfile"
    if profile is None:
        return
    kind, localhost = profile.get("type", ""), profile.get("localhostProfile")
    if kind == "Localhost":
        _check_app_armor_name(localhost or "", f"{where}.localhostProfile", found)
    elif kind not in _PROFILE_TYPES:
        if kind:
            found.not_supported(f"{where}.type", kind, _PROFILE_TYPES)
        else:
            found.required(f"{where}.type", "must be set when appArmorProfile is set")
    elif localhost is not None:
        found.invalid(f"{where}.localhostProfile", localhost, "can only be set when the type is Localhost")


def _check_app_armor_name(name: str, path: str, found: Findings) -> None:
    if not name:
        found.required(path, "must be set when the type is Localhost")
    elif name != name.strip():
        found.invalid(path, name, "must not be padded with white space")
    if size(name) > _LONGEST_PROFILE:
        found.too_long(path, _LONGEST_PROFILE)
