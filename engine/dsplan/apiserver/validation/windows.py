"""Windows options, host processes, and what `spec.os` forbids (V).

Source: core validation (CV:validateWindowsSecurityContextOptions, validateWindowsHostProcessPod, validateLinux,
validateWindows).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...model.regex import regex
from .findings import Findings
from .formats import dns_subdomain, size

__all__ = ["check_host_processes", "check_os", "check_windows_options", "containers_with_paths"]

Tree = Mapping[str, Any]

_SYSTEMS = ("linux", "windows")
_NOT_ON_WINDOWS = "cannot be set for a windows pod"
_POD_SECURITY = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
)
_CONTAINER_SECURITY = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)

_SPEC_LIMIT = 64 * 1024
_DOMAIN_LIMIT = 256
_USER_LIMIT = 104
_CONTROL = regex(r"[\x00-\x1f\x7f]")
_NET_BIOS = regex(r"""[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}""")
_DNS_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DNS = regex(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_BAD_IN_USER = regex(r"""["/\\:;|=,+*?<>@\[\]]""")
_DOTS_AND_SPACES = regex(r"[. ]+")


def containers_with_paths(spec: Tree, path: str) -> Iterator[tuple[Tree, str]]:
    """Yield init, regular and ephemeral containers, in this order, each with its path."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(kind) or ()):
            yield container, f"{path}.{kind}[{index}]"


def check_windows_options(context: Tree, path: str, found: Findings) -> None:
    """The credential spec and the user name of `windowsOptions`, if there are any."""
    options, where = context.get("windowsOptions"), f"{path}.windowsOptions"
    if options is None:
        return
    name, credentials = options.get("gmsaCredentialSpecName"), options.get("gmsaCredentialSpec")
    if name is not None:
        found.invalid_each(f"{where}.gmsaCredentialSpecName", name, dns_subdomain(name))
    if credentials == "":
        found.invalid(f"{where}.gmsaCredentialSpec", "", "must not be empty")
    elif credentials is not None and size(credentials) > _SPEC_LIMIT:
        found.invalid(f"{where}.gmsaCredentialSpec", "(too long)", "must be under 64 KiB")
    user = options.get("runAsUserName")
    if user is not None:
        found.invalid_each(f"{where}.runAsUserName", user, _broken_user_rules(user))


def _broken_user_rules(text: str) -> Iterator[str]:
    parts = text.split("\\")
    if not text:
        yield "must not be empty"
    elif _CONTROL.search(text):
        yield "must not contain control characters"
    elif len(parts) > 2:
        yield "must not contain more than one backslash"
    else:
        domain, user = parts[0] if len(parts) == 2 else None, parts[-1]
        if domain is not None and size(domain) >= _DOMAIN_LIMIT:
            yield f"must have a domain under {_DOMAIN_LIMIT} characters"
        if domain is not None and not (_NET_BIOS.fullmatch(domain) or _DNS.fullmatch(domain)):
            yield "must have a domain in NetBIOS or DNS format"
        if not user or size(user) > _USER_LIMIT:
            yield f"must have a user of 1 to {_USER_LIMIT} characters"
        if _DOTS_AND_SPACES.fullmatch(user):
            yield "must have a user of more than periods and spaces"
        if _BAD_IN_USER.search(user):
            yield 'must have a user without the characters "/\\:;|=,+*?<>@[]'


def check_host_processes(spec: Tree, path: str, found: Findings) -> None:
    """HostProcess containers: all of a pod or none, and only with hostNetwork."""
    of_pod = _host_process(spec.get("securityContext", {}))
    total = host_processes = 0
    for container, where in containers_with_paths(spec, path):
        of_container = _host_process(container.get("securityContext", {}))
        total += 1
        host_processes += bool(of_pod if of_container is None else of_container)
        if None not in (of_pod, of_container) and of_pod != of_container:
            at = f"{where}.securityContext.windowsOptions.hostProcess"
            found.invalid(at, of_container, f"must be the value of the pod, {of_pod}, or unset")
    if not host_processes:
        return
    if host_processes != total:
        found.invalid(path, "", "must make all containers HostProcess containers, or none")
    if not spec.get("hostNetwork"):
        found.invalid(f"{path}.hostNetwork", False, "must be true if the pod contains any HostProcess containers")


def _host_process(context: Tree) -> bool | None:
    value = context.get("windowsOptions", {}).get("hostProcess")
    return None if value is None else bool(value)


def check_os(spec: Tree, path: str, found: Findings) -> None:
    """`spec.os`, and the fields that the other system has no use for."""
    system = spec["os"].get("name", "")
    if not system:
        found.required(f"{path}.os.name", "must not be empty")
    elif system not in _SYSTEMS:
        found.not_supported(f"{path}.os", system, _SYSTEMS)
    elif system == "linux":
        _check_linux(spec, path, found)
    else:
        _check_windows(spec, path, found)


def _check_linux(spec: Tree, path: str, found: Findings) -> None:
    for owner, where in ((spec, path), *containers_with_paths(spec, path)):
        if "windowsOptions" in owner.get("securityContext", {}):
            found.forbidden(f"{where}.securityContext.windowsOptions", "cannot be set for a linux pod")


def _check_windows(spec: Tree, path: str, found: Findings) -> None:
    context = spec.get("securityContext", {})
    for name in _POD_SECURITY:
        if name in context and not (name == "sysctls" and not context[name]):
            found.forbidden(f"{path}.securityContext.{name}", _NOT_ON_WINDOWS)
    for name in ("hostUsers", "shareProcessNamespace"):
        if name in spec:
            found.forbidden(f"{path}.{name}", _NOT_ON_WINDOWS)
    for name in ("hostPID", "hostIPC"):
        if spec.get(name):
            found.forbidden(f"{path}.{name}", _NOT_ON_WINDOWS)
    for container, where in containers_with_paths(spec, path):
        for name in _CONTAINER_SECURITY:
            if name in container.get("securityContext", {}):
                found.forbidden(f"{where}.securityContext.{name}", _NOT_ON_WINDOWS)
