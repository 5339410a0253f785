"""What admission refuses about a valid Pod, given the classes of the cluster (P1, X13).

Source: plugin/pkg/admission/priority, plugin/pkg/admission/runtimeclass.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...errors import Problem
from .findings import Findings
from .priorityclass import SYSTEM_CLASSES
from .resources import amount_of

__all__ = ["admit_pod"]

Tree = Mapping[str, Any]


def admit_pod(
    pod: Tree, *, priority_classes: Collection[Tree] = (), runtime_classes: Collection[Tree] = ()
) -> list[Problem]:
    """Return why a cluster would refuse to create this Pod although it is valid: an API server's answer is 403.

    `priority_classes` and `runtime_classes` are the raw classes of the cluster; the two PriorityClasses of the system
    are always there. A DaemonSet with such a template is accepted, and every one of its pods is refused.

    >>> admit_pod({"spec": {"priorityClassName": "gold"}})[0].field
    'spec.priorityClassName'
    """
    found = Findings()
    spec = pod.get("spec") or {}
    _admit_runtime(spec, runtime_classes, found)
    _admit_priority(spec, priority_classes, found)
    return found.problems


def _named(name: object, classes: Collection[Tree]) -> Tree | None:
    return next((item for item in classes if item.get("metadata", {}).get("name") == name), None)


def _admit_runtime(spec: Tree, classes: Collection[Tree], found: Findings) -> None:
    """The RuntimeClass exists; overhead is what it says, and node selectors do not contradict each other."""
    name = spec.get("runtimeClassName")
    chosen = _named(name, classes) if name else {}
    if chosen is None:
        found.forbidden("spec.runtimeClassName", f"names the RuntimeClass {name!r}, which is not there")
        return
    fixed = (chosen.get("overhead") or {}).get("podFixed") or {}
    overhead = spec.get("overhead")
    if overhead is not None and not _same_amounts(overhead, fixed):
        found.forbidden("spec.overhead", "must be unset, or what the RuntimeClass says")
    wanted = (chosen.get("scheduling") or {}).get("nodeSelector") or {}
    for key, value in (spec.get("nodeSelector") or {}).items():
        if wanted.get(key, value) != value:
            found.forbidden(f"spec.nodeSelector[{key}]", f"contradicts the RuntimeClass, which wants {wanted[key]!r}")


def _same_amounts(left: Tree, right: Tree) -> bool:
    return left.keys() == right.keys() and all(amount_of(left[name]) == amount_of(right[name]) for name in left)


def _admit_priority(spec: Tree, classes: Collection[Tree], found: Findings) -> None:
    """priority and preemptionPolicy are unset, or what the class makes of them (P1)."""
    name = spec.get("priorityClassName") or ""
    chosen: Tree | None
    if name in SYSTEM_CLASSES:
        chosen = {"value": SYSTEM_CLASSES[name]}
    else:
        chosen = _named(name, classes) if name else _global_default(classes)
    if chosen is None:
        found.forbidden("spec.priorityClassName", f"names the PriorityClass {name!r}, which is not there")
        return
    value, policy = chosen.get("value", 0), chosen.get("preemptionPolicy") or "PreemptLowerPriority"
    if spec.get("priority") not in (None, value):
        found.forbidden("spec.priority", f"must be unset, or {value} as computed from the class")
    if spec.get("preemptionPolicy") not in (None, policy):
        found.forbidden("spec.preemptionPolicy", f"must be unset, or {policy} as computed from the class")


def _global_default(classes: Collection[Tree]) -> Tree:
    """Return the default class; of several the one with the lowest value, of none a class of value 0."""
    defaults = [item for item in classes if item.get("globalDefault")]
    return min(defaults, key=lambda item: int(item.get("value", 0)), default={})
