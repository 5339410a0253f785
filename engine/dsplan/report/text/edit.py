"""The edit itself, as text and as markdown: what somebody changed, before what it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...errors import printable
from ...manifests.world_changes import ObjectChange
from ..markdown.cells import fenced
from ..style import PLAIN, Style

__all__ = ["edit_lines", "edit_markdown"]

_SYMBOLS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_OBJECTS, _FIELDS, _MARKDOWN_LINES = 10, 8, 15


def edit_lines(changes: Sequence[ObjectChange], style: Style = PLAIN) -> list[str]:
    """Return the edit as lines under a heading; none where nothing was edited. A cut is said.

    >>> edit_lines([ObjectChange(kind="PriorityClass", namespace="", name="high", change="added")])
    ['Edit', '  + PriorityClass high']
    """
    if not changes:
        return []
    whole = style.limit is None
    shown = changes if whole else changes[:_OBJECTS]
    lines = ["Edit"]
    for change in shown:
        symbol, colour = _SYMBOLS[change.change]
        lines.append(f"  {style.paint(symbol, colour)} {printable(str(change))}")
        lines += [f"      {line}" for line in _fields(change, whole=whole)]
    if len(shown) < len(changes):
        lines.append(f"  ... and {len(changes) - len(shown):,} more objects (-o wide shows all)")
    return lines


def edit_markdown(changes: Sequence[ObjectChange]) -> list[str]:
    """Return the edit as a fenced block of markdown, at most 20 lines; none where nothing was edited."""
    lines = [fenced(line) for line in edit_lines(changes)[1:]]
    if len(lines) > _MARKDOWN_LINES:
        lines[_MARKDOWN_LINES - 1 :] = [f"  ... and {len(lines) - _MARKDOWN_LINES + 1:,} more lines"]
    return ["**Edit**", "", "```diff", *(line.removeprefix("  ") for line in lines), "```"] if lines else []


def _fields(change: ObjectChange, *, whole: bool) -> Iterator[str]:
    shown = change.fields if whole else change.fields[:_FIELDS]
    yield from map(str, shown)
    if len(shown) < len(change.fields):
        yield f"... and {len(change.fields) - len(shown):,} more fields"
