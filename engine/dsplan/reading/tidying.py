"""What goes before anything is parsed: codes for colours, logs between lists, marks of quoting.

`kubectl cluster-info dump` writes the logs of containers between its lists; logs may hold anything, also what looks
like an object. They become blanks, so that lines stay what they are.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from typing import Final

from dsplan.model.regex import regex
from dsplan.reading.text import decode_text

__all__ = ["needs_tidying", "tidied"]

_ESCAPE: Final = b"\x1b"
_LOG: Final = b"==== START logs for container "
_COLOURS: Final = regex(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>])")
_LOG_LINE: Final = regex(rb"^==== (START|END) logs for (container [^\r\n]*?) ====\r?$", re.MULTILINE)
_QUOTE: Final = regex(rb"^> ?", re.MULTILINE)
_NOT_BREAK: Final = regex(rb"[^\r\n]")


def needs_tidying(data: bytes) -> bool:
    """Return whether colours or logs stand between the objects; next to free for what is clean.

    >>> needs_tidying(b'{"kind": "Node"}'), needs_tidying(b"\\x1b[1mkind\\x1b[0m: Node")
    (False, True)
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = decode_text(data)
        return isinstance(text, str) and ("\x1b" in text or _LOG.decode() in text)
    return _ESCAPE in data or _LOG in data or _is_quoted(data)


def tidied(data: bytes) -> tuple[bytes, list[str]]:
    """Return the bytes without colour codes and with blanks for logs, and what is said of that; as UTF-8.

    >>> tidied(b'\\x1b[34;1m"kind"\\x1b[0m: "List"')
    (b'"kind": "List"', ['codes for colours are left out'])
    """
    said = []
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = decode_text(data)
        data = text.encode() if isinstance(text, str) else data
    if _is_quoted(data):
        data = _QUOTE.sub(b"", data)
        said.append("marks of quoting (>) are left out")
    if _LOG in data:
        data, blocks = _without_logs(data)
        said.append(f"{blocks:,} log{'s' if blocks != 1 else ''} of containers between the objects passed over")
    if _ESCAPE in data:
        data = _COLOURS.sub(b"", data)
        said.append("codes for colours are left out")
    return data, said


def _is_quoted(data: bytes) -> bool:
    """Return whether every line is quoted as in a mail; a folded YAML text has no such first line."""
    return data.startswith(b">") and all(line.startswith(b">") for line in data.splitlines() if line.strip())


def _without_logs(data: bytes) -> tuple[bytes, int]:
    """Return the bytes with blanks for every log, and how many there were.

    The end of a log names the same container; one without an end reaches to the next list.
    """
    lines = [(match[1], match[2], match.start(), match.end()) for match in _LOG_LINE.finditer(data)]
    ends: dict[bytes, list[int]] = {}
    for which, container, _, end in lines:
        if which == b"END":
            ends.setdefault(container, []).append(end)
    parts, at, blocks = [], 0, 0
    for which, container, start, end in lines:
        if which == b"END" or start < at:
            continue
        known = ends.get(container, [])
        place = bisect_right(known, end)
        behind = known[place] if place < len(known) else (data.find(b"\n{", end) + 1 or len(data))
        parts += [data[at:start], _NOT_BREAK.sub(b" ", data[start:behind])]
        at, blocks = behind, blocks + 1
    return b"".join((*parts, data[at:])), blocks
