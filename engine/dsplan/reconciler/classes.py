"""Node classes: nodes that no constraint can tell apart share their verdicts.

A class is the projection of a node onto all fields that some constraint reads. The name is left out where the built-in
rules read it, unless one of them spells it: they only ask whether it is one of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..constraints.node_affinity import NodeAffinityMatches
from ..constraints.placement_fields import NodeNameMatches
from ..constraints.protocol import NAME, Constraint, project
from ..eligibility import Verdict, evaluate
from ..model.node import Node

__all__ = ["NodeClasses", "names_told_apart"]

MOST_CLASSES = 100_000
"""Beyond that many the memory is cleared: labels that are different on every node make no classes."""


def names_told_apart(constraint: Constraint) -> frozenset[str] | None:
    """Return the names a constraint treats differently from all others; None where that cannot be told."""
    if NAME not in constraint.reads:
        return frozenset()
    if isinstance(constraint, NodeNameMatches):
        return frozenset({constraint.node_name, ""})
    if isinstance(constraint, NodeAffinityMatches):
        fields = (field for term in constraint.terms for field in term.match_fields)
        return frozenset({value for field in fields for value in field.values} | {""})
    return None


class NodeClasses:
    """Remembers, per class and DaemonSet, the verdict. DaemonSets are known by a serial number."""

    def __init__(self) -> None:
        self._reads: tuple[str, ...] = ()
        self._names: frozenset[str] | None = frozenset()
        self._verdicts: dict[Any, dict[int, Verdict]] = {}

    def __len__(self) -> int:
        """Return the number of classes met so far."""
        return len(self._verdicts)

    def set_constraints(self, constraints: Iterable[Constraint]) -> None:
        """Tell which constraints there are now; classes are made anew where other fields are read."""
        reads: set[str] = set()
        names: frozenset[str] | None = frozenset()
        for constraint in constraints:
            reads.update(constraint.reads)
            told_apart = names_told_apart(constraint)
            names = None if names is None or told_apart is None else names | told_apart
        fields = tuple(sorted(reads - {NAME}))
        if (fields, names) != (self._reads, self._names):
            self._reads, self._names = fields, names
            self._verdicts.clear()

    def of(self, node: Node) -> dict[int, Verdict]:
        """Return what is known of the node's class: verdicts by serial number."""
        name = node.metadata.name
        key = (project(node, self._reads), name if self._names is None or name in self._names else None)
        known = self._verdicts.get(key)
        if known is None:
            if len(self._verdicts) >= MOST_CLASSES:
                self._verdicts.clear()
            known = self._verdicts[key] = {}
        return known

    @staticmethod
    def verdict(known: dict[int, Verdict], serial: int, constraints: Sequence[Constraint], node: Node) -> Verdict:
        """Return the verdict of one DaemonSet for a node of the class.

        Raises ConstraintFault where a constraint raises.
        """
        found = known.get(serial)
        if found is None:
            found = known[serial] = evaluate(constraints, node).verdict
        return found
