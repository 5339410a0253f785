"""Annotations of pods and templates that carry settings (V).

Source: core validation (CV:ValidatePodSpecificAnnotations, validateSeccompAnnotationsAndFields,
validateAppArmorAnnotationsAndFieldsMatchOnCreate).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...model.regex import regex
from .findings import Findings
from .paths import check_relative_path
from .tolerations import check_tolerations
from .windows import containers_with_paths

__all__ = ["MIRROR", "check_pod_annotations", "check_profiles_match"]

Tree = Mapping[str, Any]

MIRROR = "kubernetes.io/config.mirror"
_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_LOCALHOST = "localhost/"
_COST = regex(r"-?[0-9]{1,10}|-[0-9]+")


def check_pod_annotations(annotations: Mapping[str, str], spec: Tree, path: str, found: Findings) -> None:
    """Mirror pods, tolerations, deletion cost, and the old profiles of seccomp and AppArmor."""
    if not annotations:
        return
    if MIRROR in annotations and not spec.get("nodeName"):
        found.invalid(f"{path}[{MIRROR}]", annotations[MIRROR], "needs spec.nodeName")
    if annotations.get(_TOLERATIONS):
        _check_toleration_text(annotations[_TOLERATIONS], path, found)
    if _DELETION_COST in annotations and not _is_cost(annotations[_DELETION_COST]):
        found.invalid(f"{path}[{_DELETION_COST}]", annotations[_DELETION_COST], "must be a 32-bit integer")
    for key, value in annotations.items():
        if key == _SECCOMP_POD or key.startswith(_SECCOMP):
            _check_seccomp(value, f"{path}.{key}", found)
    names = {container.get("name", "") for container, _ in containers_with_paths(spec, "")}
    for key, value in annotations.items():
        if key.startswith(_APP_ARMOR):
            _check_app_armor(key.removeprefix(_APP_ARMOR), value, names, f"{path}[{key}]", found)


def _check_toleration_text(text: str, path: str, found: Findings) -> None:
    import json

    try:
        tolerations = json.loads(text)
    except (ValueError, RecursionError):
        tolerations = None
    if not isinstance(tolerations, list) or not all(isinstance(item, dict) for item in tolerations):
        found.invalid(path, _TOLERATIONS, "must be a JSON list of tolerations")
        return
    texts = [{key: value for key, value in item.items() if isinstance(value, str | int)} for item in tolerations]
    check_tolerations(texts, f"{path}.{_TOLERATIONS}", found)


def _is_cost(text: str) -> bool:
    """Return whether it is a 32-bit integer without plus and leading zeros."""
    if _COST.fullmatch(text) is None or (text.startswith("0") and text != "0"):
        return False
    return len(text) <= 12 and -(2**31) <= int(text) < 2**31


def _check_seccomp(profile: str, path: str, found: Findings) -> None:
    if profile.startswith(_LOCALHOST):
        check_relative_path(profile.removeprefix(_LOCALHOST), path, found)
    elif profile not in ("runtime/default", "docker/default", "unconfined"):
        found.invalid(path, profile, "must be a seccomp profile: runtime/default, unconfined or localhost/<path>")


def _check_app_armor(name: str, profile: str, names: set[str], path: str, found: Findings) -> None:
    if name not in names:
        found.invalid(path, name, "must name a container of the pod")
    if profile not in ("", "runtime/default", "unconfined") and not profile.startswith(_LOCALHOST):
        found.invalid(path, profile, "must be an AppArmor profile: runtime/default, unconfined or localhost/<name>")


def check_profiles_match(annotations: Mapping[str, str], spec: Tree, path: str, found: Findings) -> None:
    """Where a profile is given by field and by annotation, they say the same."""
    if not annotations:
        return
    of_pod = spec.get("securityContext", {})
    if _SECCOMP_POD in annotations and "seccompProfile" in of_pod:
        where = f"{path}.securityContext.seccompProfile"
        _check_match(of_pod["seccompProfile"], annotations[_SECCOMP_POD], "seccomp", where, found)
    containers = list(containers_with_paths(spec, path))
    for container, at in containers:
        profile = container.get("securityContext", {}).get("seccompProfile")
        annotation = annotations.get(_SECCOMP + container.get("name", ""))
        if profile is not None and annotation is not None:
            _check_match(profile, annotation, "seccomp", f"{at}.securityContext.seccompProfile", found)
    if spec.get("os", {}).get("name") == "windows":
        return
    for container, at in containers:
        profile = container.get("securityContext", {}).get("appArmorProfile", of_pod.get("appArmorProfile"))
        annotation = annotations.get(_APP_ARMOR + container.get("name", ""))
        if profile is not None and annotation is not None:
            _check_match(profile, annotation, "AppArmor", f"{at}.securityContext.appArmorProfile", found)


def _check_match(profile: Tree, annotation: str, what: str, path: str, found: Findings) -> None:
    kind = profile.get("type", "")
    plain = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default", "docker/default")}
    if kind in plain:
        # docker/default is an old name that only seccomp knew.
        if annotation not in plain[kind][: 2 if what == "seccomp" else 1]:
            found.forbidden(f"{path}.type", f"the {what} type in annotation and field must match")
    elif kind == "Localhost":
        if not annotation.startswith(_LOCALHOST):
            found.forbidden(f"{path}.type", f"the {what} type in annotation and field must match")
        elif annotation.removeprefix(_LOCALHOST) != profile.get("localhostProfile"):
            found.forbidden(f"{path}.localhostProfile", f"the {what} profile in annotation and field must match")
