"""A last look before pods are taken down, at a fresh list and by plain counting, whatever State and plan say.

It shares nothing with the planner but the verdicts and the policies' text: pods that serve are counted budget by
budget, what this host has sent and cannot be seen yet is taken off, and a deletion that would leave too few is held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from ..diff import Action
from ..model.daemonset import DaemonSet
from ..model.meta import Identity, controller_of
from ..model.moments import shifted
from ..model.node import Node
from ..model.pod import Pod, target_node
from ..model.policy import RolloutPolicy
from .counting import Budgeted, Wanted, budgets_over

__all__ = ["FRESH", "Floor", "Seen", "is_serving"]

FRESH = 10.0
"""Seconds that a list may be old."""

Place = tuple[Identity, str]


class Seen(msgspec.Struct, frozen=True):
    """The pods of a fresh list with what they are judged by; `at` is when it was asked for, on the monotonic clock."""

    pods: tuple[Pod, ...]
    daemonsets: Mapping[Identity, DaemonSet]
    policies: tuple[RolloutPolicy, ...]
    nodes: Mapping[str, Node]
    wanted: Wanted
    at: float


def is_serving(pod: Pod, daemonset: DaemonSet, now: datetime) -> bool:
    """Return whether a pod serves: ready for minReadySeconds, and not on its way out (S2)."""
    if pod.terminating or pod.status.phase in ("Failed", "Succeeded"):
        return False
    wait = max(0, daemonset.spec.min_ready_seconds)
    for condition in pod.status.conditions:
        if condition.type == "Ready" and condition.status == "True":
            since = condition.last_transition_time
            return not wait or (since is not None and shifted(since, wait) <= now)
    return False


class Floor:
    """Counts what is down, and how many deletions were sent within a minute."""

    def __init__(self, deletions_a_minute: int) -> None:
        self._most = deletions_a_minute
        self._sent: deque[float] = deque()
        self._planned: dict[Place, float] = {}

    def sent(self, action: Action, at: float) -> None:
        """Note that the deletion of a pod was sent at a moment of the monotonic clock."""
        self._sent.append(at)
        self._planned[action.daemonset, action.node] = at

    def crowded(self, at: float) -> str:
        """Return why no deletion may be sent at a moment, empty where one may."""
        while self._sent and self._sent[0] <= at - 60.0:
            self._sent.popleft()
        return f"{self._most:,} deletions within a minute" if len(self._sent) >= self._most else ""

    def refusal(self, action: Action, seen: Seen, now: datetime) -> str:
        """Return why a pod must stay for now, empty where it may go."""
        daemonset = seen.daemonsets.get(action.daemonset)
        if daemonset is None:
            return "its DaemonSet is not there"
        # Of what was sent before a list was asked for the list itself tells.
        self._planned = {place: at for place, at in self._planned.items() if at >= seen.at}
        serving = _serving(seen.pods, seen.daemonsets, now)
        place = action.daemonset, action.node
        if place not in serving or serving[place] - {action.name}:
            return ""  # it serves nobody, or another one serves in its place
        members = tuple(seen.daemonsets.values())
        for budget in budgets_over(daemonset, members, seen.policies, seen.nodes, seen.wanted):
            down = self._down(budget, serving, seen.wanted)
            if action.node in budget.nodes and down + 1 > budget.limit:
                return f"{budget.text}: {down:,} are down in a fresh list or on their way, {budget.limit:,} may be"
        return ""

    def _down(self, budget: Budgeted, serving: Mapping[Place, set[str]], wanted: Wanted) -> int:
        places = ((identity, node) for identity in budget.daemonsets for node in wanted[identity] & budget.nodes)
        return sum(place not in serving or place in self._planned for place in places)


def _serving(pods: Iterable[Pod], daemonsets: Mapping[Identity, DaemonSet], now: datetime) -> dict[Place, set[str]]:
    """Return the names of the pods that serve, by DaemonSet and node."""
    found: dict[Place, set[str]] = {}
    for pod in pods:
        owner = controller_of(pod.metadata)
        if owner is None or owner.kind != "DaemonSet":
            continue
        identity = Identity("DaemonSet", pod.metadata.namespace, owner.name)
        daemonset = daemonsets.get(identity)
        if daemonset is not None and daemonset.metadata.uid == owner.uid and is_serving(pod, daemonset, now):
            found.setdefault((identity, target_node(pod) or ""), set()).add(pod.name)
    return found
