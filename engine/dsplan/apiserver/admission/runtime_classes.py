"""Overhead, node selector and tolerations from the Pod's RuntimeClass (X13).

Source: plugin/pkg/admission/runtimeclass.
"""

from __future__ import annotations

from typing import Any

from ...model.priority import RuntimeClass
from ...model.quantity import QuantityError, exact_text
from ..defaulting import default_struct
from .outcome import AdmissionContext, Refusal, forbidden
from .tolerations import merge_tolerations
from .trees import mapping, objects

__all__ = ["apply_runtime_class", "check_overhead"]


def apply_runtime_class(spec: dict[str, Any], context: AdmissionContext) -> Refusal | None:
    """Set what the RuntimeClass says; refuse a class that is not there, or values that contradict it.

    >>> from dsplan.model.meta import ObjectMeta
    >>> kata = RuntimeClass(metadata=ObjectMeta(name="kata"), overhead={"podFixed": {"cpu": "0.25"}},
    ...                     scheduling={"nodeSelector": {"kata": "yes"}})
    >>> spec = {"runtimeClassName": "kata"}
    >>> apply_runtime_class(spec, AdmissionContext(runtime_classes=(kata,)))
    >>> spec["overhead"], spec["nodeSelector"]
    ({'cpu': '250m'}, {'kata': 'yes'})
    """
    name = spec.get("runtimeClassName")
    if name is None:
        return None
    chosen = _named(name, context)
    if chosen is None:
        return forbidden([("spec.runtimeClassName", f'pod rejected: RuntimeClass "{name}" not found')])
    overhead = _overhead(chosen)
    if overhead is not None:
        if spec.get("overhead") and not _same(spec["overhead"], overhead):
            return forbidden([("spec.overhead", f"is not the overhead of RuntimeClass {name}: leave it out")])
        spec["overhead"] = overhead
    return _apply_scheduling(spec, mapping(chosen.scheduling))


def check_overhead(spec: dict[str, Any], context: AdmissionContext) -> Refusal | None:
    """Refuse an overhead that no RuntimeClass stands for.

    >>> check_overhead({"overhead": {"cpu": "1"}}, AdmissionContext()).message
    'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
    """
    name = spec.get("runtimeClassName")
    chosen = None if name is None else _named(name, context)
    if spec.get("overhead") and (chosen is None or _overhead(chosen) is None):
        return forbidden(
            [("spec.overhead", "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")]
        )
    return None


def _named(name: Any, context: AdmissionContext) -> RuntimeClass | None:
    return next((known for known in context.runtime_classes if known.metadata.name == name), None)


def _overhead(chosen: RuntimeClass) -> dict[str, Any] | None:
    """Return the resource list of a RuntimeClass as the server keeps it; None without an overhead block."""
    if not chosen.overhead:
        return None
    return mapping(default_struct({"limits": chosen.overhead.get("podFixed")}, "ResourceRequirements").get("limits"))


def _apply_scheduling(spec: dict[str, Any], scheduling: dict[str, Any]) -> Refusal | None:
    if not scheduling:
        return None
    selector = dict(mapping(spec.get("nodeSelector")))
    for key, value in sorted(mapping(scheduling.get("nodeSelector")).items()):
        if selector.setdefault(key, value) != value:
            message = f"is {selector[key]!r}, but the RuntimeClass wants {value!r}"
            return forbidden([(f"spec.nodeSelector[{key}]", message)])
    if selector:
        spec["nodeSelector"] = selector
    wanted = [default_struct(entry, "Toleration") for entry in objects(scheduling.get("tolerations"))]
    merged = merge_tolerations(objects(spec.get("tolerations")), wanted)
    if merged:
        spec["tolerations"] = merged
    return None


def _same(left: Any, right: dict[str, Any]) -> bool:
    """Return whether two resource lists hold the same amounts."""
    try:
        return {name: exact_text(raw) for name, raw in mapping(left).items()} == {
            name: exact_text(raw) for name, raw in right.items()
        }
    except QuantityError:
        return False
