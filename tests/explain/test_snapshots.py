"""Whole clusters from a real control plane: what `why` says of every pair is what `solve` plans."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import dsplan
from dsplan.explain.answers import Kind
from dsplan.explain.why import why, why_all
from dsplan.planner.account import Fate

SNAPSHOTS = Path(__file__).parents[3] / "shared" / "snapshots"
NOW = datetime(2026, 9, 1, tzinfo=UTC)
STEMS = ("A/A-1-steady", "A/A-2-midroll", "A/A-3-stuck", "A/A-5-churn-BEFORE", "C/C-pending-rollout")
pytestmark = pytest.mark.skipif(not SNAPSHOTS.is_dir(), reason=f"the snapshots are not at {SNAPSHOTS}")


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
        told = {name: (row.fate, row.kind) for row in entry.account.rows for name in (names[i] for i in row.nodes)}
        assert {name: (answer.fate, answer.kind) for name, answer in answers.items()} == told
        assert {kind: sum(a.kind is kind for a in answers.values()) for kind in Kind} == {
            Kind.YES: entry.account.sums.yes,
            Kind.BLOCKED: entry.account.sums.blocked,
            Kind.IMPOSSIBLE: entry.account.sums.impossible,
            Kind.BY_DESIGN: entry.account.sums.excluded,
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
                assert answer.fate is not Fate.RUNS
                assert answer.kind is not Kind.BY_DESIGN or answer.verdict != "RUN"
    assert pending > 20
