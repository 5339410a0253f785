"""Tolerations, selectors and affinity terms that do nothing, or that will stop doing what they do."""

from __future__ import annotations

from collections.abc import Iterator

from ...constraints.tolerations import tolerates
from ...model.node import Taint, Toleration
from ...model.regex import regex
from ...model.selectors import NodeSelectorTerm, is_invalid, requirement_matches, selector_matches
from ..rule import rule
from ..scene import SPEC, Scene, Subject, named
from ..types import Severity, Spot
from .nodes import counted_text, is_gpu_key

__all__ = ["RULES"]

_TERMS = f"{SPEC}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
_KNOWN = ("node-role.kubernetes.io/", "node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "CriticalAddonsOnly")
_CHANGES = regex(r"(?:^|[-_.])v?[0-9]+\.[0-9]+|[0-9]{4}-?[0-9]{2}-?[0-9]{2}|(?=[0-9a-f]*[0-9])[0-9a-f]{8,}$")
_LABELS = {
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}


def _tolerations(subject: Subject) -> Iterator[tuple[str, Toleration]]:
    for place, each in enumerate(subject.spec.tolerations):
        yield f"{SPEC}.tolerations[{place}]", each


@rule(
    "DSP201",
    "toleration-not-needed",
    Severity.INFO,
    summary="A toleration names a taint that no node has.",
    why="It does nothing today, and selects nodes nobody thought of on the day somebody uses that taint.",
    source="T1-T5",
)
def toleration_not_needed(scene: Scene) -> Iterator[Spot]:
    """Tolerations by key that match no taint; keys that Kubernetes itself sets come and go."""
    taints = {taint for node in scene.index.nodes for taint in node.taints}
    for subject in scene.subjects if scene.index.nodes else ():
        for path, each in _tolerations(subject):
            known = not each.key or each.key.startswith(_KNOWN) or is_gpu_key(each.key)
            if not known and not _is_there(each, taints):
                yield subject.spot(f"no node has a taint {each.key}", path, fix="leave it out")


def _is_there(toleration: Toleration, taints: set[Taint]) -> bool:
    """Return whether a node has the key, be it with another value, which is another rule's."""
    return any(taint.key == toleration.key for taint in taints)


@rule(
    "DSP202",
    "toleration-pinned-to-a-value",
    Severity.WARNING,
    summary="A toleration is pinned to a value of its taint that changes, or that some nodes have otherwise.",
    why="With another value the node is not tolerated any more: its pod is not created, under NoExecute it is deleted.",
    source="T2, E3, E4",
)
def toleration_pinned_to_a_value(scene: Scene) -> Iterator[Spot]:
    """Equal tolerations where nodes carry the key with another value, and values like versions, dates and hashes."""
    for subject in scene.subjects:
        for path, each in _tolerations(subject):
            if not each.key or not each.value or each.operator not in ("", "Equal"):
                continue
            others = _nodes_with_other_value(subject, each)
            if others:
                values = sorted(
                    {t.value or "(none)" for n in others for t in subject.index.nodes[n].taints if t.key == each.key}
                )
                text = f"tolerates {each.key}={each.value} and not the values {named(values)}"
                text = f"{text} of {counted_text(len(others), 'node')}"
            elif _CHANGES.search(each.value):
                text = f"tolerates {each.key} with the value {each.value} alone, which looks like a version or a hash"
            else:
                continue
            yield subject.spot(text, path, nodes=others, fix="use operator Exists, without a value")


def _nodes_with_other_value(subject: Subject, toleration: Toleration) -> list[int]:
    """Return the nodes whose taint of the same key nothing in the template tolerates."""

    def is_missed(taint: Taint) -> bool:
        same = taint.key == toleration.key and taint.effect in ("NoSchedule", "NoExecute")
        return same and not any(tolerates(each, taint) for each in subject.spec.tolerations)

    return [position for position, node in subject.index.items() if any(map(is_missed, node.taints))]


@rule(
    "DSP203",
    "term-matches-nothing",
    Severity.WARNING,
    summary="A required node affinity term matches no node, or can never match one.",
    why="Terms are alternatives: one that matches nothing does nothing, and the nodes it was written for go without.",
    source="A3-A9",
)
def term_matches_nothing(scene: Scene) -> Iterator[Spot]:
    """Terms that contradict themselves or the node selector, and one of several terms that matches no node."""
    for subject in scene.subjects:
        required = subject.spec.required_node_affinity
        terms = required.node_selector_terms if required is not None else ()
        for place, term in enumerate(terms):
            why = _contradiction(term, subject.spec.node_selector)
            text = f"can never match: {why}" if why else ""
            if not text and len(terms) > 1 and scene.index.nodes and not _matches_some(term, subject):
                text = f"matches none of {counted_text(len(scene.index), 'node')}"
            if text:
                severity = Severity.ERROR if why else None
                yield subject.spot(text, f"{_TERMS}[{place}]", fix="mend or remove the term", severity=severity)


def _contradiction(term: NodeSelectorTerm, selector: dict[str, str]) -> str:
    """Return why no node can ever match a term, empty where one could."""
    for each in term.match_expressions:
        if invalid := is_invalid(each):
            return f"{each}: {invalid}"
    allowed: dict[str, set[str]] = {key: {value} for key, value in selector.items()}
    for each in term.match_expressions:
        if each.operator == "In":
            allowed[each.key] = allowed.get(each.key, set(each.values)) & set(each.values)
            if not allowed[each.key]:
                return f"no value of {each.key} is left by {each} and the rest"
    for each in term.match_expressions:
        if each.key in allowed and not any(requirement_matches(each, value) for value in allowed[each.key]):
            return f"{each} excludes every value of {each.key} that is allowed"
    keys = {each.key for each in term.match_expressions if each.operator == "Exists"}
    absent = [each.key for each in term.match_expressions if each.operator == "DoesNotExist" and each.key in keys]
    return f"{absent[0]} is to exist and not to exist" if absent else ""


def _matches_some(term: NodeSelectorTerm, subject: Subject) -> bool:
    if term.match_fields or not term.match_expressions:
        return True
    rows = (node.labels for node in subject.index.nodes)
    return any(all(requirement_matches(each, row.get(each.key)) for each in term.match_expressions) for row in rows)


@rule(
    "DSP204",
    "shared-selector",
    Severity.ERROR,
    summary="The selectors of two DaemonSets match the same pods.",
    why="Both count and adopt the pods of the other when those are orphans, and what people list by label is mixed up.",
    source="M1-M3",
)
def shared_selector(scene: Scene) -> Iterator[Spot]:
    """DaemonSets of one namespace of which one selects the other's pods."""
    for subject in scene.subjects:
        for other in scene.everyone:
            same = other.identity.namespace == subject.identity.namespace
            if other.identity == subject.identity or not same:
                continue
            labels = other.daemonset.pod.metadata.labels
            if selector_matches(subject.daemonset.spec.selector, labels):
                text = f"its selector also matches the pods of DaemonSet {other.identity}"
                yield subject.spot(text, "spec.selector", fix="give each a label of its own, which needs a new object")


@rule(
    "DSP504",
    "deprecated-api",
    Severity.WARNING,
    summary="The manifest uses an API version or node labels of former years.",
    why="Such versions are not served any more and such labels are going away: the selector then matches nothing.",
    source="Kubernetes deprecation policy",
)
def deprecated_api(scene: Scene) -> Iterator[Spot]:
    """Former API versions, which reading tells in notes, and beta labels in selectors."""
    for subject in scene.subjects:
        for note in scene.world.notes:
            if "is converted from" in note.text and subject.identity.name in note.subject.split("/")[-1].split():
                yield subject.spot(note.text, "apiVersion", fix="write apps/v1")
        for key in sorted(_LABELS.keys() & subject.spec.node_selector.keys()):
            text = f"selects nodes by {key}, which is {_LABELS[key]} now"
            yield subject.spot(text, f"{SPEC}.nodeSelector[{key}]", fix=f"use {_LABELS[key]}")
        required = subject.spec.required_node_affinity
        for place, term in enumerate(required.node_selector_terms if required is not None else ()):
            for each in term.match_expressions:
                if each.key in _LABELS:
                    text = f"selects nodes by {each.key}, which is {_LABELS[each.key]} now"
                    yield subject.spot(text, f"{_TERMS}[{place}]", fix=f"use {_LABELS[each.key]}")


RULES = (toleration_not_needed, toleration_pinned_to_a_value, term_matches_nothing, shared_selector, deprecated_api)
