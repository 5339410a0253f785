"""The rules of the real controller, in the order in which a node's exclusion is accounted for (E1, E2, E4, E3)."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.daemonset import DaemonSet
from ..model.pod import PodSpec
from .node_affinity import NodeAffinityMatches, node_affinity_constraint
from .placement_fields import NodeSelectorMatches, node_name_constraint, node_selector_constraint
from .protocol import Constraint, Rule
from .tolerations import ToleratesNoExecute, ToleratesNoSchedule, taint_constraints

__all__ = ["BUILTIN_RULES", "constraints_of", "scheduling_constraints"]


class _Rules(tuple[Rule, ...]):
    """Rules that a signature shows by their name."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "BUILTIN_RULES"


BUILTIN_RULES: tuple[Rule, ...] = _Rules(
    (node_name_constraint, node_selector_constraint, node_affinity_constraint, taint_constraints)
)


def constraints_of(daemonset: DaemonSet, rules: Iterable[Rule] = BUILTIN_RULES) -> tuple[Constraint, ...]:
    """Return every constraint that the DaemonSet's template implies, in accounting order.

    >>> from dsplan.model.daemonset import DaemonSet
    >>> [constraint.id for constraint in constraints_of(DaemonSet())]
    ['UntoleratedNoExecute', 'UntoleratedNoSchedule']
    """
    return tuple(constraint for rule in rules for constraint in rule(daemonset))


def scheduling_constraints(spec: PodSpec) -> tuple[Constraint, ...]:
    """Return what a pod that is no daemon pod demands of a node: no automatic tolerations (K2, K3)."""
    required = spec.required_node_affinity
    selector = (NodeSelectorMatches(spec.node_selector),) if spec.node_selector else ()
    affinity = (NodeAffinityMatches(required),) if required is not None else ()
    return (*selector, *affinity, ToleratesNoExecute(spec.tolerations), ToleratesNoSchedule(spec.tolerations))
