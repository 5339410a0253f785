"""A host that carries out policies from a Reconciler: solve, act, keep the progress, be told what happened."""

from __future__ import annotations

from datetime import timedelta

from dsplan.diff import Action, Actor
from dsplan.planner import Plan
from dsplan.reconciler import Reconciler
from dsplan.testing import a_pod
from tests.policies.fleet import NEW, Fleet, a_policy


def by_host(plan: Plan) -> list[Action]:
    return [action for action in plan.actions if action.actor is Actor.HOST]


def test_a_soak_goes_on_from_call_to_call_and_over_a_restart() -> None:
    fleet = Fleet(3, [a_policy(canary={"count": 1, "soak": "10m"})])
    reconciler = Reconciler(fleet.world())
    first = reconciler.solve(fleet.now)
    assert [action.node for action in by_host(first)] == ["n1"]
    reconciler.keep_progress(first)
    canary = reconciler.state.rollouts[0].targets[0].canary
    assert canary is not None
    assert canary.nodes == ("n1",)
    new = a_pod(fleet.daemonsets[0], "n1", hash_label=NEW, ready_since=fleet.now, version="9")
    reconciler.observe(("MODIFIED", new))
    soaking = reconciler.solve(fleet.now)
    assert (by_host(soaking), soaking.requeue_after) == ([], 600.0)
    reconciler.keep_progress(soaking)
    restarted = Reconciler(reconciler.world)
    assert by_host(restarted.solve(fleet.now + timedelta(minutes=9))) == []
    assert [action.node for action in by_host(restarted.solve(fleet.now + timedelta(minutes=10)))] == ["n2", "n3"]
