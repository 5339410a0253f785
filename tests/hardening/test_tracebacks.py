"""No input that is accepted ends with a traceback: times at the ends of the calendar, ids that are missing, odd values.

Tried: with `shifted` as plain addition, and without `_is_readable` for images, these tests fail.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import dsplan
from dsplan.errors import InputError

from .commands import every_command, is_fault, run
from .world import Tree, objects, text_of

ENGINE = Path(dsplan.__file__).parent
ENDS = ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59")
TIME = re.compile(r"\d{4}-\d\d-\d\dT")


def with_every_time(tree: Any, moment: str) -> Any:
    if isinstance(tree, dict):
        return {key: with_every_time(value, moment) for key, value in tree.items()}
    if isinstance(tree, list):
        return [with_every_time(entry, moment) for entry in tree]
    return moment if isinstance(tree, str) and TIME.match(tree) else tree


def check(found: list[Tree], path: Path) -> None:
    path.write_text(text_of(found), encoding="utf-8")
    faults = [(ran.words, repr(ran.error)) for ran in every_command(path) if is_fault(ran)]
    assert faults == []


@pytest.mark.parametrize("moment", ENDS)
@pytest.mark.parametrize("least", [0, 2**31 - 1])
def test_times_at_the_ends_of_the_calendar(moment: str, least: int, tmp_path: Path) -> None:
    found = [with_every_time(tree, moment) for tree in objects()]
    found[0]["spec"]["minReadySeconds"] = least
    check(found, tmp_path / "cluster.jsonl")


@pytest.mark.parametrize("moment", ENDS)
def test_a_moment_to_plan_for_is_within_bounds(moment: str, tmp_path: Path) -> None:
    path = tmp_path / "cluster.jsonl"
    path.write_text(text_of(objects()), encoding="utf-8")
    assert "only the years 1000 to 9000 are planned" in run("solve", str(path), "--now", moment).stderr


@pytest.mark.parametrize(
    "images",
    [3, [3], [None], [{"names": [[1]], "sizeBytes": 5}], [{"names": "a", "sizeBytes": 5}], [{"sizeBytes": "5"}]],
)
def test_odd_images_are_told_and_passed_over(images: Any, tmp_path: Path) -> None:
    found = objects()
    found[1]["status"]["images"] = images
    path = tmp_path / "cluster.jsonl"
    check(found, path)
    if isinstance(images, list):
        ran = run("solve", str(path), "--validate", "ignore", "-o", "json")
        assert "status.images has entries that cannot be read; they are passed over: n1" in ran.stdout


@pytest.mark.parametrize("strategy", [{"maxSurge": 1, "maxUnavailable": 0}, {"maxUnavailable": 1}])
def test_pods_on_nodes_that_are_gone_and_nodes_with_a_namespace(strategy: Tree, tmp_path: Path) -> None:
    found = objects()
    found[0]["spec"]["updateStrategy"]["rollingUpdate"] = strategy
    found[3]["metadata"]["namespace"] = "default"
    found[5]["spec"]["nodeName"] = "absent"
    check(found, tmp_path / "cluster.jsonl")


def test_a_node_is_in_no_namespace_whoever_says_so() -> None:
    tree = {"kind": "Node", "metadata": {"name": "n1", "namespace": "default"}}
    assert dsplan.decode([tree]).nodes[0].metadata.namespace == ""


@pytest.mark.parametrize("metadata", [{}, None, {"name": ""}, {"name": None}])
@pytest.mark.parametrize("kind", ["Node", "Pod", "DaemonSet"])
def test_an_event_about_nobody_is_refused_and_changes_nothing(metadata: Any, kind: str) -> None:
    reconciler = dsplan.Reconciler(dsplan.decode([tree for tree in objects() if tree["kind"] != "RolloutPolicy"]))
    before = reconciler.world
    with pytest.raises(InputError) as caught:
        reconciler.observe({"type": "ADDED", "object": {"kind": kind, "metadata": metadata}})
    assert [problem.field for problem in caught.value.problems] == ["metadata.name"]
    assert reconciler.world == before


def test_moments_are_added_to_in_one_place() -> None:
    """A sum of a moment from outside and a duration may leave the calendar; `model/moments.py` knows what then."""
    allowed = {"model/moments.py", "model/saved_state.py", "policies/windows.py", "passes/memory.py"}
    found = set()
    for path in ENGINE.rglob("*.py"):
        name = path.relative_to(ENGINE).as_posix()
        if name.startswith(("testing/", "bench/", "verify/", "host/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
                sides = [side for side in (node.left, node.right) if isinstance(side, ast.Call)]
                if any(getattr(side.func, "id", "") == "timedelta" for side in sides):
                    found.add(name)
    assert found <= allowed


def test_nothing_else_catches_everything() -> None:
    """An `except` for all exceptions hides faults; the few that are there answer for code that is not dsplan's."""
    known = {"constraints/checking.py", "testing/host.py", "host/intake.py", "host/watching.py", "host/api.py"}
    known |= {"check/run.py", "cli/check_inputs.py"}  # rules that somebody plugged in
    found = set()
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                names = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else {""}
                if names & {"", "Exception", "BaseException"}:
                    found.add(path.relative_to(ENGINE).as_posix())
    assert found == known
