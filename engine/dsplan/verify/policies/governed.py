"""What changes in the account of a DaemonSet when a policy holds it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ...document.types import ActionEntry, PlanDocument
from ..case import Case
from ..finding import Check
from ..outcome import Outcome, outcome
from ..pods import GOING, UPDATED

__all__ = ["expected", "is_enforced", "wrong_hosted"]


def is_enforced(plan: PlanDocument, place: int) -> bool:
    """Return whether some policy decides when pods of a DaemonSet are replaced."""
    entries = plan.policies.policies if plan.policies else ()
    loose = any(switch.daemonset == place for entry in entries for switch in entry.unenforced)
    return not loose and any(place in entry.targets for entry in entries)


def expected(case: Case, lost: Collection[str], plan: PlanDocument, actions: Sequence[ActionEntry]) -> Outcome:
    """Return what a DaemonSet comes to under a policy, where no rolling update of its own goes on.

    Where the host replaces the controller the policy says whether a node may have two pods for a while, and a frozen
    one touches no pod; the actions tell which it was.
    """
    said = {(one.verb, one.name or one.node) for one in actions if one.kind == "Pod" and one.stage == "manage"}
    found = outcome(case, lost, rolls=False, surge=False)
    if {(one[1], one[3] or one[4]) for one in found.writes if one[0] == "manage"} != said:
        found = outcome(case, lost, rolls=False, surge=True)
    if not any(one.kind == "Pod" for one in actions):
        found = found._replace(writes={one for one in found.writes if one[2] != "Pod"})
    return found


def wrong_hosted(case: Case, actions: Iterable[ActionEntry]) -> Check:
    """Yield the replacements of the host that concern no node with an out-of-date pod, or another pod than that."""
    for action in actions:
        if (action.actor, action.stage) == ("host", "rolling-update"):
            pods, shape = case.groups.get(action.node, ((), ()))
            old = [pod.name for pod, facts in zip(pods, shape, strict=True) if not facts & (GOING | UPDATED)]
            if len(old) != 1 or action.name not in ("", old[0]):
                yield "actions", f"{action.verb} {action.name or action.node}: no such pod is out of date there"
