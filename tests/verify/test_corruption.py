"""Whatever field of a plan is changed, it is noticed: by the seal at once, and what decides also without it."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from dsplan.document.encoding import compact_json, read_plan, sealed
from dsplan.document.types import PlanDocument
from dsplan.errors import InputError
from dsplan.manifests.field_changes import FieldChange
from dsplan.manifests.world_changes import ObjectChange
from dsplan.planner import solve
from dsplan.planner.checking import planned_trees
from dsplan.report.documents.plan import plan_document
from dsplan.verify import verify

from .battery import battery
from .corruption import corrupted, places, schema_fields

_EDIT = (
    ObjectChange(
        kind="DaemonSet",
        namespace="ops",
        name="agent",
        change="changed",
        fields=(FieldChange("spec.minReadySeconds", "5", "7"), FieldChange("spec.template", told="changed")),
    ),
)
Plan = tuple[str, PlanDocument, list[dict[str, object]]]


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    found = []
    for name, world, now in battery(most=6):
        document = plan_document(solve(world, now=now, forecast=True), inputs="sha256:0", edit=_EDIT)
        trees = msgspec.json.decode(msgspec.json.encode(list(planned_trees(world, document))))
        found.append((name, read_plan(compact_json(document)), trees))
    return found


def test_a_change_of_any_field_breaks_the_seal(plans: list[Plan]) -> None:
    """Every field that the schema has and that one of the plans has a value for; no exceptions."""
    tried: Counter[tuple[str, str]] = Counter()
    missed = []
    for name, plan, _ in plans:
        for key, path in places(plan):
            for other in corrupted(plan, path) if tried[key] < 6 else ():
                tried[key] += 1
                if not _is_noticed(other):
                    missed.append((name, path))
    assert missed == []
    never = {field for field in schema_fields() if not tried[field]}
    assert len(never) < 60, never


def _is_noticed(other: PlanDocument) -> bool:
    try:
        again = read_plan(compact_json(other))
    except InputError:
        return True
    return any(finding.check == "seal" for finding in verify(again))


DECIDES = (
    ("ActionEntry", "node"),
    ("ActionEntry", "name"),
    ("ActionEntry", "uid"),
    ("ActionEntry", "resource_version"),
    ("ActionEntry", "reason"),
    ("ActionEntry", "stage"),
    ("ActionEntry", "verb"),
    ("ActionEntry", "kind"),
    ("ActionEntry", "change"),
    ("ActionEntry", "namespace"),
    ("ActionEntry", "api_version"),
    ("ActionEntry", "daemonset"),
    ("BudgetEntry", "max_unavailable"),
    ("BudgetEntry", "max_surge"),
    ("BudgetEntry", "desired"),
    ("BudgetEntry", "arithmetic"),
    ("CourseEntry", "waves"),
    ("CourseEntry", "order"),
    ("CourseEntry", "strategy"),
    ("CourseEntry", "begins"),
    ("CourseEntry", "beyond_budget"),
    ("CourseEntry", "leaving"),
    ("DaemonSetEntry", "verdicts"),
    ("DaemonSetEntry", "constraints"),
    ("DaemonSetEntry", "hash"),
    ("DaemonSetEntry", "desired"),
    ("DaemonSetEntry", "generation"),
    ("DaemonSetEntry", "uid"),
    ("DaemonSetEntry", "rows"),
    ("DaemonSetEntry", "spends"),
    ("DaemonSetEntry", "in_flight"),
    ("DaemonSetEntry", "error"),
    ("DaemonSetEntry", "status_written"),
    ("ExclusionEntry", "code"),
    ("ExclusionEntry", "summary"),
    ("ExclusionEntry", "nodes"),
    ("ExclusionEntry", "also"),
    ("LotEntry", "kind"),
    ("LotEntry", "place"),
    ("LotEntry", "by"),
    ("LotEntry", "budget"),
    ("NodeClass", "nodes"),
    ("NodeClass", "fields"),
    ("PlanDocument", "actor"),
    ("PlanDocument", "complete"),
    ("PlanDocument", "applyable"),
    ("PlanDocument", "errored"),
    ("PlanDocument", "digests"),
    ("PlanDocument", "nodes"),
    ("PlanDocument", "order"),
    ("PlanDocument", "semantics"),
    ("PlanDocument", "sick"),
    ("PlanDocument", "state"),
    ("PlanDocument", "zones"),
    ("PlanDocument", "reads"),
    ("PlanDocument", "classes"),
    ("RowEntry", "fate"),
    ("RowEntry", "kind"),
    ("RowEntry", "verdict"),
    ("RowEntry", "nodes"),
    ("RowEntry", "shape"),
    ("RowEntry", "lots"),
    ("RowEntry", "spends"),
    ("RowEntry", "loses"),
    ("StatusEntry", "desired_number_scheduled"),
    ("StatusEntry", "current_number_scheduled"),
    ("StatusEntry", "number_misscheduled"),
    ("StatusEntry", "number_ready"),
    ("StatusEntry", "updated_number_scheduled"),
    ("StatusEntry", "number_available"),
    ("StatusEntry", "number_unavailable"),
    ("StatusEntry", "observed_generation"),
    ("SummaryEntry", "create"),
    ("SummaryEntry", "delete"),
    ("SummaryEntry", "update"),
    ("SummaryEntry", "waves"),
    ("SummaryEntry", "yes"),
    ("SummaryEntry", "blocked"),
    ("SummaryEntry", "impossible"),
    ("SummaryEntry", "excluded"),
    ("SummaryEntry", "stalled"),
    ("SummaryEntry", "parked"),
)
"""Fields on which somebody acts; a liar who seals his lie again is found out by the world."""


def test_a_lie_about_what_decides_is_found_by_the_world_though_it_is_sealed(plans: list[Plan]) -> None:
    tried: Counter[tuple[str, str]] = Counter()
    missed = []
    for name, plan, trees in plans:
        played = any(entry.course is not None and entry.course.played for entry in plan.daemonsets)
        for key, path in places(plan) if not (played or plan.policies) else ():
            for other in corrupted(plan, path) if key in DECIDES and tried[key] < 4 else ():
                tried[key] += 1
                try:
                    again = read_plan(compact_json(sealed(other)))
                except InputError:
                    continue
                findings = verify(again, trees)
                if not findings or not all(finding.check and finding.text for finding in findings):
                    missed.append((name, path))
    assert missed == []
    assert {key for key in DECIDES if not tried[key]} == set()
