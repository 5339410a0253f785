"""A program that dsplan runs: bounded in time and output, and gone when dsplan is, however that ends."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any

import msgspec

from ..errors import printable

__all__ = ["Finished", "OutOfBounds", "run", "without_tokens"]

_CHUNK = 1 << 16
_KEPT_OF_STDERR = 1 << 16
_PARENT_DEATH_SIGNAL = 1
_SECRETS = re.compile(
    r"(?i)((?:bearer|basic) "
    r"|(?:token|password|secret|api[-_]?key|authorization)[\"']?\s*[=:]\s*[\"']?(?:(?:bearer|basic)\s+)?"
    r"|--token[ =]|://)"
    r"(?:[^\s\"'@/]+:[^\s\"'@/]+(?=@)|(?<!://)[^\s\"',;]+)"
    r"|\beyJ[\w-]+(?:\.[\w-]+)*|\b[\w+=-]{40,}"
)
"""What looks like a token or a password, behind what says that it is one."""


class Finished(msgspec.Struct, frozen=True):
    """How a program ended, and what it said; of stderr the last 64 KiB."""

    code: int
    stdout: bytes
    stderr: bytes


class OutOfBounds(Exception):
    """The program took longer or said more than it may; it was ended."""


def run(words: Sequence[str], *, seconds: float, most_bytes: int) -> Finished:
    """Run a program without input and return what it said.

    Raises OutOfBounds where it is not done in time or says too much, OSError where it cannot be run.
    """
    with subprocess.Popen(  # noqa: S603
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_dying_with_parent(),
    ) as child:
        try:
            out, err = _collected(child, time.monotonic() + seconds, seconds, most_bytes)
            return Finished(child.returncode, out, err)
        finally:
            _end(child)


def _collected(child: subprocess.Popen[bytes], deadline: float, seconds: float, most_bytes: int) -> tuple[bytes, bytes]:
    """Read both streams as they come until they end."""
    parts: dict[Any, list[bytes]] = {child.stdout: [], child.stderr: []}
    size = 0
    with selectors.DefaultSelector() as ready:
        for stream in parts:
            ready.register(stream, selectors.EVENT_READ)
        while ready.get_map():
            events = ready.select(max(0.0, deadline - time.monotonic()))
            if not events:
                raise OutOfBounds(f"is not done after {seconds:g} seconds")
            for key, _ in events:
                part = os.read(key.fd, _CHUNK)
                if not part:
                    ready.unregister(key.fileobj)
                    continue
                if key.fileobj is child.stderr:
                    parts[key.fileobj] = [b"".join((*parts[key.fileobj], part))[-_KEPT_OF_STDERR:]]
                    continue
                size += len(part)
                if size > most_bytes:
                    raise OutOfBounds(f"printed more than {most_bytes >> 20} MiB")
                parts[key.fileobj].append(part)
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise OutOfBounds(f"is not done after {seconds:g} seconds") from None
    return b"".join(parts[child.stdout]), b"".join(parts[child.stderr])


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a program that still runs, with what it started; it has a session of its own."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    for stream in (child.stdout, child.stderr):
        _close(stream)


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        stream.close()


def _dying_with_parent() -> Callable[[], None] | None:
    """Return what lets the kernel end the program when dsplan has ended, even where it was killed; Linux alone can."""
    if sys.platform != "linux":
        return None
    import ctypes

    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def without_tokens(text: str) -> str:
    """Return what a program said in one printable line, without what looks like a token or password.

    >>> without_tokens("401: Bearer abc.def refused\\ntoken=s3cret, https://me:pw@host/")
    '401: Bearer *** refused\\\\ntoken=***, https://***@host/'
    """
    return printable(_SECRETS.sub(lambda found: f"{found[1] or ''}***", text))
