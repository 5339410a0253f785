"""Sources to raw objects: the whole reading pipeline.

    sources -> text -> documents (JSON values, YAML pieces) -> trees -> objects with origins

Everything that can be read is read; every problem is collected. Nothing here knows what a kind means.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, Final, TypeAlias

import msgspec

from dsplan.errors import Problem
from dsplan.model.regex import regex
from dsplan.model.world import Note
from dsplan.reading import limits
from dsplan.reading.chunks import cut_yaml, is_json, looks_like_json
from dsplan.reading.located import Located, cut_path
from dsplan.reading.objects import RawObject, list_without_kind, objects_of
from dsplan.reading.origins import Origin, SourceText
from dsplan.reading.sources import Source, open_sources
from dsplan.reading.text import LineIndex, decode_text, refuse_controls
from dsplan.reading.yaml_fast import NotSure, Pieces, ScalarCache, cut_items, inherited_from, parse_fast

__all__ = ["Found", "Progress", "Reading", "Types", "read", "read_bytes", "stream", "stream_bytes"]

Found: TypeAlias = RawObject | Problem | Note
Types: TypeAlias = Mapping[tuple[str, str], type[msgspec.Struct]]
"""(apiVersion, kind) -> the Struct that objects of that kind are decoded to."""
Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a source's name, how far it is read, and its size."""

_ARRAY_OF_OBJECTS: Final = regex(r"\[\s*\{")
_PROGRESS_STEP: Final = 64
"""List entries between two reports of progress."""


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
    for source in open_sources(paths, stdin):
        if isinstance(source, Problem):
            yield source
        else:
            yield from _read_source(source, exact=exact, types=types, progress=progress)


def stream_bytes(data: bytes, name: str = "", *, exact: bool = False, types: Types | None = None) -> Iterator[Found]:
    """Yield what `read_bytes` collects."""
    return _read_source(Source(name, data), exact=exact, types=types)


def _collect(found: Iterable[Found]) -> Reading:
    reading = Reading([], [], [])
    for item in found:
        if isinstance(item, Problem):
            reading.problems.append(item)
        elif isinstance(item, Note):
            reading.notes.append(item)
        else:
            reading.objects.append(item)
    return reading


def _read_source(
    source: Source, *, exact: bool, types: Types | None = None, progress: Progress | None = None
) -> Iterator[Found]:
    """Yield what one source holds; after `limits.MAX_PROBLEMS` problems the rest is left."""
    problems = 0
    text_of = SourceText(source)
    if progress is not None:
        text_of.reached = partial(progress, source.name)
    for item in _documents(source, text_of, {} if types is None or exact else types, exact=exact):
        problems += isinstance(item, Problem)
        if problems > limits.MAX_PROBLEMS:
            message = f"more than {limits.MAX_PROBLEMS} problems: the rest of this source is not read"
            yield Problem(reason="LimitExceeded", message=message, source=source.name)
            return
        yield item


def _documents(source: Source, text_of: SourceText, types: Types, *, exact: bool) -> Iterator[Found]:
    if not exact and looks_like_json(source.data):
        fast = _fast_json(source.data, text_of, types)
        if fast is not None:
            yield from fast
            return
    text = decode_text(source.data, source.name)
    if isinstance(text, Problem):
        yield text
    elif is_json(text):
        yield from _json_documents(text, text_of, 0, exact=exact)
    elif _ARRAY_OF_OBJECTS.match(text) and (array := _bare_array(text, text_of)) is not None:
        yield from objects_of(array, Origin(text_of, "json", 0, len(text), 1))
    else:
        if not exact and 0 < text.count("\r") == text.count("\r\n"):
            text = text_of.with_plain_line_ends(text)
        yield from _yaml_documents(text, text_of, 0, 1, exact=exact)


def _bare_array(text: str, source: SourceText) -> Any:
    """Return the JSON array that `text` is; kubectl knows none, but other tools' dumps are such."""
    from dsplan.reading.json_exact import parse_json, skip_blanks

    located, end = parse_json(text, 0, source=source.name)
    return None if located.problems or skip_blanks(text, end) != len(text) else located.tree


def _fast_json(data: bytes, source: SourceText, types: Types) -> Iterator[Found] | None:
    """Return the objects of a JSON stream, None for one that the exact path has to read from its beginning."""
    from dsplan.reading.json_fast import is_spotless
    from dsplan.reading.json_objects import typed_objects
    from dsplan.reading.json_typed import decode_list

    if not is_spotless(data):
        return None
    if types and (found := decode_list(data, types)) is not None:
        return typed_objects(found, data, Origin(source, "json", 0, len(data), 1))
    return _cut_json(data, source)


def _cut_json(data: bytes, source: SourceText) -> Iterator[Found]:
    """Yield the objects of a JSON stream; from where the fast path is not sure the exact path goes on."""
    from dsplan.reading.json_fast import broken_far_behind, cut_json
    from dsplan.reading.json_objects import json_objects

    view, mark = memoryview(data), 3 if data.startswith(codecs.BOM_UTF8) else 0
    line, counted, ascii_only = 1, 0, data.isascii()
    for cut in cut_json(data):
        start = cut if isinstance(cut, int) else cut[0]
        line, counted = line + data.count(b"\n", counted, start), start
        # Offsets of origins count characters.
        offset = start - mark if ascii_only else len(data[mark:start].decode("utf-8"))
        if isinstance(cut, int):
            if (broken := broken_far_behind(data, start)) is not None:
                yield _syntax_problem(data, *broken, source)
                return
            text = data[mark:].decode("utf-8")
            yield from _json_documents(text, source, offset, exact=False)
            return
        start, end, envelope = cut
        source.reached(end, len(data))
        length = end - start if ascii_only else len(data[start:end].decode("utf-8"))
        yield from json_objects(envelope, view[start:end], Origin(source, "json", offset, offset + length, line))


