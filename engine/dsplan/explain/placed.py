"""Whether the pod that is wanted also fits: asked of the prediction once for all pairs, and only if needed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import msgspec

from ..constraints import Rule
from ..eligibility import NodeIndex
from ..errors import InputError
from ..model.meta import Identity
from ..model.world import Note, World
from ..placement.failures import Failure, Plugin
from ..placement.prediction import Prediction, predict
from ..placement.queue import Outcome
from ..planner import Plan, solve
from ..planner.step_types import DaemonSetStep
from .answers import Standing

__all__ = ["Placements", "holders_text"]

_ASKED = {Standing.CREATED, Standing.UPDATED, Standing.PENDING}


class _Passed(msgspec.Struct, frozen=True):
    """The passes of a plan, as the prediction wants them."""

    daemonsets: Sequence[DaemonSetStep]
    index: NodeIndex


class Placements:
    """What the scheduler makes of a plan's pods. `plan` need not cover all DaemonSets: then all are planned first."""

    def __init__(self, world: World, plan: Plan, rules: tuple[Rule, ...]) -> None:
        self._world = world
        self._plan = plan
        self._rules = rules
        self._now: datetime = plan.now
        self.notes: list[Note] = []

    def of(self, identity: Identity, node: str, standing: Standing) -> Outcome | None:
        """Return what becomes of the pod, None where it is there already or the node's room is not known."""
        if standing not in _ASKED or self._prediction is None:
            return None
        position = self._plan.index.ids[node]
        outcome = self._prediction.of(identity).at(position)
        return None if outcome is None else self._as_known(outcome, position)

    def _as_known(self, outcome: Outcome, position: int) -> Outcome | None:
        """Return the outcome without shortages of a node that reports no room at all: a manifest, not a dump."""
        status = self._plan.index.nodes[position].status
        if status.allocatable is not None or status.capacity is not None or not outcome.failures:
            return outcome
        known = tuple(failure for failure in outcome.failures if failure.plugin is not Plugin.NODE_RESOURCES)
        return msgspec.structs.replace(outcome, failures=known) if known else None

    @cached_property
    def _prediction(self) -> Prediction | None:
        plan = self._plan
        if {entry.identity for entry in plan.daemonsets} != {entry.identity for entry in self._world.daemonsets}:
            plan = solve(self._world, now=self._now, rules=self._rules, index=plan.index)
        try:
            return predict(self._world, _Passed([entry.step for entry in plan.daemonsets], plan.index))
        except InputError as error:
            self.notes.append(Note("placement", f"not judged: {error.problems[0]}"))
            return None


def holders_text(failures: Sequence[Failure]) -> tuple[str, ...]:
    """Return who takes up what is missing, each once."""
    holders = (holder for failure in failures for shortage in failure.shortages for holder in shortage.holders)
    return tuple(dict.fromkeys(map(str, holders)))
