"""The account of every generated world holds together, and the next pass follows from it."""

from __future__ import annotations

from hypothesis import given

from dsplan.planner import solve
from tests.planner.account_checks import check_plan
from tests.rollouts.rollouts import rollouts
from tests.worlds import NOW, Tree, trees, world


@given(trees())
def test_every_pair_has_one_fate_and_every_pod_one_lot(found: list[Tree]) -> None:
    check_plan(solve(world(found), now=NOW))


@given(rollouts())
def test_roll_outs_as_well(found: list[Tree]) -> None:
    check_plan(solve(world(found), now=NOW))


@given(rollouts())
def test_what_was_played_fits_into_the_same_account(found: list[Tree]) -> None:
    plan = solve(world(found), now=NOW, forecast=True)
    assert plan.foreseen
    assert plan.account.foreseen
    check_plan(plan)