def _syntax_problem(data: bytes, at: int, message: str, source: SourceText) -> Problem:
    line, begins = data.count(b"\n", 0, at) + 1, data.rfind(b"\n", 0, at) + 1
    column = len(data[begins:at].decode("utf-8", "replace")) + 1
    return Problem(reason="SyntaxError", message=message, source=source.name, line=line, column=column)


def _json_documents(text: str, source: SourceText, offset: int, *, exact: bool) -> Iterator[Found]:
    from dsplan.reading.json_exact import parse_json, skip_blanks

    lines, offset = LineIndex(text), skip_blanks(text, offset)
    while offset < len(text):
        line = lines.position(offset)[0]
        if text.startswith("---", offset):
            yield from _yaml_documents(text, source, offset, line, exact=exact)
            return
        located, end = parse_json(text, offset, source=source.name, lines=lines)
        yield from located.problems
        origin = Origin(source, "json", offset, end, line)
        source.keep(origin, located)
        yield from objects_of(located.tree, origin)
        source.forget()
        offset = skip_blanks(text, end)
        source.reached(offset, len(text))


def _yaml_documents(text: str, source: SourceText, start: int, line: int, *, exact: bool) -> Iterator[Found]:
    refused = refuse_controls(text, source.name)
    if refused is not None:
        yield refused
        return
    cache: ScalarCache = {}
    for chunk in cut_yaml(text, source.name, start=start, line=line):
        if isinstance(chunk, Problem):
            yield chunk
            continue
        source.reached(chunk.start, len(text))
        piece = text[chunk.start : chunk.end]
        origin = Origin(source, "yaml", chunk.start, chunk.end, chunk.line)
        yield from _exact_yaml(piece, origin) if exact else _yaml_document(piece, origin, cache)


def _yaml_document(text: str, origin: Origin, cache: ScalarCache) -> Iterator[Found]:
    pieces = cut_items(text)
    if pieces is not None:
        yield from _yaml_items(text, pieces, origin, cache)
        return
    tree = parse_fast(text, cache)
    if isinstance(tree, NotSure):
        yield from _exact_yaml(text, origin)
    else:
        yield from objects_of(tree, origin)


def _exact_yaml(text: str, origin: Origin) -> Iterator[Found]:
    located = _parse_yaml(text, origin, origin.line)
    yield from located.problems
    origin.source.keep(origin, located)
    yield from objects_of(located.tree, origin)
    origin.source.forget()


def _yaml_items(text: str, pieces: Pieces, origin: Origin, cache: ScalarCache) -> Iterator[Found]:
    """Yield the objects of a List, entry by entry; one that cannot stand alone makes the document be read whole."""
    line, counted = origin.line, 0
    told: list[Problem] = []
    for index, (start, _) in enumerate(pieces.spans):
        line, counted = line + text.count("\n", counted, start), start
        if index % _PROGRESS_STEP == 0:
            origin.source.reached(origin.start + start, origin.end)
        piece = pieces.piece(text, index)
        tree = parse_fast(piece, cache)
        if isinstance(tree, NotSure):
            located = _parse_yaml(piece, origin, line)
            broken = any(found.reason == "SyntaxError" for found in located.problems)
            if broken and len(text) > limits.MAX_WHOLE_LIST:
                yield from (_inside(problem, index) for problem in located.problems)
                return
            if broken or not pieces.stands_alone(piece):
                yield from _rest_of_list(text, origin, index, told)
                return
            problems = [_inside(problem, index) for problem in located.problems]
            told += problems
            yield from problems
            tree = located.tree
        yield from objects_of(tree, origin.entry(index), pieces.inherited)
    yield from _missing_kind(pieces.frame, origin)


def _missing_kind(tree: Any, origin: Origin) -> Iterator[Note]:
    if isinstance(tree, dict) and "apiVersion" in tree and not tree.get("kind"):
        yield list_without_kind(origin)


def _inside(problem: Problem, index: int) -> Problem:
    """Return a problem of an entry as one of the document."""
    field = f"items[{index}]{'.' if problem.field[:1] not in ('', '[') else ''}{problem.field}"
    return msgspec.structs.replace(problem, field=cut_path(field))


def _rest_of_list(text: str, origin: Origin, index: int, told: list[Problem]) -> Iterator[Found]:
    """Yield the entries from `index` on of a document read whole: an anchor in one entry, an alias in another.

    Problems of the entries before are `told` already.
    """
    located = _parse_yaml(text, origin, origin.line)
    known = set(map(str, told))
    yield from (problem for problem in located.problems if str(problem) not in known)
    yield from _missing_kind(located.tree, origin)
    tree = located.tree if isinstance(located.tree, dict) else {}
    items = tree.get("items")
    for later, item in enumerate(items if isinstance(items, list) else ()):
        if later >= index:
            yield from objects_of(item, origin.entry(later), inherited_from(tree))


def _parse_yaml(text: str, origin: Origin, first_line: int) -> Located:
    """Return `text` read exactly, with the line end that kubectl adds to the last line."""
    from dsplan.reading.yaml_exact import parse_yaml

    return parse_yaml(text if text.endswith("\n") else text + "\n", source=origin.source.name, first_line=first_line)
