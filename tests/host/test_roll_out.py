"""Whole roll-outs: beside the real controller, in its place, and with what stops them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from dsplan.errors import DsplanError
from dsplan.host import Ended, Refused
from dsplan.model.meta import Identity
from dsplan.model.policy import RolloutPolicy
from dsplan.reconciler import object_of
from dsplan.testing.apiserver import DirectClient, Request, run_virtually
from tests.testing.apiserver.objects import daemonset, nodes, policy

from .worlds import DS, Stage, acting


def test_beside_the_real_controller_the_host_deletes_and_the_controller_creates() -> None:
    async def play() -> None:
        stage = Stage(*nodes(10), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 2}]))
        async with stage.live():
            await stage.until(lambda: stage.serving() == 10)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            async with acting(stage.host()):
                await stage.until(stage.rolled_out("agent:2", 10))
        assert stage.most_down == 2
        assert stage.twins == set()
        assert len(stage.requests("DELETE", "/pods/")) == 10
        assert stage.requests("POST", "/pods") == []
        assert stage.stand_in.api.refused == []

    run_virtually(play())


def test_in_place_of_the_controller_the_host_does_all() -> None:
    async def play() -> None:
        stage = Stage(*nodes(10), daemonset(budget=3), controller=False)
        async with stage.live(), acting(stage.host(replaces_controller=True)):
            await stage.until(stage.rolled_out("agent:1", 10))
            stage.stand_in.api.add(daemonset("agent:2", budget=3, generation=2))
            await stage.until(stage.rolled_out("agent:2", 10))
            await asyncio.sleep(30)
        status = stage.stand_in.api.list("DaemonSet")[0]["status"]
        assert status["updatedNumberScheduled"] == status["numberAvailable"] == 10
        assert stage.most_down == 3
        assert stage.twins == set()
        assert len(stage.stand_in.api.list("ControllerRevision")) == 2
        assert stage.stand_in.api.refused == []

    run_virtually(play())


def test_owner_host_with_surge_never_has_a_node_without_a_pod() -> None:
    async def play() -> None:
        ruling = policy(owner="Host", surge=True, budgets=[{"maxUnavailable": 2}])
        stage = Stage(*nodes(6), daemonset(), ruling, controller=False)
        async with stage.live(), acting(stage.host()):
            await stage.until(stage.rolled_out("agent:1", 6))
            stage.most_down = 0
            stage.stand_in.api.add(daemonset("agent:2", generation=2))
            await stage.until(stage.rolled_out("agent:2", 6))
        assert stage.most_down == 0
        assert stage.stand_in.api.refused == []

    run_virtually(play())


def lease_of_the_manager(renewed: str) -> dict[str, object]:
    spec = {"holderIdentity": "master-0", "leaseDurationSeconds": 15, "renewTime": renewed}
    metadata = {"name": "kube-controller-manager", "namespace": "kube-system"}
    return {"kind": "Lease", "metadata": metadata, "spec": spec}


def test_owner_host_is_refused_where_the_real_controller_runs() -> None:
    async def play() -> None:
        running = lease_of_the_manager("2026-01-01T00:00:00.000000Z")
        stage = Stage(*nodes(2), daemonset(), policy(owner="Host"), running, controller=False)
        async with stage.live():
            with pytest.raises(Refused, match="kube-controller-manager master-0"):
                await stage.host().run()
            with pytest.raises(Refused, match="two pods a node"):
                await stage.host(replaces_controller=True).run()
            assert stage.pods() == []
            async with acting(stage.host(controller_is_off=True)):
                await stage.until(stage.rolled_out("agent:1", 2))

    run_virtually(play())


def test_a_manager_that_is_long_gone_does_not_hinder() -> None:
    async def play() -> None:
        gone = lease_of_the_manager("2025-12-31T00:00:00.000000Z")
        stage = Stage(*nodes(2), daemonset(), policy(owner="Host"), gone, controller=False)
        async with stage.live(), acting(stage.host()):
            await stage.until(stage.rolled_out("agent:1", 2))

    run_virtually(play())


def test_a_host_ends_when_all_is_finished() -> None:
    async def play() -> None:
        stage = Stage(*nodes(4), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 4}]))
        async with stage.live():
            await stage.until(lambda: stage.serving() == 4)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            host = stage.host(finished=lambda plan: all(decision.complete for decision in plan.decisions))
            assert await host.run() is Ended.FINISHED
            assert stage.rolled_out("agent:2", 4)()

    run_virtually(play())


def test_a_cluster_without_rolloutpolicies_is_no_trouble() -> None:
    async def play() -> None:
        stage = Stage(*nodes(3), daemonset(), controller=False, lacks=("RolloutPolicy",))
        async with stage.live(), acting(stage.host(replaces_controller=True)):
            await stage.until(stage.rolled_out("agent:1", 3))
        assert stage.told("trouble") == []

    run_virtually(play())


def test_a_gate_is_answered_in_its_turn_and_the_plan_is_told_on_request() -> None:
    async def play() -> None:
        ruling = policy(budgets=[{"maxUnavailable": 3}], canary={"count": 1, "gate": {"manual": True}})
        stage = Stage(*nodes(4), daemonset(strategy="OnDelete"), ruling)
        async with stage.live():
            await stage.until(lambda: stage.serving() == 4)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            host = stage.host()
            with pytest.raises(DsplanError, match="does not act"):
                await host.gate("default/agents", passed=True)
            async with acting(host):
                await stage.until(lambda: any("gate" in record.message for record in stage.told("condition")))
                await asyncio.sleep(60)
                assert stage.images() == {"agent:1": 3, "agent:2": 1}
                plan = await host.ask(lambda reconciler: reconciler.plan(stage.time.now()))
                assert [str(decision.identity) for decision in plan.decisions] == ["default/agent"]
                with pytest.raises(DsplanError, match="default/nobody"):
                    await host.gate("default/nobody", passed=True)
                await host.gate("default/agents", passed=True, note="looked at it")
                await stage.until(stage.rolled_out("agent:2", 4))
            with pytest.raises(DsplanError, match="does not act"):
                await host.ask(lambda reconciler: reconciler.state)
        assert stage.most_down <= 3

    run_virtually(play())


def test_every_write_of_an_object_that_is_there_names_its_uid() -> None:
    async def play() -> None:
        stage = Stage(*nodes(3), daemonset(budget=3), controller=False)
        without: list[str] = []

        def check(request: Request) -> None:
            ours = "/leases" in request.path or "/configmaps" in request.path
            if request.method in ("PATCH", "DELETE") and not ours and b'"uid"' not in request.body:
                without.append(f"{request.method} {request.path}")

        host = stage.host(client=DirectClient(stage.stand_in, check), replaces_controller=True)
        async with stage.live(), acting(host):
            await stage.until(stage.rolled_out("agent:1", 3))
            for generation, image in ((2, "agent:2"), (3, "agent:1")):
                # Back to the first template: its revision is patched to be the newest (H8).
                stage.stand_in.api.add(daemonset(image, budget=3, generation=generation))
                await stage.until(stage.rolled_out(image, 3))
            await asyncio.sleep(20)
        assert without == []
        assert any("/controllerrevisions/" in path for _, path in stage.requests("PATCH"))
        assert stage.stand_in.api.refused == []

    run_virtually(play())


def test_conditions_are_told_beside_the_state() -> None:
    async def play() -> None:
        stage = Stage(*nodes(3), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 1}]))

        def told() -> Any:
            known = stage.stand_in.api.get("ConfigMap", "default", "dsplan")
            return json.loads(((known or {}).get("data") or {}).get("conditions") or "{}").get("default/agent", {})

        async with stage.live():
            await stage.until(lambda: stage.serving() == 3)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            async with acting(stage.host()):
                await stage.until(lambda: told().get("type") == "Progressing")
                await stage.until(lambda: told().get("type") == "Complete")
        assert stage.rolled_out("agent:2", 3)()

    run_virtually(play())


def test_owner_host_takes_nothing_down_where_the_real_controller_runs() -> None:
    async def play() -> None:
        stage = Stage(*nodes(3), daemonset(strategy="OnDelete"))
        async with stage.live():
            await stage.until(lambda: stage.serving() == 3)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            stage.stand_in.api.add(policy(owner="Host"))
            stage.stand_in.api.add(lease_of_the_manager("2026-01-01T00:00:00.000000Z"))
            await asyncio.sleep(10)
            with pytest.raises(Refused, match="owner Host for default/agent"):
                await stage.host().run()
        assert stage.requests("DELETE", "/pods/") == []

    run_virtually(play())


def test_a_frozen_policy_is_obeyed_before_the_next_creation() -> None:
    async def play() -> None:
        stage = Stage(*nodes(40), daemonset(), policy(owner="Host"), controller=False)
        created: list[float] = []

        def freeze(request: Request) -> None:
            if request.method == "POST" and request.path.endswith("/pods"):
                created.append(stage.time.monotonic())
                if len(created) == 3:
                    stage.stand_in.api.add(policy(owner="Host", frozen=True))

        host = stage.host(client=DirectClient(stage.stand_in, freeze), writes_per_second=2.0)
        async with stage.live(), acting(host):
            await asyncio.sleep(120)
        # Two a second are sent, and what is said is looked at once a second.
        assert 3 <= len(stage.pods()) <= 6

    run_virtually(play())


def test_policies_can_be_given_where_the_cluster_has_none() -> None:
    async def play() -> None:
        given = object_of(policy(budgets=[{"maxUnavailable": 3}]))
        assert isinstance(given, RolloutPolicy)
        stage = Stage(*nodes(6), daemonset(strategy="OnDelete"), lacks=("RolloutPolicy",))
        async with stage.live():
            await stage.until(lambda: stage.serving() == 6)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            other = Identity("DaemonSet", "default", "another")
            async with acting(stage.host(policies=(given,), daemonsets=frozenset({other}))):
                await asyncio.sleep(60)
                assert stage.images() == {"agent:1": 6}
            async with acting(stage.host(policies=(given,), daemonsets=frozenset({DS}))):
                await stage.until(stage.rolled_out("agent:2", 6))
        assert stage.most_down == 3
        assert stage.requests("GET", "/rolloutpolicies") == []

    run_virtually(play())
