"""Somebody elsewhere approves, pauses, resumes and aborts a roll-out that runs, over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsplan.testing.apiserver import StandIn
from tests.testing.apiserver.objects import policy

from .test_rollout import NODES, images, rollout, stand_in, wait, writes

pytest.importorskip("kubernetes.aio", reason="pip install -e .[clients]")

__all__ = ["stand_in"]

Start = Callable[..., StandIn]
GATED = policy(budgets=[{"maxUnavailable": 6}], steps={"list": [2, "100%"], "gate": {"manual": True}})


@contextmanager
def running(server: StandIn, folder: Path) -> Iterator[subprocess.Popen[str]]:
    words = ["rollout", "--yes", "--context", "stand-in", "--kubeconfig", str(server.kubeconfig(folder))]
    command = [sys.executable, "-m", "dsplan", *words]
    with subprocess.Popen(
        command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as found:
        try:
            yield found
        finally:
            found.kill()


def say(server: StandIn, folder: Path, *words: str) -> Any:
    return rollout(server, folder, *words, "--yes", "--context", "stand-in")


def data(server: StandIn) -> dict[str, str]:
    found = server.api.get("ConfigMap", "default", "dsplan")
    return dict(found["data"]) if found else {}


def test_a_gate_is_approved_from_elsewhere(stand_in: Start, tmp_path: Path) -> None:
    server = stand_in(GATED)
    with running(server, tmp_path) as host:
        wait(lambda: "asked" in data(server).get("state", ""))
        assert images(server)["agent:2"] == 2
        assert say(server, tmp_path, "approve", "agents").exit_code == 0
        wait(lambda: images(server) == {"agent:2": NODES})
        wait(lambda: not any(key.startswith("answer.") for key in data(server)))
        host.terminate()
        told, _ = host.communicate(timeout=30)
    assert "policy default/agents: pass default/agent" in told


def test_an_approval_of_something_else_has_lapsed(stand_in: Start, tmp_path: Path) -> None:
    server = stand_in(GATED)
    with running(server, tmp_path) as host:
        wait(lambda: "asked" in data(server).get("state", ""))
        found = server.api.get("ConfigMap", "default", "dsplan")
        assert found is not None
        old = '{"answer":"pass","asked":["default/agent 0000 step 1"]}'
        server.api.add({**found, "kind": "ConfigMap", "data": {**found["data"], "answer.default.agents": old}})
        wait(lambda: "answer.default.agents" not in data(server))
        time.sleep(1)
        assert images(server)["agent:2"] == 2
        host.terminate()
        told, _ = host.communicate(timeout=30)
    assert "what was approved is default/agent 0000 step 1" in told


def test_nothing_is_approved_where_nothing_is_asked(stand_in: Start, tmp_path: Path) -> None:
    server = stand_in(policy(budgets=[{"maxUnavailable": 6}]))
    assert rollout(server, tmp_path, "--yes", "--context", "stand-in").exit_code == 0
    before = writes(server)
    found = say(server, tmp_path, "approve", "agents")
    assert found.exit_code == 1
    assert "nothing is asked" in str(found.exception)
    assert say(server, tmp_path, "approve", "others").exit_code == 1
    assert rollout(server, tmp_path, "approve", "agents", "--yes").exit_code == 2
    assert writes(server) == before


def test_pause_resume_and_abort(stand_in: Start, tmp_path: Path) -> None:
    server = stand_in(policy(budgets=[{"maxUnavailable": 1}]))
    with running(server, tmp_path) as host:
        wait(lambda: images(server)["agent:2"] >= 1)
        assert say(server, tmp_path, "pause", "agents").exit_code == 0
        wait(lambda: '"paused":true' in data(server)["state"])
        time.sleep(1)
        paused = images(server)
        time.sleep(2)
        assert images(server) == paused
        assert paused["agent:2"] < NODES
        assert say(server, tmp_path, "resume", "agents").exit_code == 0
        wait(lambda: images(server)["agent:2"] > paused["agent:2"])
        assert say(server, tmp_path, "abort").exit_code == 0
        assert host.wait(30) == 3


def test_a_second_one_is_told_who_holds_the_lease(stand_in: Start, tmp_path: Path) -> None:
    server = stand_in(GATED)
    with running(server, tmp_path) as first:
        wait(lambda: "asked" in data(server).get("state", ""))
        lease = server.api.get("Lease", "default", "dsplan")
        assert lease is not None
        with running(server, tmp_path) as second:
            assert second.stdout is not None
            told = next(line for line in second.stdout if "waiting: held by" in line)
            assert lease["spec"]["holderIdentity"] in told
            second.terminate()
            assert second.wait(30) == 3
        first.terminate()
        assert first.wait(30) == 3
    assert images(server)["agent:2"] == 2
