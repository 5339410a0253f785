"""Where a roll-out stands, as conditions (S13, R7-R12)."""

from __future__ import annotations

from ..diff.order import sick_nodes
from ..model.daemonset import DaemonSetStatus
from ..passes import DaemonSetStep
from ..passes.forecast import heals_by_collection
from ..planner.account.spending import has_candidates, spending_nodes
from .decisions import Condition
from .live_policies import Share
from .nodes import LiveNodes

__all__ = ["conditions_of"]


def conditions_of(entry: DaemonSetStep, nodes: LiveNodes, share: Share | None = None) -> tuple[Condition, ...]:
    """Return Complete, Progressing and Stalled for one pass; exactly one of them is True, none before the first status.

    Complete: the pass wants nothing and status says updated and available everywhere (S13). Stalled: the pass fails
    (other than until pods of a vanished node are collected, R27), or only sick nodes hold the budget, so that no wave
    can start before one of them is well, or a policy stops the roll-out, or pods are out of date that nobody replaces
    (OnDelete without a policy). `share` is what policies say.
    """
    if heals_by_collection(entry):
        return _only("Progressing", "WaitingForPodGC", f"{entry.error}; it goes on once that pod is collected")
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
    if share is None:
        parked = _is_parked(entry, status)
        return _only("Stalled", "OnDelete", f"{text}; nobody deletes the others") if parked else _rolling(text)
    if share.contradiction:
        return _only("Stalled", "PolicyContradiction", share.contradiction)
    if share.stalls:
        return _only("Stalled", "StoppedByPolicy", "; ".join(share.stalls))
    if share.waits and not share.actions:
        return _only("Progressing", "WaitingForPolicy", f"{text}; {'; '.join(share.waits)}")
    return _rolling(text)


def _rolling(text: str) -> tuple[Condition, ...]:
    return _only("Progressing", "RollingOut", text)


def _is_parked(entry: DaemonSetStep, status: DaemonSetStatus) -> bool:
    """Return whether all that is left to do is what OnDelete leaves to others."""
    if entry.daemonset.spec.update_strategy.type != "OnDelete" or any(action.kind == "Pod" for action in entry.actions):
        return False
    desired = status.desired_number_scheduled
    return status.updated_number_scheduled < desired and status.number_available >= desired


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
    down = spending_nodes(observed.situations, surge=surge)
    if not down or not has_candidates(observed.situations, surge=surge):
        return 0
    return len(down) if down <= sick_nodes(nodes) else 0
