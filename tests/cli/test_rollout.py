"""`dsplan rollout` over HTTP against the stand-in: asked, carried out, refused, stopped and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dsplan.cli import cli
from dsplan.simulator import Durations, SteadyKubelet
from dsplan.testing.apiserver import StandIn
from tests.testing.apiserver.objects import daemonset, nodes, policy

pytest.importorskip("kubernetes.aio", reason="pip install -e .[clients]")

NODES = 6
OBJECTS = [*nodes(NODES), daemonset(strategy="OnDelete")]


@pytest.fixture
def stand_in() -> Iterator[Callable[..., StandIn]]:
    """Return what starts a stand-in where all pods serve and then another image is wanted."""
    begun: list[StandIn] = []

    def begin(*more: dict[str, Any]) -> StandIn:
        kubelet = SteadyKubelet(Durations(create=0.0, ready=0.2, terminate=0.1))
        found = StandIn([*OBJECTS, *more], kubelet=kubelet)
        begun.append(found.__enter__())
        wait(lambda: found.api.list("DaemonSet")[0]["status"].get("numberAvailable") == NODES)
        found.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
        return found

    yield begin
    for found in begun:
        found.__exit__(None, None, None)


def wait(done: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def rollout(server: StandIn, folder: Path, *words: str, answer: str = "") -> Any:
    kubeconfig = str(server.kubeconfig(folder))
    return CliRunner().invoke(cli, ["rollout", *words, "--kubeconfig", kubeconfig], input=answer)


def images(server: StandIn) -> Counter[str]:
    return Counter(pod["spec"]["containers"][0]["image"] for pod in server.api.list("Pod"))


def writes(server: StandIn) -> list[tuple[str, str]]:
    reviews = "selfsubjectaccessreviews"
    return [(method, path) for method, path in server.api.seen if method != "GET" and reviews not in path]


def written(folder: Path, **spec: Any) -> str:
    path = folder / "policy.json"
    path.write_text(json.dumps(policy(**spec)))
    return str(path)


def test_a_policy_of_a_file_is_asked_about_and_carried_out(stand_in: Callable[..., StandIn], tmp_path: Path) -> None:
    server = stand_in()
    found = rollout(server, tmp_path, written(tmp_path, budgets=[{"maxUnavailable": 3}]), answer="y\n")
    assert found.exit_code == 0, found.output
    assert images(server) == {"agent:2": NODES}
    assert f"context stand-in, server {server.url}, v1.36.2" in found.stderr
    assert "6 pods of 1 DaemonSet will be deleted, in 2 waves" in found.stderr
    assert "all of it is rolled out" in found.stderr
    assert "sent: default/agent delete Pod default/agent-" in found.stdout


@pytest.mark.parametrize("words", [(), ("--dry-run", "client")])
def test_nothing_is_written_before_a_yes(
    stand_in: Callable[..., StandIn], tmp_path: Path, words: tuple[str, ...]
) -> None:
    server = stand_in(policy(budgets=[{"maxUnavailable": 3}]))
    found = rollout(server, tmp_path, *words, answer="n\n")
    assert found.exit_code == (0 if words else 3), found.output
    assert "will be deleted" in found.stderr
    assert "6 to update in 2 waves" in found.stdout
    assert writes(server) == []


def test_yes_needs_a_context_and_lines_are_json(stand_in: Callable[..., StandIn], tmp_path: Path) -> None:
    server = stand_in(policy(budgets=[{"maxUnavailable": 6}]))
    assert rollout(server, tmp_path, "--yes").exit_code == 2
    assert writes(server) == []
    found = rollout(server, tmp_path, "--yes", "--context", "stand-in", "-o", "jsonl")
    assert found.exit_code == 0, found.output
    kinds = Counter(json.loads(line)["kind"] for line in found.stdout.splitlines())
    assert kinds["sent"] >= NODES
    assert images(server) == {"agent:2": NODES}


def test_every_missing_right_is_told_at_once(stand_in: Callable[..., StandIn], tmp_path: Path) -> None:
    server = stand_in(policy())
    server.api.access.grant("anybody", "ops", lambda asked: asked.verb in ("list", "watch", "get"))
    found = rollout(server, tmp_path, "--yes", "--context", "stand-in")
    assert found.exit_code == 1
    for right in ("delete pods in namespace default", "create leases.coordination.k8s.io", "update configmaps"):
        assert right in str(found.exception)
    assert writes(server) == []


def test_other_files_are_refused(stand_in: Callable[..., StandIn], tmp_path: Path) -> None:
    path = tmp_path / "nodes.json"
    path.write_text(json.dumps({"apiVersion": "v1", **nodes(1)[0]}))
    found = rollout(stand_in(), tmp_path, str(path))
    assert "only RolloutPolicies are carried out, found Node" in str(found.exception.problems[0])


def test_ctrl_c_ends_it_cleanly_and_the_same_command_goes_on(stand_in: Callable[..., StandIn], tmp_path: Path) -> None:
    server = stand_in(policy(budgets=[{"maxUnavailable": 1}]))
    words = ["rollout", "--yes", "--context", "stand-in", "--kubeconfig", str(server.kubeconfig(tmp_path))]
    command = [sys.executable, "-m", "dsplan", *words]
    with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        wait(lambda: images(server)["agent:2"] >= 1)
        first.send_signal(signal.SIGINT)
        _, told = first.communicate(timeout=30)
    assert first.returncode == 3
    assert "the same command goes on from here" in told
    assert "Traceback" not in told
    assert images(server)["agent:2"] < NODES
    lease = server.api.get("Lease", "default", "dsplan")
    assert lease is not None
    assert not lease["spec"].get("holderIdentity")
    assert rollout(server, tmp_path, "--yes", "--context", "stand-in").exit_code == 0
    assert images(server) == {"agent:2": NODES}
    deleted = [path for method, path in server.api.seen if method == "DELETE"]
    assert len(deleted) == len(set(deleted)) == NODES
