"""Where a roll-out stands, as conditions (S13, R7-R12)."""

from __future__ import annotations

from pyroaring import BitMap

from ..diff.rolling import Place, classify
from ..model.node import Node
from ..planner import DaemonSetStep
from .decisions import Condition
from .nodes import LiveNodes

__all__ = ["conditions_of"]


def conditions_of(entry: DaemonSetStep, nodes: LiveNodes) -> tuple[Condition, ...]:
    """Return Complete, Progressing and Stalled for one pass; exactly one of them is True, none before the first status.

    Complete: the pass wants nothing and status says updated and available everywhere (S13). Stalled: the pass fails, or
    only sick nodes hold the budget, so that no wave can start before one of them is well.
    """
    if entry.error is not None:
        return _only("Stalled", "Error", entry.error)
    if entry.status is None:
        return ()
    if _is_complete(entry):
        return _only("Complete", "Available", f"{entry.status.desired_number_scheduled} of them updated and available")
    sick = _sick_budget(entry, nodes)
    if sick:
        return _only("Stalled", "BudgetHeldBySickNodes", f"{sick} nodes that are not ready hold the whole budget")
    status = entry.status
    updated, available = status.updated_number_scheduled, status.number_available
    text = f"{updated} updated and {available} available of {status.desired_number_scheduled}"
    return _only("Progressing", "RollingOut", text)


def _only(true: str, reason: str, message: str) -> tuple[Condition, ...]:
    return tuple(
        Condition(name, "True", reason, message) if name == true else Condition(name, "False", reason, "")
        for name in ("Complete", "Progressing", "Stalled")
    )


def _is_complete(entry: DaemonSetStep) -> bool:
    status = entry.status
    if status is None or entry.manage is None or any(action.kind == "Pod" for action in entry.actions):
        return False
    desired, generation = status.desired_number_scheduled, entry.daemonset.metadata.generation
    if status.observed_generation < generation or status.updated_number_scheduled < desired:
        return False
    return status.number_available >= desired


def _sick_budget(entry: DaemonSetStep, nodes: LiveNodes) -> int:
    """Return how many nodes hold the budget, if all of them are sick and others wait for it; else 0."""
    budget, rolling, observed = entry.budget, entry.rolling, entry.observed
    if budget is None or rolling is None or observed is None or rolling.create or rolling.delete:
        return 0
    if any(action.kind == "Pod" for action in entry.actions):
        return 0
    surge = budget.max_surge != 0
    down, waiting = BitMap(), False
    for situation in observed.situations:
        place = classify(situation.verdict, situation.shape, surge=surge)
        if place is Place.DOWN:
            down |= situation.nodes
        elif place is Place.CANDIDATE:
            waiting = True
    if not waiting or not down:
        return 0
    return len(down) if down <= nodes.where("sick", _is_sick) else 0


def _is_sick(node: Node) -> bool:
    return not node.ready
