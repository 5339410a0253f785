"""OnDelete beside the real controller, with the official client and its threads: this deletes, the controller creates.

kubectl apply -f policy.yaml && python with_official_client.py
"""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from kubernetes import client, config

from dsplan.host import Host, HostOptions, line_of


class OfficialClient:
    def __init__(self, api):
        self.api, self.threads = api, ThreadPoolExecutor(32)

    def _in_thread(self, function, *args):
        return asyncio.get_running_loop().run_in_executor(self.threads, function, *args)

    def _open(self, method, path, headers, body, timeout):
        found = {**headers}
        self.api.update_params_for_auth(found, [], ["BearerToken"], path, method, body)
        url, pool = self.api.configuration.host + path, self.api.rest_client.pool_manager
        named = {"retries": False, "redirect": False, "preload_content": False, "timeout": timeout}
        return pool.request(method, url, headers=found, body=body or None, **named)

    async def request(self, *args):
        answer = await self._in_thread(self._open, *args)
        return answer.status, answer.headers, await self._in_thread(lambda: answer.data)

    @asynccontextmanager
    async def stream(self, path, headers, timeout):
        answer = await self._in_thread(self._open, "GET", path, headers, b"", timeout)
        try:
            yield answer.status, answer.headers, self._pieces(answer)
        finally:
            await self._in_thread(lambda: (answer.shutdown(), answer.close()))

    async def _pieces(self, answer):
        while piece := await self._in_thread(answer.read1, 65536):
            yield piece


async def main() -> None:
    config.load_kube_config()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    options = HostOptions(identity="official")
    await Host(OfficialClient(client.ApiClient()), options, audit=lambda record: print(line_of(record))).run(stop)


if __name__ == "__main__":
    asyncio.run(main())
