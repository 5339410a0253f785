"""The default client over real HTTP: kubeconfig, tokens, watches, errors; and a whole roll-out through it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from dsplan.host import Ended, Host, HostOptions, LeaseTerms, MissingRights, Record
from dsplan.host.live import LiveClient, NoCluster, open_client
from dsplan.testing.apiserver import Fault, StandIn, is_write
from tests.testing.apiserver.objects import daemonset, nodes, policy

pytest.importorskip("kubernetes.aio", reason="pip install -e .[clients]")

SPEED = 50.0


class Faster:
    """A host's clock that runs as fast as the stand-in's."""

    def __init__(self, speed: float = SPEED) -> None:
        self.speed = speed
        self._began = time.monotonic()
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


def with_client(stand_in: StandIn, folder: Path, work: Callable[[LiveClient], object], token: str = "t") -> None:
    async def run() -> None:
        async with open_client(stand_in.kubeconfig(folder, token)) as client:
            await work(client)  # type: ignore[misc]

    asyncio.run(run())


def test_requests_streams_and_refusals(tmp_path: Path) -> None:
    async def work(client: LiveClient) -> None:
        assert client.context == "stand-in"
        assert client.server == stand_in.url
        status, headers, body = await client.request("GET", "/api/v1/nodes?limit=1", {}, b"", 5)
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert b'"continue"' in body
        assert (await client.request("GET", "/api/v1/nodes/none", {}, b"", 5))[0] == 404
        async with client.stream("/api/v1/nodes?watch=1&timeoutSeconds=1", {}, 5) as (status, _, pieces):
            assert status == 200
            assert b"".join([piece async for piece in pieces]).count(b"\n") == 3
        stand_in.faults.add(Fault(lost=True))
        with pytest.raises(Exception, match=r".*"):
            await client.request("POST", "/api/v1/namespaces/default/configmaps", {}, b"{}", 5)

    with StandIn(nodes(3)) as stand_in:
        with_client(stand_in, tmp_path, work)


def test_a_token_is_sent(tmp_path: Path) -> None:
    async def work(client: LiveClient) -> None:
        statuses.append((await client.request("GET", "/api/v1/nodes", {}, b"", 5))[0])

    statuses: list[int] = []
    with StandIn(nodes(1)) as stand_in:
        stand_in.api.access.grant("secret", "ops", lambda asked: True)
        for token in ("secret", "wrong"):
            with_client(stand_in, tmp_path, work, token)
    assert statuses == [200, 401]


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(**named: object) -> None:
        async with open_client(**named):  # type: ignore[arg-type]
            pass

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(NoCluster, match=r"config"):
        asyncio.run(run())
    (tmp_path / "broken").write_text("{", encoding="utf-8")
    with pytest.raises(Exception, match=r".*"):
        asyncio.run(run(kubeconfig=tmp_path / "broken"))


def test_nothing_of_it_is_imported_before_a_client_is_opened() -> None:
    heavy = ("kubernetes", "aiohttp", "httpx")
    code = f"import sys, dsplan.host, dsplan.host.live; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def test_a_roll_out_over_http(tmp_path: Path) -> None:
    records: list[Record] = []

    async def work(client: LiveClient) -> None:
        options = HostOptions(
            identity="one",
            terms=LeaseTerms(duration=150, renew_deadline=100, retry=20),
            finished=lambda plan: bool(plan.decisions) and all(decision.complete for decision in plan.decisions),
            requests_per_second=200,
        )
        host = Host(client, options, clock=Faster(), audit=records.append, dice=Random(1))
        async with asyncio.timeout(60):
            assert await host.run() is Ended.FINISHED

    objects = [*nodes(20), daemonset(strategy="OnDelete"), policy(budgets=[{"maxUnavailable": 5}])]
    with StandIn(objects, speed=SPEED) as stand_in:
        deadline = time.monotonic() + 20
        while stand_in.api.list("DaemonSet")[0]["status"].get("numberAvailable") != 20:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        stand_in.api.add(daemonset("agent:2", strategy="OnDelete", generation=2))
        stand_in.faults.add(Fault(picks=lambda request: is_write(request) and "/pods/" in request.path, lost=True))
        with_client(stand_in, tmp_path, work)
        images = {pod["spec"]["containers"][0]["image"] for pod in stand_in.api.list("Pod")}
    assert images == {"agent:2"}
    deletions = [path for method, path in stand_in.api.seen if method == "DELETE"]
    # One answer was lost; the pod was seen to go, or a list said so, and nothing was sent a second time.
    assert [record.kind for record in records if record.kind == "unknown"] == ["unknown"]
    assert len(deletions) == len(set(deletions)) == 20


def test_all_missing_rights_are_told_at_once(tmp_path: Path) -> None:
    async def work(client: LiveClient) -> None:
        with pytest.raises(MissingRights) as caught:
            await Host(client, HostOptions(identity="one", namespace="ops")).run()
        told.extend(map(str, caught.value.rights))

    told: list[str] = []
    with StandIn(nodes(1)) as stand_in:
        stand_in.api.access.grant("t", "ops", lambda asked: asked.verb in ("list", "watch", "get"))
        with_client(stand_in, tmp_path, work)
    assert told == [
        "create configmaps in namespace ops",
        "create events in all namespaces",
        "create leases.coordination.k8s.io in namespace ops",
        "delete pods in all namespaces",
        "update configmaps in namespace ops",
        "update leases.coordination.k8s.io in namespace ops",
    ]


def test_a_proxy_and_another_name_of_the_server_are_taken_from_the_kubeconfig(tmp_path: Path) -> None:
    async def work() -> None:
        async with open_client(path) as client:
            assert client._way() == {"server_hostname": "api.internal", "proxy": stand_in.url}
            # Nobody but the "proxy" knows that name.
            assert (await client.request("GET", "/api/v1/nodes", {}, b"", 5))[0] == 200

    with StandIn(nodes(1)) as stand_in:
        text = stand_in.kubeconfig(tmp_path).read_text(encoding="utf-8")
        server = f'server: "{stand_in.url}"'
        more = f'server: "http://api.internal", tls-server-name: api.internal, proxy-url: "{stand_in.url}"'
        path = tmp_path / "other.yaml"
        path.write_text(text.replace(server, more), encoding="utf-8")
        asyncio.run(work())
