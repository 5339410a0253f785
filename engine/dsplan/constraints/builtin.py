"""The rules of the real controller, in the order in which a node's exclusion is accounted for (E1, E2, E4, E3)."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.daemonset import DaemonSet
from .node_affinity import node_affinity_constraint
from .placement_fields import node_name_constraint, node_selector_constraint
from .protocol import Constraint, Rule
from .tolerations import taint_constraints

__all__ = ["BUILTIN_RULES", "constraints_of"]

BUILTIN_RULES: tuple[Rule, ...] = (
    node_name_constraint,
    node_selector_constraint,
    node_affinity_constraint,
    taint_constraints,
)


def constraints_of(daemonset: DaemonSet, rules: Iterable[Rule] = BUILTIN_RULES) -> tuple[Constraint, ...]:
    """Return every constraint that the DaemonSet's template implies, in accounting order.

    >>> from dsplan.model.daemonset import DaemonSet
    >>> [constraint.id for constraint in constraints_of(DaemonSet())]
    ['UntoleratedNoExecute', 'UntoleratedNoSchedule']
    """
    return tuple(constraint for rule in rules for constraint in rule(daemonset))
