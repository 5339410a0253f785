"""Priority and preemption policy from PriorityClasses (P1, X13).

Source: plugin/pkg/admission/priority.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...model.meta import ObjectMeta
from ...model.priority import PriorityClass
from ..validation.priorityclass import SYSTEM_CLASSES
from .outcome import AdmissionContext, Refusal, forbidden

__all__ = ["fill_priority"]

_PREEMPTS = "PreemptLowerPriority"
_SYSTEM = tuple(
    PriorityClass(metadata=ObjectMeta(name=name), value=value) for name, value in sorted(SYSTEM_CLASSES.items())
)


def fill_priority(spec: dict[str, Any], context: AdmissionContext) -> Refusal | None:
    """Set class, priority and preemption policy; refuse a class that is not there, or values that contradict it.

    >>> spec = {"priorityClassName": "system-node-critical"}
    >>> fill_priority(spec, AdmissionContext()), spec["priority"], spec["preemptionPolicy"]
    (None, 2000001000, 'PreemptLowerPriority')
    """
    name = spec.get("priorityClassName")
    chosen = _named(name, context.priority_classes) if name else _default(context.priority_classes)
    if chosen is None:
        return forbidden([("spec.priorityClassName", f"no PriorityClass with name {name} was found")])
    policy = chosen.preemption_policy or _PREEMPTS
    for field, what, computed in (
        ("priority", "integer value of priority", chosen.value),
        ("preemptionPolicy", "string value of PreemptionPolicy", policy),
    ):
        if spec.get(field) not in (None, computed):
            reason = (
                f"the {what} ({spec[field]}) must not be provided in pod spec; "
                f"priority admission controller computed {computed} from the given PriorityClass name"
            )
            return forbidden([(f"spec.{field}", reason)])
        spec[field] = computed
    if chosen.metadata.name:
        spec["priorityClassName"] = chosen.metadata.name
    return None


def _named(name: str, classes: Sequence[PriorityClass]) -> PriorityClass | None:
    return next((known for known in (*classes, *_SYSTEM) if known.metadata.name == name), None)


def _default(classes: Sequence[PriorityClass]) -> PriorityClass:
    """Return the global default; of several the one with the lowest value, for want of one a nameless class of 0."""
    defaults = [known for known in classes if known.global_default]
    return min(defaults, key=lambda known: (known.value, known.metadata.name), default=PriorityClass())
