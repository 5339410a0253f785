"""One kind kept up to date: a list, then a watch that is resumed for as long as the server can, then a list again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import msgspec

from .answers import ApiError
from .api import Api, Unanswered
from .kinds import PATHS, path_of
from .listing import Listed, list_all
from .pacing import Backoff

__all__ = ["Message", "Observed", "Reflector", "Trouble"]

_WATCH_SECONDS = (240.0, 420.0)
_GRACE = 30.0
_TOO_SHORT = 1.0
_BREATH = 100
_ASK_FOR_ABSENT = 60.0
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_NO_STREAMING = (400, 415, 422, 500, 501)


class Observed(msgspec.Struct, frozen=True):
    """One event of a watch."""

    kind: str
    type: str
    object: Any


class Trouble(msgspec.Struct, frozen=True):
    """Something that went wrong and is tried again."""

    kind: str
    message: str


Message = Listed | Observed | Trouble


class _Event(msgspec.Struct):
    type: str
    object: dict[str, Any]


class _Relist(Exception):
    """The watch cannot go on from where it was."""


class Reflector:
    """Delivers what is there of a kind, and every change of it, for as long as `run` runs.

    A list begins after `run` was called, or after the last `Listed` was delivered. Where the server can stream lists
    that is tried first, unless `streams` says no; whoever cannot is asked in pages from then on.
    """

    def __init__(
        self,
        api: Api,
        kind: str,
        deliver: Callable[[Message], None],
        dice: Random,
        *,
        streams: bool = True,
        delay: float = 0.0,
    ) -> None:
        self._api = api
        self._kind = kind
        self._deliver = deliver
        self._dice = dice
        self._streams = streams
        self._backoff = Backoff(dice)
        self._version = ""
        self._delay = delay

    async def run(self) -> None:
        """List and watch until cancelled; trouble is told and tried again."""
        await self._api.clock.sleep(self._delay)
        while True:
            try:
                if self._version:
                    await self._watch()
                else:
                    self._version = await self._begin()
                self._backoff.reset()
            except _Relist:
                self._version = ""
            except ApiError as error:
                if error.status == 410:
                    self._version = ""
                await self._wait(str(error), error.wait)
            except (Unanswered, TimeoutError, ConnectionError, OSError, ValueError, msgspec.MsgspecError) as error:
                await self._wait(f"{type(error).__name__}: {error}", None)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # a client may raise anything when a connection breaks
                await self._wait(f"{type(error).__name__}: {error}", None)

    async def _wait(self, message: str, asked: float | None) -> None:
        self._deliver(Trouble(self._kind, message[:500]))
        await self._api.clock.sleep(max(asked or 0.0, self._backoff.next()))

    async def _begin(self) -> str:
        """Deliver a complete list; return its version, empty where the kind is not served at present."""
        if self._streams:
            version = await self._streamed_list()
            if version:
                return version
        found = await list_all(self._api, self._kind)
        self._deliver(found)
        if found.absent:
            await self._api.clock.sleep(_ASK_FOR_ABSENT)
            return ""
        return found.version

    async def _streamed_list(self) -> str:
        """Deliver a list that was sent as a watch; return its version, empty where this server does not do that."""
        query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        objects: list[Any] = []
        began = self._api.clock.monotonic()
        try:
            async for event in self._events(**query):
                metadata = event.object.get("metadata") or {}
                if event.type == "ERROR":
                    code = int(event.object.get("code") or 500)
                    raise ApiError((code, {}, msgspec.json.encode(event.object)))
                if event.type == "BOOKMARK":
                    if _INITIAL_EVENTS_END in (metadata.get("annotations") or {}):
                        version = str(metadata["resourceVersion"])
                        self._deliver(Listed(self._kind, objects, version, began=began))
                        return version
                else:
                    objects.append(event.object)
        except ApiError as error:
            if error.status == 404 and PATHS[self._kind].optional:
                return ""
            if error.status not in _NO_STREAMING:
                raise
        # The stream ended, or was refused, before all was sent: pages always work.
        self._streams = False
        return ""

    async def _watch(self) -> None:
        """Deliver events until the server ends the watch; `_version` is from where to go on, whatever ended it."""
        began, told = self._api.clock.monotonic(), False
        async for event in self._events(resourceVersion=self._version):
            told = True
            if event.type == "ERROR":
                if event.object.get("code") == 410:
                    raise _Relist
                code = int(event.object.get("code") or 500)
                raise ApiError((code, {}, msgspec.json.encode(event.object)))
            self._version = str((event.object.get("metadata") or {}).get("resourceVersion") or self._version)
            if event.type != "BOOKMARK":
                self._deliver(Observed(self._kind, event.type, event.object))
        if not told and self._api.clock.monotonic() - began < _TOO_SHORT:
            raise Unanswered(f"the watch of {self._kind} ended at once")

    async def _events(self, **query: str) -> AsyncIterator[_Event]:
        seconds = int(self._dice.uniform(*_WATCH_SECONDS))
        options: dict[str, str | int] = {"watch": 1, "allowWatchBookmarks": "true", "timeoutSeconds": seconds, **query}
        path = path_of(self._kind, query=options)
        async with self._api.lines(path, seconds + _GRACE) as lines:
            number = 0
            async for line in lines:
                yield msgspec.json.decode(line, type=_Event)
                number += 1
                if number % _BREATH == 0:
                    # Lines that are there already are read without waiting; a Lease has to be renewed meanwhile.
                    await asyncio.sleep(0)
