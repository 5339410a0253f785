"""Each example runs as it stands there: in a process of its own, over HTTP, with the real client library."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsplan.simulator import Durations, SteadyKubelet
from dsplan.testing.apiserver import StandIn
from tests.testing.apiserver.objects import daemonset, node, nodes, policy

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
QUICK = Durations(create=0.0, ready=0.2, terminate=0.2)


def images(stand_in: StandIn) -> list[str]:
    return [pod["spec"]["containers"][0]["image"] for pod in stand_in.api.list("Pod")]


def available(stand_in: StandIn) -> int:
    number: int = stand_in.api.list("DaemonSet")[0]["status"].get("numberAvailable", 0)
    return number


def wait(done: Callable[[], bool], process: subprocess.Popen[str] | None = None, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if process is not None and process.poll() is not None and not done():
            raise AssertionError(f"it ended: {process.communicate()[0][-3000:]}")
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


@contextmanager
def running(stand_in: StandIn, folder: Path, *command: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "KUBECONFIG": str(stand_in.kubeconfig(folder)),
        "PYTHONPATH": str(ROOT / "engine"),
        "PYTHONWARNINGS": "ignore",
    }
    process = subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def stand_in(*objects: dict[str, Any], **named: Any) -> StandIn:
    return StandIn(objects, kubelet=SteadyKubelet(QUICK), **named)


def test_kr8s_a_canary_with_a_gate(tmp_path: Path) -> None:
    pytest.importorskip("kr8s")
    ruling = policy(budgets=[{"maxUnavailable": 4}], canary={"count": 1, "gate": {"manual": True}})
    with stand_in(*nodes(5), daemonset(strategy="OnDelete"), ruling) as found:
        wait(lambda: available(found) == 5)
        found.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
        with running(found, tmp_path, str(EXAMPLES / "with_kr8s.py"), "default/agents") as process:
            wait(lambda: process.poll() is not None)
            assert process.returncode == 0, process.communicate()[0][-3000:]
        assert images(found) == ["agent:2"] * 5


def test_lightkube_a_causal_budget_with_dead_nodes(tmp_path: Path) -> None:
    pytest.importorskip("lightkube")
    ruling = policy(budgets=[{"maxUnavailable": 1}], brokenNodes={"mode": "Causal"})
    tolerating = daemonset(strategy="OnDelete")
    with stand_in(*nodes(4), node("dead-1"), node("dead-2"), tolerating, ruling) as found:
        wait(lambda: available(found) == 6)
        for name in ("dead-1", "dead-2"):
            found.api.add(node(name, ready=False))
        wait(lambda: available(found) == 4)
        found.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
        with running(found, tmp_path, str(EXAMPLES / "with_lightkube.py")) as process:
            wait(lambda: images(found).count("agent:2") == 4 and available(found) == 4, process)
            time.sleep(1)
        assert process.returncode == 0
        # The dead ones are left alone, and did not hold up the others.
        assert sorted(images(found)) == ["agent:1"] * 2 + ["agent:2"] * 4


def test_official_client_on_delete_beside_the_real_controller(tmp_path: Path) -> None:
    ruling = policy(budgets=[{"maxUnavailable": 2}])
    with stand_in(*nodes(6), daemonset(strategy="OnDelete"), ruling) as found:
        wait(lambda: available(found) == 6)
        found.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
        with running(found, tmp_path, str(EXAMPLES / "with_official_client.py")) as process:
            wait(lambda: images(found) == ["agent:2"] * 6 and available(found) == 6, process)
        assert process.returncode == 0
        lease = found.api.get("Lease", "default", "dsplan")
        assert lease is not None
        assert lease["spec"]["holderIdentity"] == ""


def test_kopf_owner_host(tmp_path: Path) -> None:
    pytest.importorskip("kopf")
    ruling = policy(owner="Host", budgets=[{"maxUnavailable": 2}])
    with stand_in(*nodes(5), daemonset(), ruling, controller=False) as found:
        with running(
            found, tmp_path, "-m", "kopf", "run", "-A", "--standalone", str(EXAMPLES / "with_kopf.py")
        ) as process:
            wait(lambda: available(found) == 5, process)
            found.api.add(daemonset("agent:2", generation=2))
            wait(lambda: images(found) == ["agent:2"] * 5 and available(found) == 5, process)
        assert process.returncode in (0, -signal.SIGTERM)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("with_*.py")), ids=lambda path: str(path.stem))
def test_an_adapter_is_thirty_lines_at_most(path: Path) -> None:
    for found in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(found, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            assert (found.end_lineno or 0) - found.lineno < 30, found.name
