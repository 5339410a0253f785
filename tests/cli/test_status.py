"""`dsplan status` over HTTP: a kubectl that reads from the stand-in; roll-outs that end, and some that stall."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsplan.planner.progress import Goal
from dsplan.simulator import Durations, SteadyKubelet
from dsplan.testing.apiserver import StandIn
from tests.testing.apiserver.objects import daemonset, node, nodes

from .test_why import run

KUBECTL = """#!{python}
import json, sys, urllib.request
PATHS = {{"nodes": "/api/v1/nodes", "pods": "/api/v1/pods", "daemonsets.apps": "/apis/apps/v1/daemonsets",
         "controllerrevisions.apps": "/apis/apps/v1/controllerrevisions"}}
KINDS = {{"nodes": "Node", "pods": "Pod", "daemonsets.apps": "DaemonSet",
         "controllerrevisions.apps": "ControllerRevision"}}
VERSIONS = {{"nodes": "v1", "pods": "v1"}}
kinds = sys.argv[2].split(",")
if "namespaces" in kinds:
    sys.exit("forbidden")
items = []
for kind in kinds:
    if kind in PATHS:
        with urllib.request.urlopen("{url}" + PATHS[kind]) as answer:
            found = json.load(answer)["items"]
        items += [{{"apiVersion": VERSIONS.get(kind, "apps/v1"), "kind": KINDS[kind], **item}} for item in found]
print(json.dumps({{"apiVersion": "v1", "kind": "List", "items": items}}))
"""
Start = Callable[..., StandIn]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return what starts a stand-in that the command reads, all pods of the first revision serving."""
    begun: list[StandIn] = []

    def begin(objects: list[dict[str, Any]], serving: int) -> StandIn:
        stand_in = StandIn(objects, kubelet=SteadyKubelet(Durations(create=0.0, ready=0.3, terminate=0.1)))
        begun.append(stand_in.__enter__())
        program = tmp_path / "kubectl"
        program.write_text(KUBECTL.format(python=sys.executable, url=stand_in.url))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        deadline = time.monotonic() + 20
        while stand_in.api.list("DaemonSet")[0]["status"].get("numberAvailable") != serving:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return stand_in

    yield begin
    for stand_in in begun:
        stand_in.__exit__(None, None, None)


def watch(*words: str) -> Any:
    return run("status", "--live", "--validate", "ignore", "--watch", "--every", "0.1s", *words)


def test_it_ends_when_all_are_available_and_only_reads(start: Start) -> None:
    stand_in = start([*nodes(6), daemonset(budget=3)], serving=6)
    stand_in.api.add(daemonset("agent:2", budget=3, generation=2))
    before = len(stand_in.api.seen)
    found = watch("agent", "--timeout", "60s")
    assert found.exit_code == 0, found.output
    assert "6 of 6 updated, 6 available: reached" in found.stdout
    assert {method for method, _ in stand_in.api.seen[before:]} == {"GET"}
    images = {pod["spec"]["containers"][0]["image"] for pod in stand_in.api.list("Pod")}
    assert images == {"agent:2"}


def test_a_node_that_is_not_ready_ends_it_early_with_the_kind_of_stall(start: Start) -> None:
    stand_in = start([*nodes(4), daemonset()], serving=4)
    stand_in.api.add(node("n0001", ready=False))
    stand_in.api.add(node("n0002", ready=False))
    for pod in stand_in.api.list("Pod"):
        if pod["spec"].get("nodeName") in ("n0001", "n0002"):
            ready = [{"type": "Ready", "status": "False"}]
            stand_in.api.add({**pod, "kind": "Pod", "status": {**pod["status"], "conditions": ready}})
    stand_in.api.add(daemonset("agent:2", generation=2))
    began = time.monotonic()
    found = watch("agent", "--timeout", "60s", "-o", "jsonl")
    assert found.exit_code == 4, found.output
    assert time.monotonic() - began < 30
    last = json.loads(found.stdout.splitlines()[-1])
    assert (last["outlook"], last["stall"]) == ("stalled", "BudgetSpent")
    assert "n0001" in last["text"]


def test_a_part_may_be_enough(start: Start) -> None:
    stand_in = start([*nodes(4), daemonset(budget=4)], serving=4)
    stand_in.api.add(node("n0001", ready=False))
    assert watch("--until", "75%", "--timeout", "30s").exit_code == 0


def test_nodes_that_join_later_do_not_count(start: Start) -> None:
    stand_in = start([*nodes(6), daemonset(budget=2)], serving=6)
    stand_in.api.add(daemonset("agent:2", budget=2, generation=2))
    ends = threading.Event()

    def join() -> None:
        number = 0
        while not ends.wait(0.5):
            stand_in.api.add(node(f"late{number}"))
            number += 1

    joining = threading.Thread(target=join)
    joining.start()
    try:
        found = watch("--timeout", "30s", "-o", "jsonl")
    finally:
        ends.set()
        joining.join()
    assert found.exit_code == 0, found.output
    told = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(told) > 1
    assert len({line["wanted"] for line in told}) == 1
    assert len(stand_in.api.list("Node")) > told[0]["wanted"]


def test_one_look_and_what_ends_in_time(start: Start) -> None:
    stand_in = start([*nodes(3), daemonset(strategy="OnDelete")], serving=3)
    assert "reached" in run("status", "--live", "--validate", "ignore").stdout
    stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
    looked = run("status", "--live", "--validate", "ignore")
    assert looked.exit_code == 0
    assert "stalled (OnDelete)" in looked.stdout
    assert run("status", "--live", "--validate", "ignore", "--until", "updated").exit_code == 4


@pytest.mark.parametrize("words", [("--until", "0%"), ("--until", "101%"), ("--until", "soon"), ("--watch", "-")])
def test_wrong_usage(words: tuple[str, ...]) -> None:
    assert run("status", *words).exit_code == 2


def test_percentages_are_rounded_up() -> None:
    assert [Goal(percent=percent).number(10) for percent in (1, 10, 11, 95, 100)] == [1, 1, 2, 10, 10]
