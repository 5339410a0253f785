"""One source to its objects: documents (JSON values, YAML pieces) to trees, and trees to objects with origins.

Lines around the documents that are none of ours are passed over with a note. Everything that can be read is read; every
problem is told. Nothing here knows what a kind means.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from dsplan.errors import Problem
from dsplan.model.regex import regex
from dsplan.model.world import Note
from dsplan.reading import limits
from dsplan.reading.bundles import Source
from dsplan.reading.chunks import cut_yaml, is_json, looks_like_json
from dsplan.reading.foreign import TEMPLATE_HINT, unrendered
from dsplan.reading.located import Located, cut_path
from dsplan.reading.objects import RawObject, list_without_kind, objects_of
from dsplan.reading.origins import Origin, SourceText
from dsplan.reading.surroundings import (
    StrangeLine,
    begins_with_json,
    begins_yaml,
    blanked,
    has_strange_field,
    strange_lines,
    strange_until,
    strange_until_json,
    told,
    told_of,
)
from dsplan.reading.text import LineIndex, decode_text, refuse_controls
from dsplan.reading.tidying import needs_tidying, tidied
from dsplan.reading.yaml_fast import NotSure, Pieces, ScalarCache, cut_items, inherited_from, parse_fast

__all__ = ["Found", "Types", "documents_of"]

Found: TypeAlias = RawObject | Problem | Note
Types: TypeAlias = Mapping[tuple[str, str], type[msgspec.Struct]]
"""(apiVersion, kind) -> the Struct that objects of that kind are decoded to."""

_ARRAY_OF_OBJECTS: Final = regex(r"\[\s*\{")
_PROGRESS_STEP: Final = 64
"""List entries between two reports of progress."""


def documents_of(source: Source, text_of: SourceText, types: Types, *, exact: bool) -> Iterator[Found]:
    """Yield the objects of a source, every problem, and notes on what was inferred and passed over.

    `exact` leaves the fast paths out; `types` are those of large JSON lists that are decoded at once.
    """
    data = source.data
    if not exact and types and (typed := _typed_list(data, text_of, types)) is not None:
        yield from typed
        return
    if needs_tidying(data):
        data, said = tidied(data)
        text_of.tidied()
        yield from (Note(subject=source.name, text=text) for text in said)
    if not exact and looks_like_json(data):
        from dsplan.reading.json_fast import is_spotless

        if is_spotless(data):
            yield from _cut_json(data, text_of)
            return
    if not exact and (array := _fast_array(data, text_of)) is not None:
        yield from array
        return
    text = decode_text(data, source.name)
    if isinstance(text, Problem):
        yield text
    else:
        yield from _text_documents(data, text, text_of, exact=exact)


def _text_documents(data: bytes, text: str, text_of: SourceText, *, exact: bool) -> Iterator[Found]:
    """Yield the objects of a text that no fast path has read; `data` is the same text as UTF-8, or in its encoding."""
    if is_json(text):
        yield from _json_documents(text, text_of, 0, exact=exact)
    elif (start := begins_with_json(text)) is not None:
        yield from told(text[:start], 1, text_of.name)
        yield from _json_behind(data, text, start, text_of, exact=exact)
    elif _ARRAY_OF_OBJECTS.match(text) and _begins_with_array(text):
        yield from _json_documents(text, text_of, 0, exact=exact)
    else:
        if not exact and 0 < text.count("\r") == text.count("\r\n"):
            text = text_of.with_plain_line_ends(text)
        yield from _yaml_documents(text, text_of, 0, 1, exact=exact)


def _begins_with_array(text: str) -> bool:
    """Return whether a text begins with a JSON array, and not with YAML; kubectl knows none, other tools' dumps do."""
    from dsplan.reading.json_exact import parse_json

    return not parse_json(text, 0)[0].problems


def _fast_array(data: bytes, source: SourceText) -> Iterator[Found] | None:
    """Return the objects of a bare JSON array, None for anything else."""
    from dsplan.reading.json_fast import cut_array, is_spotless
    from dsplan.reading.json_objects import entries_of

    if not data.startswith(b"[") or not is_spotless(data) or (items := cut_array(data)) is None:
        return None
    return entries_of(items, Origin(source, "json", 0, len(data), 1), ("", ""), ())


def _json_behind(data: bytes, text: str, start: int, source: SourceText, *, exact: bool) -> Iterator[Found]:
    """Yield the objects of the JSON that begins at `start` of a text, behind lines that are none of ours."""
    from dsplan.reading.json_fast import is_spotless

    if exact or not is_spotless(data) or text[start] == "[":
        yield from _json_documents(text, source, start, exact=exact)
        return
    yield from _cut_json(data, source, len(text[:start].encode()) + (3 if data.startswith(codecs.BOM_UTF8) else 0))


def _typed_list(data: bytes, source: SourceText, types: Types) -> Iterator[Found] | None:
    """Return the objects of a large JSON list of one kind, decoded at once; None for anything else."""
    from dsplan.reading.json_fast import is_spotless
    from dsplan.reading.json_objects import typed_objects
    from dsplan.reading.json_typed import decode_list

    if len(data) <= limits.MAX_CHECKED_JSON or not looks_like_json(data) or not is_spotless(data):
        return None
    if (found := decode_list(data, types)) is None:
        return None
    return typed_objects(found, data, Origin(source, "json", 0, len(data), 1))


