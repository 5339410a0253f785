"""A plan on the screen: problems first, what changes, one line for the rest, the summary; within the width."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import dsplan
from dsplan.document.types import PlanDocument
from dsplan.report.documents.plan import plan_document
from dsplan.report.style import Style
from dsplan.report.text.plan import plan_text, summary_line
from dsplan.testing import NOW, a_daemonset, a_node

SNAPSHOT = Path(__file__).resolve().parents[4] / "shared" / "snapshots" / "A" / "A-2-midroll.json.gz"
needs_snapshot = pytest.mark.skipif(not SNAPSHOT.is_file(), reason=f"the snapshot is not at {SNAPSHOT}")
TAKEN = datetime(2026, 11, 22, 14, 34, 58, tzinfo=UTC)


@pytest.fixture(scope="module")
def rolling() -> PlanDocument:
    return plan_document(dsplan.solve(dsplan.load([SNAPSHOT]), now=TAKEN, forecast=True))


def unbroken(text: str, plan: PlanDocument) -> bool:
    """Return whether every word of the text that looks like a node is the whole name of one."""
    words = {word.strip(",;:()") for word in text.split()}
    return all(word in plan.nodes for word in words if word.startswith(("aks-", "ip-", "duckboat-")))


@needs_snapshot
def test_a_roll_out_of_a_hundred_nodes_is_one_screen(rolling: PlanDocument) -> None:
    lines = plan_text(rolling, Style(width=80, fixed=True)).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    problems = [number for number, line in enumerate(lines) if line.startswith(("  ! stalled", "  ! may", "  ! down"))]
    assert len(problems) == 4
    assert max(problems) < 10
    assert lines[problems[0]].startswith("  ! stalled 93  falco/falco: ")
    assert any(line.startswith("unchanged: 9 DaemonSets") for line in lines)
    assert " ".join(line.strip() for line in lines[-2:]) == summary_line(rolling.summary)


@needs_snapshot
@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("limit", [10, None])
def test_nothing_is_cut_inside_a_name(rolling: PlanDocument, width: int, limit: int | None) -> None:
    text = plan_text(rolling, Style(width=width, limit=limit, fixed=True))
    assert unbroken(text, rolling)
    if limit is not None:
        assert max(map(len, text.splitlines())) <= width


@needs_snapshot
def test_wide_has_everything(rolling: PlanDocument) -> None:
    text = plan_text(rolling, Style(limit=None))
    assert all(name in text for name in rolling.nodes)
    assert "more" not in text.replace("more not ready", "").split("Note:")[0].split()
    assert all(f"{entry.namespace}/{entry.name}  desired " in text for entry in rolling.daemonsets)
    assert "UntoleratedNoSchedule" in text
    assert "run: kubectl patch daemonset/falco -n falco" in text
    assert "wave 11: 8" in text
    for header in ("DESIRED", "UP-TO-DATE", "NODE-SELECTOR"):
        assert header in text


@needs_snapshot
def test_a_cluster_with_nothing_to_do_is_a_few_lines() -> None:
    world = dsplan.load([SNAPSHOT.with_name("A-1-steady.json.gz")])
    lines = plan_text(plan_document(dsplan.solve(world, now=TAKEN, forecast=True)), Style(width=80)).splitlines()
    assert len(lines) <= 8
    assert [line for line in lines if line.startswith("unchanged: 12 DaemonSets")]


def test_a_long_list_of_nodes_is_counted_by_zone_with_three_examples() -> None:
    nodes = tuple(a_node(f"node-{n:03}", labels={"topology.kubernetes.io/zone": f"z{n % 2}"}) for n in range(200))
    plan = plan_document(dsplan.solve(dsplan.World(nodes=nodes, daemonsets=(a_daemonset(),)), now=NOW))
    [created] = [line for line in plan_text(plan).splitlines() if "create 200" in line]
    assert created.endswith(": by zone: z0 100, z1 100; node-000 node-001 node-002 ... and 197 more")


def test_without_daemonsets_it_says_so() -> None:
    assert plan_text(plan_document(dsplan.solve(dsplan.World(nodes=(a_node("n"),)), now=NOW))).startswith(
        "No DaemonSets.\n"
    )


@needs_snapshot
def test_the_summary_is_one_line_where_no_width_was_asked_for(rolling: PlanDocument) -> None:
    assert plan_text(rolling).splitlines()[-1] == summary_line(rolling.summary)
