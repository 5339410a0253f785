"""The best placement as text: what was proved, what was not, and nothing cut without saying so."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

import dsplan
from dsplan.document.types import ComponentEntry, PlacementConflict, PlacementEntry, PlanDocument
from dsplan.report.documents.plan import plan_document
from dsplan.report.inert import joined
from dsplan.report.places import Places
from dsplan.report.style import PLAIN, Style
from dsplan.report.text.placement import component_table, placement_lines
from dsplan.testing import a_daemonset, a_node

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def plan_of(count: int, placement: PlacementEntry | None) -> PlanDocument:
    nodes = tuple(a_node(f"n{number:02}", zone="ab"[number % 2]) for number in range(count))
    document = plan_document(dsplan.solve(dsplan.World(nodes=nodes), now=NOW))
    return msgspec.structs.replace(document, placement=placement)


def entry(**fields: object) -> PlacementEntry:
    given = {"wanted": 6, "placed": 5, "bound": 5, "gap": 0, "search_nodes": 1234} | fields
    return PlacementEntry(**given)  # type: ignore[arg-type]


def part(size: int) -> ComponentEntry:
    return ComponentEntry(size=size, nodes=2, placed=3, bound=4, search_nodes=5, gap=1)


def test_nothing_is_said_where_everything_has_a_place() -> None:
    assert list(placement_lines(plan_of(1, None), PLAIN)) == []


@pytest.mark.parametrize(
    ("fields", "proof"),
    [({}, "proven optimal"), ({"gap": 1, "bound": 6}, "at most 6 possible, gap 1")],
)
def test_the_head_says_what_was_proved(fields: dict[str, int], proof: str) -> None:
    lines = list(placement_lines(plan_of(1, entry(**fields)), PLAIN))
    assert lines == ["", f"Best placement without eviction: 5 of 6 new pods; {proof}; search nodes 1,234"]


def test_components_by_size_are_a_table_and_the_rest_is_counted() -> None:
    parts = [part(size) for size in (12, 7, 3)]
    lines = list(component_table(parts, Style(limit=2)))
    assert [line.split() for line in lines] == [
        ["COMPONENT", "SIZE", "NODES", "PLACED", "BOUND", "SEARCH", "NODES", "GAP"],
        ["12", "2", "3", "4", "5", "1"],
        ["7", "2", "3", "4", "5", "1"],
        ["...", "and", "1", "more;", "-o", "wide", "shows", "all"],
    ]
    assert len(list(component_table(parts, Style(limit=None)))) == 4
    assert list(component_table([], PLAIN)) == []


def test_conflicts_name_nodes_and_causes() -> None:
    conflicts = tuple(
        PlacementConflict(subject=f"own/{name}", nodes=nodes, causes=("cpu: needs 2", "a/b holds 1"), violated=violated)
        for name, nodes, violated in (("one", "0-1", False), ("two", "2", True), ("three", "0", False))
    )
    plan = plan_of(3, entry(conflicts=conflicts))
    assert list(placement_lines(plan, Style(limit=2)))[2:] == [
        "  x no place 2  own/one: n00 n01",
        "      cpu: needs 2; a/b holds 1",
        "  x violated 1  own/two: n02",
        "      cpu: needs 2; a/b holds 1",
        "  ... and 1 more conflicts; -o wide shows all",
    ]
    whole = list(placement_lines(plan, Style(limit=None)))[2:]
    assert len(whole) == 6
    assert "more" not in " ".join(whole)
    assert "\x1b[31m  x no place 2\x1b[0m" in joined(placement_lines(plan, Style(colour=True)), colour=True)


def test_many_nodes_are_counted_by_zone_and_some_are_named() -> None:
    plan = plan_of(13, None)
    places = Places(plan)
    names = places.named("0-12")
    assert names[:2] == ("n00", "n01")
    assert places.words(names[:10], 2) == " ".join(names[:10])
    assert places.words(names, 2) == "by zone: a 7, b 6; n00 n01 ... and 11 more"
    assert places.words(names, 20) == " ".join(names)


def test_pools_are_read_where_the_plan_reads_them() -> None:
    """Of more than four pools the largest are named."""
    owner = a_daemonset(spec={"nodeSelector": {"pool": "p0"}})
    nodes = tuple(a_node(f"n{number:02}", labels={"pool": f"p{number % 5}"}) for number in range(11))
    plan = plan_document(dsplan.solve(dsplan.World(nodes=nodes, daemonsets=(owner,)), now=NOW))
    places = Places(plan)
    words = places.words(places.named("0-10"), 2)
    assert words == "by pool: p0 3, p1 2, p2 2, p3 2 and 1 more; n00 n01 ... and 9 more"
