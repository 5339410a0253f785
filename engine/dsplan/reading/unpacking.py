"""gzip to bytes, piece by piece and within bounds: a bomb is refused before it has grown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from dsplan.reading import limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["GZIP_MAGIC", "Growth", "Joined", "Unreadable", "inflated", "refuse_binary", "take"]

GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 20
_PEEK: Final = 4096


class Unreadable(Exception):
    """Why a source cannot be read; `reason` is that of the Problem it becomes."""

    def __init__(self, message: str, reason: str = "Unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class Growth:
    """How much packed data may grow: at most `most` bytes, and `limits.MAX_GZIP_RATIO` times once it is large.

    >>> Growth("the zip data", 1 << 30).check(size=1 << 30, taken=1000)
    Traceback (most recent call last):
    ...
    dsplan.reading.unpacking.Unreadable: the zip data grows more than 300 times: this looks like a bomb
    """

    def __init__(self, what: str, most: int) -> None:
        self._what = what
        self._most = most

    def check(self, *, size: int, taken: int) -> None:
        """Raise Unreadable where `taken` packed bytes have become too many."""
        if size > self._most:
            raise Unreadable(f"more than {self._most >> 20} MiB after decompression", "LimitExceeded")
        if size > limits.MIN_BOMB_BYTES and size > taken * limits.MAX_GZIP_RATIO:
            message = f"{self._what} grows more than {limits.MAX_GZIP_RATIO} times: this looks like a bomb"
            raise Unreadable(message, "LimitExceeded")


def inflated(stream: BinaryIO, first: bytes, most: int) -> Iterator[bytes]:
    """Yield what a gzip stream holds (several members are joined), at most `most` bytes in all.

    `first` is what was read of it already. Raises Unreadable where the data is damaged, cut off or a bomb.

    >>> import gzip
    >>> b"".join(inflated(io.BytesIO(), gzip.compress(b"a: 1"), 100))
    b'a: 1'
    """
    import zlib

    growth = Growth("the gzip data", most)
    taken, size, waiting = len(first), 0, first
    try:
        while waiting:
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                part = member.decompress(waiting, _CHUNK)
                size += len(part)
                waiting = member.unconsumed_tail
                growth.check(size=size, taken=taken - len(waiting))
                if part:
                    yield part
                if not waiting and not member.eof:
                    waiting = stream.read(_CHUNK)
                    taken += len(waiting)
                    if not waiting and not part:
                        raise Unreadable("the gzip data is cut off")
            waiting = member.unused_data.lstrip(b"\x00") or stream.read(_CHUNK)
            taken += len(waiting)
    except zlib.error as error:
        raise Unreadable(f"the gzip data is damaged ({error})") from error


class Joined(io.RawIOBase):
    """A stream of the pieces that an iterator yields.

    >>> Joined(iter([b"ab", b"cd"])).read(3)
    b'ab'
    """

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._waiting = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` with what comes next, or with a part of it; returns the number of bytes, 0 at the end."""
        view = memoryview(buffer).cast("B")
        if not self._waiting:
            self._waiting = next(self._parts, b"")
        count = min(len(view), len(self._waiting))
        view[:count] = self._waiting[:count]
        self._waiting = self._waiting[count:]
        return count


def take(stream: BinaryIO, count: int) -> bytes:
    """Return the next `count` bytes, fewer only at the end of the stream.

    >>> take(Joined(iter([b"ab", b"cd", b"ef"])), 5)
    b'abcde'
    """
    parts: list[bytes] = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def refuse_binary(first: bytes) -> None:
    """Raise Unreadable where the beginning of a source holds NUL bytes and is no UTF-16 or UTF-32."""
    first = first[:_PEEK]
    wide = first.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    if b"\x00" in first and not wide:
        raise Unreadable("not text: it holds NUL bytes", "DecodeError")
