"""Does a template become the Pod that a real API server stored, or is it refused alike (D9, D10, D12, P1, X13)?"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from dsplan.apiserver.admission import AdmissionContext, Refusal, admit_pod
from dsplan.model.convert import convert
from dsplan.model.namespaces import LimitRange
from dsplan.model.priority import PriorityClass, RuntimeClass

from .replay_defaulting import differences

Record = dict[str, Any]

CONTEXT = Path(__file__).parent / "records" / "admitted-context.json"
_DEFAULT = {"name": "dflt", "value": 42, "globalDefault": True, "preemptionPolicy": "Never"}


def check(record: Record) -> list[str]:
    """Return where the admitted Pod or the refusal differs from the recorded one."""
    metadata = {**record["template"].get("metadata", {}), "name": "p", "namespace": record["namespace"]}
    pod = {"metadata": metadata, "spec": record["template"]["spec"]}
    outcome = admit_pod(pod, context_of(record["context"], record["namespace"]))
    if isinstance(outcome, Refusal):
        return refusal_differences(outcome, record)
    if record["code"] != 201:
        return [f"expected {record['code']} {record['message']}, got a Pod"]
    want = {**record["pod"], "metadata": {**record["pod"]["metadata"]}}
    want["metadata"].pop("generation")
    if outcome.qos_class != want.pop("qosClass"):
        return [f"qosClass: expected {record['pod']['qosClass']}, got {outcome.qos_class}"]
    return list(differences(outcome.pod, want, "Pod", ""))


def refusal_differences(refusal: Refusal, record: Record) -> list[str]:
    """Compare code and reason, and the causes where the server gives any; with 403 it gives none, but its words."""
    got, want = (refusal.code, refusal.reason), (record["code"], record.get("reason"))
    if got != want:
        return [f"expected {want} {record.get('message', '')}, got {got} {refusal.message}"]
    causes = Counter((cause["field"], cause["reason"]) for cause in record.get("causes") or ())
    found = Counter((problem.field, problem.reason) for problem in refusal.problems)
    if refusal.code == 422:
        return [f"causes: expected {causes}, got {found}"] if causes != found else []
    said = f'pods "p" is forbidden: {refusal.message}'
    return [f"expected {record['message']!r}, got {said!r}"] if said != record["message"] else []


@cache
def context_of(text: str, namespace: str) -> AdmissionContext:
    """Return the classes of the recording cluster; its ServiceAccount plugin was off."""
    objects = json.loads(CONTEXT.read_text())
    classes = objects["priorityClasses"] + ([_DEFAULT] if "dflt" in text else [])
    ranges = {name: spec for name, spec in objects["limitRanges"].items() if name == namespace}
    return AdmissionContext(
        priority_classes=tuple(convert(named(entry), PriorityClass) for entry in classes),
        runtime_classes=tuple(convert(named(entry), RuntimeClass) for entry in objects["runtimeClasses"]),
        limit_ranges=tuple(
            convert({"metadata": {"name": "range", "namespace": name}, "spec": spec}, LimitRange)
            for name, spec in ranges.items()
        ),
        service_account="",
    )


def named(entry: Record) -> Record:
    return {**entry, "metadata": {"name": entry["name"]}}
