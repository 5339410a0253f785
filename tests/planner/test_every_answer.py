"""All answers about one world are read from one account: the same sums, fates and causes."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dsplan
from dsplan.changes import drift, plan_changes
from dsplan.document.encoding import compact_json, read_plan
from dsplan.document.idsets import ids_of
from dsplan.document.types import PlanDocument
from dsplan.explain.why import why_all
from dsplan.planner import Plan, solve
from dsplan.planner.account import Fate, Kind
from dsplan.planner.account.difference import difference
from dsplan.report.documents.plan import plan_document
from dsplan.report.json_lines import json_lines
from dsplan.report.markdown.plan import MOST_LINES, plan_markdown
from dsplan.report.text.plan import plan_text
from dsplan.rollouts.timeline import timeline
from dsplan.simulator.results import Outcome
from dsplan.verify.rows import KIND_OF
from tests.planner.account_checks import check_plan

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
_MOST_PODS = 3000


def worlds() -> Iterator[Any]:
    for path in sorted((ROOT / "specs").glob("**/*.yaml")):
        yield pytest.param(path, id=f"spec-{path.stem}")
    for path in sorted((SHARED / "cases").glob("*/cluster.*")):
        yield pytest.param(path, id=f"case-{path.parent.name}")
    for path in sorted((SHARED / "live").glob("*/*.json.gz")):
        yield pytest.param(path, id=f"live-{path.parent.name}-{path.name.partition('.')[0]}")
    for path in sorted((SHARED / "snapshots").glob("*/*.json.gz")):
        if not any(word in path.name for word in ("EXPECT", "AFTER", "CHANGES")):  # what came of it, no cluster
            yield pytest.param(path, id=f"snapshot-{path.name.partition('.')[0]}")


def loaded(path: Path) -> dsplan.World:
    return dsplan.load([path], validate=False)


@pytest.mark.parametrize("path", list(worlds()))
def test_all_answers_say_the_same(path: Path) -> None:
    world = loaded(path)
    plan = solve(world, now=NOW, forecast=len(world.pods) < _MOST_PODS)
    check_plan(plan)
    document = read_plan(compact_json(plan_document(plan)))
    sums = msgspec.structs.asdict(plan.account.sums)
    assert msgspec.structs.asdict(document.summary) == sums
    assert plan_text(document).rstrip().splitlines()[-1] == str(plan.summary)
    markdown = plan_markdown(document).splitlines()
    assert str(plan.summary) in markdown[2]
    assert len(markdown) <= MOST_LINES
    the_lines_agree(document, plan)
    why_agrees(world, plan)
    a_plan_differs_from_itself_in_nothing(plan, document)
    the_exit_code_follows(plan, document)


def the_lines_agree(document: PlanDocument, plan: Plan) -> None:
    lines = [json.loads(line) for line in json_lines(document)]
    fates = Counter((line["daemonset"], line["fate"], line["kind"]) for line in lines if line["type"] == "fate")
    told = Counter[tuple[str, str, str]]()
    for entry in plan.account.daemonsets:
        for row in entry.rows:
            told[str(entry.identity), str(row.fate), str(row.kind)] += len(row)
    assert fates == told
    assert lines[-1]["type"] == "summary"
    assert lines[-1]["create"] == plan.summary.create
    coded = {
        (row.fate, len(ids_of(row.nodes)) + len(row.vanished)) for part in document.daemonsets for row in part.rows
    }
    assert coded == {(str(row.fate), len(row)) for entry in plan.account.daemonsets for row in entry.rows}


def why_agrees(world: dsplan.World, plan: Plan) -> None:
    for entry, explanation in zip(plan.account.daemonsets, why_all(world, now=NOW, plan=plan), strict=True):
        kinds = {kind: sum(one.count for one in explanation.classes if one.answer.kind is kind) for kind in Kind}
        sums = entry.sums
        assert kinds == {
            Kind.YES: sums.yes,
            Kind.BLOCKED: sums.blocked,
            Kind.IMPOSSIBLE: sums.impossible,
            Kind.BY_DESIGN: sums.excluded,
        }
        answers = {name: one.answer.fate for one in explanation.classes for name in one.members}
        rows = {plan.index.names[place]: row.fate for row in entry.rows for place in row.nodes}
        assert answers == rows


def a_plan_differs_from_itself_in_nothing(plan: Plan, document: PlanDocument) -> None:
    names = plan.index.names
    assert not difference(plan.account, names, plan.account, names)
    assert not plan_changes(document, document)
    fared = drift(document, document, plan)
    assert not fared.changes


def the_exit_code_follows(plan: Plan, document: PlanDocument) -> None:
    sums = plan.summary
    if sums.stalls or sums.impossible:
        assert document.conflicts
    assert document.applyable == bool(sums.create or sums.delete or sums.update)


def test_only_the_account_reads_what_the_phases_want() -> None:
    """What `why`, `diff`, reports and the command line say of nodes and pods comes from the account alone."""
    forbidden = {"manage", "rolling"}
    allowed = {"report/documents/plan.py"}  # in flight: whether the phases ran at all
    found = []
    for room in ("explain", "changes", "report", "cli"):
        for path in sorted((ROOT / "engine" / "dsplan" / room).rglob("*.py")):
            name = str(path.relative_to(ROOT / "engine" / "dsplan"))
            tree = ast.parse(path.read_text())
            attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            if attributes & forbidden and name not in allowed:
                found.append(name)
    assert found == []


def test_the_words_of_the_document_are_those_of_the_account() -> None:
    assert set(KIND_OF) <= {str(kind) for kind in Kind}
    assert {fate for fates in KIND_OF.values() for fate in fates} == {str(fate) for fate in Fate}


def _has_policies(path: Path) -> bool:
    """Return whether a schedule of its own foresees the roll-outs, so that there is nothing to compare."""
    return b"kind: RolloutPolicy" in path.read_bytes()


SMALL = [
    entry
    for entry in worlds()
    if str(entry.id).startswith(("case-", "spec-")) and not _has_policies(Path(str(entry.values[0])))
]


@pytest.mark.parametrize("path", SMALL)
def test_solve_and_timeline_tell_the_same_story(path: Path) -> None:
    """What is updated, and whether the roll-out gets to its end, is played and foreseen alike."""
    world = loaded(path)
    stories = {story.identity: story for story in timeline(world, now=NOW)}
    for entry in solve(world, now=NOW, forecast=True).account.daemonsets:
        story = stories.get(entry.identity)
        updated = {name for wave in (story.window.updates if story else ()) for name in wave.nodes}
        assert updated == set(entry.course.nodes)
        stalled = story is not None and story.window.outcome is Outcome.STALLED
        assert stalled == entry.stalls
