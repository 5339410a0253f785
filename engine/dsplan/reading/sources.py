"""Files, folders, standard input and gzip to bytes, one at a time and within bounds.

A folder stands for the manifests below it in sorted order; hidden entries are left out, and links to folders are not
followed (so no loop is possible), while links to files are.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import msgspec

from dsplan.errors import Problem
from dsplan.reading import limits

__all__ = ["STDIN", "Source", "fingerprint", "open_sources", "read_file"]

STDIN: Final = "-"
SUFFIXES: Final = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")
_DESCRIPTORS: Final = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""What a shell hands over for `<(command)`: pipes that somebody is writing to."""
_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 20
_PEEK: Final = 4096


class Source(msgspec.Struct, frozen=True, gc=False):
    """The bytes of one input, decompressed.

    `name` is what problems print; `path` is None for standard input; `stamp` is the file's fingerprint when it was
    read, so that a later look can tell whether it is still the same file.
    """

    name: str
    data: bytes
    path: str | None = None
    stamp: tuple[int, int, int] | None = None


class _Unreadable(Exception):
    def __init__(self, message: str, reason: str = "Unreadable") -> None:
        super().__init__(message)
        self.reason = reason


def open_sources(paths: Iterable[str | os.PathLike[str]], stdin: BinaryIO | None = None) -> Iterator[Source | Problem]:
    """Yield a `Source` for every input, or a `Problem` for one that cannot be read; one file is held at a time.

    `paths` holds files, folders and `-`. A missing or unreadable file, a pipe, socket or device, a broken or circular
    link, damaged gzip data, a file that changes while it is read, and more than the bounds in `limits` each end in one
    problem, and the rest is still read.

    >>> [source.reason for source in open_sources(["no/such/file.yaml"])]
    ['Unreadable']
    """
    total = 0
    for path in paths:
        for found in _files(os.fspath(path)):
            if isinstance(found, Problem):
                yield found
                continue
            source = _open(found, stdin)
            if isinstance(source, Source):
                total += len(source.data)
                if total > limits.MAX_TOTAL_BYTES:
                    message = f"the inputs hold more than {limits.MAX_TOTAL_BYTES >> 20} MiB in all"
                    yield Problem(reason="LimitExceeded", message=message, source=source.name)
                    return
            yield source


def read_file(path: str) -> Source:
    """Return one file's bytes, decompressed.

    Raises `OSError`, or `ValueError` with the reason why the file is refused.
    """
    try:
        return _read(path)
    except _Unreadable as error:
        raise ValueError(str(error)) from error


