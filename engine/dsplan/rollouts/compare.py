"""The same roll-out under several strategies: time against risk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..diff import resolve_budget
from ..diff.budget import BudgetError, scaled
from ..errors import InputError, Problem
from ..model.arguments import check_moment, check_world
from ..model.brief import Brief
from ..model.daemonset import DaemonSet, RollingUpdate, UpdateStrategy
from ..model.meta import Identity
from ..model.world import World
from ..passes import step
from ..passes.forecast import rollout_of
from ..placement.impossible import impossible_of, room_unknown
from ..placement.scheduler.prediction import predict
from ..simulator.cluster import Cluster
from ..simulator.controllers import BatchHost, Controller
from ..simulator.coverage import outdated
from ..simulator.kubelet import SteadyKubelet
from ..simulator.placement_scheduler import PlacementScheduler
from ..simulator.policies import PolicyController, controller_for, held_by_policies
from ..simulator.preparation import prepared_world
from ..simulator.run import simulate
from ..simulator.scheduler import SchedulerFactory
from .duration_sources import Overrides, duration_sources
from .edits import replaced, with_strategy
from .timeline import SimulatedRollout, simulated_rollout
from .waves import overlap

__all__ = ["DEFAULT_STRATEGIES", "Comparison", "Strategy", "StrategyResult", "compare", "parse_strategy"]

_SPEC = re.compile(r"(maxUnavailable|maxSurge|OnDelete)[=:/]?([0-9]{1,9}%?)")
Amount = int | str


class Strategy(msgspec.Struct, frozen=True):
    """One way to roll out: a budget of the controller, batches that a host deletes (OnDelete), or the policies' way."""

    kind: str
    amount: Amount

    def __str__(self) -> str:
        """Return `maxUnavailable 10%`, `maxSurge 1`, `OnDelete in batches of 25%`, `its policies`."""
        if self.kind == "Policies":
            return "its policies"
        return f"OnDelete in batches of {self.amount}" if self.kind == "OnDelete" else f"{self.kind} {self.amount}"

    @property
    def update_strategy(self) -> UpdateStrategy:
        """spec.updateStrategy of it."""
        if self.kind in ("OnDelete", "Policies"):
            return UpdateStrategy(type="OnDelete")
        surge = self.kind == "maxSurge"
        block = RollingUpdate(max_unavailable=0 if surge else self.amount, max_surge=self.amount if surge else 0)
        return UpdateStrategy(type="RollingUpdate", rolling_update=block)


DEFAULT_STRATEGIES = (
    Strategy("maxUnavailable", 1),
    Strategy("maxUnavailable", "10%"),
    Strategy("maxUnavailable", "25%"),
    Strategy("maxSurge", 1),
    Strategy("maxSurge", "25%"),
    Strategy("OnDelete", "10%"),
)


def parse_strategy(text: str) -> Strategy:
    """Return a strategy from `maxUnavailable=10%`, `maxSurge=1` or `OnDelete=25%` (batches of that size).

    Raises InputError for anything else.

    >>> str(parse_strategy("OnDelete=25%"))
    'OnDelete in batches of 25%'
    """
    found = _SPEC.fullmatch(text)
    amount = found[2] if found else "0"
    if found is None or int(amount.rstrip("%")) == 0 or (amount.endswith("%") and int(amount[:-1]) > 100):
        accepted = ("maxUnavailable=N|P%", "maxSurge=N|P%", "OnDelete=N|P%")
        raise InputError.of([Problem(reason="FieldValueInvalid", message="no strategy", value=text, accepted=accepted)])
    return Strategy(found[1], amount if amount.endswith("%") else int(amount))


