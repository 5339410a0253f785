"""Where every object came from, and the line of any of its fields, found only when somebody asks.

Nothing but offsets is kept of valid input. To print `file:line:column` of a field, the source is read again, the
object's document is cut out, and the exact path reads that piece with marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec

from dsplan.reading.bundles import Source
from dsplan.reading.located import Located
from dsplan.reading.sources import fingerprint_of, read_file
from dsplan.reading.surroundings import blanked
from dsplan.reading.text import LineIndex, decode_text
from dsplan.reading.tidying import tidied
from dsplan.reading.yaml_fast import cut_items

__all__ = ["Origin", "SourceText"]

LARGE: Final = 1 << 20
"""Characters from which a list document is not parsed whole to find the place of one entry."""


def _nothing(done: int, total: int) -> None:
    """Watch nothing."""


class SourceText:
    """One source's name, and its text on demand.

    The bytes of a file are not kept but read again; if the file is no longer what it was, there is no text.
    """

    __slots__ = (
        "_blanks", "_data", "_lines", "_located", "_path", "_plain", "_spans", "_stamp", "_text", "_tidied",
        "bundle", "expects", "name", "reached",
    )  # fmt: skip

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.bundle = source.bundle
        """The folder or archive that it was found in, None for what the user named."""
        self.expects = source.expects
        """(apiVersion, kind) of objects without kind, where the layout of a bundle says it."""
        self._path = source.path
        self._stamp = source.stamp
        self._data = source.data if source.path is None else None
        self._text: str | None = None
        self._tidied = False
        self._plain = False
        self._blanks: list[tuple[int, int]] = []
        self.reached: Callable[[int, int], None] = _nothing
        """Called with (how far the text is read, its size)."""
        self._located: tuple[tuple[Any, ...], Located] | None = None
        self._lines: LineIndex | None = None
        self._spans: tuple[int, list[tuple[int, int]]] | None = None

    def text(self) -> str | None:
        """Return the decoded text, None if the file changed or vanished since it was read."""
        data = self._data if self._path is None else self._read_again(self._path)
        if data is not None and self._tidied:
            data = tidied(data)[0]
        text = None if data is None else decode_text(data)
        if not isinstance(text, str):
            return None
        text = self.with_plain_line_ends(text) if self._plain else text
        return blanked(text, self._blanks) if self._blanks else text

    def tidied(self) -> None:
        """Remember that the text is read without colours and logs; offsets are from now on those of that text."""
        self._tidied = True

    def blank(self, spans: Iterable[tuple[int, int]]) -> None:
        """Remember parts of the text that are passed over and read as blanks."""
        self._blanks.extend(spans)

    def release(self) -> None:
        """Let go of the bytes of an entry of an archive: from now on only the line of its document is known."""
        self._data = self._text = None

    def with_plain_line_ends(self, text: str) -> str:
        """Return the text with LF for every CRLF, as YAML reads it; offsets are from now on those of this text."""
        self._plain = True
        return text.replace("\r\n", "\n")

    def located(self, origin: Origin) -> Located | None:
        """Return the document of `origin` with all places, None without text; the last document asked for is kept."""
        large = origin.end - origin.start > LARGE
        key = (origin.start, origin.pointer[1:2] if large else ())
        if self._located is not None and self._located[0] in (key, (origin.start, ())):
            return self._located[1]
        if self._text is None:
            self._text = self.text()
        if self._text is None:
            return None
        located = origin.parse(self._text)
        self._located = (key, located)
        return located

    def keep(self, origin: Origin, located: Located) -> None:
        """Remember a document that was just read with all places, for the problems its objects may have."""
        self._located = ((origin.start, ()), located)

    def lines(self, text: str) -> LineIndex:
        """Return the line index of the source's text, made once."""
        if self._lines is None:
            self._lines = LineIndex(text)
        return self._lines

    def spans(self, origin: Origin, text: str) -> list[tuple[int, int]]:
        """Return the offsets of the entries of the list document of `origin`, found once."""
        if self._spans is None or self._spans[0] != origin.start:
            if origin.format == "json":
                spans = _json_spans(text, origin.start, origin.end)
            else:
                pieces = cut_items(text[origin.start : origin.end])
                column = 0 if pieces is None else pieces.column
                found = [] if pieces is None else pieces.spans
                spans = [(origin.start + start + column, origin.start + end) for start, end in found]
            self._spans = (origin.start, spans)
        return self._spans[1]

    def forget(self) -> None:
        """Drop what was kept to find places quickly."""
        self._located = self._lines = self._spans = self._text = None

    def _read_again(self, path: str) -> bytes | None:
        try:
            if fingerprint_of(path) != self._stamp:
                return None
            return read_file(path).data
        except (OSError, ValueError):
            return None


