"""What is measured: a scenario prepares a world outside the timer, and says where the timer starts and stops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ..eligibility import NodeIndex
from ..manifests.load import load
from ..model.world import World
from ..passes import Observer, step
from ..passes.observer import during
from ..planner import Plan, solve
from ..reconciler import Reconciler
from . import changes
from .daemon_pods import NOW
from .files import write_cluster
from .worlds import make_world, with_status

__all__ = ["SCENARIOS", "Round", "Scenario", "Setting", "moment_of"]

Round = Callable[[Observer], object]
"""What is timed, once."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Which world: a family, size and seed, or the files of a cluster that the user has.

    `everywhere` takes only DaemonSets that want every node.
    """

    world: str = "eks-like"
    nodes: int = 10_000
    daemonsets: int = 1
    seed: int = 0
    everywhere: bool = False
    cluster: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the world is called in a report."""
        return ", ".join(self.cluster) or self.world + " everywhere" * self.everywhere

    def __str__(self) -> str:
        """Return the world's name and size, for people."""
        if self.cluster:
            return self.name
        return f"{self.name}, {self.nodes:,} nodes, {self.daemonsets} DaemonSet{'s' * (self.daemonsets != 1)}"

    def steady(self) -> World:
        """Return the world with all pods in place and every status written; a cluster of files as it is."""
        if self.cluster:
            return load(self.cluster)
        return with_status(self._made(drift=False))

    def drifted(self) -> World:
        """Return the world with the share of pods that are not as they should be; a cluster of files as it is."""
        if self.cluster:
            return load(self.cluster)
        return self._made(drift=True)

    def _made(self, *, drift: bool) -> World:
        return make_world(
            self.world,
            self.nodes,
            daemonsets=self.daemonsets,
            seed=self.seed,
            drift=drift,
            everywhere=self.everywhere,
        )


Prepared = tuple[World, Callable[[], Round]]
"""A world, and what makes a round on it."""

Prepare = Callable[[Setting, Path], Prepared]
"""Prepares a scenario; the folder is for files, and is gone when the last round is over."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """`prepare` returns the world and what makes a round; a round is made anew, outside the timer, for every run.

    `timed` names the boundaries of the timer.
    """

    name: str
    timed: str
    prepare: Prepare


def moment_of(world: World) -> datetime:
    """Return the moment to plan a world for: the one it was generated for, or a day after its last pod was created.

    >>> from dsplan.bench.worlds import make_world
    >>> moment_of(make_world(nodes=3)) == NOW
    True
    """
    created = (pod.metadata.creation_timestamp for pod in world.pods)
    newest = max((moment for moment in created if moment is not None), default=NOW)
    return max(NOW, newest + timedelta(days=1))


def _solving(change: Callable[[World], World]) -> Prepare:
    """Return the preparation of a scenario that solves the steady world after a change, nothing prebuilt."""

    def prepare(setting: Setting, folder: Path) -> Prepared:
        changed = change(setting.steady())

        now = moment_of(changed)

        def fresh_round() -> Round:
            world = changes.fresh(changed)
            return lambda observer: solve(world, now=now, observer=observer)

        return changed, fresh_round

    return prepare


def _one_pass(setting: Setting, folder: Path) -> Prepared:
    found = setting.drifted()
    now = moment_of(found)

    def fresh_round() -> Round:
        world = changes.fresh(found)
        return lambda observer: step(world, now=now, observer=observer)

    return found, fresh_round


def _warm_pass(setting: Setting, folder: Path) -> Prepared:
    found = setting.drifted()
    now = moment_of(found)
    index = step(found, now=now).index
    return found, lambda: lambda observer: step(found, now=now, index=index, observer=observer)


def _cold_file(setting: Setting, folder: Path) -> Prepared:
    files = setting.cluster
    if not files:
        path = folder / "cluster.json"
        write_cluster(setting.drifted(), path)
        files = (str(path),)

    def read_and_solve(observer: Observer) -> Plan:
        with during(observer, "read"):
            world = load(files)
        return solve(world, now=now, observer=observer)

    found = load(files)
    now = moment_of(found)
    return found, lambda: read_and_solve


def _steady(setting: Setting, folder: Path) -> Prepared:
    world = setting.steady()
    index, now = NodeIndex(world.nodes), moment_of(world)
    solve(world, now=now, index=index)
    return world, lambda: lambda observer: solve(world, now=now, index=index, observer=observer)


def _edit_storm(setting: Setting, folder: Path) -> Prepared:
    world = setting.steady()
    index, now = NodeIndex(world.nodes), moment_of(world)

    def storm(observer: Observer) -> int:
        state, actions = world.state, 0
        for number in range(1, _EDITS + 1):
            after = msgspec.structs.replace(changes.edited(world, number), state=state)
            plan = solve(after, now=now, index=index, observer=observer)
            state, actions = plan.state, actions + len(plan.actions)
        return actions

    return world, lambda: storm


def _incremental_churn(setting: Setting, folder: Path) -> Prepared:
    world = setting.steady()
    after, now = changes.churned(world), moment_of(world)

    def fresh_round() -> Round:
        reconciler = Reconciler(world)
        reconciler.delta(now)

        def churn(observer: Observer) -> object:
            with during(observer, "events"):
                reconciler.replace("Node", after.nodes)
            with during(observer, "delta"):
                return reconciler.delta(now)

        return churn

    return after, fresh_round


_EDITS = 20

_FROM_MEMORY = "from the World in memory, nothing prebuilt, to the Plan"

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="one-pass", timed="from the World in memory, nothing prebuilt, to the Step", prepare=_one_pass),
        Scenario(
            name="warm-pass", timed="from the World and its index, columns built, to the Step", prepare=_warm_pass
        ),
        Scenario(name="cold-memory", timed=_FROM_MEMORY, prepare=_solving(lambda world: world)),
        Scenario(name="cold-file", timed="from the path of a JSON file to the Plan", prepare=_cold_file),
        Scenario(name="steady", timed="from the World and its index, columns built, to the Plan", prepare=_steady),
        Scenario(name="template-change", timed=_FROM_MEMORY, prepare=_solving(changes.edited)),
        Scenario(name="pool-taint", timed=_FROM_MEMORY, prepare=_solving(changes.pool_tainted)),
        Scenario(name="zone-loss", timed=_FROM_MEMORY, prepare=_solving(changes.zone_lost)),
        Scenario(name="nodes-join", timed=_FROM_MEMORY, prepare=_solving(changes.joined)),
        Scenario(name="node-churn", timed=_FROM_MEMORY, prepare=_solving(changes.churned)),
        Scenario(
            name="edit-storm",
            timed=f"{_EDITS} edits of every template, each from the World and its index to the Plan",
            prepare=_edit_storm,
        ),
        Scenario(name="one-at-a-time", timed=_FROM_MEMORY, prepare=_solving(changes.one_at_a_time)),
        Scenario(
            name="incremental-churn",
            timed="from the list of nodes after a churn to the Reconciler's delta",
            prepare=_incremental_churn,
        ),
    )
}
"""Every scenario by name."""