class StrategyResult(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy and what comes of it. `arithmetic` is how its amount became a number of nodes.

    `waves` are update waves that each take what the budget has room for; the roll-out may have begun them bit by bit.
    """

    strategy: Strategy
    arithmetic: str
    waves: int
    rollout: SimulatedRollout
    is_current: bool


class Comparison(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet under its own strategy and others, on the same cluster.

    `notes` say where the durations come from, `pending` how many pods are out of date.
    """

    identity: Identity
    pending: int
    results: tuple[StrategyResult, ...]
    notes: tuple[str, ...]


def compare(
    world: World,
    *,
    now: datetime,
    strategies: Iterable[Strategy] = DEFAULT_STRATEGIES,
    durations: Overrides = Overrides(),  # noqa: B008
    scheduler: SchedulerFactory = PlacementScheduler,
    pass_gates: bool = True,
) -> tuple[Comparison, ...]:
    """Return a comparison for every DaemonSet with out-of-date pods; each is simulated by itself (C20).

    Gates of policies that wait for somebody are passed once they ask, unless `pass_gates` is false.

    >>> from datetime import UTC
    >>> compare(World(), now=datetime(2026, 1, 1, tzinfo=UTC))
    ()
    """
    check_world(world)
    check_moment(now)
    world = prepared_world(world)
    comparer = _Comparer(world, now, durations, scheduler, pass_gates=pass_gates)
    tried = tuple(strategies)
    cluster = Cluster(world, now=now)
    found: list[Comparison] = []
    for daemonset in world.daemonsets:
        pending = len(outdated(cluster.observation(daemonset.identity).observed))
        if pending:
            found.append(comparer.comparison(daemonset, pending, tried))
    return tuple(found)


class _Comparer:
    """One cluster on which strategies are tried."""

    def __init__(
        self, world: World, now: datetime, durations: Overrides, scheduler: SchedulerFactory, *, pass_gates: bool
    ) -> None:
        self._world = world
        self._pass_gates = pass_gates
        self._now = now
        self._durations_for = duration_sources(world, durations)
        self._scheduler = scheduler

    def comparison(self, daemonset: DaemonSet, pending: int, strategies: Sequence[Strategy]) -> Comparison:
        policed = daemonset.identity in held_by_policies(self._world)
        own = Strategy("Policies", 0) if policed else _own_strategy(daemonset)
        tried = strategies if own is None or own in strategies else (own, *strategies)
        return Comparison(
            identity=daemonset.identity,
            pending=pending,
            results=tuple(self._result(daemonset, strategy, is_current=strategy == own) for strategy in tried),
            notes=self._durations_for.notes(daemonset),
        )

    def _result(self, daemonset: DaemonSet, strategy: Strategy, *, is_current: bool) -> StrategyResult:
        anew = with_strategy(daemonset, strategy.update_strategy)
        policies = self._world.rollout_policies if strategy.kind == "Policies" else ()
        alone = msgspec.structs.replace(self._world, daemonsets=(daemonset,), rollout_policies=policies)
        world = replaced(alone, {daemonset.identity: anew})
        wanted = len(Cluster(world, now=self._now).observation(daemonset.identity).verdicts.run)
        host: Controller | None = BatchHost(scaled(strategy.amount, wanted)) if strategy.kind == "OnDelete" else None
        if strategy.kind == "Policies":
            host = controller_for(world, SteadyKubelet(self._durations_for), pass_gates=self._pass_gates)
        rollout = self._rollout(world, daemonset.identity, host)
        return StrategyResult(
            strategy=strategy,
            arithmetic=_arithmetic(anew, strategy, wanted) if strategy.kind != "Policies" else self._bound(world),
            waves=self._waves(strategy, world, rollout),
            rollout=rollout,
            is_current=is_current,
        )

    def _waves(self, strategy: Strategy, world: World, rollout: SimulatedRollout) -> int:
        if strategy.kind in ("OnDelete", "Policies") or not overlap(rollout.waves):
            return len(rollout.updates)
        whole = step(world, now=self._now)
        [entry] = whole.daemonsets
        if entry.observed is None:
            return 0
        impossible = impossible_of(predict(world, whole).of(entry.identity), room_unknown(whole.index))
        hopeless = BitMap.union(BitMap(), *(part.nodes for part in impossible))
        return rollout_of(entry, entry.observed, whole.index, hopeless).wave_count

    def _bound(self, world: World) -> str:
        found = PolicyController(world).plan(Cluster(world, now=self._now)).schedule
        return f"{found.waves:,} waves, at least {found.bound:,}"

    def _rollout(self, world: World, identity: Identity, controller: Controller | None) -> SimulatedRollout:
        story = simulate(
            world,
            SteadyKubelet(self._durations_for),
            now=self._now,
            durations=self._durations_for(None, None),
            controller=controller,
            scheduler=self._scheduler,
        )
        return simulated_rollout(story, story.of(identity))


def _own_strategy(daemonset: DaemonSet) -> Strategy | None:
    """Return the strategy that a DaemonSet has now; None for OnDelete, which by itself replaces nothing."""
    strategy = daemonset.spec.update_strategy
    block = strategy.rolling_update
    if strategy.type != "RollingUpdate":
        return None
    if block is not None and block.max_surge not in (None, 0, "0", "0%"):
        return Strategy("maxSurge", block.max_surge or 0)
    amount = None if block is None else block.max_unavailable
    return Strategy("maxUnavailable", 1 if amount is None else amount)


def _arithmetic(daemonset: DaemonSet, strategy: Strategy, wanted: int) -> str:
    if strategy.kind == "OnDelete":
        number = scaled(strategy.amount, wanted)
        rounded = f"{strategy.amount} of {wanted} nodes = {number} (rounded up)"
        return f"batches of {rounded}" if isinstance(strategy.amount, str) else f"batches of {number} of {wanted} nodes"
    try:
        return resolve_budget(daemonset, wanted).arithmetic
    except BudgetError as error:
        return str(error)
