"""A plan travels without its world, and says the same."""

from __future__ import annotations

import pickle

import msgspec

import dsplan
from dsplan.bench.daemon_pods import NOW
from dsplan.bench.worlds import make_world
from dsplan.document.types import PlanDocument
from dsplan.planner.light import light_plan
from dsplan.report.documents.plan import plan_document
from tests.verify.battery import battery


def told(plan: dsplan.planner.Plan) -> PlanDocument:
    return msgspec.structs.replace(plan_document(plan, digests=False), seal="")


def test_a_pickled_plan_says_what_the_plan_says() -> None:
    for name, world, now in battery(most=4):
        plan = dsplan.solve(world, now=now, forecast=True)
        again = pickle.loads(pickle.dumps(plan))
        assert told(again) == told(plan), name
        assert again.actions == plan.actions
        assert (again.summary, again.state, again.notes) == (plan.summary, plan.state, plan.notes)


def test_a_light_plan_is_small_and_stays_light() -> None:
    world = make_world("eks-like", 300, daemonsets=12)
    plan = dsplan.solve(world, now=NOW)
    size = len(pickle.dumps(plan))
    assert size < len(pickle.dumps(world)) / 3
    light = light_plan(plan)
    assert light_plan(light) is light
    assert light.is_light
    assert not plan.is_light
    assert plan_document(light).digests == ()
    assert len(plan_document(plan).digests) == 300
