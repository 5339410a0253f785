"""A roll-out over HTTP of as many nodes as DSPLAN_HOST_NODES says; 1,000 take about a minute on two cores."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from random import Random

import pytest

from dsplan.host import Ended, Host, HostOptions, Record
from dsplan.host.live import open_client
from dsplan.simulator import Durations, SteadyKubelet
from dsplan.testing.apiserver import StandIn
from tests.testing.apiserver.objects import daemonset, nodes, policy

pytest.importorskip("kubernetes.aio", reason="pip install -e .[clients]")

NODES = int(os.environ.get("DSPLAN_HOST_NODES", "150"))


def test_a_roll_out_of_many_nodes_over_http(tmp_path: Path) -> None:
    records: list[Record] = []

    async def roll_out() -> None:
        options = HostOptions(
            identity="one",
            requests_per_second=2000,
            writes_per_second=500,
            deletions_a_minute=100_000,
            batch=250,
            finished=lambda plan: bool(plan.decisions) and all(decision.complete for decision in plan.decisions),
        )
        async with open_client(stand_in.kubeconfig(tmp_path)) as client:
            assert await Host(client, options, audit=records.append, dice=Random(1)).run() is Ended.FINISHED

    objects = [*nodes(NODES), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": "25%"}])]
    with StandIn(objects, kubelet=SteadyKubelet(Durations(create=0.0, ready=0.5, terminate=0.5))) as stand_in:
        deadline = time.monotonic() + 60
        while stand_in.api.list("DaemonSet")[0]["status"].get("numberAvailable") != NODES:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
        asyncio.run(roll_out())
        assert {pod["spec"]["containers"][0]["image"] for pod in stand_in.api.list("Pod")} == {"agent:2"}
        deletions = [path for method, path in stand_in.api.seen if method == "DELETE"]
    assert len(deletions) == len(set(deletions)) == NODES
    assert [record for record in records if record.kind in ("trouble", "unknown")] == []
