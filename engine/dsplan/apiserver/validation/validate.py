"""What an API server v1.36 has against one object: decode, default, validate, in this order (V2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import Problem
from ...model.regex import regex
from ...model.selectors import parse_int64
from ...reading.limits import MAX_PROBLEMS
from ..defaulting import default_object
from ..schema.kinds import KINDS
from .daemonset import check_daemonset, check_daemonset_status
from .decode import decode_shape
from .findings import Findings, did_you_mean
from .node import check_node
from .priorityclass import check_priority_class
from .revision import check_revision
from .template import check_new_pod, check_pod

__all__ = ["validate"]

_CHECKS: Mapping[str, Callable[[Mapping[str, Any], Findings], None]] = {
    "DaemonSet": check_daemonset,
    "Node": check_node,
    "Pod": check_pod,
    "PriorityClass": check_priority_class,
    "ControllerRevision": check_revision,
}
# The rules of the other kinds do not depend on defaults.
_DEFAULTED = frozenset({"DaemonSet", "Pod"})
_API_VERSIONS = {kind: api_version for api_version, kind in KINDS}
_LEVEL = regex(r"[.\[]")
_GENERATION = "deprecated.daemonset.template.generation"


def validate(tree: Any, *, kind: str | None = None, strict: bool = True, stored: bool | None = None) -> list[Problem]:
    """Return everything that is wrong with one raw object, in the order of the server; nothing for a good one.

    `kind` is the kind that is expected, where the object may leave out its apiVersion and kind. Without `strict`
    unknown fields pass, as with `fieldValidation=Ignore` or `Warn`. `stored` says that the object comes from a cluster:
    a Pod may then have what it cannot be created with, and counters of a DaemonSet, which creation resets, are checked.
    None takes it from the object: what is stored has a uid.

    Problems of the shape (`DecodeError`) come first; nothing is then said about the parts that cannot be read.

    >>> tree = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "N1"}, "spec": {"unschedulable": "yes"}}
    >>> for problem in validate(tree):
    ...     print(problem.reason, problem.field)
    DecodeError spec.unschedulable
    FieldValueInvalid metadata.name
    """
    if tree is None:
        tree = {}
    if not isinstance(tree, dict):
        return [Problem(reason="DecodeError", message="must be an object", value=tree)]
    problems, known = _identify(tree, kind)
    if known is None:
        return problems
    decoded = decode_shape(tree, known, strict=strict)
    problems += [problem for problem in decoded.problems if problem.field not in ("apiVersion", "kind")]
    problems += _conversion_problems(decoded.tree, known)
    if stored is None:
        stored = bool(decoded.tree.get("metadata", {}).get("uid"))
    found = _check(decoded.tree, known, stored)
    problems += _without_consequences(found.problems, decoded.unread)
    if len(problems) > MAX_PROBLEMS:
        message = f"more than {MAX_PROBLEMS} problems: the rest is left out"
        problems[MAX_PROBLEMS:] = [Problem(reason="LimitExceeded", message=message)]
    return problems


def _check(tree: dict[str, Any], kind: str, stored: bool) -> Findings:
    found = Findings()
    if kind in _DEFAULTED:
        tree = default_object({**tree, "apiVersion": _API_VERSIONS[kind], "kind": kind})
    if kind == "Pod" and not stored:
        check_new_pod(tree, found)
    else:
        _CHECKS[kind](tree, found)
    if kind == "DaemonSet" and stored:
        check_daemonset_status(tree, found)
    return found


def _identify(tree: Mapping[str, Any], expected: str | None) -> tuple[list[Problem], str | None]:
    """Return what is wrong with apiVersion and kind, and the kind to read the object as (None if there is none)."""
    problems = []
    texts = {}
    for field in ("apiVersion", "kind"):
        value = tree.get(field) or ""
        if not isinstance(value, str):
            problems.append(Problem(reason="DecodeError", field=field, message="must be a string", value=value))
            value = ""
        texts[field] = value
    kind, api_version = texts["kind"] or expected or "", texts["apiVersion"]
    accepted = tuple(sorted(_CHECKS)) if expected is None else (expected,)
    if kind not in accepted:
        message = f"is not the expected kind{did_you_mean(kind, accepted)}" if kind else "must be set"
        problems.append(Problem(reason="DecodeError", field="kind", message=message, value=kind, accepted=accepted))
        kind = expected or ""
    if kind and api_version and api_version != _API_VERSIONS[kind]:
        message, served = f"is not where {kind} is", (_API_VERSIONS[kind],)
        problems.append(
            Problem(reason="DecodeError", field="apiVersion", message=message, value=api_version, accepted=served)
        )
    return problems, kind or None


def _conversion_problems(tree: Mapping[str, Any], kind: str) -> list[Problem]:
    """Return what fails between decoding and defaulting: an annotation that stands for a field (C16)."""
    annotations = tree.get("metadata", {}).get("annotations", {})
    if kind != "DaemonSet" or _GENERATION not in annotations or parse_int64(annotations[_GENERATION]) is not None:
        return []
    field = f"metadata.annotations[{_GENERATION}]"
    return [Problem(reason="DecodeError", field=field, message="must be an integer", value=annotations[_GENERATION])]


def _without_consequences(problems: list[Problem], unread: list[str]) -> list[Problem]:
    """Return the problems that are no consequence of parts that could not be read, or not found at their place."""
    if not unread:
        return problems
    from ...reading.field_paths import real_path

    lost = set(unread)
    around = {parent for path in unread for parent in _parents(path)}
    placed = [(problem, real_path(problem.field)) for problem in problems]
    return [
        problem
        for problem, field in placed
        if field not in lost and (field not in around or _was_seen(problem)) and lost.isdisjoint(_parents(field))
    ]


def _was_seen(problem: Problem) -> bool:
    """Return whether the problem is a text that is there, such as a label's key, so that it misses nothing."""
    return problem.reason == "FieldValueInvalid" and isinstance(problem.value, str)


def _parents(field: str) -> list[str]:
    """Return the fields around a field.

    >>> _parents("spec.taints[0].key")
    ['spec', 'spec.taints', 'spec.taints[0]']
    """
    return [field[: match.start()] for match in _LEVEL.finditer(field)]
