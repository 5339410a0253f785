"""Each stated reason is true, none is missing, classes add up, and why says what solve does.

Tried and caught: reporting only the first cause of a reason; saying nothing of the automatic tolerations;
leaving KEEP nodes out of the classes; a class key without the failing field; the first term as the closest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings

import dsplan
from dsplan.explain.answers import Answer, Explanation, Kind
from dsplan.explain.why import why

from . import naive
from .generated import clusters, world_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Cluster = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def stated(answer: Answer) -> set[tuple[str, str]]:
    return {
        (finding.code, cause.observed.removeprefix("taint ") if "Untolerated" in finding.code else cause.field)
        for finding in answer.findings
        for cause in finding.causes
    }


@given(clusters())
@settings(max_examples=100, deadline=None)
def test_every_stated_reason_is_true_and_none_is_missing(cluster: Cluster) -> None:
    world = world_of(cluster)
    plan = dsplan.solve(world, now=NOW)
    for daemonset in cluster[0]:
        for node in cluster[1]:
            name = node["metadata"]["name"]
            answer = why(world, daemonset["metadata"]["name"], name, now=NOW, plan=plan).answer
            assert stated(answer) == naive.failures(daemonset, node)
            assert answer.verdict == naive.verdict(daemonset, node)
            helped = {entry.taint for entry in answer.helped}
            assert helped == helped_by_hand(daemonset, node)


def helped_by_hand(daemonset: dict[str, Any], node: dict[str, Any]) -> set[str]:
    """Return the taints that would be untolerated without the automatic tolerations."""
    spec = daemonset["spec"]["template"]["spec"]
    bare = {
        naive.taint_text(taint)
        for taint in node["spec"]["taints"]
        if taint["effect"] != "PreferNoSchedule" and not any(naive.tolerated(t, taint) for t in spec["tolerations"])
    }
    return bare - {field for code, field in naive.failures(daemonset, node) if code.startswith("Untolerated")}


@given(clusters())
@settings(max_examples=60, deadline=None)
def test_classes_add_up_and_agree_with_the_single_answers(cluster: Cluster) -> None:
    world = world_of(cluster)
    plan = dsplan.solve(world, now=NOW)
    for daemonset in world.daemonsets:
        explanation = why(world, daemonset.name, now=NOW, plan=plan)
        check_classes(explanation, [node.name for node in world.nodes])
        for entry in explanation.classes:
            for name in entry.members:
                single = why(world, daemonset.name, name, now=NOW, plan=plan).answer
                assert (single.verdict, single.kind, single.fate) == (
                    entry.answer.verdict,
                    entry.answer.kind,
                    entry.answer.fate,
                )
                assert fields(single) == fields(entry.answer)
    for node in world.nodes:
        explanation = why(world, node=node.name, now=NOW, plan=plan)
        check_classes(explanation, [str(daemonset.identity) for daemonset in world.daemonsets])


def check_classes(explanation: Explanation, names: list[str]) -> None:
    assert sorted(name for entry in explanation.classes for name in entry.members) == sorted(names)
    assert sum(entry.count for entry in explanation.classes) == explanation.total == len(names)


def fields(answer: Answer) -> list[tuple[str, str, str]]:
    return [(finding.code, cause.field, cause.needed) for finding in answer.findings for cause in finding.causes]


@given(clusters())
@settings(max_examples=60, deadline=None)
def test_the_yes_is_what_solve_creates_and_a_no_is_nothing_that_it_creates(cluster: Cluster) -> None:
    world = world_of(cluster)
    plan = dsplan.solve(world, now=NOW)
    for daemonset, entry in zip(world.daemonsets, plan.daemonsets, strict=True):
        created = {action.node for action in entry.step.actions if action.kind == "Pod"}
        answers = {
            name: found.answer
            for found in why(world, daemonset.name, now=NOW, plan=plan).classes
            for name in found.members
        }
        assert {name for name, answer in answers.items() if answer.kind is Kind.YES} == created
        assert len(created) == entry.desired


@given(clusters())
@settings(max_examples=100, deadline=None)
def test_the_closest_term_fails_least(cluster: Cluster) -> None:
    world = world_of(cluster)
    for daemonset in cluster[0]:
        affinity = daemonset["spec"]["template"]["spec"].get("affinity", {}).get("nodeAffinity", {})
        terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms", [])
        for node in cluster[1]:
            name, labels = node["metadata"]["name"], node["metadata"]["labels"]
            failing = [naive.term_failures(term, name, labels) for term in terms]
            closest = why(world, daemonset["metadata"]["name"], name, now=NOW).answer.closest
            if len(terms) < 2 or not all(failing):
                assert closest is None
                continue
            assert closest is not None
            assert closest.terms == len(terms)
            alive = [len(found) for found in failing if found != {""}]
            if alive:
                assert failing[closest.term] != {""}
                assert len(closest.failing) == len(failing[closest.term]) == min(alive)
