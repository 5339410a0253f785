"""Where every object came from, and the line of any of its fields, found only when somebody asks.

Nothing but offsets is kept of valid input. To print `file:line:column` of a field, the source is read again, the
object's document is cut out, and the exact path reads that piece with marks.
"""

from __future__ import annotations

import os
from typing import Literal

import msgspec

from dsplan.manifests.field_paths import tree_path
from dsplan.manifests.reading.json_exact import parse_json
from dsplan.manifests.reading.sources import Source, fingerprint, read_file
from dsplan.manifests.reading.text import LineIndex, decode_text
from dsplan.manifests.reading.yaml_exact import Located, parse_yaml

__all__ = ["Origin", "SourceText"]


class SourceText:
    """One source's name, and its text on demand.

    The bytes of a file are not kept but read again; if the file is no longer what it was, there is no text.
    """

    __slots__ = ("_data", "_located", "_path", "_stamp", "name")

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self._path = source.path
        self._stamp = source.stamp
        self._data = source.data if source.path is None else None
        self._located: tuple[int, Located] | None = None

    def text(self) -> str | None:
        """Return the decoded text, None if the file changed or vanished since it was read."""
        data = self._data if self._path is None else self._read_again(self._path)
        text = None if data is None else decode_text(data)
        return text if isinstance(text, str) else None

    def located(self, origin: Origin) -> Located | None:
        """Return the document of `origin` with all places, None without text; the last document asked for is kept."""
        if self._located is not None and self._located[0] == origin.start:
            return self._located[1]
        text = self.text()
        if text is None:
            return None
        located = origin.parse(text)
        self._located = (origin.start, located)
        return located

    def forget(self) -> None:
        """Drop the document that was kept."""
        self._located = None

    def _read_again(self, path: str) -> bytes | None:
        try:
            if fingerprint(os.stat(path)) != self._stamp:
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
        for step in self.pointer:
            node = node[step]
        return located.place(self.pointer + tree_path(field, node, value)) or (self.line, None)

    def parse(self, text: str) -> Located:
        """Return the document in the source's text with the place of everything in it."""
        if self.format == "yaml":
            return parse_yaml(text[self.start : self.end], source=self.source.name, first_line=self.line)
        located, _ = parse_json(text, self.start, source=self.source.name, lines=LineIndex(text))
        return located
