"""RolloutPolicies in time: the controller as it is, and the host that deletes as the policies say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.meta import Identity
from ..model.policy import PolicySpec, Step
from ..model.world import World
from ..passes.governed import as_host_owns
from ..passes.step import pass_over
from ..policies.answers import with_gate
from ..policies.decide import decide
from ..policies.plan_types import PolicyPlan
from ..policies.subjects import Subject
from ..policies.targets import Governed, governing
from ..policies.waits import WaitKind
from .cluster import Cluster
from .controllers import BuiltinController, Controller, Decision
from .kubelet import Kubelet, SteadyKubelet

__all__ = ["PolicyController", "controller_for", "gates_assumed", "held_by_policies"]


def controller_for(world: World, kubelet: Kubelet | None = None, *, pass_gates: bool = True) -> Controller:
    """Return who decides in a world: the controller, with a host beside it where there are policies.

    The host knows how long pods take where the `kubelet` is a steady one. Gates that wait for somebody are passed once
    they ask, unless `pass_gates` is false.
    """
    return PolicyController(world, kubelet, pass_gates=pass_gates) if world.rollout_policies else BuiltinController()


def gates_assumed(world: World, *, pass_gates: bool) -> str:
    """Return what is assumed of gates that wait for somebody, in one line; empty where no policy has one.

    >>> gates_assumed(World(), pass_gates=True)
    ''
    """
    if not any(_has_manual_gate(policy.spec) for policy in world.rollout_policies):
        return ""
    if pass_gates:
        return "Gates that wait for somebody are taken as passed as soon as they ask; --gate wait stops there."
    return "Gates that wait for somebody stay closed; --gate pass takes them as passed."


def _has_manual_gate(spec: PolicySpec) -> bool:
    steps = spec.steps.list if spec.steps is not None else ()
    gates = [spec.canary.gate if spec.canary is not None else None, spec.steps.gate if spec.steps is not None else None]
    gates += [step.gate for step in steps if isinstance(step, Step)]
    return any(gate is not None and gate.manual for gate in gates)


class PolicyController:
    """The DaemonSet controller and a host that carries out RolloutPolicies; progress is kept in the cluster's State.

    Gates that wait for somebody are passed once their soak is over, unless `pass_gates` is false. A wave has to fit
    into its window: how long one takes is asked of a steady `kubelet`.
    """

    def __init__(self, world: World, kubelet: Kubelet | None = None, *, pass_gates: bool = True) -> None:
        self._policies = world.rollout_policies
        self._pass_gates = pass_gates
        self._image_sizes = world.image_sizes
        found = governing(self._policies, world.daemonsets)
        self._governed = {entry.daemonset: entry for entry in found.governed}
        steady = kubelet if isinstance(kubelet, SteadyKubelet) else None
        self._takes = {item.identity: steady.replacement(item) for item in world.daemonsets} if steady else {}
        self._controller = BuiltinController()

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        """Yield the passes of the controller, then what the host does for all policies together."""
        for identity in due:
            entry = self._governed.get(identity)
            if entry is not None and entry.by_host:
                yield self._by_host(cluster, entry)
            else:
                yield from self._controller.decide(cluster, [identity])
        if not self._governed.keys().isdisjoint(due):
            yield from self._host(cluster)

    def _by_host(self, cluster: Cluster, entry: Governed) -> Decision:
        daemonset = cluster.objects.daemonsets[entry.daemonset]
        around = cluster.objects.surroundings(cluster.now)
        observation = cluster.observation(entry.daemonset)
        found = as_host_owns(
            pass_over(daemonset, around, observation, brief=True),
            around,
            surge=entry.surge,
            frozen=entry.frozen,
            observation=observation,
        )
        return Decision(
            daemonset=entry.daemonset, actions=found.actions, entry=found, again_after=found.looks_again_after
        )

    def _host(self, cluster: Cluster) -> Iterator[Decision]:
        plan = self.plan(cluster, all_waves=False)
        cluster.objects.rollouts = plan.progress
        while self._pass_gates and (waiting := _at_gates(plan)):
            for policy in waiting:
                state = with_gate(cluster.objects.state, policy, passed=True, note="taken as passed")
                cluster.objects.rollouts = state.rollouts
            plan = self.plan(cluster, all_waves=False)
            cluster.objects.rollouts = plan.progress
        for identity in sorted({action.daemonset for action in plan.actions}):
            if cluster.in_flight(identity) and self._governed[identity].surge:
                continue
            actions = tuple(action for action in plan.actions if action.daemonset == identity)
            yield Decision(daemonset=identity, actions=actions)
        if plan.requeue_after is not None:
            yield Decision(daemonset=min(self._governed), again_after=plan.requeue_after)

    def plan(self, cluster: Cluster, *, all_waves: bool = True) -> PolicyPlan:
        """Return what the policies come to in the cluster as it is; unless `all_waves`, what the host does now."""
        subjects = []
        for daemonset in cluster.objects.daemonsets.values():
            if daemonset.metadata.deletion_timestamp is None:
                seen = cluster.observation(daemonset.identity)
                subjects.append(Subject(daemonset, seen.verdicts, seen.observed))
        subjects.sort(key=lambda subject: subject.identity)
        return decide(
            self._policies,
            subjects,
            cluster.objects.index,
            cluster.objects.state,
            cluster.now,
            self._image_sizes,
            takes=self._takes,
            all_waves=all_waves,
        )


def _at_gates(plan: PolicyPlan) -> list[str]:
    """Return the policies of which a gate waits for somebody."""
    return [
        str(report.policy)
        for report in plan.policies
        if any(entry.wait is not None and entry.wait.kind is WaitKind.GATE for entry in report.standing)
    ]


def held_by_policies(world: World) -> set[Identity]:
    """Return the DaemonSets whose replacement policies decide: by OnDelete, or since the host owns them."""
    strategies = {item.identity: item.spec.update_strategy.type for item in world.daemonsets}
    found = governing(world.rollout_policies, world.daemonsets)
    return {entry.daemonset for entry in found.governed if entry.by_host or strategies[entry.daemonset] == "OnDelete"}
