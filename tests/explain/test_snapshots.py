"""Whole clusters from a real control plane: what `why` says of every pair is what `solve` plans."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import dsplan
from dsplan.explain.answers import Kind, Standing
from dsplan.explain.why import why, why_all
from dsplan.planner.plan import HeldReason

SNAPSHOTS = Path(__file__).parents[3] / "shared" / "snapshots"
NOW = datetime(2026, 9, 1, tzinfo=UTC)
STEMS = ("A/A-1-steady", "A/A-2-midroll", "A/A-3-stuck", "A/A-5-churn-BEFORE", "C/C-pending-rollout")
pytestmark = pytest.mark.skipif(not SNAPSHOTS.is_dir(), reason=f"the snapshots are not at {SNAPSHOTS}")
HELD = {
    HeldReason.BACK_OFF: Standing.BACK_OFF,
    HeldReason.TERMINATING: Standing.TERMINATING,
    HeldReason.ON_DELETE: Standing.ON_DELETE,
    HeldReason.STALLED: Standing.STALLED,
    HeldReason.IN_FLIGHT: Standing.IN_FLIGHT,
}


@pytest.mark.parametrize("stem", STEMS)
def test_why_and_solve_agree_on_every_pair(stem: str) -> None:
    world = dsplan.load([SNAPSHOTS / f"{stem}.json.gz"])
    plan = dsplan.solve(world, now=NOW)
    explanations = why_all(world, now=NOW, plan=plan)
    for entry, explanation in zip(plan.daemonsets, explanations, strict=True):
        answers = {name: found.answer for found in explanation.classes for name in found.members}
        assert len(answers) == len(world.nodes) == sum(found.count for found in explanation.classes)
        names = plan.index.names
        assert {n for n, answer in answers.items() if answer.verdict == "RUN"} == {
            names[i] for i in entry.step.verdicts.run
        }  # type: ignore[union-attr]
        impossible = {names[place] for part in entry.impossible for place in part.nodes}
        wanted = {name for name, answer in answers.items() if answer.verdict == "RUN"}
        assert {name for name in wanted if answers[name].kind is Kind.IMPOSSIBLE} == impossible
        for held in entry.held:
            if held.node in wanted - impossible:
                answer = answers[held.node]
                assert (answer.kind, answer.standing) == (Kind.BLOCKED, HELD[held.reason]), (entry.identity, held)
        created = {node for node, _ in entry.step.manage.create} if entry.step.manage else set()
        assert {n for n, a in answers.items() if a.standing is Standing.CREATED} == created - impossible
        updated = set(entry.rollout.nodes) if entry.rollout else set()
        assert updated - impossible <= {
            n for n, a in answers.items() if a.standing in (Standing.UPDATED, Standing.EVICTING)
        }


def test_a_pending_pod_is_never_called_fine() -> None:
    world = dsplan.load([SNAPSHOTS / "C" / "C-pending-rollout.json.gz"])
    plan = dsplan.solve(world, now=NOW)
    pending = 0
    for entry in plan.daemonsets:
        groups = entry.step.observed.groups if entry.step.observed else {}
        for node, group in groups.items():
            if node in plan.index.ids and all(not pod.spec.node_name and not pod.terminating for pod in group.pods):
                pending += 1
                answer = why(world, str(entry.identity), node, now=NOW, plan=plan).answer
                assert answer.standing is not Standing.UP_TO_DATE
                assert answer.kind is not Kind.BY_DESIGN or answer.verdict != "RUN"
    assert pending > 20
