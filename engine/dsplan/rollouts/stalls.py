"""Roll-outs that cannot finish, foreseen: where they stop, who is to blame, and the smallest change that helps.

Everything stated is the outcome of a simulation: that it stalls, that the budget named suffices, that one less does
not, and that it goes through without the nodes named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property

import msgspec

from ..diff import allows_surge, resolve_budget
from ..diff.budget import BudgetError
from ..model.arguments import check_moment, check_world
from ..model.daemonset import DaemonSet, RollingUpdate, UpdateStrategy
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.pod import Pod, target_node
from ..model.world import World
from ..observe import Observed, PodFact
from ..passes.observation import observe_daemonset, surroundings_of
from ..simulator.cluster import Cluster
from ..simulator.durations import DEFAULT_GRACE_SECONDS
from ..simulator.kubelet import SteadyKubelet, daemonset_of
from ..simulator.placement_scheduler import PlacementScheduler
from ..simulator.policies import PolicyController, held_by_policies
from ..simulator.preparation import prepared_world
from ..simulator.results import DaemonSetRun, Outcome, Simulation
from ..simulator.run import simulate
from ..simulator.scheduler import SchedulerFactory
from .blockers import blockers_of, pending_reasons
from .duration_sources import Overrides, duration_sources
from .edits import replaced, with_strategy
from .remedies import budget_command, is_of_new_pods, remove_nodes_command, roll_back, undo_command
from .stall_types import Stall, StallKind
from .waves import WaveKind, waves_of

__all__ = ["ends_within", "forecast_stalls", "looks_broken"]

_OLD_ENOUGH = 60.0
_UPDATED, _READY, _BOUND = int(PodFact.UPDATED), int(PodFact.READY), int(PodFact.BOUND)


def forecast_stalls(
    world: World,
    *,
    now: datetime,
    durations: Overrides = Overrides(),  # noqa: B008
    broken: Iterable[Identity] = (),
    scheduler: SchedulerFactory = PlacementScheduler,
) -> tuple[Stall, ...]:
    """Return every DaemonSet whose roll-out would not finish, before it starts.

    `broken` are DaemonSets whose new pods are to be taken as never ready; those that look so already are found.

    >>> from datetime import UTC
    >>> forecast_stalls(World(), now=datetime(2026, 1, 1, tzinfo=UTC))
    ()
    """
    check_world(world)
    check_moment(now)
    world = prepared_world(world)
    forecast = _Forecast(world, now, durations, {*broken, *looks_broken(world, now)}, scheduler)
    return tuple(forecast.stalls())


def ends_within(world: World, now: datetime, waves: int) -> bool:
    """Return whether the roll-out of the only DaemonSet ends, one way or another, in the time of so many waves."""
    [daemonset] = world.daemonsets
    durations_for = duration_sources(world)
    durations = durations_for(daemonset.identity, None)
    grace = daemonset.pod.spec.termination_grace_period_seconds
    cycle = durations.cycle(DEFAULT_GRACE_SECONDS if grace is None else grace) + durations.between
    until = shifted(now, waves * (cycle + daemonset.spec.min_ready_seconds))
    story = simulate(
        world, SteadyKubelet(durations_for), now=now, until=until, durations=durations, scheduler=PlacementScheduler
    )
    return story.of(daemonset.identity).outcome is not Outcome.CUT_OFF


def looks_broken(world: World, now: datetime) -> set[Identity]:
    """Return the DaemonSets of which no pod of the current revision is ready, though one is old enough.

    Old enough is a minute, bound to a node that is ready.
    """
    world = prepared_world(world)
    around = surroundings_of(world, now=now)
    ready_nodes = {node.name for node in world.nodes if node.ready}
    found: set[Identity] = set()
    for daemonset in world.daemonsets:
        groups = observe_daemonset(daemonset, around).observed.groups
        updated = [
            (pod, facts)
            for name, group in groups.items()
            if name in ready_nodes
            for pod, facts in zip(group.pods, group.shape, strict=True)
            if facts & _UPDATED and facts & _BOUND
        ]
        old_enough = any(_age(pod, now) >= _OLD_ENOUGH for pod, _ in updated)
        if old_enough and not any(facts & _READY for _, facts in updated):
            found.add(daemonset.identity)
    return found


def _age(pod: Pod, now: datetime) -> float:
    created = pod.metadata.creation_timestamp
    return 0.0 if created is None else (now - created).total_seconds()


class _Forecast:
    """One world, simulated as it is and with remedies."""

    def __init__(
        self,
        world: World,
        now: datetime,
        durations: Overrides,
        broken: set[Identity],
        scheduler: SchedulerFactory,
    ) -> None:
        self._world = world
        self._now = now
        self._durations_for = duration_sources(world, durations)
        self._broken = broken
        self._scheduler = scheduler
        self._by_policy = held_by_policies(world)

    def stalls(self) -> Iterator[Stall]:
        """Yield the stalls of the world as it is."""
        story = self._simulate(self._world)
        for daemonset in self._world.daemonsets:
            stall = self._stall_of(daemonset, story.of(daemonset.identity), story)
            if stall is not None:
                yield stall

    def _simulate(self, world: World) -> Simulation:
        kubelet = SteadyKubelet(self._durations_for, broken=lambda pod: daemonset_of(pod) in self._broken)
        durations = self._durations_for(None, None)
        return simulate(world, kubelet, now=self._now, durations=durations, scheduler=self._scheduler)

    @cached_property
    def _initially_down(self) -> dict[Identity, set[str]]:
        """Return the nodes that are down before anything happens; asked only where something stalls."""
        cluster = Cluster(self._world, now=self._now)
        names = cluster.objects.index.names
        return {
            daemonset.identity: {names[position] for position in cluster.coverage(daemonset.identity).down}
            for daemonset in self._world.daemonsets
        }

    def _stall_of(self, daemonset: DaemonSet, run: DaemonSetRun, story: Simulation) -> Stall | None:
        stall = self._plain_stall(daemonset, run, story)
        if stall is None:
            return None
        if stall.kind is StallKind.BUDGET_SPENT:
            return self._with_budget(daemonset, stall)
        if stall.kind is StallKind.SURGE_BLOCKED:
            return self._with_other_strategy(daemonset, stall)
        if stall.kind is StallKind.VANISHED_NODE:
            return self._without_strays(daemonset, stall)
        return stall

    def _plain_stall(self, daemonset: DaemonSet, run: DaemonSetRun, story: Simulation) -> Stall | None:
        """Return the stall without a remedy that has to be tried."""
        kind = self._kind(daemonset, run, story)
        if kind is None:
            return None
        updates = [wave for wave in waves_of(story, run.identity) if wave.kind is WaveKind.UPDATE]
        ended = not updates or updates[-1].end is not None
        blockers = blockers_of(story, daemonset)
        detail = _detail(run, story)
        if kind is StallKind.POLICY:
            detail = self._why_policies_wait(run.identity, story)
        if kind is StallKind.PENDING:
            blockers = tuple(item for item in blockers if item.why in ("Pending", "Refused"))
        return Stall(
            identity=run.identity,
            kind=kind,
            wave=len(updates) + ended,
            at=run.seconds,
            spent=len(blockers),
            limit=_limit(daemonset, run.wanted),
            blockers=blockers,
            left=run.left_outdated,
            hurt=tuple(name for name in run.left_down if name not in self._initially_down[run.identity]),
            advice=_advice(daemonset, kind),
            commands=(undo_command(daemonset.identity),) if kind is StallKind.BROKEN_REVISION else (),
            detail=detail,
        )

    def _kind(self, daemonset: DaemonSet, run: DaemonSetRun, story: Simulation) -> StallKind | None:
        if run.outcome is Outcome.OSCILLATING:
            return StallKind.OSCILLATION
        if run.outcome is Outcome.PARKED:
            return StallKind.POLICY if run.identity in self._by_policy else StallKind.ON_DELETE
        if run.outcome is Outcome.STALLED and run.identity in self._by_policy:
            return StallKind.POLICY
        if run.identity in self._broken and (run.left_outdated or run.left_down):
            return StallKind.BROKEN_REVISION
        if run.outcome is Outcome.STALLED:
            if run.error:
                return StallKind.VANISHED_NODE if "does not exist" in run.error else StallKind.BAD_BUDGET
            return StallKind.SURGE_BLOCKED if allows_surge(daemonset) else StallKind.BUDGET_SPENT
        return StallKind.PENDING if pending_reasons(story, run.identity) else None

    def _why_policies_wait(self, identity: Identity, story: Simulation) -> str:
        """Return what the policies say at the end of the story."""
        plan = PolicyController(story.world, SteadyKubelet(self._durations_for)).plan(
            Cluster(story.world, now=story.ended)
        )
        named = [stall for stall in plan.stalls if stall.startswith((f"{identity}: ", "policy "))]
        held = [entry.text for entry in plan.held if entry.daemonset == identity and entry.blocks]
        held = [text for text in held if not any(text in stall for stall in named)]
        return "; ".join(dict.fromkeys([*named, *held]))

    def _with_budget(self, daemonset: DaemonSet, stall: Stall) -> Stall:
        """Return the stall with the smallest budget that goes through, and the nodes without which it does as it is.

        Where pods do not run, no budget is looked for: every node that it would reach might lose its pod.
        """
        if any(map(is_of_new_pods, stall.blockers)):
            return msgspec.structs.replace(
                stall, advice=roll_back(stall.blockers), commands=(undo_command(daemonset.identity),)
            )
        nodes = tuple(sorted(item.node for item in stall.blockers))
        goes_on_without = not self._stalls(_without_nodes(self._alone(daemonset), set(nodes)), daemonset.identity)
        needs, exclude = self._smallest_budget(daemonset, stall.spent), nodes if goes_on_without else ()
        commands = [budget_command(daemonset, needs)] if needs is not None else []
        commands += [remove_nodes_command(exclude)] if exclude else []
        return msgspec.structs.replace(stall, needs=needs, exclude=exclude, commands=tuple(commands))

    def _smallest_budget(self, daemonset: DaemonSet, spent: int) -> int | None:
        """Return the smallest maxUnavailable with which a simulation goes through; a smaller one is known to stall."""
        alone, most = self._alone(daemonset), len(self._world.nodes) + spent
        budget = spent + 1
        while budget <= most:
            story = self._simulate(_with_max_unavailable(alone, daemonset, budget))
            run = story.of(daemonset.identity)
            if run.outcome is not Outcome.STALLED:
                if set(run.left_down) - self._initially_down[daemonset.identity]:
                    return None  # it goes through, and nodes that had a pod are without one
                break
            budget = max(budget, len(blockers_of(story, daemonset))) + 1
        else:
            return None
        while budget > 1 and not self._stalls(_with_max_unavailable(alone, daemonset, budget - 1), daemonset.identity):
            budget -= 1
        return budget

    def _with_other_strategy(self, daemonset: DaemonSet, stall: Stall) -> Stall:
        run = self._simulate(_with_max_unavailable(self._alone(daemonset), daemonset, 1)).of(daemonset.identity)
        harmed = set(run.left_down) - self._initially_down[daemonset.identity]
        if run.outcome is Outcome.STALLED or harmed:
            return msgspec.structs.replace(
                stall,
                advice="roll back, or fix the template: the new pod cannot run beside the old one",
                commands=(undo_command(daemonset.identity),),
            )
        return msgspec.structs.replace(
            stall,
            advice="maxUnavailable 1 without maxSurge goes through",
            commands=(budget_command(daemonset, 1),),
        )

    def _without_strays(self, daemonset: DaemonSet, stall: Stall) -> Stall:
        names = {node.name for node in self._world.nodes}
        observed = self._observed(daemonset)
        strays = sorted(
            pod.name for name, group in observed.vanished.items() if name not in names for pod in group.pods
        )
        kept = tuple(
            pod
            for pod in self._world.pods
            if pod.metadata.namespace != daemonset.metadata.namespace or pod.name not in strays
        )
        world = msgspec.structs.replace(self._alone(daemonset), pods=kept)
        if self._stalls(world, daemonset.identity):
            return stall
        return msgspec.structs.replace(stall, advice=f"goes through once {', '.join(strays)} is deleted")

    def _observed(self, daemonset: DaemonSet) -> Observed:
        return observe_daemonset(daemonset, surroundings_of(self._world, now=self._now)).observed

    def _alone(self, daemonset: DaemonSet) -> World:
        """Return the world in which only this DaemonSet has a controller; all pods keep their room."""
        return msgspec.structs.replace(self._world, daemonsets=(daemonset,))

    def _stalls(self, world: World, identity: Identity) -> bool:
        return self._simulate(world).of(identity).outcome is Outcome.STALLED


def _limit(daemonset: DaemonSet, wanted: int) -> int:
    try:
        budget = resolve_budget(daemonset, wanted)
    except BudgetError:
        return 0
    return budget.max_surge or budget.max_unavailable


def _advice(daemonset: DaemonSet, kind: StallKind) -> str:
    if kind is StallKind.BROKEN_REVISION:
        return "no budget helps: roll back, or fix the template"
    block = daemonset.spec.update_strategy.rolling_update
    if kind is StallKind.ON_DELETE and block is not None and block.max_unavailable not in (None, 0, "0%"):
        return f"rollingUpdate.maxUnavailable {block.max_unavailable} does nothing"
    return ""


def _detail(run: DaemonSetRun, story: Simulation) -> str:
    if run.outcome is not Outcome.OSCILLATING:
        return run.error
    oscillations = [item for item in story.oscillations if item.daemonset == run.identity]
    first = oscillations[0]
    others = f", and {len(oscillations) - 1} more" if len(oscillations) > 1 else ""
    return f"{first.node or 'everywhere'}: {first.text}, every {first.period:g} s{others}"


def _without_nodes(world: World, names: set[str]) -> World:
    """Return the world without some nodes and the pods on them."""
    return msgspec.structs.replace(
        world,
        nodes=tuple(node for node in world.nodes if node.name not in names),
        pods=tuple(pod for pod in world.pods if target_node(pod) not in names),
    )


def _with_max_unavailable(world: World, daemonset: DaemonSet, number: int) -> World:
    strategy = UpdateStrategy(type="RollingUpdate", rolling_update=RollingUpdate(max_unavailable=number, max_surge=0))
    return replaced(world, {daemonset.identity: with_strategy(daemonset, strategy)})
