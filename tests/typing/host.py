"""A host as an embedder writes it: mypy --strict accepts all of it and knows every type. It is checked, never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_type

import dsplan
from dsplan.constraints import BUILTIN_RULES, Cause, Constraint, Projection, Reason, Rule, Strength
from dsplan.diff import Action
from dsplan.eligibility import Evaluation
from dsplan.model.daemonset import DaemonSet
from dsplan.model.meta import Identity
from dsplan.model.state import State
from dsplan.model.world import World
from dsplan.passes import Event
from dsplan.reconciler import CurrentPlan, Decision, Delta, EventOutcome, Metric, Reconciler, WatchEvent


class Licensed:
    id = "acme.example/Licensed"
    version = 1
    reads = ("labels/licence",)
    strength = Strength.CREATE

    def check(self, projection: Projection) -> Reason | None:
        return None if projection[0] else Reason(self.id, "acme", (Cause("", "a licence", "none"),))


def licensed(daemonset: DaemonSet) -> Iterator[Constraint]:
    yield Licensed()


RULES: tuple[Rule, ...] = (*BUILTIN_RULES, licensed)


class Host:
    def __init__(self, state: State) -> None:
        self.reconciler = Reconciler.resume(state, rules=RULES)

    def listed(self, kind: str, items: list[dict[str, Any]], version: str) -> bool:
        news = self.reconciler.replace(kind, items, resource_version=version)
        assert_type(news, EventOutcome)
        return news is not EventOutcome.STALE

    def watched(self, event: WatchEvent | dict[str, Any] | tuple[str, object]) -> None:
        assert_type(self.reconciler.observe(event), EventOutcome)

    def look(self, now: datetime) -> float | None:
        delta = self.reconciler.delta(now)
        assert_type(delta, Delta)
        assert_type(delta.decisions, tuple[Decision, ...])
        assert_type(delta.started, tuple[Action, ...])
        assert_type(self.reconciler.issued(*delta.started), int)
        for action in delta.started:
            self.send(action)
        return delta.requeue_after

    def send(self, action: Action) -> None:
        assert_type(action.body, dict[str, Any])
        assert_type((action.verb, action.api_version, action.kind, action.namespace), tuple[str, str, str, str])
        try:
            raise NotImplementedError
        except Exception as error:
            assert_type(self.reconciler.failed(action, error), Event | None)

    def rest(self, now: datetime) -> None:
        plan = self.reconciler.plan(now)
        assert_type(plan, CurrentPlan)
        assert_type(plan.state, State)
        assert_type(self.reconciler.world, World)
        assert_type(self.reconciler.solve(now), dsplan.Plan)
        assert_type(self.reconciler.metrics(), tuple[Metric, ...])
        pair = Identity("DaemonSet", "default", "ds"), "n1"
        assert_type(self.reconciler.evaluate(*pair), Evaluation | None)
