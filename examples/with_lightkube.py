"""A causal budget with dead nodes, with lightkube: nodes that were dead before do not spend it.

kubectl apply -f policy.yaml && python with_lightkube.py
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager

from lightkube.config.client_adapter import AsyncClient, ConnectionParams
from lightkube.config.kubeconfig import KubeConfig

from dsplan.host import Host, HostOptions, line_of


class LightkubeClient:
    def __init__(self, http):
        self.http = http

    async def request(self, method, path, headers, body, timeout):
        answer = await self.http.request(method, path, headers=dict(headers), content=body, timeout=timeout)
        return answer.status_code, answer.headers, answer.content

    @asynccontextmanager
    async def stream(self, path, headers, timeout):
        async with self.http.stream("GET", path, headers=dict(headers), timeout=timeout) as answer:
            yield answer.status_code, answer.headers, answer.aiter_bytes()


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncClient(KubeConfig.from_env().get(), ConnectionParams()) as http:
        host = Host(
            LightkubeClient(http), HostOptions(identity="lightkube"), audit=lambda record: print(line_of(record))
        )
        await host.run(stop)


if __name__ == "__main__":
    asyncio.run(main())
