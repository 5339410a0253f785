"""The history of a DaemonSet as text: a line a revision, and below it what it changed."""

from __future__ import annotations

from datetime import datetime

from ...errors import printable
from ...explain.revisions import RevisionHistory, RevisionUse
from ..age import age
from ..inert import joined
from ..style import PLAIN, Style
from ..table import table

__all__ = ["history_text"]

_HEADER = ("REVISION", "HASH", "AGE", "PODS", "POOLS")
_FEW = 5


def history_text(history: RevisionHistory, now: datetime, style: Style = PLAIN) -> str:
    """Return the history as text; a long list of changes is cut unless the style says not to."""
    entries = history.revisions
    pods = sum(entry.pods for entry in entries)
    outdated = sum(entry.pods for entry in entries if not entry.is_current)
    count = sum(entry.number is not None for entry in entries)
    lines = [
        f"{printable(str(history.daemonset))}: {_many(count, 'revision')}, {_many(pods, 'pod')}"
        + (f", {outdated:,} outdated" if outdated else ""),
        "",
    ]
    rows = table(_HEADER, [_row(entry, now, style) for entry in entries])
    lines += rows[:1]
    for entry, row in zip(entries, rows[1:], strict=True):
        lines += [row, *_changes(entry, style)]
    lines += [line for note in history.notes for line in ("", f"Note: {note.text}")]
    return joined(lines, colour=style.colour) + "\n"


def _row(entry: RevisionUse, now: datetime, style: Style) -> tuple[str, ...]:
    number = "<unknown>" if entry.number is None else str(entry.number)
    limit = style.limit or len(entry.pools)
    shown = ", ".join(f"{printable(name) or '<none>'} {pods:,}" for name, pods in entry.pools[:limit])
    more = f" ... and {len(entry.pools) - limit:,} more" if len(entry.pools) > limit else ""
    created = "<new>" if entry.is_current and not entry.name and entry.number is not None else age(entry.created, now)
    return (
        f"{number} (current)" if entry.is_current else number,
        printable(entry.hash) or "<none>",
        created,
        f"{entry.pods:,}",
        shown + more or "<none>",
    )


def _changes(entry: RevisionUse, style: Style) -> list[str]:
    if entry.changes is None:
        return []
    limit = _FEW if style.limit is not None else len(entry.changes)
    lines = [f"  {change}" for change in entry.changes[:limit]]
    if len(entry.changes) > limit:
        lines.append(f"  ... and {len(entry.changes) - limit:,} more (-o wide shows all)")
    return lines or ["  no change"]


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
