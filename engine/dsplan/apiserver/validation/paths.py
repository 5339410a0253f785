"""File paths inside volumes, as far as an API server checks them.

Source: core validation (CV:validateLocalDescendingPath, ValidateLocalNonReservedPath).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings

__all__ = ["check_file_mode", "check_no_backsteps", "check_plain_path", "check_relative_path"]

_HIGHEST_MODE = 0o777


def check_no_backsteps(text: str, path: str, found: Findings) -> None:
    """No part of the path is `..`."""
    if ".." in text.split("/"):
        found.invalid(path, text, "must not contain '..'")


def check_relative_path(text: str, path: str, found: Findings) -> None:
    """Not absolute, no part is `..`."""
    if text.startswith("/"):
        found.invalid(path, text, "must be a relative path")
    check_no_backsteps(text, path, found)


def check_plain_path(text: str, path: str, found: Findings) -> None:
    """A relative path that does not start with `..` either: such names are taken by the kubelet."""
    check_relative_path(text, path, found)
    if text.startswith("..") and not text.startswith("../"):
        found.invalid(path, text, "must not start with '..'")


def check_file_mode(source: Mapping[str, Any], key: str, path: str, found: Findings) -> None:
    """A mode, where set, is 0 to 0777 (octal)."""
    mode = source.get(key)
    if mode is not None and not 0 <= mode <= _HIGHEST_MODE:
        found.invalid(f"{path}.{key}", mode, "must be between 0 and 0777 (octal), both inclusive")