def _cut_json(data: bytes, source: SourceText, begin: int = 0) -> Iterator[Found]:
    """Yield the objects of a JSON stream; from where the fast path is not sure the exact path goes on."""
    from dsplan.reading.json_fast import broken_far_behind, cut_json
    from dsplan.reading.json_objects import json_objects

    view, mark = memoryview(data), 3 if data.startswith(codecs.BOM_UTF8) else 0
    line, counted, ascii_only = 1, 0, data.isascii()
    strange: int | None = begin
    while strange is not None:
        begin, strange = strange, None
        for cut in cut_json(data, begin):
            start = cut if isinstance(cut, int) else cut[0]
            line, counted = line + data.count(b"\n", counted, start), start
            # Offsets of origins count characters.
            offset = start - mark if ascii_only else len(data[mark:start].decode("utf-8"))
            if not isinstance(cut, int):
                start, end, envelope = cut
                source.reached(end, len(data))
                length = end - start if ascii_only else len(data[start:end].decode("utf-8"))
                origin = Origin(source, "json", offset, offset + length, line)
                yield from json_objects(envelope, view[start:end], origin)
            elif (strange := strange_until_json(data, start)) is not None:
                yield from told(data[start:strange].decode("utf-8", "replace"), line, source.name)
            elif (broken := broken_far_behind(data, start)) is not None:
                yield _syntax_problem(data, *broken, source)
            else:
                yield from _json_documents(data[mark:].decode("utf-8"), source, offset, exact=False)


def _syntax_problem(data: bytes, at: int, message: str, source: SourceText) -> Problem:
    line, begins = data.count(b"\n", 0, at) + 1, data.rfind(b"\n", 0, at) + 1
    column = len(data[begins:at].decode("utf-8", "replace")) + 1
    return Problem(reason="SyntaxError", message=message, source=source.name, line=line, column=column)


def _json_documents(text: str, source: SourceText, offset: int, *, exact: bool) -> Iterator[Found]:
    from dsplan.reading.json_exact import parse_json, skip_blanks

    lines, offset = LineIndex(text), skip_blanks(text, offset)
    while offset < len(text):
        line = lines.position(offset)[0]
        if begins_yaml(text, offset):
            yield from _yaml_documents(text, source, offset, line, exact=exact)
            return
        if (behind := strange_until(text, offset)) is not None:
            yield from told(text[offset:behind], line, source.name)
            offset = skip_blanks(text, behind)
            continue
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
    if pieces is not None and not has_strange_field(pieces.frame):
        yield from _yaml_items(text, pieces, origin, cache)
        return
    tree = parse_fast(text, cache)
    if isinstance(tree, NotSure):
        yield from _exact_yaml(text, origin, cache)
    elif _is_ours(tree) or not strange_lines(text):
        yield from objects_of(tree, origin)
    else:
        yield from _exact_yaml(text, origin, cache)


def _is_ours(tree: Any) -> bool:
    """Return whether a tree is an object or a list of some, and not what lines around objects make when parsed."""
    if isinstance(tree, dict):
        return bool(tree.get("kind")) and not has_strange_field(tree)
    return not isinstance(tree, str)


def _exact_yaml(text: str, origin: Origin, cache: ScalarCache | None = None) -> Iterator[Found]:
    """Yield the objects of a document read exactly; where that fails, without the lines that are none of ours.

    With a `cache` the document without those lines is read at full speed. Of a large document they are left out at
    once, since the exact path would take long to fail.
    """
    strange = strange_lines(text) if len(text) > limits.MAX_WHOLE_LIST else []
    if not strange:
        located = _parse_yaml(text, origin, origin.line)
        broken = any(problem.reason == "SyntaxError" for problem in located.problems)
        actions = any(TEMPLATE_HINT in problem.message for problem in located.problems)
        if (broken or actions) and (template := unrendered(text)) is not None:
            yield _at(text, origin, *template)
            return
        if not broken and _is_ours(located.tree):
            yield from _located(located, origin)
            return
        strange = strange_lines(text)
        if not strange or not _reads_without(text, strange, origin, cache):
            yield from _located(located, origin)
            return
    yield from _without(text, strange, origin, cache)


def _reads_without(text: str, strange: Sequence[StrangeLine], origin: Origin, cache: ScalarCache | None) -> bool:
    """Return whether a document is sound once the strange lines are left out."""
    plain = blanked(text, [(line.start, line.end) for line in strange])
    tree: Any = NotSure() if cache is None else parse_fast(plain, cache)
    if not isinstance(tree, NotSure):
        return _is_ours(tree)
    located = _parse_yaml(plain, origin, origin.line)
    return _is_ours(located.tree) and not any(problem.reason == "SyntaxError" for problem in located.problems)


def _without(text: str, strange: Sequence[StrangeLine], origin: Origin, cache: ScalarCache | None) -> Iterator[Found]:
    """Yield the objects of a document without its strange lines, and a note for each of those."""
    origin.source.blank((origin.start + line.start, origin.start + line.end) for line in strange)
    yield from told_of(strange, text, origin.line, origin.source.name)
    plain = blanked(text, [(line.start, line.end) for line in strange])
    if not plain.strip():
        return
    if cache is not None:
        yield from _yaml_document(plain, origin, cache)
    else:
        yield from _located(_parse_yaml(plain, origin, origin.line), origin)


def _at(text: str, origin: Origin, offset: int, message: str) -> Problem:
    line, begins = origin.line + text.count("\n", 0, offset), text.rfind("\n", 0, offset) + 1
    column = offset - begins + 1
    return Problem(reason="SyntaxError", message=message, source=origin.source.name, line=line, column=column)


def _located(located: Located, origin: Origin) -> Iterator[Found]:
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
