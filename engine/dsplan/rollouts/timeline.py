"""A roll-out as a table in time: the controller's sliding window, and the same in barrier waves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..diff import ActionReason, Stage, resolve_budget
from ..diff.budget import BudgetError
from ..model.arguments import check_moment, check_world
from ..model.brief import Brief
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.world import World
from ..passes.observation import Observation
from ..simulator.cluster import Cluster
from ..simulator.controllers import BuiltinController, Controller, Decision, outdated
from ..simulator.coverage import is_settled_alone
from ..simulator.kubelet import SteadyKubelet, daemonset_of
from ..simulator.log import LogEntry, LogEntryKind
from ..simulator.placement_scheduler import PlacementScheduler
from ..simulator.policies import controller_for, held_by_policies
from ..simulator.results import DaemonSetRun, Outcome, Simulation
from ..simulator.run import simulate
from ..simulator.scheduler import SchedulerFactory
from .duration_sources import DurationSources, Overrides, duration_sources
from .stall_types import Stall
from .stalls import forecast_stalls, looks_broken
from .waves import Wave, WaveKind, overlap, waves_of

__all__ = ["BarrierController", "SimulatedRollout", "Timeline", "timeline"]


class BarrierController:
    """The DaemonSet controller, held back: the next update wave begins when the last one is served again.

    A wave is what the budget has room for when it begins, in however many passes that goes out (C12). Only candidates
    are held (R10, R23); sick pods are replaced at once as ever (R12, R20).
    """

    def __init__(self, controller: Controller | None = None) -> None:
        self._controller = controller or BuiltinController()
        self._waves: dict[Identity, BitMap] = {}

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        """Yield passes without the update of candidates that belong to a later wave."""
        for decision in self._controller.decide(cluster, due):
            if not any(_begins(action.stage, action.reason) for action in decision.actions):
                yield decision
                continue
            observation, ids = cluster.observation(decision.daemonset), cluster.objects.index.ids
            wave = self._waves.get(decision.daemonset, BitMap())
            if wave.isdisjoint(_busy(observation)) and wave.isdisjoint(outdated(observation.observed)):
                wave = BitMap(ids[node] for node in _candidates(decision) if node in ids)
                self._waves[decision.daemonset] = wave
            actions = tuple(
                action
                for action in decision.actions
                # A node that is gone serves nobody: its pod belongs to no wave.
                if not _begins(action.stage, action.reason) or action.node not in ids or ids[action.node] in wave
            )
            yield msgspec.structs.replace(decision, actions=actions)


def _candidates(decision: Decision) -> Iterator[str]:
    """Yield the nodes that the budget has room for now; one pass may issue fewer of them."""
    rolling = None if decision.entry is None else decision.entry.rolling
    if rolling is None:
        yield from (action.node for action in decision.actions if _begins(action.stage, action.reason))
        return
    yield from (node for node, reason in rolling.create if reason is ActionReason.OUTDATED)
    yield from (node for node, _, reason in rolling.delete if reason is ActionReason.OUTDATED)


def _begins(stage: Stage, reason: ActionReason) -> bool:
    return stage is Stage.ROLLING_UPDATE and reason is ActionReason.OUTDATED


def _busy(observation: Observation) -> BitMap:
    """Return the nodes that are not served by one pod alone, among those that want or still have one."""
    busy = BitMap()
    for situation in observation.observed.situations:
        if len(situation.shape) != 1 or not is_settled_alone(situation.shape):
            busy |= situation.nodes
    return busy


class SimulatedRollout(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One way through a roll-out. Times are seconds from the beginning."""

    outcome: Outcome
    seconds: float
    waves: tuple[Wave, ...]
    run: DaemonSetRun

    @property
    def updates(self) -> tuple[Wave, ...]:
        """The update waves."""
        return tuple(wave for wave in self.waves if wave.kind is WaveKind.UPDATE)


