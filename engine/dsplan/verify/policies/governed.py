"""What changes in the account of a DaemonSet when a policy holds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from ...document.idsets import ids_of
from ...document.types import ActionEntry, PlanDocument
from ..case import Case
from ..course import outdated
from ..finding import Check, same
from ..outcome import Outcome, outcome
from ..pods import GOING, UPDATED

__all__ = ["expected", "is_enforced", "wrong_course", "wrong_hosted"]


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


def wrong_course(case: Case, place: int, plan: PlanDocument) -> Check:
    """Yield where the roll-out of a governed DaemonSet is not the waves that its policies count, node by node."""
    course, policies = plan.daemonsets[place].course, plan.policies
    if course is None or policies is None:
        return
    class_of = {node: number for number, part in enumerate(policies.classes) for node in ids_of(part.nodes)}
    first = Counter({-1: sum(len(ids_of(nodes)) for daemonset, nodes in policies.sick if daemonset == place)})
    sick = {node for daemonset, nodes in policies.sick if daemonset == place for node in ids_of(nodes)}
    taken = [
        Counter({number: count for number, daemonset, count in run.takes if daemonset == place})
        for run in policies.runs
        for _ in range(run.repeat)
    ]
    waves = [first + taken[0], *taken[1:]] if taken else [first]
    order, begun, sizes = list(plan.orders[course.order]) if course.order is not None else [], 0, list[int]()
    for number, wanted in enumerate(waves, start=1):
        nodes = order[begun : begun + wanted.total()]
        begun += wanted.total()
        sizes.append(wanted.total())
        if nodes != sorted(nodes) or Counter(-1 if n in sick else class_of.get(n, -2) for n in nodes) != +wanted:
            yield "course order", f"wave {number} has other nodes than the policies count"
            return
    while sizes and not sizes[-1]:
        sizes.pop()
    said = [size for size, repeat in course.waves for _ in range(repeat)]
    yield from same("course waves", said, sizes)
    names = case.around.names
    left = sorted(set(outdated(case)) - {names[node] for node in order})
    yield from same("course stalled", [names[node] for node in ids_of(course.stalled)], left)
    yield from same("course halt", course.halt, "Policy" if left else "")


def wrong_hosted(case: Case, actions: Iterable[ActionEntry]) -> Check:
    """Yield the replacements of the host that concern no node with an out-of-date pod, or another pod than that."""
    for action in actions:
        if (action.actor, action.stage) == ("host", "rolling-update"):
            pods, shape = case.groups.get(action.node, ((), ()))
            old = [pod.name for pod, facts in zip(pods, shape, strict=True) if not facts & (GOING | UPDATED)]
            if len(old) != 1 or action.name not in ("", old[0]):
                yield "actions", f"{action.verb} {action.name or action.node}: no such pod is out of date there"
