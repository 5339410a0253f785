"""Hosts on a stand-in in virtual time, and who watches that nothing goes wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from dsplan.host import Ended, Host, HostOptions, Record
from dsplan.model.meta import Identity
from dsplan.testing.apiserver import DirectClient, Request, StandIn, VirtualTime

START = datetime(2026, 1, 1, tzinfo=UTC)
DS = Identity("DaemonSet", "default", "agent")


async def at_once(function: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
    """Run a function here and now: virtual time knows no threads."""
    return function(*args, **named)


class Stage:
    """A stand-in with its time; `records` is what all hosts told."""

    def __init__(self, *objects: dict[str, Any], **named: Any) -> None:
        self.time = VirtualTime(START)
        self.stand_in = StandIn(objects, clock=self.time, **named)
        self.client = DirectClient(self.stand_in)
        self.records: list[Record] = []
        self.most_down = 0
        self.twins: set[str] = set()

    @asynccontextmanager
    async def live(self, *, judged: bool = True) -> AsyncIterator[None]:
        """Let the cluster live, and unless it is for long judge it all the time."""
        living = [asyncio.create_task(self.client.live())]
        if judged:
            living.append(asyncio.create_task(self._look()))
        try:
            yield
        finally:
            for task in living:
                task.cancel()
            await asyncio.gather(*living, return_exceptions=True)

    def host(self, identity: str = "one", *, client: Any = None, clock: Any = None, **options: Any) -> Host:
        """Return a host."""
        return Host(
            client or self.client,
            HostOptions(identity=identity, **options),
            clock=clock or self.time,
            audit=self.records.append,
            dice=Random(identity),
            offload=at_once,
        )

    async def until(self, done: Callable[[], bool], *, seconds: float = 3600.0) -> float:
        """Wait until something is so; return how many seconds that took."""
        began = self.time.monotonic()
        while not done():
            assert self.time.monotonic() - began < seconds, "not in time"
            await asyncio.sleep(0.5)
        return self.time.monotonic() - began

    def told(self, kind: str) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    def pods(self) -> list[dict[str, Any]]:
        return self.stand_in.api.list("Pod")

    def images(self) -> Counter[str]:
        return Counter(pod["spec"]["containers"][0]["image"] for pod in self.pods())

    def serving(self) -> int:
        return sum(serves(pod) for pod in self.pods())

    def rolled_out(self, image: str, number: int) -> Callable[[], bool]:
        return lambda: self.images() == {image: number} and self.serving() == number

    def requests(self, method: str, part: str = "") -> list[tuple[str, str]]:
        return [seen for seen in self.stand_in.api.seen if seen[0] == method and part in seen[1]]

    async def _look(self) -> None:
        version = -1
        while True:
            if self.stand_in.api.store.version != version:
                version = self.stand_in.api.store.version
                self.judge()
            await asyncio.sleep(0.05)

    def judge(self) -> None:
        """Note how many nodes have no pod that serves, and which have two that live."""
        nodes = [node["metadata"]["name"] for node in self.stand_in.api.list("Node")]
        on: dict[str, list[dict[str, Any]]] = {name: [] for name in nodes}
        for pod in self.pods():
            on.setdefault(place_of(pod), []).append(pod)
        if any(map(serves, self.pods())):
            self.most_down = max(self.most_down, sum(not any(map(serves, on[name])) for name in nodes))
        for name, pods in on.items():
            living = [pod for pod in pods if pod["status"].get("phase") not in ("Failed", "Succeeded")]
            if len(living) > 1:
                self.twins.add(name)


def place_of(pod: dict[str, Any]) -> str:
    """Return the node that a pod is meant for."""
    affinity = pod["spec"].get("affinity") or {}
    node: str = pod["spec"].get("nodeName") or ""
    if not node and affinity:
        terms = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        node = terms[0]["matchFields"][0]["values"][0]
    return node


def serves(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


async def running(host: Host, stop: asyncio.Event) -> Ended:
    return await host.run(stop)


@asynccontextmanager
async def acting(*hosts: Host) -> AsyncIterator[asyncio.Event]:
    """Let hosts run until the block ends; then they end cleanly."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(host.run(stop)) for host in hosts]
    try:
        yield stop
    finally:
        stop.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in found:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome


def is_pod_write(request: Request) -> bool:
    return request.method != "GET" and "/pods" in request.path
