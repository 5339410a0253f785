"""The stand-in as tests use it: an API server at a URL, a cluster behind it, and a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType

from ...model.meta import RawTree
from ...simulator import Kubelet
from ...simulator.scheduler import EverythingFits, SchedulerFactory
from .clocks import ManualClock, ScaledClock
from .faults import Faults
from .http import HttpFront
from .life import Life
from .server import ApiServer

__all__ = ["StandIn"]

_TICK = 0.01
_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: stand-in
contexts: [{{name: stand-in, context: {{cluster: stand-in, user: stand-in, namespace: default}}}}]
clusters: [{{name: stand-in, cluster: {{server: "{url}"}}}}]
users: [{{name: stand-in, user: {{token: "{token}"}}}}]
"""


class StandIn:
    """An API server over HTTP on the loopback with a simulated cluster behind it; use it as a context manager.

    `objects` are there from the beginning. `controller`: whether the real DaemonSet controller runs. With a
    ManualClock nothing happens until `advance`; otherwise time passes by itself, `speed` times as fast as here.
    Leaving it without an error raises AssertionError if anything was asked for that it does not do (501).

    >>> import urllib.request
    >>> with StandIn([{"kind": "Node", "metadata": {"name": "n1"}}]) as stand_in:
    ...     urllib.request.urlopen(f"{stand_in.url}/api/v1/nodes/n1").status
    200
    """

    def __init__(
        self,
        objects: Iterable[RawTree] = (),
        *,
        kubelet: Kubelet | None = None,
        scheduler: SchedulerFactory = EverythingFits,
        controller: bool = True,
        clock: Callable[[], datetime] | None = None,
        speed: float = 1.0,
        lacks: Iterable[str] = (),
        version: str = "v1.36.2",
        old_etcd: bool = False,
    ) -> None:
        self.clock = clock or ScaledClock(speed=speed)
        self.api = ApiServer(now=self.clock, lacks=lacks, version=version, old_etcd=old_etcd)
        for tree in objects:
            self.api.add(tree)
        self.life = Life(self.api, kubelet, scheduler=scheduler, controller=controller)
        self._front: HttpFront | None = None
        self._ticking = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens; only while it is entered."""
        assert self._front is not None, "enter the stand-in first"
        return self._front.url

    @property
    def faults(self) -> Faults:
        """What goes wrong between clients and server."""
        return self.api.faults

    def advance(self, seconds: float) -> None:
        """Let time pass on a ManualClock, and everything happen in it."""
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(seconds)
        self.life.advance(self.clock())

    def join(self, other: Callable[[datetime], None]) -> None:
        """Let somebody else take part: a GitOps, a Meddler, or any function that is told the time again and again."""
        self.life.others.append(other)

    def kubeconfig(self, folder: Path, token: str = "anybody") -> Path:  # noqa: S107
        """Write a kubeconfig for it, and return its path."""
        path = folder / "kubeconfig.yaml"
        path.write_text(_KUBECONFIG.format(url=self.url, token=token), encoding="utf-8")
        return path

    def __enter__(self) -> StandIn:
        """Start to listen."""
        self._front = HttpFront(self.api)
        if not isinstance(self.clock, ManualClock):
            self._thread = threading.Thread(target=self._tick, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and tell what was asked for in vain."""
        self._ticking.set()
        if self._thread is not None:
            self._thread.join()
        if self._front is not None:
            self._front.close()
        if error is None and self.api.refused:
            raise AssertionError(f"the stand-in does not do: {sorted(set(self.api.refused))}")

    def _tick(self) -> None:
        while not self._ticking.wait(_TICK):
            self.life.advance(self.clock())
