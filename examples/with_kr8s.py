"""A canary with a gate, with kr8s: one node first, then whatever `is_healthy` says, then all others.

kubectl apply -f policy.yaml && python with_kr8s.py default/agents
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager

import kr8s.asyncio

from dsplan.host import Host, HostOptions, Record, line_of


class Kr8sClient:
    def __init__(self, api):
        self.api = api

    def _call(self, method, path, headers, timeout, **named):
        base, _, rest = path[1:].partition("/")
        place = {"version": "", "base": f"/{base}", "url": rest, "raise_for_status": False}
        return self.api.call_api(
            method, **place, headers=dict(headers), timeout=timeout, follow_redirects=False, **named
        )

    async def request(self, method, path, headers, body, timeout):
        async with self._call(method, path, headers, timeout, content=body) as answer:
            return answer.status_code, answer.headers, answer.content

    @asynccontextmanager
    async def stream(self, path, headers, timeout):
        async with self._call("GET", path, headers, timeout, stream=True) as answer:
            yield answer.status_code, answer.headers, answer.aiter_bytes()


async def is_healthy(api) -> bool:
    """Ask whatever you trust: here, that no pod of the canary restarts."""
    pods = [pod async for pod in api.get("pods", namespace="default", label_selector={"app": "agent"})]
    return all(not status.get("restartCount") for pod in pods for status in pod.status.get("containerStatuses", ()))


async def main(policy: str) -> None:
    api = await kr8s.asyncio.api()
    waiting = asyncio.Event()

    def audit(record: Record) -> None:
        print(line_of(record).decode(), flush=True)
        if record.kind == "condition" and "gate" in record.message:
            waiting.set()

    done = lambda plan: bool(plan.decisions) and all(decision.complete for decision in plan.decisions)  # noqa: E731
    host = Host(Kr8sClient(api), HostOptions(identity="kr8s", finished=done), audit=audit)
    running = asyncio.create_task(host.run())
    await waiting.wait()
    await host.gate(policy, passed=await is_healthy(api), note="no restarts")
    await running


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
