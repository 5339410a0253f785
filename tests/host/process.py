"""A host in a process of its own, as `python -m tests.host.process URL IDENTITY`; what it tells goes to stdout."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from dsplan.host import Host, HostOptions, LeaseTerms, line_of
from dsplan.host.live import open_client

DURATION = float(os.environ.get("DSPLAN_LEASE", "3"))
TERMS = LeaseTerms(duration=DURATION, renew_deadline=DURATION * 2 / 3, retry=DURATION / 8)


async def main(kubeconfig: str, identity: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    options = HostOptions(identity=identity, terms=TERMS, requests_per_second=500)
    async with open_client(Path(kubeconfig)) as client:
        host = Host(client, options, audit=lambda record: print(line_of(record).decode(), flush=True))
        await host.run(stop)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
