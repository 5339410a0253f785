"""Every corpus DaemonSet is asked why about every node; `why`, `solve`, `evaluate` and a naive reading agree."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dsplan
from dsplan.constraints import constraints_of
from dsplan.eligibility import Verdict, evaluate
from dsplan.explain.answers import Explanation, Kind
from dsplan.explain.counterfactual import counterfactuals
from dsplan.explain.why import why, why_all
from dsplan.model.world import World
from dsplan.planner import DaemonSetPlan

from . import naive

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus is not at {CORPUS}")


@cache
def corpus() -> World:
    """Return all DaemonSets and nodes that can be read; the first of several with the same name stands for all."""
    nodes: dict[str, Any] = {}
    daemonsets: dict[Any, Any] = {}
    for path in sorted([*CORPUS.glob("daemonsets/*"), *CORPUS.glob("nodes/*")]):
        try:
            world = dsplan.load([path])
        except dsplan.InputError:
            continue
        for node in world.nodes:
            nodes.setdefault(node.name, node)
        for daemonset in world.daemonsets:
            daemonsets.setdefault(daemonset.identity, daemonset)
    assert len(nodes) > 20
    assert len(daemonsets) > 50
    return World(nodes=tuple(nodes.values()), daemonsets=tuple(daemonsets.values()))


@cache
def plan() -> dsplan.Plan:
    return dsplan.solve(corpus(), now=NOW)


def test_every_pair_agrees_with_solve_and_evaluate_and_a_naive_reading() -> None:
    world = corpus()
    raw_nodes = {node.name: raw(node) for node in world.nodes}
    pairs = 0
    explanations = why_all(world, now=NOW, plan=plan())
    for daemonset, entry, explanation in zip(world.daemonsets, plan().daemonsets, explanations, strict=True):
        template = {"spec": {"template": daemonset.spec.template}}
        constraints = constraints_of(daemonset)
        assert sum(found.count for found in explanation.classes) == explanation.total == len(world.nodes)
        for found in explanation.classes:
            pairs += found.count
            stated = {(finding.code, cause.needed) for finding in found.answer.findings for cause in finding.causes}
            assert (found.answer.verdict is Verdict.RUN) == (not stated)
            assert found.answer.kind is not Kind.YES or found.answer.verdict is Verdict.RUN
            for name in found.members:
                evaluation = evaluate(constraints, plan().index.nodes[plan().index.ids[name]])
                assert found.answer.verdict is evaluation.verdict
                assert stated == {(r.code, cause.needed) for r in evaluation.reasons for cause in r.causes}
                assert found.answer.verdict == naive.verdict(template, raw_nodes[name]), (daemonset.identity, name)
        if entry.step.verdicts is not None:
            check_against_solve(explanation, entry)
    assert pairs == len(world.nodes) * len(world.daemonsets)


def check_against_solve(explanation: Explanation, entry: DaemonSetPlan) -> None:
    assert entry.step.verdicts is not None
    assert entry.step.manage is not None
    answers = {name: found.answer for found in explanation.classes for name in found.members}
    index = plan().index
    assert {index.ids[name]: answer.verdict for name, answer in answers.items()} == {
        position: entry.step.verdicts.of(position) for position in range(len(index))
    }
    assert sum(answer.verdict is Verdict.RUN for answer in answers.values()) == entry.desired
    created = {node for node, _ in entry.step.manage.create}
    wanted = {name for name, answer in answers.items() if answer.verdict is Verdict.RUN}
    assert created == wanted
    first = {}
    for part in entry.exclusions:
        first.update({index.names[position]: (part.code, part.summary) for position in part.nodes})
    assert first.keys() == answers.keys() - wanted
    for name, (code, summary) in first.items():
        finding = answers[name].findings[0]
        assert (finding.code, finding.causes[0].needed) == (code, summary)


def raw(item: Any) -> dict[str, Any]:
    tree: dict[str, Any] = msgspec.to_builtins(item)
    for taint in tree.get("spec", {}).get("taints", ()):
        taint.setdefault("effect", "")
    return tree


def test_every_kind_of_no_has_a_counterfactual_that_makes_it_run() -> None:
    world = corpus()
    asked = 0
    for daemonset in world.daemonsets[::6]:
        explanation = why(world, str(daemonset.identity), now=NOW, plan=plan())
        alone = msgspec.structs.replace(world, daemonsets=(daemonset,))
        for found in explanation.classes[:6]:
            if found.answer.verdict is not Verdict.RUN:
                asked += 1
                edits = counterfactuals(alone, str(daemonset.identity), found.members[0], now=NOW, limit=1)
                assert edits, (daemonset.identity, found.members[0])
                assert all(entry.verdict is Verdict.RUN for entry in edits)
    assert asked > 20