def fingerprint(status: os.stat_result) -> tuple[int, int, int]:
    """Return (inode, size, time of last change): equal as long as a file was not rewritten."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def _open(path: str, stdin: BinaryIO | None) -> Source | Problem:
    name = "<stdin>" if path == STDIN else path
    try:
        if path == STDIN:
            return Source(name, _bounded(stdin or sys.stdin.buffer))
        if path.startswith(_DESCRIPTORS):
            with open(path, "rb", buffering=0) as stream:
                return Source(name, _bounded(stream))
        return _read(path)
    except _Unreadable as error:
        return Problem(reason=error.reason, message=str(error), source=name)
    except OSError as error:
        return Problem(reason="Unreadable", message=(error.strerror or str(error)).lower(), source=name)
    except ValueError as error:
        return Problem(reason="Unreadable", message=str(error), source=name)


def _read(path: str) -> Source:
    # O_NONBLOCK: opening a pipe must not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise _Unreadable(f"not a regular file but {_kind(before.st_mode)}")
        if before.st_size > limits.MAX_SOURCE_BYTES:
            raise _Unreadable(f"more than {limits.MAX_SOURCE_BYTES >> 20} MiB", "LimitExceeded")
        first = file.read(_PEEK)
        if first.startswith(_GZIP_MAGIC):
            data = _gunzip(file, first)
        else:
            _refuse_binary(first)
            file.seek(0)
            # Files that the kernel makes up say that they are empty.
            data = _take(file, before.st_size) if before.st_size else _bounded(file)
        if fingerprint(os.fstat(descriptor)) != fingerprint(before):
            raise _Unreadable("the file changed while it was read")
    return Source(path, data, path, fingerprint(before))


def _kind(mode: int) -> str:
    names = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFDIR: "a folder",
    }
    return names.get(stat.S_IFMT(mode), "something else")


def _bounded(stream: BinaryIO) -> bytes:
    """Return all of `stream`, decompressed if it is gzip, refusing what is no text early and what is too much."""
    first = _take(stream, _PEEK)
    if first.startswith(_GZIP_MAGIC):
        return _gunzip(stream, first)
    _refuse_binary(first)
    parts, size = [first], len(first)
    while part := stream.read(_CHUNK):
        size += len(part)
        if size > limits.MAX_SOURCE_BYTES:
            raise _Unreadable(f"more than {limits.MAX_SOURCE_BYTES >> 20} MiB", "LimitExceeded")
        parts.append(part)
    return b"".join(parts)


def _take(stream: BinaryIO, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _refuse_binary(first: bytes) -> None:
    wide = first.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    if b"\x00" in first and not wide:
        raise _Unreadable("not text: it holds NUL bytes", "DecodeError")


def _gunzip(stream: BinaryIO, first: bytes) -> bytes:
    """Return the text of a gzip stream (several members are joined); a bomb is refused before it has grown."""
    import zlib

    parts: list[bytes] = []
    taken, size, waiting = len(first), 0, first
    try:
        while waiting:
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                part = member.decompress(waiting, _CHUNK)
                if not parts:
                    _refuse_binary(part[:_PEEK])
                parts.append(part)
                size += len(part)
                waiting = member.unconsumed_tail
                _refuse_bomb(size, taken - len(waiting))
                if not waiting and not member.eof:
                    waiting = stream.read(_CHUNK)
                    taken += len(waiting)
                    if not waiting and not part:
                        raise _Unreadable("the gzip data is cut off")
            waiting = member.unused_data.lstrip(b"\x00") or stream.read(_CHUNK)
            taken += len(waiting)
    except zlib.error as error:
        raise _Unreadable(f"the gzip data is damaged ({error})") from error
    return b"".join(parts)


def _refuse_bomb(size: int, taken: int) -> None:
    if size > limits.MAX_SOURCE_BYTES:
        raise _Unreadable(f"more than {limits.MAX_SOURCE_BYTES >> 20} MiB after decompression", "LimitExceeded")
    if size > limits.MIN_BOMB_BYTES and size > taken * limits.MAX_GZIP_RATIO:
        message = f"the gzip data grows more than {limits.MAX_GZIP_RATIO} times: this looks like a bomb"
        raise _Unreadable(message, "LimitExceeded")


def _files(path: str) -> Iterator[str | Problem]:
    if path == STDIN or path.startswith(_DESCRIPTORS) or not os.path.isdir(path):
        yield path
        return
    walk = _Walk()
    try:
        walk.enter(path, 0)
    except _Unreadable as error:
        message = f"the folder holds {error}: name the ones to read"
        yield Problem(reason=error.reason, message=message, source=path)
        return
    if not walk.found and not walk.problems:
        message = f"the folder holds no manifest ({' '.join('*' + suffix for suffix in SUFFIXES)}, also with .gz)"
        yield Problem(reason="Unreadable", message=message, source=path)
    yield from walk.problems
    yield from sorted(walk.found)


class _Walk:
    """One folder argument, with its bounds."""

    def __init__(self) -> None:
        self.entries = 0
        self.found: list[str] = []
        self.problems: list[Problem] = []

    def enter(self, folder: str, level: int) -> None:
        if level > limits.MAX_DIRECTORY_LEVELS:
            raise _Unreadable(f"more than {limits.MAX_DIRECTORY_LEVELS} levels of folders", "LimitExceeded")
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._look_at(entry, level)
        except OSError as error:
            message = (error.strerror or str(error)).lower()
            self.problems.append(Problem(reason="Unreadable", message=message, source=folder))

    def _look_at(self, entry: os.DirEntry[str], level: int) -> None:
        self.entries += 1
        if self.entries > limits.MAX_DIRECTORY_ENTRIES:
            raise _Unreadable(f"more than {limits.MAX_DIRECTORY_ENTRIES} entries", "LimitExceeded")
        if entry.name.startswith("."):
            return
        if entry.is_dir(follow_symlinks=False):
            self.enter(entry.path, level + 1)
        elif _is_manifest(entry.name) and not (entry.is_symlink() and os.path.isdir(entry.path)):
            self.found.append(entry.path)
            if len(self.found) > limits.MAX_FILES:
                raise _Unreadable(f"more than {limits.MAX_FILES} manifests", "LimitExceeded")


def _is_manifest(name: str) -> bool:
    return name.removesuffix(".gz").endswith(SUFFIXES)
