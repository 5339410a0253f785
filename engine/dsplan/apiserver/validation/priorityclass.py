"""A PriorityClass (P1).

Source: scheduling validation, pkg/apis/scheduling/v1 IsKnownSystemPriorityClass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .metadata import check_metadata
from .podspec import check_preemption_policy

__all__ = ["SYSTEM_CLASSES", "check_priority_class"]

SYSTEM_CLASSES: Mapping[str, int] = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_HIGHEST_USER_VALUE = 1_000_000_000


def check_priority_class(priority_class: Mapping[str, Any], found: Findings) -> None:
    """Names with `system-` are the two of the system, with their values; others stay below them."""
    metadata = priority_class.get("metadata", {})
    name, value = metadata.get("name", ""), priority_class.get("value", 0)
    check_metadata(metadata, found, namespaced=False, generation=False)
    if name.startswith("system-"):
        if SYSTEM_CLASSES.get(name) != value or priority_class.get("globalDefault"):
            known = ", ".join(f"{known} with value {number}" for known, number in SYSTEM_CLASSES.items())
            found.forbidden("metadata.name", f"may start with system- only for {known}, and not as globalDefault")
    elif value > _HIGHEST_USER_VALUE:
        found.forbidden("value", f"may not be above {_HIGHEST_USER_VALUE} for a class of a user")
    check_preemption_policy(priority_class, "preemptionPolicy", found)
