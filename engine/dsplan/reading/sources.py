"""Files, folders, archives, standard input and gzip to bytes, one at a time and within bounds.

A folder stands for the manifests and archives below it in sorted order, an archive for the manifests in it.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from dsplan.errors import InputError, Problem
from dsplan.model.world import Note
from dsplan.reading import limits
from dsplan.reading.bundles import Bundle, Source
from dsplan.reading.folders import Walk
from dsplan.reading.layouts import MANIFEST_SUFFIXES
from dsplan.reading.unpacking import GZIP_MAGIC, Joined, Unreadable, inflated, refuse_binary
from dsplan.reading.unpacking import take as _take

__all__ = ["STDIN", "Source", "fingerprint", "fingerprint_of", "open_sources", "read_file", "read_whole"]

STDIN: Final = "-"
_PACKED: Final = tuple(f"{suffix}.gz" for suffix in MANIFEST_SUFFIXES)
_WANTED: Final = (*MANIFEST_SUFFIXES, *_PACKED, ".tar", ".tar.gz", ".tgz", ".zip")
_DESCRIPTORS: Final = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
"""What a shell hands over for `<(command)`: pipes that somebody is writing to."""
_USTAR: Final = slice(257, 262)
_PACKERS: Final = (GZIP_MAGIC, b"PK", b"\xfd7", b"BZ", b"\x28\xb5", b"7z")
"""First bytes of what may be an archive; the module that knows them is imported only then."""
_CHUNK: Final = 1 << 20
_PEEK: Final = 4096

Opened = Source | Problem | Note


def open_sources(paths: Iterable[str | os.PathLike[str]], stdin: BinaryIO | None = None) -> Iterator[Opened]:
    """Yield a `Source` for every input, or a `Problem` for one that cannot be read; one file is held at a time.

    `paths` holds files, folders, archives and `-`. A missing or unreadable file, a pipe, socket or device, a broken or
    circular link, damaged data, a file that changes while it is read, and more than the bounds in `limits` each end in
    one problem, and the rest is still read. What was passed over in a folder or archive is told in a `Note` behind it.

    >>> [source.reason for source in open_sources(["no/such/file.yaml"])]
    ['Unreadable']
    """
    total = 0
    for path in paths:
        for source in _open(os.fspath(path), stdin):
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
        with _opened(path) as file:
            before = os.fstat(file.fileno())
            return _plain_file(path, file, before, _take(file, _PEEK))
    except Unreadable as error:
        raise ValueError(str(error)) from error


def read_whole(path: str, stdin: BinaryIO | None = None) -> bytes:
    """Return all that is at a path, `-` for standard input: decompressed, and within the bounds in `limits`.

    Raises InputError with the reason where it cannot be read.
    """
    name = "<stdin>" if path == STDIN else path
    try:
        if path == STDIN:
            return _drained(stdin or standard_input())
        if path.startswith(_DESCRIPTORS):
            with open(path, "rb", buffering=0) as stream:
                return _drained(stream)
        return read_file(path).data
    except (Unreadable, OSError, ValueError) as error:
        raise InputError.of([_problem(error, name)]) from None


def _drained(stream: BinaryIO) -> bytes:
    return _bounded(stream, _take(stream, _PEEK))


def standard_input() -> BinaryIO:
    """Return standard input. Raises Unreadable where the caller has closed it (`<&-`)."""
    if sys.stdin is None:
        raise Unreadable("standard input is closed: there is nothing to read")
    return sys.stdin.buffer


def fingerprint(status: os.stat_result) -> tuple[int, int, int]:
    """Return (inode, size, time of last change): equal as long as a file was not rewritten."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def fingerprint_of(path: str) -> tuple[int, int, int]:
    """Return the fingerprint of the file at a path as it is now. Raises OSError where it cannot be looked at."""
    return fingerprint(os.stat(path))


def _open(path: str, stdin: BinaryIO | None) -> Iterator[Opened]:
    if path != STDIN and not path.startswith(_DESCRIPTORS) and os.path.isdir(path):
        yield from _folder(path)
        return
    name = "<stdin>" if path == STDIN else path
    bundle = Bundle(name, archive=True)
    try:
        yield from _sources(path, name, stdin, bundle)
    except (Unreadable, OSError, ValueError) as error:
        bundle.broken = True
        yield _problem(error, name)
    yield from _told(bundle)


def _problem(error: Exception, name: str) -> Problem:
    if isinstance(error, Unreadable):
        return Problem(reason=error.reason, message=str(error), source=name)
    if isinstance(error, OSError):
        return Problem(reason="Unreadable", message=(error.strerror or str(error)).lower(), source=name)
    return Problem(reason="Unreadable", message=str(error), source=name)


def _told(bundle: Bundle) -> Iterator[Opened]:
    """Yield what is told of a bundle once it is read; nothing where no folder or archive was there."""
    yield from bundle.refused
    if (note := bundle.told()) is not None:
        yield note
    if bundle.is_empty and not bundle.broken:
        yield bundle.nothing()


