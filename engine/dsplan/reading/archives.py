"""tar and zip archives to (path, bytes), one entry at a time, in bounded memory; nothing is ever unpacked to disk.

Entries that are no regular files, and those whose path leaves the archive, are passed over. How much an archive may
grow, how many entries it may have and how long a header may be is bounded in `limits`.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import msgspec

from dsplan.reading import limits
from dsplan.reading.unpacking import GZIP_MAGIC, Growth, Joined, Unreadable, inflated, take

__all__ = ["ARCHIVE_SUFFIXES", "Entry", "archive_kind", "tar_entries", "zip_entries"]

ARCHIVE_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz", ".zip")
_ZIP_MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_SIZE: Final = 22
_ZIP_COMMENT: Final = 1 << 16
_USTAR: Final = slice(257, 262)
_BLOCK: Final = 1 << 16
_CHUNK: Final = 1 << 20
_LONG_HEADER: Final = f"tar headers of more than {limits.MAX_HEADER_BYTES >> 20} MiB"
_OTHER_PACKERS: Final = {
    b"\xfd7zXZ\x00": ("xz", "xz -dc"),
    b"BZh": ("bzip2", "bzip2 -dc"),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd -dc"),
    b"7z\xbc\xaf\x27\x1c": ("7-Zip", "7z x"),
}


class Entry(msgspec.Struct, frozen=True):
    """One regular file of an archive: its path within it, and its bytes, None where nobody wanted them.

    `refused` says why the entry is not read at all, empty for all others.
    """

    path: str
    data: bytes | None = None
    refused: str = ""


def archive_kind(first: bytes) -> str:
    """Return `tar` or `zip` for the beginning of such an archive, empty for anything else.

    Raises Unreadable for what is packed in a way that is not read, with the command that unpacks it.

    >>> archive_kind(b"PK\\x03\\x04..."), archive_kind(b"apiVersion: v1")
    ('zip', '')
    """
    if first.startswith(_ZIP_MAGICS):
        return "zip"
    for magic, (name, command) in _OTHER_PACKERS.items():
        if first.startswith(magic):
            raise Unreadable(f"packed with {name}, which is not read: unpack it first ({command} FILE)")
    return "tar" if first[_USTAR] == b"ustar" else ""


def tar_entries(stream: BinaryIO, wants: Callable[[str], bool]) -> Iterator[Entry]:
    """Yield the regular files of a tar stream; only those that are wanted are held, one at a time.

    Raises Unreadable where the archive is damaged or goes beyond a bound.
    """
    counted = _Counted(stream)
    try:
        with tarfile.open(fileobj=counted, mode="r|", bufsize=_BLOCK) as archive:
            number = 0
            while (member := archive.next()) is not None:
                number += 1
                if number > limits.MAX_ARCHIVE_ENTRIES:
                    raise Unreadable(f"more than {limits.MAX_ARCHIVE_ENTRIES:,} entries", "LimitExceeded")
                if sum(map(len, archive.pax_headers.values())) > limits.MAX_HEADER_BYTES:
                    raise Unreadable(_LONG_HEADER, "LimitExceeded")
                counted.allow(member.size + limits.MAX_HEADER_BYTES)
                if member.isreg() and not member.issparse():
                    yield _tar_entry(archive, member, wants)
                archive.members.clear()  # type: ignore[attr-defined]
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise Unreadable(f"the tar archive is damaged or cut off ({error})") from error


def _tar_entry(archive: tarfile.TarFile, member: tarfile.TarInfo, wants: Callable[[str], bool]) -> Entry:
    refused = _refusal(member.name, member.size)
    if refused or not wants(member.name):
        return Entry(member.name, refused=refused)
    content = archive.extractfile(member)
    data = take(content, member.size) if content is not None else b""  # type: ignore[arg-type]
    if len(data) < member.size:
        raise Unreadable("the tar archive is cut off")
    return _plain(member.name, data)


def zip_entries(file: BinaryIO, wants: Callable[[str], bool]) -> Iterator[Entry]:
    """Yield the files of a zip archive; what nobody wants is not unpacked.

    Raises Unreadable where the archive is damaged, encrypted or goes beyond a bound.
    """
    _refuse_long_directory(file)
    left = limits.MAX_ARCHIVE_BYTES
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > limits.MAX_ARCHIVE_ENTRIES:
                raise Unreadable(f"more than {limits.MAX_ARCHIVE_ENTRIES:,} entries", "LimitExceeded")
            for info in infos:
                if info.is_dir():
                    continue
                entry = _zip_entry(archive, info, wants, left)
                left -= len(entry.data or b"")
                yield _plain(entry.path, entry.data) if entry.data is not None else entry
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError, OverflowError) as error:
        raise Unreadable(f"the zip archive is damaged or of a kind that is not read ({error})") from error


def _zip_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, wants: Callable[[str], bool], left: int) -> Entry:
    name = info.filename
    refused = _refusal(name, info.file_size) or ("encrypted" if info.flag_bits & 1 else "")
    if refused or not wants(name):
        return Entry(name, refused=refused)
    import zlib

    growth = Growth("the zip data", left)
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(info) as content:
            while part := content.read(_CHUNK):
                parts.append(part)
                size += len(part)
                growth.check(size=size, taken=info.compress_size)
    except zlib.error as error:
        raise Unreadable(f"the zip archive is damaged ({error})") from error
    return Entry(name, b"".join(parts))


def _refuse_long_directory(file: BinaryIO) -> None:
    """Raise Unreadable where the list of entries at the end, which is read whole, is missing or too long."""
    size = file.seek(0, io.SEEK_END)
    start = file.seek(max(0, size - _ZIP_COMMENT - _ZIP_END_SIZE))
    end = file.read(size - start)
    at = end.rfind(_ZIP_END)
    file.seek(0)
    if at < 0 or at + _ZIP_END_SIZE > len(end):
        raise Unreadable("the zip archive is cut off: its list of entries is missing")
    if int.from_bytes(end[at + 12 : at + 16], "little") > limits.MAX_ZIP_DIRECTORY:
        raise Unreadable(
            f"the zip archive's list of entries is longer than {limits.MAX_ZIP_DIRECTORY >> 20} MiB", "LimitExceeded"
        )


def _refusal(name: str, size: int) -> str:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or parts[0][1:2] == ":":
        return "its path leaves the archive"
    if len(name) > limits.MAX_PATH:
        return f"its path has more than {limits.MAX_PATH:,} characters"
    if size > limits.MAX_SOURCE_BYTES:
        return f"more than {limits.MAX_SOURCE_BYTES >> 20} MiB"
    return ""


def _plain(name: str, data: bytes) -> Entry:
    """Return an entry with its content unpacked where it is gzip itself, and is no archive."""
    if not data.startswith(GZIP_MAGIC) or name.endswith(ARCHIVE_SUFFIXES):
        return Entry(name, data)
    try:
        return Entry(name, b"".join(inflated(io.BytesIO(), data, limits.MAX_SOURCE_BYTES)))
    except Unreadable as error:
        return Entry(name, refused=str(error))


class _Counted(Joined):
    """A stream that refuses to be read further than was allowed: a tar header may claim any length."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(iter(()))
        self._stream = stream
        self._left = limits.MAX_HEADER_BYTES

    def allow(self, count: int) -> None:
        """Allow `count` bytes from here on."""
        self._left = count + 2 * _BLOCK

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes."""
        data = self._stream.read(_BLOCK if size is None or size < 0 else size)
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable(_LONG_HEADER, "LimitExceeded")
        return data
