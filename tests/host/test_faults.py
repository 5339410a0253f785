"""Each fault alone: whatever goes wrong, never two pods on a node, never beyond the budget, and done in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from dsplan.host import Host
from dsplan.testing.apiserver import (
    Answer,
    DirectClient,
    Fault,
    GitOps,
    Meddler,
    Request,
    VirtualTime,
    internal_error,
    is_write,
    run_virtually,
    throttled,
)
from dsplan.testing.apiserver.wire import json_answer, status
from tests.testing.apiserver.objects import daemonset, node, nodes, policy

from .worlds import DS, START, Stage, acting, is_pod_write

BUDGET = 2
NODES = 8


def is_list(request: Request) -> bool:
    return request.method == "GET" and "watch" not in request.query and request.path.count("/") < 7


def is_watch(request: Request) -> bool:
    return "watch" in request.query


def is_state(request: Request) -> bool:
    return is_write(request) and "/configmaps" in request.path


def gone(continues: str = "") -> Answer:
    return json_answer(status(410, "Expired", "too old", continues=continues), 410)


FAULTS: dict[str, list[Fault]] = {
    "answers of pod writes are lost": [Fault(picks=is_pod_write, times=5, lost=True)],
    "pod writes never arrive": [Fault(picks=is_pod_write, times=5, refused=True)],
    "500 on pod writes, not carried out": [Fault(picks=is_pod_write, times=5, answer=internal_error())],
    "429 on pod writes": [Fault(picks=is_pod_write, times=5, answer=throttled(3))],
    "429 on everything": [Fault(times=20, answer=throttled(2))],
    "500 on everything": [Fault(times=30, answer=internal_error())],
    "slow pod writes, carried out after the host gave up": [Fault(picks=is_pod_write, times=4, slow=6.0)],
    "slow lists": [Fault(picks=is_list, times=5, slow=20.0)],
    "watches are cut after a line": [Fault(picks=is_watch, times=30, cut=1)],
    "watches are refused": [Fault(picks=is_watch, times=10, refused=True)],
    "lists lag behind": [Fault(picks=is_list, times=6, behind=15)],
    "a page has expired": [Fault(picks=is_list, times=4, answer=gone("token"))],
    "State cannot be saved": [Fault(picks=is_state, times=6, answer=internal_error())],
    "answers of State are lost": [Fault(picks=is_state, times=4, lost=True)],
    "the Lease cannot be renewed": [
        Fault(picks=lambda request: is_write(request) and "/leases" in request.path, times=8, refused=True)
    ],
}


def roll_out(owner: str, strike: Callable[[Stage], Any], *, seconds: float = 3600.0, **named: Any) -> Stage:
    """Roll out over a cluster in which something goes wrong; return what came of it."""

    async def play() -> Stage:
        strategy = "RollingUpdate" if owner == "Host" else "OnDelete"
        budgets = [{"maxUnavailable": BUDGET}]
        objects = [*nodes(NODES), daemonset(strategy=strategy), policy(owner=owner, budgets=budgets)]
        stage = Stage(*objects, controller=owner != "Host", **named)
        async with stage.live():
            async with acting(stage.host()):
                await stage.until(stage.rolled_out("agent:1", NODES))
                stage.stand_in.api.add(daemonset("agent:2", strategy=strategy, generation=2))
                strike(stage)
                await stage.until(stage.rolled_out("agent:2", NODES), seconds=seconds)
                await asyncio.sleep(30)
            assert stage.rolled_out("agent:2", NODES)()
        return stage

    return run_virtually(play())


def check(stage: Stage) -> None:
    assert stage.most_down <= BUDGET
    assert stage.twins == set()
    assert stage.stand_in.api.refused == []


@pytest.mark.parametrize("owner", ["Controller", "Host"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_alone(fault: str, owner: str) -> None:
    def strike(stage: Stage) -> None:
        for found in FAULTS[fault]:
            stage.stand_in.faults.add(Fault(**{field: getattr(found, field) for field in found.__struct_fields__}))

    check(roll_out(owner, strike))


def test_the_streaming_list_falls_back_where_etcd_is_old() -> None:
    check(roll_out("Controller", lambda stage: None, old_etcd=True))


def test_events_that_were_compacted_away_are_listed_again() -> None:
    def strike(stage: Stage) -> None:
        async def compact() -> None:
            for _ in range(40):
                await asyncio.sleep(3.1)
                stage.stand_in.api.store.compact()
                stage.stand_in.faults.add(Fault(picks=is_watch, cut=0))

        stage.background = asyncio.ensure_future(compact())  # type: ignore[attr-defined]

    check(roll_out("Controller", strike))


def test_a_clock_that_jumps() -> None:
    def strike(stage: Stage) -> None:
        stage.time.skew = 7200.0
        asyncio.get_running_loop().call_later(40, lambda: setattr(stage.time, "skew", -7200.0))

    check(roll_out("Controller", strike))


def test_time_limits_and_the_quota_of_a_namespace() -> None:
    """A refusal (403) is told as an Event and tried again, further and further apart."""

    def strike(stage: Stage) -> None:
        message = 'pods "x" is forbidden: exceeded quota: few'
        answer = json_answer(status(403, "Forbidden", message, {}), 403)
        picks = lambda request: request.method == "POST" and request.path.endswith("/pods")  # noqa: E731
        stage.stand_in.faults.add(Fault(picks=picks, times=6, answer=answer))

    stage = roll_out("Host", strike)
    assert stage.twins == set()
    events = stage.stand_in.api.list("Event")
    assert any("exceeded quota" in event["message"] and event["reason"] == "FailedCreate" for event in events)


def test_a_second_writer_who_deletes_pods_by_hand() -> None:
    def strike(stage: Stage) -> None:
        async def delete() -> None:
            client = DirectClient(stage.stand_in)
            for _ in range(6):
                await asyncio.sleep(4)
                name = stage.pods()[0]["metadata"]["name"]
                await client.request("DELETE", f"/api/v1/namespaces/default/pods/{name}", {}, b"", 5)

        stage.background = asyncio.ensure_future(delete())  # type: ignore[attr-defined]

    stage = roll_out("Controller", strike)
    # What others take down is theirs; the host itself adds nothing beyond the budget.
    assert stage.most_down <= BUDGET + 1
    assert stage.twins == set()


def test_a_gitops_tool_that_reverts_stops_all_writes() -> None:
    async def play() -> None:
        stage = Stage(*nodes(NODES), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 1}]))
        async with stage.live(), acting(stage.host()):
            await stage.until(lambda: stage.serving() == NODES)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            await stage.until(lambda: stage.images()["agent:2"] >= 2)
            deleted = len(stage.requests("DELETE", "/pods/"))
            git = GitOps(stage.stand_in.api, daemonset("agent:2", budget=1, generation=3), every=5)
            stage.stand_in.join(git)
            await stage.until(stage.rolled_out("agent:2", NODES))
        assert git.reverted == 1
        # The controller goes on by itself; of the host at most what was on its way already.
        assert len(stage.requests("DELETE", "/pods/")) <= deleted + 1

    run_virtually(play())


def test_somebody_who_deletes_pods_all_the_time() -> None:
    def strike(stage: Stage) -> None:
        stage.stand_in.join(Meddler(stage.stand_in.api, Random(5), every=7))

    async def play() -> None:
        stage = Stage(*nodes(NODES), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": BUDGET}]))
        async with stage.live(), acting(stage.host()):
            await stage.until(lambda: stage.serving() == NODES)
            strike(stage)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            await stage.until(lambda: stage.images() == {"agent:2": NODES})
        # Others take down what they like; the host adds nothing beyond the budget to it.
        assert stage.most_down <= BUDGET + 2
        assert stage.twins == set()

    run_virtually(play())


def test_a_revert_between_deciding_and_sending_is_seen_and_named() -> None:
    async def play() -> None:
        stage = Stage(*nodes(NODES), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 1}]))

        def revert(request: Request) -> None:
            if request.method == "PUT" and "/configmaps/" in request.path and b"delete" in request.body:
                reverted = daemonset("agent:2", strategy="RollingUpdate", budget=1, generation=3)
                reverted["metadata"]["labels"]["argocd.argoproj.io/instance"] = "edge"
                stage.stand_in.api.add(reverted)

        async with stage.live():
            await stage.until(lambda: stage.serving() == NODES)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            async with acting(stage.host(client=DirectClient(stage.stand_in, revert))):
                await stage.until(stage.rolled_out("agent:2", NODES))
        assert stage.requests("DELETE", "/pods/") == []
        [told] = [event for event in stage.stand_in.api.list("Event") if event["reason"] == "HandedBack"]
        assert "Argo CD (label argocd.argoproj.io/instance=edge) set updateStrategy back" in told["message"]
        assert "at most 1 at a time" in told["message"]

    run_virtually(play())


def test_what_somebody_pauses_is_obeyed_before_the_next_write() -> None:
    async def play() -> None:
        stage = Stage(*nodes(NODES), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 1}]))

        def pause(request: Request) -> None:
            if request.method == "PUT" and "/configmaps/" in request.path and b"delete" in request.body:
                stage.stand_in.api.add(policy(budgets=[{"maxUnavailable": 1}], paused=True))

        async with stage.live():
            await stage.until(lambda: stage.serving() == NODES)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            async with acting(stage.host(client=DirectClient(stage.stand_in, pause))):
                await asyncio.sleep(300)
                assert stage.images() == {"agent:1": NODES}
                assert stage.requests("DELETE", "/pods/") == []

    run_virtually(play())


def test_pause_resume_and_abort_in_the_cluster_and_in_the_process() -> None:
    async def play() -> None:
        stage = Stage(*nodes(NODES), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 1}]))
        async with stage.live():
            await stage.until(lambda: stage.serving() == NODES)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            host = stage.host()
            task = asyncio.ensure_future(host.run())
            await stage.until(lambda: stage.images()["agent:2"] == 2)
            host.pause()
            await quiet(stage, 2)
            host.resume()
            await stage.until(lambda: stage.images()["agent:2"] == 4)
            await wish(stage, "pause")
            await quiet(stage, 4)
            await wish(stage, "")
            await stage.until(lambda: stage.images()["agent:2"] == 6)
            await wish(stage, "abort")
            assert await task == "aborted"
            await quiet(stage, 6)

    run_virtually(play())


async def quiet(stage: Stage, updated: int) -> None:
    """Check that but for a write or two on their way nothing more is done."""
    await asyncio.sleep(30)
    before = stage.images()
    assert before["agent:2"] <= updated + 2
    await asyncio.sleep(300)
    assert stage.images() == before


async def wish(stage: Stage, text: str) -> None:
    known = stage.stand_in.api.get("ConfigMap", "default", "dsplan")
    assert known is not None
    stage.stand_in.api.add({**known, "data": {**known["data"], "control": text}})


def test_eviction_waits_for_a_budget_by_name_and_never_deletes() -> None:
    async def play() -> None:
        stage = Stage(*nodes(3), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 1}]))
        budget = {"kind": "PodDisruptionBudget", "metadata": {"name": "keep"}}
        spec = {"minAvailable": 3, "selector": {"matchLabels": {"app": "agent"}}}
        stage.stand_in.api.add({**budget, "spec": spec})
        async with stage.live():
            await stage.until(lambda: stage.serving() == 3)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            host = stage.host(evicts=True)
            async with acting(host):
                await asyncio.sleep(120)
                [held] = host.held
                assert (held.daemonset, held.node) == (DS, "n0000")
                assert "disruption budget keep needs 3 healthy pods" in held.why
                assert stage.images() == {"agent:1": 3}
                assert "disruption budget keep needs 3 healthy pods" in stage.told("held")[0].message
                stage.stand_in.api.add({**budget, "spec": {**spec, "minAvailable": 2}})
                await stage.until(stage.rolled_out("agent:2", 3))
        assert stage.requests("DELETE", "/pods/") == []
        assert stage.most_down == 1

    run_virtually(play())


def test_at_most_so_many_deletions_a_minute() -> None:
    async def play() -> None:
        stage = Stage(*nodes(12), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 12}]))
        async with stage.live():
            await stage.until(lambda: stage.serving() == 12)
            stage.stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
            async with acting(stage.host(deletions_a_minute=3)):
                took = await stage.until(stage.rolled_out("agent:2", 12))
        assert took >= 180
        assert stage.most_down <= 3

    run_virtually(play())


def test_adoption_and_deletion_of_one_pod_is_one_round() -> None:
    """The second write rests on the version that the first one made."""

    async def play() -> None:
        stage = Stage(node("n0000"), daemonset(), policy(owner="Host"), controller=False)
        async with stage.live(), acting(stage.host()) as stop:
            await stage.until(stage.rolled_out("agent:1", 1))
            stop.set()
            await asyncio.sleep(5)
        [pod] = stage.pods()
        orphan = {
            **pod,
            "metadata": {"name": "by-hand", "namespace": "default", "labels": pod["metadata"]["labels"]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }
        stage.stand_in.api.add(orphan)
        stage.records.clear()
        async with stage.live(), acting(stage.host("two")):
            await asyncio.sleep(60)
        answered = [(record.verb, record.outcome) for record in stage.told("answered") if "Pod" in record.object]
        assert "conflict" not in {outcome for _, outcome in answered}, answered
        assert ("patch", "done") in answered
        assert ("delete", "done") in answered
        assert len(stage.pods()) == 1

    run_virtually(play())


def test_virtual_time_begins_where_it_is_told() -> None:
    assert VirtualTime(START)() == START
    assert Host


def test_it_ends_cleanly_though_the_server_is_gone() -> None:
    async def play() -> None:
        stage = Stage(*nodes(2), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 1}]))
        async with stage.live():
            stop = asyncio.Event()
            task = asyncio.create_task(stage.host().run(stop))
            await stage.until(lambda: stage.serving() == 2 and bool(stage.told("listed")))
            await asyncio.sleep(3)
            stage.stand_in.faults.add(Fault(times=-1, refused=True))
            stop.set()
            assert await task == "stopped"
        assert any("State at the end" in record.message for record in stage.told("trouble"))

    run_virtually(play())


def test_what_waited_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsplan.host.executor._REMEMBERED", 3)
    refusal = json_answer(status(403, "Forbidden", "no", {}), 403)

    async def play() -> None:
        stage = Stage(*nodes(12), daemonset(), policy(owner="Host"), controller=False)
        picks = lambda request: request.method == "POST" and request.path.endswith("/pods")  # noqa: E731
        stage.stand_in.faults.add(Fault(picks=picks, times=12, answer=refusal))
        host = stage.host()
        async with stage.live(), acting(host):
            await stage.until(stage.rolled_out("agent:1", 12))
            stage.stand_in.api.add(daemonset("agent:2", generation=2))
            await stage.until(stage.rolled_out("agent:2", 12))
            assert host._session is not None
            executor = host._session._executor
            assert executor is not None
            assert len(executor._not_before) <= 4
            assert len(executor._backoffs) <= 4

    run_virtually(play())
