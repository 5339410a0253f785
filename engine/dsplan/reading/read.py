"""Sources to raw objects: the whole reading pipeline.

    sources -> text -> documents (JSON values, YAML pieces) -> trees -> objects with origins

Everything that can be read is read; every problem is collected. Nothing here knows what a kind means.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import BinaryIO, TypeAlias

import msgspec

from dsplan.errors import Problem
from dsplan.model.world import Note
from dsplan.reading import limits
from dsplan.reading.bundles import Bundle, Source
from dsplan.reading.documents import Found, Types, documents_of
from dsplan.reading.judged import judged
from dsplan.reading.objects import RawObject
from dsplan.reading.origins import SourceText
from dsplan.reading.sources import open_sources

__all__ = ["Found", "Progress", "Reading", "Types", "read", "read_bytes", "stream", "stream_bytes"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a source's name, how far it is read, and its size."""


class Reading(msgspec.Struct, frozen=True):
    """What was read: objects in the order of the sources, every problem, and notes on what had to be inferred."""

    objects: list[RawObject]
    problems: list[Problem]
    notes: list[Note]


def read(paths: Iterable[str | os.PathLike[str]], stdin: BinaryIO | None = None, *, exact: bool = False) -> Reading:
    """Return the objects of all `paths` (files, folders, `-`), with every problem of every source.

    `exact` leaves the fast paths out; the result is the same.

    >>> read(["no/such/file.yaml"]).problems[0].reason
    'Unreadable'
    """
    return _collect(stream(paths, stdin, exact=exact))


def read_bytes(data: bytes, name: str = "", *, exact: bool = False) -> Reading:
    """Return the objects in `data`: YAML or JSON, one document or many, lists taken apart.

    >>> [item.kind for item in read_bytes(b"apiVersion: v1\\nkind: PodList\\nitems: [{metadata: {name: a}}]").objects]
    ['Pod']
    """
    return _collect(stream_bytes(data, name, exact=exact))


def stream(
    paths: Iterable[str | os.PathLike[str]],
    stdin: BinaryIO | None = None,
    *,
    exact: bool = False,
    types: Types | None = None,
    progress: Progress | None = None,
) -> Iterator[Found]:
    """Yield what `read` collects, one after the other, so that a dump need not be held as raw trees.

    A large JSON list of one kind in `types` ((apiVersion, kind) -> Struct) is decoded to typed objects at once.
    """
    bundle: Bundle | None = None
    kept = 0
    for source in open_sources(paths, stdin):
        if not isinstance(source, Source):
            yield source
            continue
        if source.bundle is not bundle:
            yield from _empty(bundle)
            bundle = source.bundle
        text_of = SourceText(source)
        yield from _read_source(source, text_of, exact=exact, types=types, progress=progress)
        if source.bundle is not None and source.path is None:
            kept += len(source.data)
            if kept > limits.MAX_KEPT_BYTES:
                text_of.release()
    yield from _empty(bundle)


def _empty(bundle: Bundle | None) -> Iterator[Problem]:
    """Yield the problem of a folder or archive in which no object was found, and nothing else was told of it."""
    if bundle is not None and not bundle.objects and not bundle.broken:
        yield bundle.nothing()


def stream_bytes(data: bytes, name: str = "", *, exact: bool = False, types: Types | None = None) -> Iterator[Found]:
    """Yield what `read_bytes` collects."""
    source = Source(name, data)
    return _read_source(source, SourceText(source), exact=exact, types=types)


def _collect(found: Iterable[Found]) -> Reading:
    reading = Reading([], [], [])
    for item in found:
        if isinstance(item, Problem):
            reading.problems.append(item)
        elif isinstance(item, RawObject):
            reading.objects.append(item)
        else:
            reading.notes.append(item)
    return reading


def _read_source(
    source: Source,
    text_of: SourceText,
    *,
    exact: bool,
    types: Types | None = None,
    progress: Progress | None = None,
) -> Iterator[Found]:
    """Yield what one source holds; after `limits.MAX_PROBLEMS` problems the rest is left."""
    if progress is not None:
        text_of.reached = partial(progress, source.name)
    found = documents_of(source, text_of, {} if types is None or exact else types, exact=exact)
    yield from judged(source, found)
