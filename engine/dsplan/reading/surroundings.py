"""Lines that stand around objects in a terminal or a chat: prompts, warnings, headers of kubectl and helm.

A line that cannot be YAML of Kubernetes is blanked in place, so that all offsets and line numbers stay what they are,
and told of by a note that names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec

from dsplan.errors import shorten
from dsplan.model.regex import regex
from dsplan.model.world import Note
from dsplan.reading import limits

__all__ = [
    "PASSED_OVER",
    "StrangeLine",
    "begins_with_json",
    "begins_yaml",
    "blanked",
    "has_strange_field",
    "strange_lines",
    "strange_until",
    "strange_until_json",
    "told",
    "told_of",
]

_UNINDENTED: Final = regex(r"^(?=[^ \t\r\n])(.*)$", re.MULTILINE)
_OURS: Final = regex(
    r"[a-z][A-Za-z0-9]*:(?:\s|$)|[\"'][A-Za-z]+[\"']:|-(?:\s|$)|#|---|\.\.\.(?:\s|$)|[{}\[\]%&*!?|>,]|<<:|['\"]"
)
_OBJECT: Final = regex(r"(?:apiVersion|kind|metadata|items|spec|status|data|- apiVersion|[{\[])")
_KNOWN: Final = regex(
    r"```|==== |\$(?:\s|$)|[%>](?:\s|$)|PS [A-Za-z]:|[A-Za-z]:\\[^>]*>|\[?[\w.-]+@[\w.-]+[^$#>]*[$#>](?:\s|$)"
    r"|[IWEF][0-9]{4} "
    r"|\S+\.go:[0-9]+:|(?:time|level|ts)=|[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ]|Error from server|No resources found"
    r"|Release \"|Pulled: |Digest: |Unable to connect|The connection to|[a-z.]+/[a-z0-9.-]+ [a-z]+ed\b"
)
"""What tools and terminals write, and no manifest has; behind the first field of an object only that is passed over."""
_NEVER_OURS: Final = regex(r"(?:warning|error|info|notice|note|debug|usage|hint): ", re.IGNORECASE)
_SECTION: Final = regex(
    r"(NAME|LAST DEPLOYED|NAMESPACE|STATUS|REVISION|DESCRIPTION|CHART|VERSION|APP_VERSION|TEST SUITE|RESOURCES|NOTES"
    r"|USER-SUPPLIED VALUES|COMPUTED VALUES|HOOKS|MANIFEST):"
)
_PROSE_SECTIONS: Final = ("NOTES", "USER-SUPPLIED VALUES", "COMPUTED VALUES", "RESOURCES")
"""Headers of helm behind which no object stands, up to the next header or document."""
_CHILD: Final = regex(r"[ \t]+(?:-(?:\s|$)|[^\s:]+:(?:\s|$))|-(?:\s|$)")
_JSON_LINE: Final = regex(r"^(?:\{(?!\{)|\[[ \t]*(?:\{|$))", re.MULTILINE)
_YAML_LINE: Final = regex(r"^(?:---|apiVersion:|kind:|metadata:|items:|- apiVersion:)", re.MULTILINE)
_ONLY_COMMENTS: Final = regex(r"(?:[ \t]*(?:#.*)?\r?\n)*")
_BEGINNINGS: Final = ("---", "apiVersion:", "kind:", "metadata:", "items:", "- ", "{", "[")
_JSON_BYTES: Final = regex(rb"^(?:\{(?!\{)|\[[ \t]*(?:\{|\r?$))", re.MULTILINE)
_YAML_BYTES: Final = regex(rb"^(?:---|apiVersion:|kind:|metadata:|items:|- apiVersion:)", re.MULTILINE)
_NEVER_FIELDS: Final = frozenset({"warning", "error", "info", "notice", "note", "debug", "usage", "hint"})
_LOOKED_AT: Final = 4096
_NAMED: Final = 5

PASSED_OVER: Final = "passed over"
"""What is said of a line that is none of ours; the line follows."""


class StrangeLine(msgspec.Struct, frozen=True, gc=False):
    """A line that is passed over: where it begins and ends in its text, what it says, and the tool that wrote it."""

    start: int
    end: int
    text: str
    tool: str = ""


def strange_lines(text: str) -> list[StrangeLine]:
    """Return the lines of a YAML document that cannot be YAML of Kubernetes, in order.

    Only lines without indent are judged: fields of an object begin with a small letter there. Behind the first field of
    an object only what tools and terminals are known to write is passed over, since a slip of the pen (`spec` without
    its colon) is an error. A text with too many strange lines is no manifest with something around it, and has none.

    >>> [line.text for line in strange_lines("WARNING: file is group-readable\\napiVersion: v1\\nkind: Node\\n$ \\n")]
    ['WARNING: file is group-readable', '$ ']
    >>> strange_lines("apiVersion: v1\\nSpec:\\n  a: 1\\n")
    []
    """
    found: list[StrangeLine] = []
    behind, inside = -1, False
    for match in _UNINDENTED.finditer(text):
        if len(found) > limits.MAX_STRANGE_LINES:
            return []
        if match.start() < behind:
            continue
        section = _SECTION.match(match[1])
        if section is None and not _is_strange(match[1], inside=inside):
            inside = inside or _OBJECT.match(match[1]) is not None
            continue
        inside = inside and section is None and _opens_block(text, match.end())
        if section is not None and section[1] in _PROSE_SECTIONS:
            behind = _end_of_prose(text, match.end())
            found.extend(_lines(text, match.start(), behind, "helm"))
        elif not _opens_block(text, match.end()):
            behind = _end_of_block(text, match.end())
            found.extend(_lines(text, match.start(), behind, "" if section is None else "helm"))
    return found


def _is_strange(line: str, *, inside: bool) -> bool:
    if _NEVER_OURS.match(line) is not None:
        return True
    return _KNOWN.match(line) is not None if inside else _OURS.match(line) is None


def _opens_block(text: str, end: int) -> bool:
    return text[end - 1 : end] == ":" and _CHILD.match(text, end + 1) is not None


def _end_of_block(text: str, end: int) -> int:
    """Return the end of the indented lines below a strange line, which belong to it."""
    behind = regex(r"^(?=[^ \t\r\n])", re.MULTILINE).search(text, min(end + 1, len(text)))
    return len(text) if behind is None else behind.start()


def _end_of_prose(text: str, end: int) -> int:
    for match in _UNINDENTED.finditer(text, min(end + 1, len(text))):
        if _SECTION.match(match[1]) or match[1].startswith("---"):
            return match.start()
    return len(text)


def _lines(text: str, start: int, end: int, tool: str = "") -> Iterator[StrangeLine]:
    while start < end:
        line_end = text.find("\n", start, end)
        line_end = end if line_end < 0 else line_end
        if text[start:line_end].strip():
            yield StrangeLine(start, line_end, text[start:line_end].rstrip("\r"), tool)
        start = line_end + 1


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with blanks for the parts from start to end, so that all other offsets stay.

    >>> blanked("$ ls\\nkind: Pod", [(0, 4)])
    '    \\nkind: Pod'
    """
    parts, at = [], 0
    for start, end in sorted(spans):
        parts += [text[at:start], " " * (end - start)]
        at = end
    return "".join((*parts, text[at:]))