class Timeline(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet in time.

    `window` is what the real controller will do; `barrier` the same in waves that wait for each other (the same object
    where the window's waves never overlap). `slow_seconds` is when the window ends if every pod takes as long as the
    slow ones (95th percentile), None where nothing that was measured varies. `budget` is its arithmetic, `notes` say
    where the durations come from. `stall` says why it does not get to its end, where it does not.
    Where it is `governed`, policies decide what is replaced.
    """

    identity: Identity
    started: datetime
    window: SimulatedRollout
    barrier: SimulatedRollout
    slow_seconds: float | None
    budget: str
    notes: tuple[str, ...]
    events: tuple[LogEntry, ...]
    stall: Stall | None = None
    governed: bool = False

    @property
    def evicted(self) -> tuple[str, ...]:
        """The pods, as namespace/name, that are evicted to make room for pods of this DaemonSet (P2)."""
        found = (item.reason.split(", ") for item in self.events if item.kind is LogEntryKind.EVICTS)
        return tuple(sorted(name for names in found for name in names))


def timeline(
    world: World,
    *,
    now: datetime,
    durations: Overrides = Overrides(),  # noqa: B008
    until: datetime | None = None,
    broken: Iterable[Identity] = (),
    scheduler: SchedulerFactory = PlacementScheduler,
    pass_gates: bool = True,
) -> tuple[Timeline, ...]:
    """Return the timeline of every DaemonSet in which anything happens, or should.

    The new pods of the DaemonSets in `broken`, and of those that look it, never become ready. Gates of policies that
    wait for somebody are passed once they ask, unless `pass_gates` is false: then roll-outs end there.

    >>> from datetime import UTC
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}},
    ... ])
    >>> [story] = timeline(world, now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> [(wave.kind, wave.start, wave.end, wave.nodes) for wave in story.window.waves]
    [(<WaveKind.CREATE: 'create'>, 1.0, 15.0, ('n1',))]
    """
    check_world(world)
    check_moment(now)
    durations_for = duration_sources(world, durations)
    broken = {*broken, *looks_broken(world, now)}
    simulator = _RolloutSimulator(world, now, until, scheduler, broken)
    window = simulator.simulate(durations_for, _controller(world, durations_for, pass_gates))
    tail = durations_for.tail
    slow = simulator.simulate(tail, _controller(world, tail, pass_gates)) if durations_for.has_tail else None
    rollouts = {run.identity: simulated_rollout(window, run) for run in window.runs}
    barrier = None
    if any(overlap(rollout.waves) for rollout in rollouts.values()):
        held_back = BarrierController(_controller(world, durations_for, pass_gates))
        barrier = simulator.simulate(durations_for, held_back)
    stalls: dict[Identity, Stall] = {}
    if any(run.outcome is not Outcome.COMPLETE for run in window.runs):
        found = forecast_stalls(world, now=now, durations=durations, broken=broken, scheduler=scheduler)
        stalls = {stall.identity: stall for stall in found}
    stories: list[Timeline] = []
    by_policies = held_by_policies(world)
    for daemonset in world.daemonsets:
        identity = daemonset.identity
        rollout = rollouts[identity]
        if not rollout.waves and identity not in stalls:
            continue
        stories.append(
            Timeline(
                identity=identity,
                started=window.started,
                window=rollout,
                barrier=rollout if barrier is None else simulated_rollout(barrier, barrier.of(identity), barrier=True),
                slow_seconds=None if slow is None else slow.of(identity).seconds,
                budget=_budget(daemonset, rollout.run.wanted, by_policies=identity in by_policies),
                notes=durations_for.notes(daemonset),
                events=tuple(item for item in window.log if item.daemonset == identity),
                stall=stalls.get(identity),
                governed=identity in by_policies,
            )
        )
    return tuple(stories)


def _controller(world: World, durations_for: DurationSources, pass_gates: bool) -> Controller:
    return controller_for(world, SteadyKubelet(durations_for), pass_gates=pass_gates)


class _RolloutSimulator:
    """Simulates one world with several durations."""

    def __init__(
        self, world: World, now: datetime, until: datetime | None, scheduler: SchedulerFactory, broken: set[Identity]
    ) -> None:
        self._world = world
        self._now = now
        self._until = until
        self._scheduler = scheduler
        self._broken = broken

    def simulate(self, durations_for: DurationSources, controller: Controller | None = None) -> Simulation:
        return simulate(
            self._world,
            SteadyKubelet(durations_for, broken=lambda pod: daemonset_of(pod) in self._broken),
            now=self._now,
            until=self._until,
            durations=durations_for(None, None),
            controller=controller,
            scheduler=self._scheduler,
        )


def simulated_rollout(simulation: Simulation, run: DaemonSetRun, *, barrier: bool = False) -> SimulatedRollout:
    """Return one DaemonSet's run with its waves; `barrier` where waves waited for each other."""
    waves = waves_of(simulation, run.identity, barrier=barrier)
    return SimulatedRollout(outcome=run.outcome, seconds=run.seconds, waves=waves, run=run)


def _budget(daemonset: DaemonSet, wanted: int, *, by_policies: bool) -> str:
    strategy = daemonset.spec.update_strategy
    if by_policies:
        return f"{strategy.type}: its policies decide"
    if strategy.type != "RollingUpdate":
        return f"{strategy.type}: no budget; pods are replaced when somebody deletes them"
    try:
        return resolve_budget(daemonset, wanted).arithmetic
    except BudgetError as error:
        return str(error)
