"""Real processes over real HTTP: kill -9 and another one goes on; SIGSTOP past the Lease while another works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from dsplan.simulator import Durations, SteadyKubelet
from dsplan.testing.apiserver import StandIn
from tests.testing.apiserver.objects import daemonset, nodes, policy

from .worlds import place_of, serves

pytest.importorskip("kubernetes.aio", reason="pip install -e .[clients]")

ROOT = Path(__file__).parents[2]
NODES, BUDGET = 12, 2
KILLS = int(os.environ.get("DSPLAN_PROCESS_KILLS", "3"))


@contextmanager
def started(kubeconfig: Path, identity: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'engine'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.host.process", str(kubeconfig), identity]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


class Judge:
    """Looks at the server again and again while it waits."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.most_down = 0

    def wait(self, done: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "not in time"
            pods = self.stand_in.api.list("Pod")
            places = [place_of(pod) for pod in pods if pod["status"].get("phase") not in ("Failed", "Succeeded")]
            assert len(places) == len(set(places)), "two pods on a node"
            down = NODES - len({place_of(pod) for pod in pods if serves(pod)})
            self.most_down = max(self.most_down, down)
            time.sleep(0.01)

    def updated(self) -> int:
        pods = self.stand_in.api.list("Pod")
        return sum(serves(pod) and pod["spec"]["containers"][0]["image"] == "agent:2" for pod in pods)


def rolling(stand_in: StandIn) -> Judge:
    judge = Judge(stand_in)
    deadline = time.monotonic() + 20
    while stand_in.api.list("DaemonSet")[0]["status"].get("numberAvailable") != NODES:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
    return judge


def cluster() -> StandIn:
    ruling = policy(budgets=[{"maxUnavailable": BUDGET}])
    kubelet = SteadyKubelet(Durations(create=0.0, ready=0.2, terminate=0.2))
    return StandIn([*nodes(NODES), daemonset(strategy="OnDelete"), ruling], kubelet=kubelet)


def test_killed_and_started_again_under_the_same_name(tmp_path: Path) -> None:
    dice = Random(3)
    with cluster() as stand_in:
        judge = rolling(stand_in)
        kubeconfig = stand_in.kubeconfig(tmp_path)
        for _ in range(KILLS):
            with started(kubeconfig, "same") as process:
                before = judge.updated()
                judge.wait(lambda before=before: judge.updated() > min(before, NODES - 1))  # type: ignore[misc]
                time.sleep(dice.uniform(0, 0.3))
                process.send_signal(signal.SIGKILL)
        with started(kubeconfig, "same"):
            judge.wait(lambda: judge.updated() == NODES)
    assert judge.most_down <= BUDGET


def test_stopped_past_its_lease_while_another_goes_on(tmp_path: Path) -> None:
    with cluster() as stand_in:
        judge = rolling(stand_in)
        kubeconfig = stand_in.kubeconfig(tmp_path)
        with started(kubeconfig, "one") as one:
            judge.wait(lambda: judge.updated() >= 1)
            with started(kubeconfig, "two"):
                time.sleep(1)
                one.send_signal(signal.SIGSTOP)
                judge.wait(lambda: judge.updated() >= 8)
                one.send_signal(signal.SIGCONT)
                judge.wait(lambda: judge.updated() == NODES)
                time.sleep(1)
        taken = stand_in.api.get("Lease", "default", "dsplan")
        assert taken is not None
        assert taken["spec"]["holderIdentity"] == "two"
    assert judge.most_down <= BUDGET
