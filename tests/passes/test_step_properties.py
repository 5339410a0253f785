"""What must hold for every pass over every generated cluster."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsplan.diff import Stage
from dsplan.document.encoding import as_json
from dsplan.eligibility import Verdict
from dsplan.passes import DaemonSetStep, step
from dsplan.planner import solve
from dsplan.report.documents.plan import plan_document
from tests.rollouts.rollouts import rollouts
from tests.worlds import NOW, Tree, trees, world


def pods(entry: DaemonSetStep, verb: str, stage: Stage | None = None) -> list[Any]:
    return [a for a in entry.actions if (a.kind, a.verb) == ("Pod", verb) and stage in (None, a.stage)]


@given(trees())
def test_no_creation_where_the_verdict_is_not_run(found: list[Tree]) -> None:
    """Fails if `manage_rule` creates on KEEP (tried)."""
    whole = step(world(found), now=NOW)
    entry = whole.daemonsets[0]
    assert entry.verdicts is not None
    for action in pods(entry, "create"):
        assert entry.verdicts.of(whole.index.ids[action.node]) is Verdict.RUN


@given(rollouts())
def test_update_deletions_stay_within_the_budget_beyond_the_sick(found: list[Tree]) -> None:
    """Fails if the budget is one too large (tried). Most pods are healthy: manage leaves the pass to the update."""
    entry = step(world(found), now=NOW).daemonsets[0]
    if entry.rolling is None or entry.budget is None or entry.budget.max_surge:
        return
    outdated = [name for name, _, reason in entry.rolling.delete if reason == "Outdated"]
    assert len(outdated) <= max(0, entry.budget.max_unavailable - len(entry.rolling.down))


@given(trees())
def test_no_pod_is_deleted_twice_and_no_terminating_pod_at_all(found: list[Tree]) -> None:
    """Fails if `manage_rule` does not skip terminating pods (tried); but M22."""
    given_world = world(found)
    entry = step(given_world, now=NOW).daemonsets[0]
    names = [action.name for action in pods(entry, "delete")]
    assert len(names) == len(set(names))
    terminating = {pod.name for pod in given_world.pods if pod.terminating and pod.spec.node_name}
    assert not terminating & set(names)


@given(trees())
def test_manage_and_rolling_update_take_turns(found: list[Tree]) -> None:
    """Fails if the rolling update acts in the same pass as manage (tried); C9."""
    entry = step(world(found), now=NOW).daemonsets[0]
    stages = {action.stage for action in entry.actions if action.verb in ("create", "delete") and action.kind == "Pod"}
    assert len(stages) <= 1


@given(trees(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_no_byte(found: list[Tree], chance: random.Random) -> None:
    """Fails if `group_by_node` keeps the order in which pods came (tried)."""
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert as_json(plan_document(solve(world(shuffled), now=NOW))) == as_json(
        plan_document(solve(world(found), now=NOW))
    )


@given(trees())
def test_desired_is_the_sum(found: list[Tree]) -> None:
    entry = solve(world(found), now=NOW).daemonsets[0]
    assert entry.step.status is not None
    assert entry.desired == entry.step.status.desired_number_scheduled


@given(trees())
def test_status_counters_are_consistent(found: list[Tree]) -> None:
    """Fails if misscheduled counts pods, not nodes (tried)."""
    whole = step(world(found), now=NOW)
    status = whole.daemonsets[0].status
    assert status is not None
    assert 0 <= status.number_available <= status.number_ready <= status.current_number_scheduled
    assert status.current_number_scheduled <= status.desired_number_scheduled
    assert status.number_unavailable == status.desired_number_scheduled - status.number_available
    assert status.number_misscheduled + status.desired_number_scheduled <= len(whole.index)