def begins_with_json(text: str) -> int | None:
    """Return where the JSON begins in a text whose first lines are not YAML of Kubernetes; None where none does.

    >>> begins_with_json('$ kubectl get nodes -o json\\n{\\n"kind": "List"}')
    28
    """
    begins = _ONLY_COMMENTS.match(text)
    if begins is not None and text.startswith(_BEGINNINGS, begins.end()):
        return None
    json = _JSON_LINE.search(text)
    if json is None:
        return None
    yaml = _YAML_LINE.search(text)
    return json.start() if yaml is None or json.start() < yaml.start() else None


def begins_yaml(text: str, offset: int) -> bool:
    """Return whether YAML goes on at an offset of a text that was JSON so far.

    >>> begins_yaml("{}\\n---\\nkind: Pod", 3), begins_yaml("{} {}", 3)
    (True, False)
    """
    return _YAML_LINE.match(text, offset) is not None


def strange_until(text: str, offset: int) -> int | None:
    """Return where JSON or YAML goes on behind lines that are none of ours; None where there are no such lines.

    >>> strange_until("{} $ kubectl\\n{}", 3), strange_until("{} {}", 3)
    (13, None)
    """
    if text.startswith(("{", "["), offset) or begins_yaml(text, offset):
        return None
    found = [match.start() for line in (_JSON_LINE, _YAML_LINE) if (match := line.search(text, offset))]
    return min(found, default=len(text))


def strange_until_json(data: bytes, offset: int) -> int | None:
    """Return where JSON goes on in the bytes of a JSON stream; None where no strange line, or YAML, is at `offset`.

    >>> strange_until_json(b"{} $ kubectl\\n{}", 3)
    13
    """
    offset += len(data) - offset - len(data[offset:].lstrip())
    if data.startswith((b"{", b"[", b"---"), offset) or offset == len(data):
        return None
    text = data[offset : offset + _LOOKED_AT].decode("utf-8", "replace")
    if begins_yaml(text, 0):
        return None
    found = _JSON_BYTES.search(data, offset)
    behind = len(data) if found is None else found.start()
    yaml = _YAML_BYTES.search(data, offset, behind)
    return behind if yaml is None else None


def has_strange_field(tree: dict[str, Any]) -> bool:
    """Return whether a mapping has a field that no object has: they begin with a small letter.

    >>> has_strange_field({"kind": "Pod"}), has_strange_field({"WARNING": "x", "kind": "Pod"})
    (False, True)
    """
    return any(not (key[:1].islower() and key.isalnum()) or key in _NEVER_FIELDS for key in tree)


def told(text: str, line: int, source: str) -> Iterator[Note]:
    """Yield a note for each line of a text that is passed over; `line` is that of its beginning."""
    yield from told_of(list(_lines(text, 0, len(text))), text, line, source)


def told_of(lines: Sequence[StrangeLine], text: str, first_line: int, source: str) -> Iterator[Note]:
    """Yield a note for each of the lines of a text that begins at `first_line` of its source.

    What a tool writes around its objects is one note, however many lines it has.
    """
    line, counted, named = first_line, 0, 0
    for tool, block in groupby(lines, key=lambda strange: strange.tool):
        first, *more = block
        for strange in [first] if tool else [first, *more]:
            if (named := named + 1) > _NAMED:
                continue
            line, counted = line + text.count("\n", counted, strange.start), strange.start
            said = f"what {tool} writes around it, from" if tool else "not part of a manifest:"
            rest = f" and {_lines_counted(len(more))}" if tool and more else ""
            yield Note(subject=f"{source}:{line}", text=f"{PASSED_OVER}, {said} {shorten(strange.text, 60)}{rest}")
    if named > _NAMED:
        yield Note(subject=source, text=f"{_lines_counted(named - _NAMED)} behind line {line} passed over")


def _lines_counted(count: int) -> str:
    return "1 more line" if count == 1 else f"{count:,} more lines"
