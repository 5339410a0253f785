"""What changes in the account of a DaemonSet when a policy holds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...document.types import ActionEntry, PlanDocument
from ..rules import Case, Outcome, outcome

__all__ = ["expected", "is_enforced", "wrong_hosted"]


def is_enforced(plan: PlanDocument, place: int) -> bool:
    """Return whether some policy decides when pods of a DaemonSet are replaced."""
    entries = plan.policies.policies if plan.policies else ()
    loose = any(switch.daemonset == place for entry in entries for switch in entry.unenforced)
    return not loose and any(place in entry.targets for entry in entries)


def expected(case: Case, stuck: set[str], plan: PlanDocument, place: int) -> Outcome:
    """Return what a DaemonSet comes to, but for what policies decide, which is checked by counts.

    Under a policy no rolling update of its own goes on. Where the host replaces the controller the policy says whether
    a node may have two pods for a while, and a frozen one touches no pod; the plan tells which it was.
    """
    if not is_enforced(plan, place):
        return outcome(case, stuck)
    surges = case.surge
    said = {
        (a.verb, a.node, a.name) for a in plan.actions if (a.daemonset, a.kind, a.stage) == (place, "Pod", "manage")
    }
    for case.surge in (False, True):
        found = outcome(case, stuck, rolls=False)
        writes = {(one[1], one[4], one[3]) for one in found.writes if one[2] == "Pod" and one[0] == "manage"}
        if writes == said:
            break
    case.surge = surges
    if not any(action.kind == "Pod" for action in plan.actions if action.daemonset == place):
        found.writes = {one for one in found.writes if one[2] != "Pod"}
    return found


def wrong_hosted(case: Case, actions: Iterable[ActionEntry]) -> Iterator[tuple[str, str]]:
    """Yield the replacements of the host that concern no node with an out-of-date pod, or another pod than that."""
    for action in actions:
        if (action.actor, action.stage) == ("host", "rolling-update"):
            _, old = case.new_and_old(action.node)
            if len(old) != 1 or action.name not in ("", old[0][0].name):
                yield "actions", f"{action.verb} {action.name or action.node}: no such pod is out of date there"
