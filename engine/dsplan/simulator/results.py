"""What a simulation comes to."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from enum import StrEnum

import msgspec

from ..diff import ActionReason, Actor, Stage
from ..model.brief import Brief
from ..model.meta import Identity
from ..model.world import World
from .invariants import Violation
from .log import LogEntry, LogEntryKind

__all__ = ["DaemonSetRun", "Oscillation", "Outcome", "Simulation", "Totals"]


class Outcome(StrEnum):
    """How it ended for a DaemonSet."""

    COMPLETE = "Complete"  # every wanted node has an up-to-date, available pod
    DEGRADED = "Degraded"  # updated wherever it can be, but some wanted nodes stay down
    STALLED = "Stalled"  # out-of-date pods remain, and nothing moves any more
    PARKED = "Parked"  # OnDelete: out-of-date pods remain until somebody deletes them
    OSCILLATING = "Oscillating"  # something happens again and again
    CUT_OFF = "CutOff"  # `until` was reached first


class Oscillation(msgspec.Struct, frozen=True, order=True):
    """Something that repeats without end on one node. `period` is in seconds, between its last two occurrences."""

    daemonset: Identity
    node: str
    text: str
    times: int
    period: float


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of pods, each line apart: only `updated` is bound by the budget.

    `sick_replaced` are out-of-date pods that were not available (R9, R12, R20); `managed` counts what manage deleted,
    by reason (M9-M20): no budget holds for any of it.
    """

    created: int = 0
    updated: int = 0
    sick_replaced: int = 0
    superseded: int = 0
    by_host: int = 0
    managed: dict[str, int] = {}

    @property
    def deleted(self) -> int:
        """All deletions."""
        return self.updated + self.sick_replaced + self.superseded + self.by_host + sum(self.managed.values())


def totals_of(actions: Counter[tuple[str, Stage, ActionReason, Actor]]) -> Totals:
    """Return the totals of counted actions."""
    deleted: Counter[str] = Counter()
    managed: Counter[str] = Counter()
    created = 0
    for (verb, stage, reason, actor), count in actions.items():
        if verb == "create":
            created += count
        elif verb == "delete" and actor is Actor.HOST:
            deleted["host"] += count
        elif verb == "delete" and stage is Stage.MANAGE and reason is not ActionReason.REPLACED:
            managed[str(reason)] += count
        elif verb == "delete":
            deleted[str(reason)] += count
    return Totals(
        created=created,
        updated=deleted[ActionReason.OUTDATED] + deleted[ActionReason.OUTDATED_NOT_ELIGIBLE],
        sick_replaced=deleted[ActionReason.OUTDATED_UNAVAILABLE],
        superseded=deleted[ActionReason.REPLACED],
        by_host=deleted["host"],
        managed=dict(sorted(managed.items())),
    )


class DaemonSetRun(msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet through a simulation.

    `ended` is the last moment at which anything happened to it. `most_down` are wanted nodes without an available pod
    at once, `most_down_in_zone` the same within the worst zone, `lost_pod_seconds` their sum over time. `down` is the
    series of (moment, nodes down) at each change. `left_outdated` and `left_down` are nodes as they are at the end.
    """

    identity: Identity
    outcome: Outcome
    started: datetime
    ended: datetime
    wanted: int
    totals: Totals
    most_down: int
    most_down_in_zone: tuple[str, int]
    lost_pod_seconds: float
    down: tuple[tuple[datetime, int], ...]
    left_outdated: tuple[str, ...] = ()
    left_down: tuple[str, ...] = ()
    error: str = ""

    @property
    def seconds(self) -> float:
        """From the start of the simulation to the last thing that happened."""
        return (self.ended - self.started).total_seconds()


class Simulation(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """A whole roll-out in time: everything that happened, and the world at the end."""

    started: datetime
    ended: datetime
    runs: tuple[DaemonSetRun, ...]
    log: tuple[LogEntry, ...]
    violations: tuple[Violation, ...]
    oscillations: tuple[Oscillation, ...]
    world: World

    def of(self, identity: Identity) -> DaemonSetRun:
        """Return the run of one DaemonSet; KeyError where there is none."""
        for run in self.runs:
            if run.identity == identity:
                return run
        raise KeyError(str(identity))

    def events(self, identity: Identity) -> tuple[LogEntry, ...]:
        """Return what happened to one DaemonSet's pods."""
        kinds = (LogEntryKind.EVALUATED, LogEntryKind.CHANGED)
        return tuple(item for item in self.log if item.daemonset == identity or item.kind in kinds)
