"""What policies come to: the waves, what the host does now, what waits and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from ..diff import Action
from ..eligibility import NodeIndex
from ..model.brief import Brief
from ..model.meta import Identity
from ..model.state import PolicyProgress
from ..model.world import Note
from ..waves.naming import name_units
from ..waves.schedule_types import Schedule
from .assemble import Assembled
from .limits import RolloutLimit
from .targets import Contradiction
from .waits import Wait, WaitKind

__all__ = [
    "PolicyBegins",
    "PolicyHeld",
    "PolicyPlan",
    "PolicyReport",
    "StepReport",
    "TargetReport",
    "Unenforced",
    "Unit",
]


class Unit(msgspec.Struct, frozen=True, order=True):
    """One pod to replace: which DaemonSet, on which node."""

    daemonset: Identity
    node: str


class PolicyHeld(msgspec.Struct, frozen=True, order=True):
    """Nodes of a DaemonSet that wait, and what for; `blocks` is false where that is just as the policy wants it.

    `for_good`: they do not wait for their turn, but stay as they are (partition). `kind` says who lifts it, `until`
    when, where that is known.
    """

    daemonset: Identity
    text: str
    nodes: tuple[str, ...]
    blocks: bool = True
    for_good: bool = False
    kind: WaitKind = WaitKind.TURN
    until: datetime | None = None


class PolicyBegins(msgspec.Struct, frozen=True, order=True):
    """Why units of a DaemonSet may begin now: the step, the facts that led to it, the budgets that have room.

    `beyond` budgets are sick pods, which spend budget already.
    """

    policy: Identity
    daemonset: Identity
    nodes: tuple[str, ...]
    step: str
    facts: str
    budgets: tuple[str, ...]
    beyond: bool = False


class TargetReport(msgspec.Struct, frozen=True):
    """Where one target of a policy stands: `number` of its step, what it waits for, its canary, how many have gone."""

    daemonset: Identity
    hash: str
    number: int
    step: str
    gone: int
    allowance: int
    wait: Wait | None
    canary: tuple[str, ...]
    facts: str
    is_over: bool


class Unenforced(msgspec.Struct, frozen=True, order=True):
    """A target that the policy cannot hold: the controller updates it by itself. `switch` is the first step."""

    daemonset: Identity
    switch: str


class StepReport(msgspec.Struct, frozen=True):
    """One step: pods of each target updated when it is done, seconds of soak, its gate in words, and after how many
    waves from now it is done (None: it is done already)."""

    name: str
    updated: tuple[tuple[Identity, int], ...]
    soak: float
    gate: str
    waves: int | None


class PolicyReport(msgspec.Struct, frozen=True, kw_only=True):
    """One policy: whom it governs, its limits with their arithmetic, its steps, and where its roll-out stands."""

    policy: Identity
    targets: tuple[Identity, ...]
    actor: str
    unenforced: tuple[Unenforced, ...]
    limits: tuple[RolloutLimit, ...]
    steps: tuple[StepReport, ...]
    step: int
    canary: tuple[str, ...]
    canary_text: str
    partition_text: str
    node_order: str
    waits: str
    halted: str
    forgiven: tuple[str, ...]
    standing: tuple[TargetReport, ...] = ()


class PolicyPlan(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """All policies over one world.

    `schedule` has the waves from now to the end, as if every gate passes and every window opens; `startable` those that
    may begin now. `actions` is what the host does now: a part of the first wave, and `sick` pods beyond the budget.
    `stalls` say what will never go on by itself. `requeue_after` is in seconds.
    """

    policies: tuple[PolicyReport, ...]
    assembled: Assembled
    schedule: Schedule
    index: NodeIndex
    wave: tuple[Unit, ...]
    sick: tuple[Unit, ...]
    actions: tuple[Action, ...]
    held: tuple[PolicyHeld, ...]
    stalls: tuple[str, ...]
    teardown: tuple[Identity, ...]
    by_host: frozenset[Identity]
    surging: frozenset[Identity]
    frozen: frozenset[Identity]
    progress: tuple[PolicyProgress, ...]
    notes: tuple[Note, ...]
    requeue_after: float | None
    begins: tuple[PolicyBegins, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    def waves(self) -> Iterator[tuple[Unit, ...]]:
        """Yield the waves with names, sorted; the work grows with the number of units."""
        names, daemonsets, nodes = self.index.names, self.assembled.daemonsets, self.assembled.nodes
        for wave in name_units(self.assembled.problem, self.schedule):
            yield tuple(
                sorted(
                    Unit(daemonsets[daemonset], names[nodes[place][node]])
                    for place, pairs in wave.items()
                    for daemonset, node in pairs
                )
            )

    @property
    def is_violated(self) -> bool:
        """Whether more is down than some budget allows, or a roll-out is stopped by what broke or by its gate."""
        limits = (limit for report in self.policies for limit in report.limits)
        stops = (WaitKind.BROKEN, WaitKind.GATE_FAILED)
        waits = (entry.wait for report in self.policies for entry in report.standing)
        stopped = bool(self.contradictions) or any(wait is not None and wait.kind in stops for wait in waits)
        return stopped or any(limit.down + limit.stuck > limit.limit for limit in limits)

    def enforces(self, daemonset: Identity) -> bool:
        """Return whether some policy decides when pods of a DaemonSet are replaced."""
        away = {entry.daemonset for report in self.policies for entry in report.unenforced}
        return self.governs(daemonset) and daemonset not in away

    def share(self, daemonset: Identity) -> tuple[int, int]:
        """Return how many pods of a DaemonSet are replaced, and after which wave the last of them is."""
        units = sum(unit.daemonset == daemonset for unit in self.sick)
        last = int(units > 0)
        for part in self.schedule.parts:
            wave = 0
            for run in part.runs:
                wave += run.repeat
                here = sum(n for cell, n in run.takes if self.assembled.daemonsets[cell[1]] == daemonset)
                units += here * run.repeat
                last = max(last, wave) if here else last
        return units, last

    def governs(self, daemonset: Identity) -> bool:
        """Return whether some policy targets a DaemonSet."""
        return any(daemonset in report.targets for report in self.policies)


def moment_text(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, to the second."""
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
