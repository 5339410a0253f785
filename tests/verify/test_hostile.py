"""A plan file is input: whatever it claims, the answer is a finding or "not a plan", soon and in little memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dsplan.document.encoding import compact_json, read_plan, sealed
from dsplan.document.worlds import packed_world, unpacked_world
from dsplan.errors import InputError
from dsplan.planner import solve
from dsplan.planner.checking import planned_trees
from dsplan.report.documents.plan import plan_document
from dsplan.verify import verify
from tests.diff.test_rolling import daemonset, pod
from tests.worlds import NOW, revision_of, world

CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "75-hostile-plans"
Tree = dict[str, Any]
SECONDS, MEGABYTES = 5.0, 400  # of a whole process with its imports, on a busy machine


@pytest.fixture(scope="module")
def plan() -> Tree:
    ds = daemonset(2)
    nodes = [{"kind": "Node", "metadata": {"name": f"n{n}"}} for n in range(6)]
    given = world([*nodes, ds, revision_of(ds), *(pod(f"n{n}", "old") for n in range(5))])
    found: Tree = json.loads(compact_json(plan_document(solve(given, now=NOW))))
    return found


def refusal(read: Callable[[], object]) -> str:
    """Return why it is refused."""
    with pytest.raises(InputError) as caught:
        read()
    return "; ".join(map(str, caught.value.problems))


def _course(tree: Tree) -> Tree:
    found: Tree = tree["daemonsets"][0]["course"]
    return found


def waves_bomb(tree: Tree) -> None:
    _course(tree)["waves"] = [[1, 1_000_000_000]]


def wave_of_a_thousand_million(tree: Tree) -> None:
    _course(tree)["waves"] = [[1_000_000_000, 1]]


def set_bomb(tree: Tree) -> None:
    tree["daemonsets"][0]["rows"][0]["nodes"] = "0-4294967295"


def set_bomb_in_a_class(tree: Tree) -> None:
    tree["classes"][0]["nodes"] = "0-999999999"


def set_bomb_in_a_zone(tree: Tree) -> None:
    tree["zones"] = {"a": "0-999999999"}


def many_sets(tree: Tree) -> None:
    tree["daemonsets"][0]["rows"] = [tree["daemonsets"][0]["rows"][0]] * 10_000


def negative_place(tree: Tree) -> None:
    tree["actions"][0]["daemonset"] = -1


def negative_order(tree: Tree) -> None:
    _course(tree)["order"] = -1


def negative_node(tree: Tree) -> None:
    tree["orders"][0][0] = -1


def place_beyond(tree: Tree) -> None:
    tree["actions"][0]["daemonset"] = 7


def huge_integer(tree: Tree) -> None:
    _course(tree)["lowerBound"] = 10**30


def larger_than_json_keeps(tree: Tree) -> None:
    tree["daemonsets"][0]["generation"] = 2**62


def facts_that_no_pod_has(tree: Tree) -> None:
    next(row for row in tree["daemonsets"][0]["rows"] if row.get("shape"))["shape"] = [1 << 40]


HOSTILE: list[Callable[[Tree], None]] = [
    waves_bomb,
    wave_of_a_thousand_million,
    set_bomb,
    set_bomb_in_a_class,
    set_bomb_in_a_zone,
    many_sets,
    negative_place,
    negative_order,
    negative_node,
    place_beyond,
    huge_integer,
    larger_than_json_keeps,
    facts_that_no_pod_has,
]


@pytest.mark.parametrize("spoil", HOSTILE, ids=lambda function: function.__name__)
def test_what_goes_beyond_its_bounds_is_no_plan(plan: Tree, spoil: Callable[[Tree], None]) -> None:
    tree = json.loads(json.dumps(plan))
    spoil(tree)
    begun = time.perf_counter()
    assert "not a plan" in refusal(lambda: read_plan(json.dumps(tree).encode()))
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not a plan"),
        (b'{"kind":"Plan","version":"2.0","state":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "not a plan"),
        (b'{"kind":"Plan","version":"2.0","inputs":"a","inputs":"b"}', "'inputs' is there twice"),
        (b'{"kind":"Plan","version":"2.0","now":' + b"9" * 100_000 + b"}", "not a plan"),
        (b'{"kind":"Plan","version":"1.0"}', "cannot be read by one that writes version 2"),
        (b'{"kind":"Plan","version":"3.0"}', "cannot be read by one that writes version 2"),
        (b"\xff\xfe", "not a plan"),
        (b"", "not a plan"),
        (b"[]", "not a plan"),
    ],
)
def test_what_is_no_plan_is_said_to_be_none(data: bytes, why: str) -> None:
    begun = time.perf_counter()
    assert why in refusal(lambda: read_plan(data))
    assert time.perf_counter() - begun < 1


def test_a_world_that_unpacks_without_end_is_cut() -> None:
    packed, size = packed_world([{"kind": "Node", "metadata": {"name": "n" * 30_000_000}}])
    assert len(packed) < 100_000
    assert "larger than the 1,000 bytes" in refusal(lambda: list(unpacked_world(packed, 1_000)))
    assert sum(1 for _ in unpacked_world(packed, size)) == 1
    assert "cannot be read" in refusal(lambda: list(unpacked_world(packed[:-20], size)))


def test_a_consistent_lie_about_a_budget_is_found_by_the_world() -> None:
    """All numbers of the plan agree with a budget of 4: the DaemonSet says 2."""
    pods = [pod(f"n{n}", "old") for n in range(5)]
    nodes = [{"kind": "Node", "metadata": {"name": f"n{n}"}} for n in range(5)]
    honest, lying = daemonset(2), daemonset(4)
    real = world([*nodes, honest, revision_of(honest), *pods])
    plan = plan_document(solve(real, now=NOW))
    lie = plan_document(solve(world([*nodes, lying, revision_of(lying), *pods]), now=NOW))
    assert verify(lie) == ()
    found = {finding.check for finding in verify(sealed(lie), planned_trees(real, plan))}
    assert found & {"course budget", "course waves", "actions"}


@pytest.mark.skipif(not CASES.exists(), reason="the recorded hostile plans are not beside this checkout")
@pytest.mark.parametrize("name", ["deep.json", "idset_bomb.json", "waves_bomb.json"])
def test_recorded_hostile_plans_end_soon_and_in_little(name: str) -> None:
    for command in ("verify", "show"):
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "dsplan", command, str(CASES / name)],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20)),
        )
        assert time.perf_counter() - begun < SECONDS
        assert done.returncode in (1, 4)
        assert "Traceback" not in done.stderr
        assert "plan" in done.stderr


def test_hostile_plans_of_this_version_end_soon_and_in_little(plan: Tree, tmp_path: Path) -> None:
    tree = json.loads(json.dumps(plan))
    _course(tree)["waves"] = [[1, 1_000_000_000]]
    path = tmp_path / "bomb.json"
    path.write_bytes(msgspec.json.encode(tree))
    done = subprocess.run(
        [sys.executable, "-m", "dsplan", "verify", str(path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20)),
    )
    assert done.returncode == 1
    assert "not a plan" in done.stderr
