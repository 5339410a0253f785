"""An evaluator of eligibility that shares no line with dsplan: raw objects in, every failing field out (E, T, A)."""

from __future__ import annotations

import re
from typing import Any

Tree = dict[str, Any]
AFFINITY = "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
AUTOMATIC = [
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
]


def failures(daemonset: Tree, node: Tree) -> set[tuple[str, str]]:
    """Return (reason code, field) of everything that fails; a taint's field is the taint as kubectl prints it."""
    spec = daemonset["spec"]["template"].get("spec", {})
    name, labels = node["metadata"]["name"], node["metadata"].get("labels", {})
    found = set()
    if spec.get("nodeName") and spec["nodeName"] != name:
        found.add(("NodeNameMismatch", "spec.template.spec.nodeName"))
    for key, value in spec.get("nodeSelector", {}).items():
        if labels.get(key) != value:
            found.add(("NodeSelectorMismatch", f"spec.template.spec.nodeSelector[{key}]"))
    required = spec.get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is not None:
        found |= {("NodeAffinityMismatch", field) for field in affinity_failures(required, name, labels)}
    tolerations = list(spec.get("tolerations", []))
    tolerations += [{"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": e} for key, e in AUTOMATIC]
    if spec.get("hostNetwork"):
        key = "node.kubernetes.io/network-unavailable"
        tolerations.append({"key": key, "operator": "Exists", "effect": "NoSchedule"})
    for taint in node.get("spec", {}).get("taints", []):
        if taint["effect"] in ("NoSchedule", "NoExecute") and not any(tolerated(t, taint) for t in tolerations):
            found.add((f"Untolerated{taint['effect']}", taint_text(taint)))
    return found


def verdict(daemonset: Tree, node: Tree) -> str:
    codes = {code for code, _ in failures(daemonset, node)}
    if codes - {"UntoleratedNoSchedule"}:
        return "DENY"
    return "KEEP" if codes else "RUN"


def affinity_failures(required: Tree, name: str, labels: dict[str, str]) -> set[str]:
    terms = required.get("nodeSelectorTerms", [])
    found = set()
    for number, term in enumerate(terms):
        failing = term_failures(term, name, labels)
        if not failing:
            return set()
        found |= {f"{AFFINITY}.nodeSelectorTerms[{number}]{suffix}" for suffix in failing}
    return found or {f"{AFFINITY}.nodeSelectorTerms"}


def term_failures(term: Tree, name: str, labels: dict[str, str]) -> set[str]:
    expressions, fields = term.get("matchExpressions", []), term.get("matchFields", [])
    if not expressions and not fields:
        return {""}
    if any(map(invalid_expression, expressions)) or any(map(invalid_field, fields)):
        return {""}
    found = {
        f".matchExpressions[{place}]"
        for place, entry in enumerate(expressions)
        if not expression_holds(entry, labels.get(entry["key"]))
    }
    found |= {
        f".matchFields[{place}]"
        for place, entry in enumerate(fields)
        if ((name if entry["key"] == "metadata.name" else "") in entry["values"]) != (entry["operator"] == "In")
    }
    return found


def invalid_field(entry: Tree) -> bool:
    return entry["operator"] not in ("In", "NotIn") or len(entry.get("values", [])) != 1


def invalid_expression(entry: Tree) -> bool:
    operator, values = entry["operator"], entry.get("values", [])
    if any(value and not re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", value) for value in values):
        return True
    if operator in ("In", "NotIn"):
        return not values
    if operator in ("Exists", "DoesNotExist"):
        return bool(values)
    if operator in ("Gt", "Lt"):
        return len(values) != 1 or not re.fullmatch(r"[0-9]+", values[0])
    return True


def expression_holds(entry: Tree, value: str | None) -> bool:
    operator, values = entry["operator"], entry.get("values", [])
    if operator == "NotIn":
        return value is None or value not in values
    if operator == "DoesNotExist":
        return value is None
    if value is None:
        return False
    if operator == "Exists":
        return True
    if operator == "In":
        return value in values
    if not re.fullmatch(r"[+-]?[0-9]+", value):
        return False
    return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])


def tolerated(toleration: Tree, taint: Tree) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return toleration.get("operator", "Equal") == "Equal" and toleration.get("value", "") == taint.get("value", "")


def taint_text(taint: Tree) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"
