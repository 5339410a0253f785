"""The checker accepts every plan of a sound engine, and dresses recorded decisions of the real controller as plans."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from dsplan.document.encoding import compact_json, read_plan, sealed
from dsplan.document.types import ActionEntry, PlanDocument
from dsplan.model.world import World
from dsplan.planner import solve
from dsplan.planner.checking import check_plan, planned_trees
from dsplan.report.documents.plan import plan_document
from dsplan.verify import verify
from tests.conformance.replay import records
from tests.conformance.replay_sync import world_of
from tests.worlds import NOW, Tree, trees, world

from .battery import ROOT, battery

RECORDS = ROOT / "tests" / "conformance" / "records" / "sync.jsonl.gz"


def planned(record: Tree) -> tuple[PlanDocument, World]:
    given_world, now = world_of(record)
    return plan_document(solve(given_world, now=now)), given_world


def dressed(record: Tree, document: PlanDocument) -> PlanDocument:
    """Return the plan with what the real controller did to pods in the place of what dsplan wants done."""
    real, names = record["out"], document.nodes
    stages = {name: [a for a in document.actions if a.kind == "Pod" and a.stage == name] for name in _STAGES}
    pods = {pod["metadata"]["name"]: pod for pod in record["pods"]}
    made: list[ActionEntry] = []
    for stage, (creates, deletes) in _STAGES.items():
        pattern = {a.node or a.name: a for a in stages[stage] if a.verb == "create"}
        gone = {a.name: a for a in stages[stage] if a.verb == "delete"}
        assert set(real[creates]) <= set(names)
        assert set(real[deletes]) <= set(pods)
        made += [pattern[node] for node in sorted(real[creates])]
        made += [gone[name] for name in real[deletes]]
    others = [a for a in document.actions if a.kind != "Pod" or a.verb == "patch"]
    order = {(a.stage, a.verb, a.kind, a.name, a.node): place for place, a in enumerate(document.actions)}
    both = sorted([*others, *made], key=lambda a: order[a.stage, a.verb, a.kind, a.name, a.node])
    return sealed(msgspec.structs.replace(document, actions=tuple(both)))


_STAGES = {"manage": ("m_create", "m_delete"), "rolling-update": ("ru_create", "ru_delete")}


def test_recorded_decisions_dressed_as_plans_are_accepted() -> None:
    """The pods that the real controller created and deleted are those of the plan, status and all."""
    refused, counted = {}, 0
    for record in records(RECORDS):
        document, given_world = planned(record)
        if record["exact"]:
            document, counted = dressed(record, document), counted + 1
        if findings := check_plan(document, given_world):
            refused[record["id"]] = [str(finding) for finding in findings]
    assert refused == {}
    assert counted > 500


def test_a_recorded_decision_with_one_pod_less_is_refused() -> None:
    for record in records(RECORDS):
        if record["exact"] and len(record["out"]["m_create"]) > 1:
            document, given_world = planned(record)
            less = {**record, "out": {**record["out"], "m_create": record["out"]["m_create"][1:]}}
            findings = check_plan(dressed(less, document), given_world)
            assert {finding.check for finding in findings} >= {"actions"}
            return
    pytest.fail("no record creates two pods")


@given(trees())
def test_generated_plans_are_accepted(found: list[Tree]) -> None:
    given_world = world(found)
    assert check_plan(plan_document(solve(given_world, now=NOW)), given_world) == ()


def test_plans_of_specs_fleets_and_crowded_nodes_are_accepted_whether_played_or_not() -> None:
    refused = {}
    for name, given_world, now in battery(most=12):
        for forecast in (False, True):
            document = plan_document(solve(given_world, now=now, forecast=forecast))
            if findings := check_plan(document, given_world):
                refused[name] = [str(finding) for finding in findings]
    assert refused == {}


def test_a_plan_that_was_written_and_read_again_is_accepted_from_its_trees_alone() -> None:
    for _, given_world, now in battery(most=2):
        document = plan_document(solve(given_world, now=now))
        lines = [msgspec.json.decode(msgspec.json.encode(tree)) for tree in planned_trees(given_world, document)]
        assert verify(read_plan(compact_json(document)), lines) == ()
