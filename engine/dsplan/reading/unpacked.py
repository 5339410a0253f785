"""Archives to sources: what their layout says is read, archives within them are opened, the rest is counted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from dsplan.errors import printable
from dsplan.model.regex import regex
from dsplan.reading import limits
from dsplan.reading.archives import ARCHIVE_SUFFIXES, Entry, archive_kind, tar_entries, zip_entries
from dsplan.reading.bundles import Bundle, Source
from dsplan.reading.layouts import place_of
from dsplan.reading.unpacking import GZIP_MAGIC, Joined, Unreadable, inflated, refuse_binary, take

__all__ = ["archive_kind_of", "archive_sources"]

_PEEK: Final = 4096
_CHART: Final = regex(r"[^/]+/Chart\.yaml")


def archive_kind_of(first: bytes) -> str:
    """Return `tar` or `zip` for the beginning of an archive, packed with gzip or not; empty for anything else.

    >>> archive_kind_of(b"PK\\x03\\x04"), archive_kind_of(b"kind: Pod")
    ('zip', '')
    """
    if not first.startswith(GZIP_MAGIC):
        return archive_kind(first)
    import zlib

    try:
        return archive_kind(zlib.decompressobj(wbits=31).decompress(first, _PEEK))
    except zlib.error:
        return ""


def archive_sources(name: str, kind: str, file: BinaryIO, bundle: Bundle, level: int = 1) -> Iterator[Source]:
    """Yield the manifests in an archive, counting in `bundle` what is passed over.

    `file` is at its beginning; a zip archive needs one that can be searched. Raises Unreadable where the archive is
    damaged or goes beyond a bound, and for a packaged Helm chart.
    """
    if kind == "tar":
        file = _plain_tar(file)

    def wants(path: str) -> bool:
        return place_of(path).reads or (level < limits.MAX_ARCHIVE_LEVELS and path.endswith(ARCHIVE_SUFFIXES))

    for entry in tar_entries(file, wants) if kind == "tar" else zip_entries(file, wants):
        if _CHART.fullmatch(entry.path):
            raise Unreadable("a packaged Helm chart, not its output; run `helm template NAME FILE | dsplan ... -`")
        where = f"{name}:{printable(entry.path)}"
        if entry.refused:
            bundle.refuse(entry.path, entry.refused)
        elif entry.data is not None and entry.path.endswith(ARCHIVE_SUFFIXES):
            yield from _inner(where, entry, bundle, level)
        else:
            yield from _source(where, entry, bundle)


def _plain_tar(file: BinaryIO) -> BinaryIO:
    first = take(file, _PEEK)
    if first.startswith(GZIP_MAGIC):
        return Joined(inflated(file, first, limits.MAX_ARCHIVE_BYTES))  # type: ignore[return-value]
    return Joined(_behind(first, file))  # type: ignore[return-value]


def _behind(first: bytes, rest: BinaryIO) -> Iterator[bytes]:
    yield first
    while part := rest.read(1 << 20):
        yield part


def _inner(name: str, entry: Entry, bundle: Bundle, level: int) -> Iterator[Source]:
    """Yield the manifests of an archive within an archive; one that cannot be read is told of and left."""
    data = entry.data or b""
    try:
        kind = archive_kind_of(data[:_PEEK])
        if kind:
            yield from archive_sources(name, kind, io.BytesIO(data), bundle, level + 1)
        else:
            bundle.leave()
    except Unreadable as error:
        bundle.refuse(entry.path, str(error))


def _source(name: str, entry: Entry, bundle: Bundle) -> Iterator[Source]:
    place = bundle.place(entry.path)
    if entry.data is None:
        bundle.leave()
        return
    try:
        refuse_binary(entry.data)
    except Unreadable:
        bundle.leave()
        return
    bundle.read()
    yield Source(name, entry.data, bundle=bundle, expects=place.expects)
