"""The block YAML that kubectl prints and people mostly write, at ten times the speed; everything else is handed over.

One regular expression accepts a line only if it can mean one thing: an indent, entry dashes, a plain key, and on the
same line a scalar, plain or quoted, or a flow collection that `yaml_flow` is sure of. A text with any other line
(block scalars, folded lines, anchors, aliases, tags, comments behind a value, tabs, unusual keys), with a repeated
key or with an indent that does not fit is `NOT_SURE`, and the exact path reads it. So nothing is guessed: what is
returned equals what the exact path returns; a property test holds that against the corpus and generated documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any, Final, TypeAlias

import msgspec

from dsplan.model.regex import regex
from dsplan.reading import limits
from dsplan.reading.scalars import WORDS, ScalarError, as_json_value, resolve

__all__ = ["NOT_SURE", "NotSure", "Pieces", "ScalarCache", "cut_items", "inherited_from", "parse_fast"]


class NotSure:
    """The type of `NOT_SURE`."""

    def __repr__(self) -> str:
        return "NOT_SURE"


NOT_SURE: Final = NotSure()
"""What the fast path returns instead of a tree for a text that it leaves to the exact path."""

ScalarCache = dict[str, Any]
"""Scalars as written -> values; may be shared by all documents of a source. Never holds a list or object."""

_MAX_CACHE: Final = 50_000
_KEY_PART: Final = r"[A-Za-z0-9_./-]{1,250}+"
_KEY: Final = rf"(?=[A-Za-z_])({_KEY_PART}(?::{_KEY_PART}){{0,2}}):(?: ++|(?=\n))"
# No colon before a blank, no hash behind one, no blank at the end, and a first character that starts no other token.
_PLAIN: Final = r"(?!-[ \n])[A-Za-z0-9/_$(<+.-][^:#\n]*+(?:(?::(?=\S)|(?<=\S)#)[^:#\n]*+)*+(?<=\S)"
_DOUBLE: Final = r'"[^"\\\n]*+(?:\\["\\nrtbf][^"\\\n]*+)*+"'
_SINGLE: Final = r"'[^'\n]*+(?:''[^'\n]*+)*+'"
_LINE: Final = regex(
    rf"^( *+)(?:((?:- )*+)(?:{_KEY})?({_PLAIN}|{_DOUBLE}|{_SINGLE}|[{{\[][^\n]*+(?<=[}}\]])|~)?+|#[^\n]*+)\n",
    re.MULTILINE,
)
# Line breaks of YAML 1.1 other than LF, the byte order mark, and tabs, which may separate, indent or be content.
_UNUSUAL: Final = regex("[\t\r\x85\u2028\u2029\ufeff]")
_OTHER_BREAKS: Final = regex("[\r\x85\u2028\u2029]")
_WORDS_AS_KEYS: Final = frozenset(word for word in WORDS if word)
_ITEMS: Final = regex(r"^items:\n( {0,2})- ", re.MULTILINE)
_Line: TypeAlias = tuple[str, str, str, str]
"""Indent, entry dashes, key, and scalar as written."""

_SEGMENT: Final = 1 << 16
# Room for the levels of a flow collection below.
_MAX_STACK: Final = limits.MAX_DEPTH - 24


def parse_fast(text: str, cache: ScalarCache | None = None) -> Any | NotSure:
    """Return the JSON-like tree of one document (a mapping), or `NOT_SURE`.

    >>> parse_fast("a:\\n- b: 010\\n  c: 'it''s'\\n-  d\\n")
    NOT_SURE
    >>> parse_fast("a:\\n- b: 010\\n  c: 'it''s'\\n- d\\n")
    {'a': [{'b': 8, 'c': "it's"}, 'd']}
    """
    if not text.endswith("\n"):
        text += "\n"
    if _UNUSUAL.search(text) if not text.isascii() else ("\t" in text or "\r" in text):
        return NOT_SURE
    if cache is None:
        cache = {}
    elif len(cache) > _MAX_CACHE:
        cache.clear()
    try:
        return _build(chain.from_iterable(_segments(text)), cache)
    except _UnsureError:
        return NOT_SURE


def _segments(text: str) -> Iterator[list[_Line]]:
    """Yield the lines of `text`, a segment at a time; raises `_UnsureError` at one that is not certain."""
    start, last = 0, len(text) - 1
    while start <= last:
        end = text.find("\n", min(start + _SEGMENT, last)) + 1
        lines: list[_Line] = _LINE.findall(text, start, end)
        if len(lines) != text.count("\n", start, end) or not _WORDS_AS_KEYS.isdisjoint(map(itemgetter(2), lines)):
            raise _UnsureError
        yield lines
        start = end


class Pieces(msgspec.Struct, frozen=True, gc=False):
    """A block list document cut at its entries: what stands around them, and where each of them is."""

    frame: dict[str, Any]
    spans: list[tuple[int, int]]
    column: int

    @property
    def inherited(self) -> tuple[str, str]:
        """What entries inherit: (apiVersion, kind)."""
        return inherited_from(self.frame)

    def piece(self, text: str, index: int) -> str:
        """Return entry `index` of the document `text` as a document of its own; its dash is a blank."""
        start, end = self.spans[index]
        return f"{' ' * self.column} {text[start + self.column + 1 : end]}"

    def stands_alone(self, piece: str) -> bool:
        """Return whether no line of `piece` could belong to what is around the entry."""
        if _OTHER_BREAKS.search(piece):
            return False
        return re.search(rf"^(?! {{{self.column + 1}}}|[^\S\n]*(?:#|$))", piece, re.MULTILINE) is None


def inherited_from(tree: dict[str, Any]) -> tuple[str, str]:
    """Return what the entries of a typed list inherit: (apiVersion, kind), both empty for a plain List.

    >>> inherited_from({"apiVersion": "v1", "kind": "NodeList"}), inherited_from({"apiVersion": "v1", "kind": "List"})
    (('v1', 'Node'), ('', ''))
    """
    kind = tree.get("kind")
    own = kind.removesuffix("List") if isinstance(kind, str) and kind.endswith("List") else ""
    version = tree.get("apiVersion")
    return (version if isinstance(version, str) else "", own) if own else ("", "")


def cut_items(text: str) -> Pieces | None:
    """Return where the entries of a List document's `items` are; None if `text` is not plainly such a document.

    An entry reaches from its dash to the next dash in the same column. A cut through a quoted text of several lines
    leaves a piece that cannot be parsed, so the reader then reads the document whole.

    >>> text = "apiVersion: v1\\nitems:\\n- a: 1\\n- a: 2\\nkind: List\\n"
    >>> pieces = cut_items(text)
    >>> pieces.frame, pieces.piece(text, 1)
    ({'apiVersion': 'v1', 'items': None, 'kind': 'List'}, '  a: 2\\n')
    """
    head = _ITEMS.search(text)
    if head is None:
        return None
    column = len(head[1])
    foreign = regex(rf"\n(?! {{{column}}}[- ]|\n|#)").search(text, head.start(1))
    end = len(text) if foreign is None else foreign.start() + 1
    starts = list(_finds(text, f"\n{head[1]}- ", head.start(1) - 1))
    if starts[-1] > end:
        return None
    frame = parse_fast(text[: head.start(1)] + text[end:])
    if not isinstance(frame, dict) or not isinstance(frame.get("apiVersion"), str | None):
        return None
    # Where the end of a dump is missing, so is its kind; other line breaks could hide one.
    if "kind" not in frame and ("apiVersion" not in frame or _OTHER_BREAKS.search(text)):
        return None
    if not isinstance(kind := frame.get("kind", "List"), str) or not kind.endswith("List"):
        return None
    bounds = [start + 1 for start in starts]
    return Pieces(frame, list(zip(bounds, [*bounds[1:], end], strict=True)), column)


def _finds(text: str, part: str, start: int) -> Iterator[int]:
    while (start := text.find(part, start)) >= 0:
        yield start
        start += 1


class _UnsureError(Exception):
    pass


def _build(lines: Iterable[_Line], cache: ScalarCache) -> Any:  # noqa: C901 - one hot loop
    """Return the tree of the lines. `top` is the container that is open, at `column`; `waiting` its key without value.

    Raises `_UnsureError` for any line that does not fit, so the order of the cases matters for speed alone.
    """
    stack: list[tuple[Any, int, bool]] = []
    root: Any = {}
    top, column, is_list, waiting = root, -1, False, ""
    known = cache.get
    for indent, dashes, key, written in lines:
        at = len(indent)
        if not key and not written:
            if dashes:
                raise _UnsureError
            continue
        if column < 0:
            column = at
        if waiting:
            if (at >= column) if dashes else (at > column):
                stack.append((top, column, is_list))
                opened: Any = [] if dashes else {}
                top[waiting] = opened
                top, column, is_list = opened, at, bool(dashes)
            waiting = ""
        while at < column or (is_list and not dashes and at == column):
            if not stack:
                raise _UnsureError
            top, column, is_list = stack.pop()
        if at != column or is_list != bool(dashes) or len(stack) > _MAX_STACK:
            raise _UnsureError
        if dashes and key:
            if len(dashes) > 2:
                raise _UnsureError
            stack.append((top, column, is_list))
            entry: dict[str, Any] = {}
            top.append(entry)
            top, column, is_list = entry, at + 2, False
        if not written:
            if key in top:
                raise _UnsureError
            top[key] = None
            waiting = key
            continue
        value = known(written)
        if value is None:
            value = _value(written, cache)
        if not key:
            if len(dashes) != 2:
                raise _UnsureError
            top.append(value)
        elif key in top:
            raise _UnsureError
        else:
            top[key] = value
    return root if root else None


def _flow(written: str, cache: ScalarCache) -> Any:
    """Return a flow collection; it is not remembered, as nobody may share it."""
    if written in ("{}", "[]"):
        return {} if written[0] == "{" else []
    from dsplan.reading.yaml_flow import parse_flow

    found = parse_flow(written, partial(_scalar, cache=cache), _is_key)
    if found is None:
        raise _UnsureError
    return found


def _scalar(written: str, cache: ScalarCache) -> Any:
    value = cache.get(written)
    return _value(written, cache) if value is None else value


def _is_key(word: str) -> bool:
    return word not in _WORDS_AS_KEYS


def _value(written: str, cache: ScalarCache) -> Any:
    """Return the value of a scalar as written, and remember it."""
    first = written[0]
    if first == "{" or first == "[":
        return _flow(written, cache)
    if first == '"':
        value = msgspec.json.decode(written) if "\\" in written else written[1:-1]
    elif first == "'":
        value = written[1:-1].replace("''", "'")
    else:
        try:
            value = as_json_value(resolve(written))
        except ScalarError as error:
            raise _UnsureError from error
    cache[written] = value
    return value
