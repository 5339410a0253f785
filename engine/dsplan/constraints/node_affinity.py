"""Required node affinity (E2, A2-A11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..model.daemonset import DaemonSet
from ..model.selectors import NodeSelector, NodeSelectorTerm, Requirement, is_invalid, requirement_matches
from .placement_fields import label_text
from .protocol import NAME, Cause, Projection, Reason, Strength, label

__all__ = ["NodeAffinityMatches", "field_matches", "invalid_field", "node_affinity_constraint", "term_is_dead"]

_PATH = "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
_NAME_FIELD = "metadata.name"


def invalid_field(requirement: Requirement) -> str | None:
    """Return why a matchFields entry is invalid, None if it is valid (A10)."""
    if requirement.operator not in ("In", "NotIn"):
        return f"matchFields knows In and NotIn, not {requirement.operator!r}"
    if len(requirement.values) != 1:
        return f"matchFields {requirement.operator} needs exactly one value"
    return None


def field_matches(requirement: Requirement, name: str) -> bool:
    """Return whether a VALID matchFields entry holds for a node; any other field reads as "" (A10, A11)."""
    if not name:
        return True
    observed = name if requirement.key == _NAME_FIELD else ""
    return (observed == requirement.values[0]) == (requirement.operator == "In")


def term_is_dead(term: NodeSelectorTerm) -> str | None:
    """Return why a term can match no node whatever its labels, None if it can (A4, A5)."""
    if not term.match_expressions and not term.match_fields:
        return "an empty term matches nothing"
    for requirement in term.match_expressions:
        if why := is_invalid(requirement):
            return f"{requirement}: {why}"
    for requirement in term.match_fields:
        if why := invalid_field(requirement):
            return f"{requirement}: {why}"
    return None


class NodeAffinityMatches:
    """E2: at least one term must hold; inside a term every expression and field must (A3-A5)."""

    id = "NodeAffinityMismatch"
    rule = "E2"
    version = 1
    strength = Strength.KEEP

    def __init__(self, required: NodeSelector) -> None:
        self.terms = required.node_selector_terms
        self.dead = tuple(term_is_dead(term) for term in self.terms)
        keys = {requirement.key for term in self.terms for requirement in term.match_expressions}
        self.keys = tuple(sorted(keys))
        reads_name = any(term.match_fields for term in self.terms)
        self.reads = (*((NAME,) if reads_name else ()), *(label(key) for key in self.keys))
        self._reads_name = reads_name

    def check(self, projection: Projection) -> Reason | None:
        """Return, where no term holds, every failing expression of every term in the manifest's order."""
        by_term = self.failing_by_term(projection)
        if not all(by_term):
            return None
        causes = [cause for failing in by_term for cause in failing]
        if not self.terms:
            causes.append(Cause(f"{_PATH}.nodeSelectorTerms", "at least one term", "no term, which matches nothing"))
        return Reason(self.id, self.rule, tuple(causes))

    def failing_by_term(self, projection: Projection) -> tuple[tuple[Cause, ...], ...]:
        """Return, for each OR-ed term, what fails in it; an empty entry is a term that holds."""
        name, values = (projection[0], projection[1:]) if self._reads_name else ("", projection)
        labels: dict[str, Any] = dict(zip(self.keys, values, strict=True))
        return tuple(tuple(self._failing(index, term, name, labels)) for index, term in enumerate(self.terms))

    def _failing(self, index: int, term: NodeSelectorTerm, name: str, labels: Mapping[str, Any]) -> Iterator[Cause]:
        path = f"{_PATH}.nodeSelectorTerms[{index}]"
        if dead := self.dead[index]:
            yield Cause(path, "a term that can match", dead)
            return
        for position, requirement in enumerate(term.match_expressions):
            value = labels[requirement.key]
            if not requirement_matches(requirement, value):
                observed = label_text(requirement.key, value)
                yield Cause(f"{path}.matchExpressions[{position}]", str(requirement), observed)
        for position, requirement in enumerate(term.match_fields):
            if not field_matches(requirement, name):
                yield Cause(f"{path}.matchFields[{position}]", str(requirement), f"node name {name}")


def node_affinity_constraint(daemonset: DaemonSet) -> Iterator[NodeAffinityMatches]:
    """Yield the constraint of a template with required node affinity, be it an empty one (A3)."""
    required = daemonset.pod.spec.required_node_affinity
    if required is not None:
        yield NodeAffinityMatches(required)
