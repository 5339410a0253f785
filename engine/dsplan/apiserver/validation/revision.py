"""A ControllerRevision (H).

Source: apps validation (AV:ValidateControllerRevision).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .metadata import check_metadata

__all__ = ["check_revision"]


def check_revision(revision: Mapping[str, Any], found: Findings) -> None:
    """Metadata, data that is an object, and a revision that is not negative."""
    check_metadata(revision.get("metadata", {}), found, namespaced=True)
    if not isinstance(revision.get("data"), dict):
        found.required("data", "must be an object")
    number = revision.get("revision", 0)
    if number < 0:
        found.invalid("revision", number, "must be greater than or equal to 0")
