"""The difference between two plans as text; it speaks only of what changed."""

from __future__ import annotations

from collections.abc import Iterator

from ...explain.difference import Change, DaemonSetDifference, Difference
from ...explain.edits import Edit
from ..flow import flow
from ..style import PLAIN, Style
from ..table import listing
from .edits import edit_words

__all__ = ["changed_lists", "difference_text"]


def difference_text(found: Difference, style: Style = PLAIN) -> str:
    """Return the difference as text; `+` is what the edited plan has more, `-` what it has less."""
    lines = ["What if", *_edits(found.edits, style)]
    lines += _change("node joins", "node is gone", found.nodes, style, indent="  ")
    for entry in found.daemonsets:
        lines += ["", style.paint(str(entry.daemonset), "bold"), *_daemonset(entry, style)]
    if not found.daemonsets:
        lines += ["", "No DaemonSet is planned differently."]
    lines += [line for note in found.notes for line in flow(f"Note: {note.subject}: {note.text}", style.width)]
    lines += ["", *flow(str(found.before), style.width, "before  "), *flow(str(found.after), style.width, "after   ")]
    return "\n".join(lines) + "\n"


def _edits(edits: tuple[Edit, ...], style: Style) -> Iterator[str]:
    limit = style.limit or len(edits)
    for edit in edits[:limit]:
        yield from flow(edit_words(edit), style.width, "  * ")
    if len(edits) > limit:
        yield f"  ... and {len(edits) - limit:,} more"


def _daemonset(entry: DaemonSetDifference, style: Style) -> Iterator[str]:
    before, after = entry.desired
    yield f"  desired {before:,} -> {after:,}" if before != after else f"  desired {before:,} as before"
    for change in entry.verdicts:
        text = f"{change.before or 'not there'} -> {change.after or 'not there'}  {len(change.nodes):,}  "
        yield from flow(text + listing(change.nodes, style.limit), style.width, "  ", " " * 6)
    for more, less, names in changed_lists(entry):
        yield from _change(more, less, names, style, indent="  ")
    if entry.gone:
        text = f"- gone without a deletion {len(entry.gone):,}  {listing(entry.gone, style.limit)}"
        yield from flow(text, style.width, "  ", " " * 6)
    if entry.waves[0] != entry.waves[1]:
        yield f"  update waves {entry.waves[0]:,} -> {entry.waves[1]:,}"
    if entry.error[0] != entry.error[1]:
        yield from flow(f"! the pass fails: {entry.error[1] or 'no longer'}", style.width, "  ")


def changed_lists(entry: DaemonSetDifference) -> tuple[tuple[str, str, Change], ...]:
    """Return what to call more and less of each list that can change, and the list."""
    return (
        ("create", "no longer create", entry.create),
        ("delete", "no longer delete", entry.delete),
        ("update", "no longer update", entry.update),
        ("blocked", "no longer blocked", entry.blocked),
    )


def _change(more: str, less: str, change: Change, style: Style, *, indent: str) -> Iterator[str]:
    if change.more:
        text = f"+ {more} {len(change.more):,}  {listing(change.more, style.limit)}"
        yield from flow(text, style.width, indent, indent + " " * 4)
    if change.less:
        text = f"- {less} {len(change.less):,}  {listing(change.less, style.limit)}"
        yield from flow(text, style.width, indent, indent + " " * 4)