class Origin(msgspec.Struct, frozen=True, gc=False):
    """The piece of a source that one object was read from.

    `start` and `end` are offsets of the document in the source's text, `line` the line it begins at, and `pointer` the
    way from the document to the object (`("items", 3)` inside a List).
    """

    source: SourceText
    format: Literal["yaml", "json"]
    start: int
    end: int
    line: int
    pointer: tuple[str | int, ...] = ()

    def below(self, field: str) -> Origin:
        """Return the origin of what a field of the object holds."""
        return Origin(self.source, self.format, self.start, self.end, self.line, (*self.pointer, field))

    def entry(self, index: int, step: tuple[str, ...] = ("items",)) -> Origin:
        """Return the origin of a list's entry."""
        pointer = (*self.pointer, *step, index)
        return Origin(self.source, self.format, self.start, self.end, self.line, pointer)

    def place(self, field: str = "") -> str:
        """Return `file:line:column` of the object, or of the field at a path as Kubernetes prints it.

        An absent field has the place of the nearest parent that is there. Only `file:line` of the document is known
        once the file has changed.
        """
        line, column = self.position(field)
        return f"{self.source.name}:{line}" if column is None else f"{self.source.name}:{line}:{column}"

    def position(self, field: str = "", value: object = None) -> tuple[int, int | None]:
        """Return (line, column) as in `place`; the column is None where only the document's line is known.

        `value` is the text that was seen there, which tells the entry where the field is a whole map.
        """
        located = self.source.located(self)
        if located is None:
            return self.line, None
        node = located.tree
        try:
            for step in self.pointer[located.skipped :]:
                node = node[step]
        except (KeyError, IndexError, TypeError):
            return self.line, None
        from dsplan.reading.field_paths import tree_path

        pointer = self.pointer[located.skipped :] + tree_path(field, node, value)
        return located.place(pointer) or (self.line, None)

    def parse(self, text: str) -> Located:
        """Return the document in the source's text with the place of everything in it; of a large list one entry."""
        if self.end - self.start > LARGE and self.pointer[:1] == ("items",):
            located = self._parse_entry(text, int(self.pointer[1]))
            if located is not None:
                return located
        if self.format == "yaml":
            from dsplan.reading.yaml_exact import parse_yaml

            return parse_yaml(text[self.start : self.end], source=self.source.name, first_line=self.line)
        from dsplan.reading.json_exact import parse_json

        located, _ = parse_json(text, self.start, source=self.source.name, lines=self.source.lines(text))
        return located

    def _parse_entry(self, text: str, index: int) -> Located | None:
        spans = self.source.spans(self, text)
        if index >= len(spans):
            return None
        start, end = spans[index]
        if self.format == "json":
            from dsplan.reading.json_exact import parse_json

            located, _ = parse_json(text, start, source=self.source.name, lines=self.source.lines(text))
        else:
            from dsplan.reading.yaml_exact import parse_yaml

            line = self.line + text.count("\n", self.start, start)
            indent = start - text.rfind("\n", 0, start) - 1
            piece = f"{' ' * indent} {text[start + 1 : end]}"
            located = parse_yaml(piece, source=self.source.name, first_line=line)
        located.skipped = 2
        return None if located.tree is None else located


def _json_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the offsets of the entries of a JSON list: each is looked for behind the one before it."""
    from dsplan.reading.json_fast import cut_json_items

    try:
        items = cut_json_items(text[start:end].encode())
    except ValueError:
        return []
    spans, at = [], start
    for item in items:
        entry = item.decode()
        at = text.find(entry, at)
        spans.append((at, at + len(entry)))
        at += len(entry)
    return spans
