"""A client with manners: a rate for all requests, a time limit for each, answers as they are or as objects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from .answers import ApiError, tree_in
from .client import Answer, Client, lines_of
from .gojson import encode
from .pacing import Clock, Rate

__all__ = ["JSON", "MERGE", "STRATEGIC", "Api", "Unanswered"]

JSON: Final = "application/json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
_ACCEPT: Final = {"Accept": JSON}


class Unanswered(Exception):
    """No answer came, or not in time."""


class Api:
    """Requests to one API server. Raises Unanswered where no answer comes, whatever the client raised."""

    def __init__(self, client: Client, clock: Clock, rate: Rate, *, timeout: float) -> None:
        self._client = client
        self.clock = clock
        self._rate = rate
        self._timeout = timeout

    async def request(
        self,
        method: str,
        path: str,
        tree: Any = None,
        media_type: str = JSON,
        *,
        timeout: float | None = None,
        check: Callable[[], None] | None = None,
    ) -> Answer:
        """Send one request once, in its turn; return the answer whatever its status.

        `check` is called when its turn has come, right before it is sent; what it raises keeps it from being sent.
        """
        wait = self._rate.wait(self.clock.monotonic())
        if wait:
            await self.clock.sleep(wait)
        limit = self._timeout if timeout is None else timeout
        body = b"" if tree is None else encode(tree)
        headers = dict(_ACCEPT) if tree is None else {**_ACCEPT, "Content-Type": media_type}
        if check is not None:
            check()
        try:
            async with asyncio.timeout(limit):
                return await self._client.request(method, path, headers, body, limit)
        except Exception as error:
            raise Unanswered(f"{method} {path.partition('?')[0]}: {type(error).__name__}: {error}"[:500]) from error

    async def get(self, path: str) -> dict[str, Any]:
        """Return an object or list. Raises ApiError and Unanswered."""
        return tree_in(await self.request("GET", path))

    async def write(self, method: str, path: str, tree: Any, media_type: str = JSON) -> dict[str, Any]:
        """Write an object, and return it as the server has it. Raises ApiError and Unanswered."""
        return tree_in(await self.request(method, path, tree, media_type))

    @asynccontextmanager
    async def lines(self, path: str, timeout: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a watch of at most `timeout` seconds. Raises ApiError where it is refused."""
        wait = self._rate.wait(self.clock.monotonic())
        if wait:
            await self.clock.sleep(wait)
        async with self._client.stream(path, _ACCEPT, timeout) as (status, headers, pieces):
            if status != 200:
                raise ApiError((status, _plain(headers), b"".join([piece async for piece in pieces])[:65536]))
            yield lines_of(pieces)


def _plain(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in headers.items()}
