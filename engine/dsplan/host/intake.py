"""What comes in: reflectors of all kinds, and the one writer that hands their messages to the Reconciler."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Protocol

from ..errors import DsplanError, InputError
from ..model.policy import RolloutPolicy
from ..reconciler import EventOutcome, Reconciler, WatchEvent
from .answers import ApiError
from .api import Api, Unanswered
from .listing import Listed, list_all
from .pacing import Backoff, first_of
from .records import RecordKind
from .watching import Message, Observed, Reflector, Trouble

__all__ = ["Intake", "Offload"]

Tell = Callable[[RecordKind, str], None]
_BREATH = 100
_STOPPED = "the host does not act any more"
_KINDS = ("Node", "DaemonSet", "ControllerRevision", "Pod")


class Offload(Protocol):
    """Runs a function that takes its time; by default in a thread, so that a Lease is renewed meanwhile."""

    def __call__(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Awaitable[Any]:
        """Return what the function returns."""


class Turn:
    """Something that somebody else wants done with the Reconciler, when it is its turn: there is one writer."""

    def __init__(self, function: Callable[[Reconciler], Any]) -> None:
        self.function = function
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def take(self, reconciler: Reconciler) -> None:
        """Do it, unless nobody waits for it any more."""
        if self.done.done():
            return
        try:
            self.done.set_result(self.function(reconciler))
        except Exception as error:
            self.done.set_exception(error)


class Intake:
    """Keeps a Reconciler up to date. Its lists begin after the Lease was taken and the State claimed, and so settle
    what a host before this one left in flight."""

    def __init__(
        self,
        api: Api,
        reconciler: Reconciler,
        dice: Random,
        tell: Tell,
        offload: Offload,
        *,
        policies: tuple[RolloutPolicy, ...] | None,
        streams: bool,
        settle_after: float,
    ) -> None:
        self._api = api
        self._reconciler = reconciler
        self._dice = dice
        self._tell = tell
        self._offload = offload
        self._policies = policies
        self._streams = streams
        self._settle_after = settle_after
        self._backoff = Backoff(dice)
        self._queue: asyncio.Queue[Message | Turn | None] = asyncio.Queue(maxsize=0)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._missing = {*_KINDS, "RolloutPolicy"}
        self._lost_at: float | None = None
        self._stopped = False
        self.absent: set[str] = set()

    @property
    def complete(self) -> bool:
        """Whether each kind has been listed."""
        return not self._missing

    async def start(self) -> None:
        """Begin to list and watch."""
        kinds = list(_KINDS)
        if self._policies is None:
            kinds.append("RolloutPolicy")
        else:
            await self._replace(Listed("RolloutPolicy", list(self._policies)))
        for kind in kinds:
            self._watch(kind)

    async def stop(self) -> None:
        """End all watches; who still waits for a turn is told that there will be none."""
        self._stopped = True
        while not self._queue.empty():
            message = self._queue.get_nowait()
            if isinstance(message, Turn) and not message.done.done():
                message.done.set_exception(DsplanError(_STOPPED))
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Wait for a message or for `stop`, for so many seconds at most, and take in all that is there."""
        first = await first_of(self._queue.get(), self._api.clock.sleep(seconds), stop.wait())
        await self._take(first)
        await self.drain()

    def wake(self) -> None:
        """End the present or next `wait`: somebody said something that matters."""
        self._queue.put_nowait(None)

    async def ask(self, function: Callable[[Reconciler], Any]) -> Any:
        """Return what a function makes of the Reconciler, between two messages. Raises what it raises."""
        if self._stopped:
            raise DsplanError(_STOPPED)
        turn = Turn(function)
        self._queue.put_nowait(turn)
        return await turn.done

    async def drain(self) -> None:
        """Take in what has arrived."""
        number = 0
        while not self._queue.empty():
            await self._take(self._queue.get_nowait())
            number += 1
            if number % _BREATH == 0:
                await asyncio.sleep(0)

    def observe(self, kind: str, type_of_event: str, tree: Any) -> None:
        """Take in what an answer showed; what cannot be read is told and left."""
        try:
            self._reconciler.observe(WatchEvent(type_of_event, tree), kind=kind)
        except InputError as error:
            self._tell(RecordKind.TROUBLE, f"{kind}: {'; '.join(map(str, error.problems))}"[:500])

    def lost(self) -> None:
        """Note that the answer to a write was lost at this moment."""
        self._lost_at = self._api.clock.monotonic()

    async def settle(self) -> float | None:
        """List what has to be listed to know what became of writes; return in how many seconds to try again.

        The list is asked for when the last of them has had its time twice: a server that was slow has ended by then.
        """
        kinds = sorted(self._reconciler.unsettled) if self.complete else []
        if not kinds:
            return None
        now = self._api.clock.monotonic()
        left = 0.0 if self._lost_at is None else self._lost_at + self._settle_after - now
        if left > 0:
            return left
        for kind in kinds:
            try:
                found = await list_all(self._api, kind)
            except (ApiError, Unanswered) as error:
                self._tell(RecordKind.TROUBLE, f"{kind}: {error}"[:500])
                return max(getattr(error, "wait", None) or 0.0, self._backoff.next())
            await self._replace(found)
            self._tell(RecordKind.SETTLED, f"{kind} as of {found.version}")
        self._backoff.reset()
        return 0.0

    def _watch(self, kind: str, *, delay: float = 0.0) -> None:
        deliver = self._queue.put_nowait
        reflector = Reflector(self._api, kind, deliver, self._dice, streams=self._streams, delay=delay)
        self._tasks[kind] = asyncio.create_task(reflector.run(), name=f"dsplan watch {kind}")

    async def _take(self, message: Message | Turn | None) -> None:
        if message is None:
            return
        if isinstance(message, Turn):
            message.take(self._reconciler)
            return
        if isinstance(message, Observed):
            self.observe(message.kind, message.type, message.object)
        elif isinstance(message, Trouble):
            self._tell(RecordKind.TROUBLE, f"{message.kind}: {message.message}")
        else:
            await self._replace(message)

    async def _replace(self, found: Listed) -> None:
        """Hand over a list. One that is older than what was seen is asked for again."""
        # Lists of this term begin after whoever wrote before could still write; the others are told by their beginning.
        settles = self._lost_at is None or found.began >= self._lost_at + self._settle_after
        try:
            outcome = await self._offload(
                self._reconciler.replace, found.kind, found.objects, resource_version=found.version, settles=settles
            )
        except InputError as error:
            self._tell(RecordKind.TROUBLE, f"{found.kind}: {'; '.join(map(str, error.problems))}"[:500])
            outcome = EventOutcome.APPLIED
        if outcome is EventOutcome.STALE:
            self._tell(RecordKind.TROUBLE, f"{found.kind}: the list of version {found.version} is of the past")
            if found.kind in self._tasks:
                self._tasks[found.kind].cancel()
                self._watch(found.kind, delay=self._backoff.next())
            return
        if found.absent:
            self.absent.add(found.kind)
        else:
            self.absent.discard(found.kind)
        self._missing.discard(found.kind)
        self._tell(RecordKind.LISTED, f"{found.kind}: {len(found.objects):,} as of {found.version or 'given'}")
