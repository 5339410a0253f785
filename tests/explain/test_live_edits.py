"""Edits against what a real control plane made of them: recorded changes, planned from the dump before each."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dsplan import Plan, World, load, overlay, solve
from dsplan.explain.edits import AddTaint, Undo, apply_edits
from dsplan.model.meta import Identity
from dsplan.model.node import Taint
from dsplan.planner import DaemonSetPlan
from dsplan.planner.account import Fate
from dsplan.rollouts.forecast import expected_stalls

LIVE = Path(__file__).resolve().parents[2].parent / "shared" / "live"
NOW = datetime(2026, 11, 28, 23, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not LIVE.is_dir(), reason=f"the recordings are not at {LIVE}")


def _folder(number: int) -> Path:
    return next(LIVE.glob(f"{number}-*"))


def _world(number: int, tmp_path: Path, dump: str = "before", change: str = "") -> World:
    path = tmp_path / f"{dump}.json"
    path.write_bytes(gzip.decompress((_folder(number) / f"{dump}.json.gz").read_bytes()))
    world = load([path])
    return overlay(world, load([_folder(number) / change], trust_stored=False)) if change else world


def _deleted(number: int, name: str, *, after: float = 0, until: float = 1e9) -> list[str]:
    """Return the nodes on which pods of a DaemonSet were deleted in a span of seconds."""
    lines = (_folder(number) / "events.jsonl").read_text().splitlines()
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return sorted(
        event["node"]
        for event in events
        if event["ev"] == "delete" and (event.get("daemonset") or "").endswith(name) and after <= event["t"] < until
    )


def _entry(plan: Plan, name: str) -> DaemonSetPlan:
    return next(entry for entry in plan.daemonsets if entry.identity.name == name)


def _first_pass(plan: Plan, name: str) -> list[str]:
    actions = _entry(plan, name).step.actions
    return sorted(action.node for action in actions if (action.kind, action.verb) == ("Pod", "delete"))


def test_a_taint_that_is_tolerated_for_six_seconds(tmp_path: Path) -> None:
    taint = Taint(key="own/evict", value="yes", effect="NoExecute")
    plan = solve(apply_edits(_world(14, tmp_path), [AddTaint(node, taint) for node in ("n15", "n18", "n22")]), now=NOW)
    for name in ("exporter", "trace"):
        assert _first_pass(plan, name) == _deleted(14, name)
    assert _first_pass(plan, "shipper") == []
    (note,) = [note.text for note in plan.notes if note.subject == "own/shipper"]
    assert note.startswith(
        "on 3 nodes (n15, n18, n22) the pod is evicted 6 s after it came and made again, without end"
    )
    assert len(_deleted(14, "shipper")) > 3


def test_an_undo_in_the_middle_touches_the_pods_of_the_new_revision_alone(tmp_path: Path) -> None:
    world = apply_edits(_world(20, tmp_path, "during"), [Undo(Identity("DaemonSet", "own", "exporter"))])
    entry = _entry(solve(world, now=NOW), "exporter")
    assert entry.rollout is not None
    assert sorted(entry.rollout.nodes) == _deleted(20, "exporter", after=6)
    assert entry.step.observed is not None
    (raised,) = entry.step.observed.history.updated
    assert raised.revision == 3


def test_a_second_template_in_the_middle(tmp_path: Path) -> None:
    world = _world(24, tmp_path, "during", "change-2.yaml")
    entry = _entry(solve(world, now=NOW), "exporter")
    assert entry.rollout is not None
    gone = {pod.spec.node_name for pod in world.pods if pod.terminating}
    assert {*entry.rollout.nodes, *gone} == set(_deleted(24, "exporter", after=7))


def test_a_narrowed_affinity_removes_at_once_and_updates_in_waves(tmp_path: Path) -> None:
    plan = solve(_world(32, tmp_path, change="change.yaml"), now=NOW)
    assert _first_pass(plan, "exporter") == _deleted(32, "exporter", until=1)
    rollout = _entry(plan, "exporter").rollout
    assert rollout is not None
    assert sorted(rollout.nodes) == _deleted(32, "exporter", after=1)


def test_a_template_that_is_too_large_stalls(tmp_path: Path) -> None:
    world = _world(34, tmp_path, change="change.yaml")
    plan = solve(world, now=NOW)
    assert len(_first_pass(plan, "exporter")) == len(_deleted(34, "exporter", until=1)) == 5
    unplaced = [row for row in _entry(plan, "exporter").account.rows if row.fate is Fate.UNPLACED]
    assert {row.text for row in unplaced} == {"Insufficient memory"}
    ((stall,), _) = expected_stalls(world, now=NOW)
    assert (stall.spent, stall.limit) == (5, 5)


@pytest.mark.parametrize("dump", ["during-2", "after"])
def test_orphans_of_a_recreated_daemonset_are_taken_for_up_to_date(tmp_path: Path, dump: str) -> None:
    plan = solve(_world(56, tmp_path, dump), now=NOW)
    rollout = _entry(plan, "exporter").rollout
    assert rollout is not None
    assert rollout.nodes == ()
    assert _first_pass(plan, "exporter") == _deleted(56, "exporter") == []


def test_strays_are_adopted_and_deleted(tmp_path: Path) -> None:
    plan = solve(_world(58, tmp_path, change="change.yaml"), now=NOW)
    assert _first_pass(plan, "shipper") == _deleted(58, "shipper")