def _sources(path: str, name: str, stdin: BinaryIO | None, bundle: Bundle) -> Iterator[Opened]:
    """Yield the source that a path names, or those of the archive that it is."""
    if path == STDIN:
        yield from _streamed(name, stdin or standard_input(), bundle)
    elif path.startswith(_DESCRIPTORS):
        with open(path, "rb", buffering=0) as stream:
            yield from _streamed(name, stream, bundle)
    else:
        with _opened(path) as file:
            before = os.fstat(file.fileno())
            first = _take(file, _PEEK)
            if kind := _archive_kind(first):
                from dsplan.reading.unpacked import archive_sources

                file.seek(0)
                yield from archive_sources(name, kind, file, bundle)
            else:
                yield _plain_file(path, file, before, first)


def _archive_kind(first: bytes) -> str:
    """Return what kind of archive a source is by its first bytes, empty for a text."""
    if first[_USTAR] != b"ustar" and not first.startswith(_PACKERS):
        return ""
    from dsplan.reading.unpacked import archive_kind_of

    return archive_kind_of(first)


def _streamed(name: str, stream: BinaryIO, bundle: Bundle) -> Iterator[Opened]:
    first = _take(stream, _PEEK)
    kind = _archive_kind(first)
    if not kind:
        yield Source(name, _bounded(stream, first))
        return
    from dsplan.reading.unpacked import archive_sources

    rest: BinaryIO = Joined(_behind(first, stream))  # type: ignore[assignment]
    if kind == "zip":
        rest = io.BytesIO(b"".join(_at_most(_behind(first, stream))))
    yield from archive_sources(name, kind, rest, bundle)


def _behind(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield first
    while part := stream.read(_CHUNK):
        yield part


def _opened(path: str) -> BinaryIO:
    """Return a regular file, opened; a pipe, device or folder is refused without waiting for it."""
    # O_NONBLOCK: opening a pipe must not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    file = os.fdopen(descriptor, "rb", buffering=0)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        raise Unreadable(f"not a regular file but {_kind(mode)}")
    return file


def _plain_file(path: str, file: BinaryIO, before: os.stat_result, first: bytes) -> Source:
    """Return the text of an open file of which `first` was read, decompressed if it is gzip."""
    if before.st_size > limits.MAX_SOURCE_BYTES:
        raise Unreadable(f"more than {limits.MAX_SOURCE_BYTES >> 20} MiB", "LimitExceeded")
    # Files that the kernel makes up say that they are empty.
    if first.startswith(GZIP_MAGIC) or not before.st_size:
        data = _bounded(file, first)
    else:
        refuse_binary(first)
        file.seek(0)
        data = _take(file, before.st_size)
    if fingerprint(os.fstat(file.fileno())) != fingerprint(before):
        raise Unreadable("the file changed while it was read")
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


def _bounded(stream: BinaryIO, first: bytes) -> bytes:
    """Return all of a stream of which `first` was read, decompressed, refusing what is no text and what is too much."""
    if first.startswith(GZIP_MAGIC):
        return _joined(inflated(stream, first, limits.MAX_SOURCE_BYTES))
    return _joined(_at_most(_behind(first, stream)))


def _joined(parts: Iterator[bytes]) -> bytes:
    first = next(parts, b"")
    refuse_binary(first)
    return b"".join((first, *parts))


def _at_most(parts: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        if size > limits.MAX_SOURCE_BYTES:
            raise Unreadable(f"more than {limits.MAX_SOURCE_BYTES >> 20} MiB", "LimitExceeded")
        yield part


def _folder(folder: str) -> Iterator[Opened]:
    bundle = Bundle(folder)
    try:
        walk = Walk(folder, _WANTED)
    except Unreadable as error:
        message = f"the folder holds {error}: name the ones to read"
        yield Problem(reason=error.reason, message=message, source=folder)
        return
    bundle.broken = bool(walk.problems)
    if not walk.found and not walk.problems:
        shown = " ".join(f"*{suffix}" for suffix in MANIFEST_SUFFIXES)
        message = f"the folder holds no manifest ({shown}, also with .gz) and no archive (.tar .tar.gz .tgz .zip)"
        yield Problem(reason="Unreadable", message=message, source=folder)
        return
    yield from walk.problems
    for other in walk.others:
        bundle.place(os.path.relpath(other, folder))
        bundle.leave()
    for path in walk.found:
        yield from _found(path, os.path.relpath(path, folder).replace(os.sep, "/"), bundle)
    yield from _told(bundle)


def _found(path: str, inner: str, bundle: Bundle) -> Iterator[Opened]:
    """Yield the source that a file in a folder is, or those of the archive that it is."""
    place = bundle.place(inner)
    packed = path.endswith(_WANTED[-4:])
    if not place.reads and not packed:
        bundle.leave()
        return
    try:
        for source in _sources(path, path, None, bundle):
            if packed or not isinstance(source, Source):
                yield source
            else:
                bundle.read()
                yield Source(path, source.data, source.path, source.stamp, bundle, place.expects)
    except (Unreadable, OSError, ValueError) as error:
        if packed:
            bundle.refuse(inner, str(error))
        else:
            bundle.broken = True
            yield _problem(error, path)
