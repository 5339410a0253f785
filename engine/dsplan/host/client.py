"""What a host needs of a client: bytes out, bytes in. Configuration, credentials and transport are the client's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

__all__ = ["Answer", "Client", "Stream", "lines_of"]

Answer: TypeAlias = "tuple[int, Mapping[str, str], bytes]"
"""Status, headers, body."""

Stream: TypeAlias = "tuple[int, Mapping[str, str], AsyncIterator[bytes]]"
"""Status, headers, and the body in pieces as they arrive, cut anywhere."""

_LONGEST_LINE = 16 * 1024 * 1024


class Client(Protocol):
    """A connection to one API server. `path` begins with `/` and carries the query; `timeout` is in seconds.

    Whatever `request` raises means that the answer, if there was one, is not known; a status is never an exception. It
    must send `body` as it is, follow no redirects and repeat nothing by itself. Any number of calls may be under way.
    """

    async def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
        """Send one request and return its whole answer."""

    def stream(self, path: str, headers: Mapping[str, str], timeout: float) -> AbstractAsyncContextManager[Stream]:
        """Send a GET and return its answer as it arrives; leaving the context closes it."""


async def lines_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines of a stream, without their ends; raises ValueError for one of more than 16 MiB.

    >>> import asyncio
    >>> async def pieces():
    ...     for piece in (b'{"a":', b'1}\\n{"b"', b':2}\\n'):
    ...         yield piece
    >>> async def collect():
    ...     return [line async for line in lines_of(pieces())]
    >>> asyncio.run(collect())
    [b'{"a":1}', b'{"b":2}']
    """
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line:
                yield line
        if len(rest) > _LONGEST_LINE:
            raise ValueError("a line of a watch is longer than 16 MiB")
    if rest.strip():
        yield rest
