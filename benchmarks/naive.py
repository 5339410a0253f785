"""What dsplan is measured against: the obvious way to do each thing, written as well as plain Python allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from constraint import BacktrackingSolver, Problem

from dsplan.constraints.tolerations import daemon_tolerations, tolerates
from dsplan.model.daemonset import HASH_LABEL, DaemonSet
from dsplan.model.meta import controller_of
from dsplan.model.node import Node, Toleration
from dsplan.model.pod import Pod
from dsplan.model.selectors import parse_int64
from dsplan.observe.shape import is_ready

__all__ = ["one_variable_a_node", "passing_loop", "wanted", "wanted_nodes"]


def wanted(daemonset: DaemonSet, tolerations: Sequence[Toleration], node: Node) -> bool:
    """Return whether one node shall run a pod, field after field."""
    spec = daemonset.pod.spec
    if spec.node_name and spec.node_name != node.name:
        return False
    if any(node.labels.get(key) != value for key, value in spec.node_selector.items()):
        return False
    required = spec.required_node_affinity
    if required is not None and not any(
        all(
            _holds(expression.key, expression.operator, expression.values, node)
            for expression in term.match_expressions
        )
        for term in required.node_selector_terms
    ):
        return False
    return all(
        taint.effect not in ("NoSchedule", "NoExecute") or any(tolerates(entry, taint) for entry in tolerations)
        for taint in node.taints
    )


def _holds(key: str, operator: str, values: Sequence[str], node: Node) -> bool:
    value = node.labels.get(key)
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) == (operator == "Exists")
    number, bound = None if value is None else parse_int64(value), parse_int64(values[0])
    assert bound is not None
    return number is not None and (number > bound if operator == "Gt" else number < bound)


def wanted_nodes(daemonset: DaemonSet, nodes: Iterable[Node]) -> list[str]:
    """Return the names of the nodes that shall run a pod: a plain loop over the nodes."""
    tolerations = daemon_tolerations(daemonset.pod.spec)
    return [node.name for node in nodes if wanted(daemonset, tolerations, node)]


def one_variable_a_node(daemonset: DaemonSet, nodes: Sequence[Node]) -> int:
    """Return how many nodes shall run a pod, found by python-constraint with a variable for every node."""
    tolerations = daemon_tolerations(daemonset.pod.spec)
    problem: Any = Problem(BacktrackingSolver())
    for node in nodes:
        problem.addVariable(node.name, [True, False])
        answer = wanted(daemonset, tolerations, node)
        problem.addConstraint(lambda value, answer=answer: value == answer, [node.name])
    return sum(problem.getSolution().values())


def passing_loop(daemonset: DaemonSet, nodes: Sequence[Node], pods: Iterable[Pod], current: str) -> dict[str, int]:
    """Return the counters of one pass, found by looping over nodes and their pods as the real controller does."""
    by_node: dict[str, list[Pod]] = defaultdict(list)
    labels = daemonset.spec.selector.match_labels if daemonset.spec.selector else {}
    for pod in pods:
        owner = controller_of(pod.metadata)
        if owner is not None and owner.uid == daemonset.metadata.uid and labels.items() <= pod.metadata.labels.items():
            by_node[pod.spec.node_name].append(pod)
    tolerations = daemon_tolerations(daemonset.pod.spec)
    found = {"desired": 0, "ready": 0, "updated": 0, "create": 0, "delete": 0, "old": 0}
    for node in nodes:
        runs, here = wanted(daemonset, tolerations, node), by_node.get(node.name, [])
        living = [pod for pod in here if not pod.terminating]
        if not runs:
            found["delete"] += len(living)
            continue
        found["desired"] += 1
        found["create"] += not here
        if here:
            first = min(here, key=lambda pod: (str(pod.metadata.creation_timestamp), pod.name))
            found["ready"] += is_ready(first)
            found["updated"] += first.metadata.labels.get(HASH_LABEL) == current
        found["old"] += sum(pod.metadata.labels.get(HASH_LABEL) != current for pod in living)
    return found
