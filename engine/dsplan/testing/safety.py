"""What must never happen, whatever goes wrong; judged from outside of the host.

- Every decision keeps the invariants of `dsplan.simulator`, given what the host knew when it decided.
- Of the pods that updates took down, never more than maxUnavailable (the DaemonSet's, or under OnDelete that of a
  policy) have no available successor yet: neither late,
  lost or repeated events, nor crashes, nor a storm of edits change that. (With several hosts at once each of them
  stays within the budget, and nobody can promise more: the bound is that many times the budget.)
- No pod is created a second time while the first one lives (one host; until a write is given up after five minutes).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ..constraints import constraints_of
from ..diff import Action, ActionReason, resolve_budget
from ..diff.budget import BudgetError
from ..eligibility import Verdict, evaluate
from ..model.daemonset import DaemonSet
from ..model.meta import Identity, controller_of
from ..model.pod import Pod, target_node
from ..model.state import State
from ..model.world import World
from ..observe.shape import is_ready, ready_since
from ..passes.memory import EXPECTATIONS_TIMEOUT
from ..passes.observation import observe_daemonset, surroundings_of
from ..policies.amounts import resolve
from ..policies.targets import governing
from ..reconciler import Delta
from ..simulator.invariants import Invariant, judge
from .cluster import FakeCluster
from .host import Host

__all__ = ["Safety"]

_Place = tuple[Identity, str]


class _Disruption(msgspec.Struct):
    """A pod that an update took down; `back` is when its successor became ready."""

    uid: str
    back: datetime | None = None


class Safety:
    """Watches a cluster and its hosts; `violations` says what was broken."""

    def __init__(self, cluster: FakeCluster) -> None:
        self.cluster = cluster
        self.hosts = 1
        self.violations: list[str] = []
        self._read = cluster.version
        self._down: dict[_Place, _Disruption] = {}
        self._limits: dict[tuple[Identity, str], int] = {}
        self._created: dict[tuple[Identity, str, str], datetime] = {}

    def decided(self, host: Host, before: State, delta: Delta) -> None:
        """Judge what a host has just decided, by what it knew."""
        given_up = [key for key, at in self._created.items() if delta.now - at > EXPECTATIONS_TIMEOUT]
        for key in given_up:
            del self._created[key]
        if not any(action.kind == "Pod" for action in delta.started):
            return
        world = host.reconciler.world
        around = surroundings_of(msgspec.structs.replace(world, state=before), now=delta.now)
        for daemonset in world.daemonsets:
            actions = [action for action in delta.started if action.daemonset == daemonset.identity]
            if not actions:
                continue
            observed = observe_daemonset(daemonset, around).observed
            # Each write is given up five minutes after it was issued, however many followed it.
            flying = around.flights.get(daemonset.identity, {})
            awaited = any(kind == "Pod" and verb in ("create", "delete") for verb, kind, _, _ in flying)
            expected = around.expectations.get(daemonset.identity) if awaited else None
            # Of twins the older one stays, available or not (M13, M17); so it is after an edit in mid-surge, when both
            # pods are old. That is no loss of this host's making.
            twins = {action.name for action in actions if action.reason is ActionReason.DUPLICATE}
            found = [
                entry
                for entry in judge(daemonset, actions, observed, around.index, now=delta.now, expectations=expected)
                if entry.invariant is not Invariant.SERVICE_LOST or entry.text.split(" ", 1)[0] not in twins
            ]
            self.violations += [f"{entry.invariant}: {entry.daemonset}: {entry.text}" for entry in found]
            limit = _limit(daemonset, len(observed.verdicts.run), world)
            for action in actions:
                self._limits[daemonset.identity, action.name] = limit

    def about_to_write(self, host: Host, action: Action) -> None:
        """Judge one write on its way, by what the cluster really is."""
        self._follow()
        if action.kind != "Pod":
            return
        if action.verb == "create":
            self._check_creation(host, action)
        elif action.verb == "delete" and action.reason is ActionReason.OUTDATED:
            self._check_disruption(host, action)

    def _check_creation(self, host: Host, action: Action) -> None:
        assert action.blueprint is not None
        labels = action.blueprint.metadata["labels"]
        key = action.daemonset, action.node, str(labels.get("controller-revision-hash"))
        if key in self._created and self.hosts == 1:
            self.violations.append(f"created twice: {action.daemonset} on {action.node}")
        self._created[key] = host.now

    def _check_disruption(self, host: Host, action: Action) -> None:
        pod: Pod | None = self.cluster.get("Pod", action.namespace, action.name)
        world = host.reconciler.world
        daemonset = next((item for item in world.daemonsets if item.identity == action.daemonset), None)
        wanted = action.precondition
        if pod is None or wanted is None or daemonset is None:
            return
        moved = wanted.resource_version and pod.metadata.resource_version != wanted.resource_version
        if moved or pod.terminating or not is_ready(pod):
            return  # it will be refused, or takes nothing away
        self._down[action.daemonset, action.node] = _Disruption(pod.metadata.uid)
        down = self._still_down(daemonset, world, host.now)
        limit = self._limits.get((action.daemonset, action.name), 0) * self.hosts
        if len(down) > limit:
            self.violations.append(f"beyond the budget: {daemonset.identity}: {sorted(down)} down of {limit}")

    def _still_down(self, daemonset: DaemonSet, world: World, now: datetime) -> list[str]:
        """Return the nodes that updates took down and that are not back, as far as they still count."""
        min_ready = timedelta(seconds=daemonset.spec.min_ready_seconds)
        nodes = {node.name: node for node in world.nodes}
        constraints = constraints_of(daemonset)
        found = []
        for (identity, name), disruption in list(self._down.items()):
            if identity != daemonset.identity:
                continue
            node = nodes.get(name)
            unwanted = node is None or evaluate(constraints, node).verdict is not Verdict.RUN
            is_back = disruption.back is not None and (not min_ready or disruption.back + min_ready <= now)
            if unwanted or is_back:
                del self._down[identity, name]
            else:
                found.append(name)
        return found

    def _follow(self) -> None:
        """Read what happened in the cluster: who is back, who is gone."""
        for entry in self.cluster.since(self._read):
            item = entry.event.object
            if isinstance(item, Pod):
                self._follow_pod(item, gone=entry.event.type == "DELETED")
            elif isinstance(item, DaemonSet) and entry.event.type == "DELETED":
                self._down = {place: value for place, value in self._down.items() if place[0] != item.identity}
        self._read = self.cluster.version

    def _follow_pod(self, pod: Pod, *, gone: bool) -> None:
        owner, node = controller_of(pod.metadata), target_node(pod)
        if owner is None or node is None:
            return
        identity = Identity("DaemonSet", pod.metadata.namespace, owner.name)
        disruption = self._down.get((identity, node))
        if disruption is not None and pod.metadata.uid != disruption.uid and is_ready(pod) and disruption.back is None:
            disruption.back = ready_since(pod)
        if gone or pod.terminating or pod.status.phase in ("Failed", "Succeeded"):
            for key in [key for key in self._created if key[:2] == (identity, node)]:
                del self._created[key]


def _limit(daemonset: DaemonSet, desired: int, world: World) -> int:
    """Return how many may be down: by the DaemonSet, or under OnDelete by the budgets of its policies."""
    if daemonset.spec.update_strategy.type == "OnDelete":
        found = governing(world.rollout_policies, [daemonset])
        budgets = [budget for entry in found.governed for policy in entry.policies for budget in policy.spec.budgets]
        whole = [budget for budget in budgets if budget.scope == "DaemonSet" and not budget.topology_key]
        return min((resolve(budget.max_unavailable, desired).number for budget in whole), default=desired)
    try:
        return resolve_budget(daemonset, desired).max_unavailable
    except BudgetError:
        return 0
