"""One YAML document, read exactly as kubectl reads it, with the place of everything: the slow path.

libyaml (through PyYAML's events) is the scanner, as go-yaml is a port of it; where the two differ the text or the event
is adjusted here. What a scalar means is decided in `scalars`, never by PyYAML. No recursion, and every bound is checked
while events arrive, so hostile input ends early. Apart from broken syntax, reading goes on after an error.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, Final

from dsplan.errors import Problem
from dsplan.model.regex import regex
from dsplan.reading import limits
from dsplan.reading.foreign import TEMPLATE_HINT
from dsplan.reading.libyaml_errors import TOO_DEEP, refused_colon, told
from dsplan.reading.located import Located, Marks, Place, field_path
from dsplan.reading.map_keys import WrittenKey, WrittenKeys, written_key
from dsplan.reading.scalars import Resolved, ScalarError, as_json_value, as_map_key, resolve

__all__ = ["parse_yaml"]

_MERGE: Final = "<<"
# libyaml refuses `{a:}` where go-yaml reads the key "a:"; the colon is hidden from libyaml behind a private character.
_HIDDEN_COLON: Final = "\uf8f0"
_MAX_ADJUSTED: Final = 50
_LOCAL_TAG: Final = regex(r"(?:&\S+\s+)?!(?:\s|$)")
_TAG_AND_COMMA: Final = regex(r"(?:&\S+\s+)?![^\s,]*,")
_BAD_ESCAPE: Final = regex(r"\\(?:[^/]|(/))", re.DOTALL)


def parse_yaml(text: str, *, source: str = "", first_line: int = 1) -> Located:
    """Return the first document of `text` as a JSON-like tree with marks, and every problem that was found.

    `text` is one chunk between `---` lines (kubectl cuts them out first). `first_line` is its line in the source. The
    tree is None for an empty document and where the syntax is broken (then `problems` says so). (X12)

    >>> parse_yaml("a: 010\\nyes: ~\\n").tree
    {'a': 8, 'true': None}
    >>> print(parse_yaml("a: 1\\na: 2\\n", source="x.yaml").problems[0])
    x.yaml:2:1: a: key "a" already set in map
    """
    may_hide = _HIDDEN_COLON not in text
    for left in reversed(range(_MAX_ADJUSTED)):
        composer = _Composer(text, source, first_line, may_adjust=left > 0, may_hide=may_hide)
        adjusted = composer.attempt()
        if adjusted is None:
            break
        text = adjusted
    return composer.located()


class _Stop(Exception):
    """The document is given up; the problem is already noted."""


class _Adjusted(Exception):
    """The text has to be read again with one character exchanged."""

    def __init__(self, offset: int, character: str) -> None:
        self.offset = offset
        self.character = character


class _Frame:
    """A mapping or sequence that is being filled."""

    __slots__ = (
        "anchor",
        "as_key",
        "braces",
        "height",
        "key",
        "key_place",
        "merges",
        "place",
        "size",
        "value",
        "waits_for_key",
        "written",
    )

    def __init__(self, value: dict[str, Any] | list[Any], place: Place, anchor: str | None, *, as_key: bool) -> None:
        self.value = value
        self.place = place
        self.anchor = anchor
        self.as_key = as_key
        self.key: str | None = None
        self.written: WrittenKey = ("str", "")
        self.key_place = place
        self.waits_for_key = isinstance(value, dict)
        self.merges = False
        self.braces = False
        self.size = 1
        self.height = 1


class _Anchored:
    """What an alias stands for: the value, the scalar before it became JSON, its size in nodes and its height."""

    __slots__ = ("height", "scalar", "size", "value")

    def __init__(self, value: Any, scalar: Resolved, size: int, height: int) -> None:
        self.value = value
        self.scalar = scalar
        self.size = size
        self.height = height


class _Composer:
    """Turns the events of one document into a tree; a stack instead of recursion."""

    def __init__(self, text: str, source: str, first_line: int, *, may_adjust: bool, may_hide: bool) -> None:
        self.text = text
        self.source = source
        self.first_line = first_line
        self.may_adjust = may_adjust
        self.may_hide = may_hide
        self.stack: list[_Frame] = []
        self.flow: list[bool] = []
        self.root: Any = None
        self.root_place: Place | None = None
        self.marks: Marks = {}
        self.keys = WrittenKeys()
        self.anchors: dict[str, _Anchored | None] = {}
        self.alias_nodes = 0
        self.values = 0
        self.problems: list[Problem] = []

    def located(self) -> Located:
        if self.root_place is not None:
            self.marks[0] = {0: (self.root_place, self.root_place)}
        return Located(self.root, self.marks, self.problems)

    def attempt(self) -> str | None:
        """Read the document; returns the text to read instead where libyaml and go-yaml differ, None when done."""
        import yaml

        try:
            self._run()
        except _Adjusted as adjusted:
            return f"{self.text[: adjusted.offset]}{adjusted.character}{self.text[adjusted.offset + 1 :]}"
        except yaml.MarkedYAMLError as error:
            colon = refused_colon(error, self.text)
            if colon is not None and self.may_adjust and self.may_hide:
                return f"{self.text[:colon]}{_HIDDEN_COLON}{self.text[colon + 1 :]}"
            reason, message = told(error)
            self._note(message, error.problem_mark or error.context_mark, reason)
        except yaml.YAMLError as error:
            self._note(f"not YAML: {error}".splitlines()[0], None)
        except _Stop:
            pass
        return None

    def _note(self, message: str, mark: Any, reason: str = "SyntaxError") -> None:
        """Note the error that ends the document, and drop what was read of it."""
        self.root = None
        with contextlib.suppress(_Stop):
            self.problem(reason, message, mark)

    def _run(self) -> None:
        """Read the first document; whatever follows it is not looked at, as in kubectl."""
        from yaml import events as ev

        for event in self._events():
            kind = type(event)
            if kind is ev.ScalarEvent:
                self._scalar(event)
            elif kind is ev.MappingStartEvent:
                self._open({}, event)
            elif kind is ev.SequenceStartEvent:
                self._open([], event)
            elif kind is ev.MappingEndEvent or kind is ev.SequenceEndEvent:
                self._close()
            elif kind is ev.AliasEvent:
                self._alias(event)
            elif kind is ev.DocumentStartEvent:
                self._check_version(event)
            elif kind is ev.DocumentEndEvent:
                return

    def _events(self) -> Iterator[Any]:
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return iter(yaml.parse(self.text, Loader=loader))

    # Values

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        plain = event.style is None or event.style == ""
        if self.may_hide and _HIDDEN_COLON in text:
            text = text.replace(_HIDDEN_COLON, ":")
        if plain and event.start_mark.index == event.end_mark.index and not event.tag and not event.anchor:
            self._deliver(None, None, event, 1, 1)
            return
        self._check_source(event, text, plain=plain)
        tag: str = event.tag or ""
        if not tag and _LOCAL_TAG.match(self.text, event.start_mark.index):
            tag = "!"
        if text == _MERGE and plain and tag in ("", "!", "tag:yaml.org,2002:merge") and self._wants_key():
            self._take_key(_MERGE, event, merges=True)
            return
        try:
            resolved = resolve(text, tag, plain=plain)
        except ScalarError as error:
            self.problem("DecodeError", str(error), event.start_mark, value=text)
            resolved = None if not self._wants_key() else text
        self._deliver_scalar(resolved, event)

    def _deliver_scalar(self, resolved: Resolved, event: Any) -> None:
        value: Resolved = None
        try:
            value = as_json_value(resolved)
        except ScalarError as error:
            if not self._wants_key():
                self.problem("DecodeError", str(error), event.start_mark, value=event.value)
        self._deliver(value, resolved, event, 1, 1)

    def _deliver(self, value: Any, scalar: Resolved, event: Any, size: int, height: int) -> None:
        if event.anchor and not _is_alias(event):
            self.anchors[event.anchor] = _Anchored(value, scalar, size, height)
        if self._wants_key():
            if isinstance(value, dict | list):
                self._refuse_key(event.start_mark)
                return
            try:
                self._take_key(as_map_key(scalar), event, merges=False)
                self.stack[-1].written = written_key(scalar)
            except ScalarError as error:
                self.problem("DecodeError", f"unsupported map key: {error}", event.start_mark)
                self._refuse_key(None)
            return
        self._put(value, self._place(event.start_mark), size, height, from_alias=_is_alias(event))

    def _open(self, value: dict[str, Any] | list[Any], event: Any) -> None:
        if len(self.stack) >= limits.MAX_DEPTH:
            self.problem("LimitExceeded", TOO_DEEP, event.start_mark)
            raise _Stop
        if event.anchor:
            self.anchors[event.anchor] = None
        frame = _Frame(value, self._place(event.start_mark), event.anchor, as_key=self._wants_key())
        frame.braces = frame.as_key and self.text.startswith("{", event.start_mark.index)
        self.stack.append(frame)
        self.flow.append(bool(event.flow_style))
        self.marks[id(value)] = {}
        self.keys.opened(value)

    def _close(self) -> None:
        frame = self.stack.pop()
        self.flow.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = _Anchored(frame.value, None, frame.size, frame.height)
        if frame.as_key:
            template = f" ({TEMPLATE_HINT})" if frame.braces else ""
            message = f"invalid map key: a key must be a scalar{template}"
            self.problem("DecodeError", message, None, place=frame.place)
            self._refuse_key(None)
            return
        self._put(frame.value, frame.place, frame.size, frame.height, from_alias=False)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            self.problem("SyntaxError", f"unknown anchor '{event.anchor}' referenced", event.start_mark)
            raise _Stop
        target = self.anchors[event.anchor]
        if target is None:
            self.problem("SyntaxError", f"anchor '{event.anchor}' value contains itself", event.start_mark)
            raise _Stop
        self.alias_nodes += target.size
        if self.alias_nodes > limits.MAX_ALIAS_NODES:
            message = f"document contains excessive aliasing (over {limits.MAX_ALIAS_NODES} nodes)"
            self.problem("LimitExceeded", message, event.start_mark)
            raise _Stop
        if len(self.stack) + target.height > limits.MAX_DEPTH:
            self.problem("LimitExceeded", TOO_DEEP, event.start_mark)
            raise _Stop
        self._deliver(self._copy(target.value), target.scalar, event, target.size, target.height)

    def _copy(self, value: Any) -> Any:
        """Return a copy that shares nothing; its marks point to where the anchor wrote them."""
        if not isinstance(value, dict | list):
            return value
        items = value.items() if isinstance(value, dict) else enumerate(value)
        copied = {key: self._copy(child) for key, child in items}
        result = copied if isinstance(value, dict) else list(copied.values())
        self.marks[id(result)] = self.marks[id(value)]
        self.keys.copied(value, result)
        return result

    # Containers

    def _wants_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].waits_for_key

    def _take_key(self, key: str, event: Any, *, merges: bool) -> None:
        frame = self.stack[-1]
        frame.key, frame.merges, frame.waits_for_key = key, merges, False
        frame.key_place = self._place(event.start_mark)

    def _refuse_key(self, mark: Any) -> None:
        """Go on after a key that cannot be one: its value is read and dropped."""
        if mark is not None:
            self.problem("DecodeError", "invalid map key: a key must be a scalar", mark)
        frame = self.stack[-1]
        frame.key, frame.merges, frame.waits_for_key = None, False, False

    def _put(self, value: Any, place: Place, size: int, height: int, *, from_alias: bool) -> None:
        if not self.stack:
            self.root, self.root_place = value, place
            return
        self.values += 1
        if self.values > limits.MAX_VALUES:
            self._check_values(place)
        frame = self.stack[-1]
        frame.size += size
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.value, list):
            self.marks[id(frame.value)][len(frame.value)] = (place, place)
            frame.value.append(value)
            return
        if frame.merges:
            self._merge(frame, value, place, from_alias=from_alias)
        elif frame.key is not None:
            self._set(frame.value, frame.key, frame.written, value, (frame.key_place, place))
        frame.waits_for_key = True

    def _check_values(self, place: Place) -> None:
        outermost = self.stack[0]
        most = limits.most_values(len(self.text), listed=outermost.key == "items" or isinstance(outermost.value, list))
        if self.values > most:
            self.problem("LimitExceeded", f"more than {most:,} values in one document", None, place=place)
            raise _Stop

    def _merge(self, frame: _Frame, value: Any, place: Place, *, from_alias: bool) -> None:
        """Set the pairs of a merge key: the last writer wins, earlier entries of a list over later ones. (X12)"""
        sources = [value] if not isinstance(value, list) or from_alias else value
        if not all(isinstance(one, dict) for one in sources) or not isinstance(frame.value, dict):
            message = "map merge requires map or sequence of maps as the value"
            self.problem("DecodeError", message, None, place=place)
            return
        for one in reversed(sources):
            for key, child in one.items():
                places = (frame.key_place, self.marks[id(one)][key][1])
                for written in self.keys.written(one, key):
                    self._set(frame.value, key, written, child, places)

    def _set(
        self, into: dict[str, Any], key: str, written: WrittenKey, value: Any, places: tuple[Place, Place]
    ) -> None:
        if self.keys.repeats(into, key, written):
            path = self._path(key)
            self.problem("DecodeError", f'key "{key[:80]}" already set in map', None, place=places[0], field=path)
        into[key] = value
        self.marks[id(into)][key] = places

    # Places and problems

    def _place(self, mark: Any) -> Place:
        return mark.line + self.first_line, mark.column + 1

    def _path(self, last: str | None = None) -> str:
        steps: list[str | int] = []
        for frame in self.stack:
            if isinstance(frame.value, list):
                steps.append(len(frame.value))
            elif frame.key is not None:
                steps.append(frame.key)
        if last is not None and steps:
            steps[-1] = last
        return field_path(tuple(steps))

    def _check_version(self, event: Any) -> None:
        if event.version and tuple(event.version) != (1, 1):
            self.problem("SyntaxError", "found incompatible YAML document (only %YAML 1.1 is read)", event.start_mark)
            raise _Stop

    def _check_source(self, event: Any, text: str, *, plain: bool) -> None:
        """Look at what libyaml reads otherwise than go-yaml."""
        in_flow = bool(self.flow) and self.flow[-1]
        if in_flow and plain and "?" in text:
            self.syntax_problem('"?" is not allowed inside a plain scalar of a flow collection', event.start_mark)
        if event.style == '"':
            self._check_escapes(event)
        if in_flow and event.tag and not text:
            comma = _TAG_AND_COMMA.match(self.text, event.start_mark.index)
            if comma is None:
                return
            if not self.may_adjust:
                self.syntax_problem("a tag directly before a comma", event.start_mark)
            # go-yaml takes a comma behind a tag for a part of the tag, libyaml for the end of an entry.
            raise _Adjusted(comma.end() - 1, ".")

    def _check_escapes(self, event: Any) -> None:
        """Refuse the escaped slash: libyaml reads it, kubectl does not."""
        raw = self.text[event.start_mark.index : event.end_mark.index]
        if "\\/" in raw and any(match[1] for match in _BAD_ESCAPE.finditer(raw)):
            self.syntax_problem("found unknown escape character", event.start_mark)

    def syntax_problem(self, message: str, mark: Any) -> None:
        self.problem("SyntaxError", message, mark)
        self.root = None
        raise _Stop

    def problem(
        self, reason: str, message: str, mark: Any, *, place: Place | None = None, field: str | None = None, **more: Any
    ) -> None:
        """Note a problem at `mark` or `place`; give the document up when there are too many."""
        line, column = place if place is not None else self._place(mark) if mark is not None else (None, None)
        path = self._path() if field is None else field
        self.problems.append(
            Problem(reason=reason, message=message, field=path, source=self.source, line=line, column=column, **more)
        )
        if len(self.problems) >= limits.MAX_PROBLEMS:
            raise _Stop


def _is_alias(event: Any) -> bool:
    return type(event).__name__ == "AliasEvent"
