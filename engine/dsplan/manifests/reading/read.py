"""Sources to raw objects: the whole reading pipeline.

    sources -> text -> documents (JSON values, YAML pieces) -> trees -> objects with origins

Everything that can be read is read; every problem is collected. Nothing here knows what a kind means.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from dsplan.errors import Problem
from dsplan.manifests.reading import limits
from dsplan.manifests.reading.chunks import Chunk, cut_yaml, is_json
from dsplan.manifests.reading.json_exact import parse_json, skip_blanks
from dsplan.manifests.reading.objects import RawObject, objects_of
from dsplan.manifests.reading.origins import Origin, SourceText
from dsplan.manifests.reading.sources import Source, open_sources
from dsplan.manifests.reading.text import LineIndex, decode_text
from dsplan.manifests.reading.yaml_exact import parse_yaml
from dsplan.model.world import Note

__all__ = ["Reading", "read", "read_bytes"]


class Reading(msgspec.Struct, frozen=True):
    """What was read: objects in the order of the sources, every problem, and notes on what had to be inferred."""

    objects: list[RawObject]
    problems: list[Problem]
    notes: list[Note]


def read(paths: Iterable[str | os.PathLike[str]], stdin: BinaryIO | None = None) -> Reading:
    """Return the objects of all `paths` (files, folders, `-`), with every problem of every source.

    >>> read(["no/such/file.yaml"]).problems[0].reason
    'Unreadable'
    """
    return _collect(_read_all(paths, stdin))


def read_bytes(data: bytes, name: str = "") -> Reading:
    """Return the objects in `data`: YAML or JSON, one document or many, lists taken apart.

    >>> [item.kind for item in read_bytes(b"apiVersion: v1\\nkind: PodList\\nitems: [{metadata: {name: a}}]").objects]
    ['Pod']
    """
    return _collect(_read_source(Source(name, data)))


def _collect(found: Iterable[RawObject | Problem | Note]) -> Reading:
    reading = Reading([], [], [])
    for item in found:
        if isinstance(item, Problem):
            reading.problems.append(item)
        elif isinstance(item, Note):
            reading.notes.append(item)
        else:
            reading.objects.append(item)
    return reading


def _read_all(paths: Iterable[str | os.PathLike[str]], stdin: BinaryIO | None) -> Iterator[RawObject | Problem | Note]:
    for source in open_sources(paths, stdin):
        if isinstance(source, Problem):
            yield source
        else:
            yield from _read_source(source)


def _read_source(source: Source) -> Iterator[RawObject | Problem | Note]:
    text = decode_text(source.data, source.name)
    if isinstance(text, Problem):
        yield text
        return
    origin_text = SourceText(source)
    problems = 0
    for item in _documents(text, origin_text):
        if isinstance(item, Problem):
            problems += 1
            if problems > limits.MAX_PROBLEMS:
                message = f"more than {limits.MAX_PROBLEMS} problems: the rest of this source is not read"
                yield Problem(reason="LimitExceeded", message=message, source=source.name)
                return
            yield item
        else:
            yield from objects_of(item[0], item[1])


def _documents(text: str, source: SourceText) -> Iterator[tuple[Any, Origin] | Problem]:
    if is_json(text):
        yield from _json_documents(text, source)
        return
    if text.startswith("["):
        # kubectl knows no bare array; most that are found are JSON, and the JSON reader is the one to try first.
        located, end = parse_json(text, 0, source=source.name)
        if not located.problems and skip_blanks(text, end) == len(text):
            yield located.tree, Origin(source, "json", 0, end, 1)
            return
    yield from _yaml_documents(text, source, 0, 1)


def _json_documents(text: str, source: SourceText) -> Iterator[tuple[Any, Origin] | Problem]:
    lines = LineIndex(text)
    offset = skip_blanks(text, 0)
    while offset < len(text):
        line = lines.position(offset)[0]
        if text.startswith("---", offset):
            yield from _yaml_documents(text, source, offset, line)
            return
        located, end = parse_json(text, offset, source=source.name, lines=lines)
        yield from located.problems
        yield located.tree, Origin(source, "json", offset, end, line)
        offset = skip_blanks(text, end)


def _yaml_documents(text: str, source: SourceText, start: int, line: int) -> Iterator[tuple[Any, Origin] | Problem]:
    for chunk in cut_yaml(text, source.name, start=start, line=line):
        if isinstance(chunk, Problem):
            yield chunk
        else:
            yield from _yaml_document(text, chunk, source)


def _yaml_document(text: str, chunk: Chunk, source: SourceText) -> Iterator[tuple[Any, Origin] | Problem]:
    piece = text[chunk.start : chunk.end]
    located = parse_yaml(piece if piece.endswith("\n") else piece + "\n", source=source.name, first_line=chunk.line)
    yield from located.problems
    yield located.tree, Origin(source, "yaml", chunk.start, chunk.end, chunk.line)
