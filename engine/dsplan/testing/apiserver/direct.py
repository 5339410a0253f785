"""The stand-in without sockets, on a loop whose time jumps: a day of a host in seconds, the same in every run."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from .faults import Fault
from .standin import StandIn
from .store import Change
from .watching import Watch
from .wire import Answer, Request

__all__ = ["DirectClient", "VirtualTime", "run_virtually"]

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Never waits: the time that it was to wait has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing is due")
        self.passed += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Selector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed


class VirtualTime:
    """The clocks of a virtual loop, for the stand-in and for hosts; `now` is wrong by `skew` seconds."""

    def __init__(self, start: datetime, skew: float = 0.0) -> None:
        self._start = start
        self.skew = skew

    def __call__(self) -> datetime:
        """Return the true time."""
        return self._start + timedelta(seconds=self.monotonic())

    def now(self) -> datetime:
        """Return the time as a host sees it."""
        return self() + timedelta(seconds=self.skew)

    def monotonic(self) -> float:
        """Return the seconds since the loop began; 0 outside of one."""
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return 0.0

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop whose time jumps from event to event; nothing in it may use threads.

    >>> run_virtually(asyncio.sleep(86_400, "a day later"))
    'a day later'
    """
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


class DirectClient:
    """Sends and receives bytes as a host wants it, straight to a StandIn; every fault strikes here, too.

    `before` is called with every request, before anything is done: to look, or to raise what kills the process.
    """

    def __init__(self, stand_in: StandIn, before: Callable[[Request], None] = lambda request: None) -> None:
        self._stand_in = stand_in
        self._before = before
        self._changed = asyncio.Event()
        told = stand_in.api.store.on_change

        def on_change(change: Change) -> None:
            told(change)
            before, self._changed = self._changed, asyncio.Event()
            before.set()

        stand_in.api.store.on_change = on_change

    async def live(self) -> None:
        """Let the cluster live; run it beside the hosts."""
        life, clock = self._stand_in.life, self._stand_in.clock
        while True:
            changed = self._changed
            life.advance(clock())
            due = life.cluster.next_due
            wait = 60.0 if due is None else max(0.0, (due - clock()).total_seconds())
            await _wait(changed, wait)

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request."""
        request = Request.of(method, path, dict(headers), body)
        self._before(request)
        fault = self._stand_in.faults.take(request)
        await asyncio.sleep(0.001)
        if fault is not None and fault.refused:
            raise ConnectionResetError("refused")
        if fault is not None and fault.slow:
            # The server goes on whether or not somebody still waits.
            found = await asyncio.shield(asyncio.ensure_future(self._slowly(request, fault)))
        else:
            found = self._found(request, fault)
        if fault is not None and fault.lost:
            raise ConnectionResetError("lost")
        assert isinstance(found, Answer)
        return found.status, found.headers, found.body

    async def _slowly(self, request: Request, fault: Fault) -> Answer | Watch:
        await asyncio.sleep(fault.slow)
        return self._found(request, fault)

    @asynccontextmanager
    async def stream(
        self, path: str, headers: Mapping[str, str], timeout: float
    ) -> AsyncIterator[tuple[int, Mapping[str, str], AsyncIterator[bytes]]]:
        """Open a watch."""
        request = Request.of("GET", path, dict(headers))
        self._before(request)
        fault = self._stand_in.faults.take(request)
        await asyncio.sleep(0.001)
        if fault is not None and (fault.refused or fault.lost):
            raise ConnectionResetError("refused")
        found = self._found(request, fault)
        if isinstance(found, Answer):
            yield found.status, found.headers, _once(found.body)
        else:
            yield 200, {}, self._lines(found, None if fault is None else fault.cut)

    def _found(self, request: Request, fault: Fault | None) -> Answer | Watch:
        if fault is not None and fault.answer is not None:
            return fault.answer
        stand_in = self._stand_in
        stand_in.life.advance(stand_in.clock())
        if fault is not None and fault.behind:
            return stand_in.api.answer_late(request, fault.behind)
        found = stand_in.api.answer(request)
        stand_in.life.advance(stand_in.clock())
        return found

    async def _lines(self, watch: Watch, cut: int | None) -> AsyncIterator[bytes]:
        clock, sent = self._stand_in.clock, 0
        while True:
            changed = self._changed
            for line in watch.lines(clock()):
                if cut is not None and sent >= cut:
                    raise ConnectionResetError("cut")
                yield line
                sent += 1
            if watch.ended:
                return
            await _wait(changed, max(0.0, (watch.wakes_at - clock()).total_seconds()))


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds + 0.001):
            await changed.wait()
    except TimeoutError:
        return


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
