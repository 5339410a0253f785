"""Owner Host in a kopf operator: in place of the real controller, and beside handlers of your own.

kubectl apply -f policy.yaml && kopf run -A with_kopf.py
"""

from __future__ import annotations

import asyncio
import logging
import os

import kopf

from dsplan.host import Host, HostOptions, line_of
from dsplan.host.live import open_client


@kopf.on.startup()
async def begin(memo: kopf.Memo, **_: object) -> None:
    memo.stop = asyncio.Event()
    memo.host = asyncio.create_task(act(memo.stop))


async def act(stop: asyncio.Event) -> None:
    log = logging.getLogger("dsplan")
    options = HostOptions(identity=os.environ.get("POD_NAME", "kopf"))
    async with open_client() as client:
        await Host(client, options, audit=lambda record: log.info(line_of(record).decode())).run(stop)


@kopf.on.cleanup()
async def end(memo: kopf.Memo, **_: object) -> None:
    memo.stop.set()
    await memo.host


@kopf.on.event("apps", "v1", "daemonsets")
def told(name: str, status: kopf.Status, **_: object) -> None:
    logging.getLogger("mine").info("%s: %s available", name, status.get("numberAvailable", 0))
