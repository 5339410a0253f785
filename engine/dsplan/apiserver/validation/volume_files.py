"""Volumes that are made of files: secret, configMap, downwardAPI, projected (V).

Source: core validation (CV:validateKeyToPath, validateDownwardAPIVolumeFile, validateProjectionSources).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .env import VOLUME_FIELDS, check_field_ref, check_resource_field_ref
from .findings import Findings
from .paths import check_file_mode, check_plain_path

__all__ = ["check_config_map", "check_downward_api", "check_projected", "check_secret"]

Tree = Mapping[str, Any]

_SHORTEST_TOKEN = 10 * 60
_LONGEST_TOKEN = 1 << 32


def check_secret(source: Tree, path: str, found: Findings) -> None:
    """A secretName, and keys to files."""
    _check_keyed(source, "secretName", path, found)


def check_config_map(source: Tree, path: str, found: Findings) -> None:
    """A name, and keys to files."""
    _check_keyed(source, "name", path, found)


def _check_keyed(source: Tree, name: str, path: str, found: Findings) -> None:
    if not source.get(name):
        found.required(f"{path}.{name}")
    check_file_mode(source, "defaultMode", path, found)
    for index, item in enumerate(source.get("items", ())):
        _check_key_to_path(item, f"{path}.items[{index}]", found)


def _check_key_to_path(item: Tree, path: str, found: Findings) -> None:
    for key in ("key", "path"):
        if not item.get(key):
            found.required(f"{path}.{key}")
    check_plain_path(item.get("path", ""), f"{path}.path", found)
    check_file_mode(item, "mode", path, found)


def check_downward_api(source: Tree, path: str, found: Findings) -> None:
    """Files with fields of the pod; they are reported under the source, without an index."""
    check_file_mode(source, "defaultMode", path, found)
    for item in source.get("items", ()):
        _check_downward_file(item, path, found)


def _check_downward_file(item: Tree, path: str, found: Findings) -> None:
    if not item.get("path"):
        found.required(f"{path}.path")
    check_plain_path(item.get("path", ""), f"{path}.path", found)
    if "fieldRef" in item:
        check_field_ref(item["fieldRef"], VOLUME_FIELDS, f"{path}.fieldRef", found)
        if "resourceFieldRef" in item:
            found.invalid(path, "resource", "must not specify both fieldRef and resourceFieldRef")
    elif "resourceFieldRef" in item:
        check_resource_field_ref(item["resourceFieldRef"], f"{path}.resourceFieldRef", found, in_volume=True)
    else:
        found.required(path, "must specify one of fieldRef and resourceFieldRef")
    check_file_mode(item, "mode", path, found)


def check_projected(source: Tree, path: str, found: Findings) -> None:
    """Several sources in one directory, whose file paths do not clash."""
    check_file_mode(source, "defaultMode", path, found)
    used: set[str] = set()
    for index, projection in enumerate(source.get("sources") or ()):
        where = f"{path}.sources[{index}]"
        for kind in ("secret", "configMap"):
            if kind in projection:
                _check_projected_keys(projection[kind], used, path, f"{where}.{kind}", found)
        for item in projection.get("downwardAPI", {}).get("items", ()):
            _check_downward_file(item, f"{where}.downwardAPI", found)
            _claim_path(item.get("path", ""), used, path, found)
        if "serviceAccountToken" in projection:
            _check_token(projection["serviceAccountToken"], path, f"{where}.serviceAccountToken", found)
        if len(projection) > 1:
            found.forbidden(where, "may not specify more than one kind of source")


def _check_projected_keys(source: Tree, used: set[str], volume_path: str, path: str, found: Findings) -> None:
    if not source.get("name"):
        found.required(f"{path}.name")
    for index, item in enumerate(source.get("items", ())):
        _check_key_to_path(item, f"{path}.items[{index}]", found)
        _claim_path(item.get("path", ""), used, volume_path, found)


def _claim_path(text: str, used: set[str], path: str, found: Findings) -> None:
    if text and text in used:
        found.invalid(path, text, "must not use the same path twice")
    used.add(text)


def _check_token(token: Tree, volume_path: str, path: str, found: Findings) -> None:
    """The path of the token is reported under the volume."""
    seconds = token.get("expirationSeconds", 3600)
    if seconds < _SHORTEST_TOKEN:
        found.invalid(f"{path}.expirationSeconds", seconds, "may not be less than 10 minutes")
    if seconds > _LONGEST_TOKEN:
        found.invalid(f"{path}.expirationSeconds", seconds, "may not be more than 2^32 seconds")
    if token.get("path"):
        check_plain_path(token["path"], f"{volume_path}.path", found)
    else:
        found.required(f"{volume_path}.path")
