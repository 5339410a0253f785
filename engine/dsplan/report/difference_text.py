"""The difference between two plans as text and as markdown; it speaks only of what changed."""

from __future__ import annotations

from collections.abc import Iterator

from ..explain.difference import Change, DaemonSetDifference, Difference
from ..explain.edits import Edit
from .edit_words import edit_words
from .flow import flow
from .style import PLAIN, Style
from .table import listing

__all__ = ["difference_markdown", "difference_text"]


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
    for more, less, names in _lists(entry):
        yield from _change(more, less, names, style, indent="  ")
    if entry.gone:
        text = f"- gone without a deletion {len(entry.gone):,}  {listing(entry.gone, style.limit)}"
        yield from flow(text, style.width, "  ", " " * 6)
    if entry.waves[0] != entry.waves[1]:
        yield f"  update waves {entry.waves[0]:,} -> {entry.waves[1]:,}"
    if entry.error[0] != entry.error[1]:
        yield from flow(f"! the pass fails: {entry.error[1] or 'no longer'}", style.width, "  ")


def _lists(entry: DaemonSetDifference) -> tuple[tuple[str, str, Change], ...]:
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


def difference_markdown(found: Difference, limit: int = 10) -> str:
    """Return the difference as markdown, long lists folded."""
    lines = ["### What if", "", *(f"- {edit_words(edit)}" for edit in found.edits), ""]
    lines += ["| | plan |", "|---|---|", f"| before | {found.before} |", f"| after | {found.after} |", ""]
    for change, word in ((found.nodes.more, "join"), (found.nodes.less, "leave")):
        if change:
            lines += [f"{len(change):,} nodes {word}: {listing(change, limit)}", ""]
    for entry in found.daemonsets:
        lines += [f"#### {entry.daemonset}", "", f"desired {entry.desired[0]:,} → {entry.desired[1]:,}", ""]
        rows = list(_markdown_rows(entry, limit))
        lines += ["| change | count | nodes |", "|---|---:|---|", *rows, ""] if rows else []
    if not found.daemonsets:
        lines += ["No DaemonSet is planned differently.", ""]
    lines += [f"> {note.subject}: {note.text}" for note in found.notes]
    return "\n".join(lines).rstrip() + "\n"


def _markdown_rows(entry: DaemonSetDifference, limit: int) -> Iterator[str]:
    for change in entry.verdicts:
        text = f"{change.before or 'not there'} → {change.after or 'not there'}"
        yield f"| {text} | {len(change.nodes):,} | {listing(change.nodes, limit)} |"
    for more, less, names in _lists(entry):
        if names.more:
            yield f"| + {more} | {len(names.more):,} | {listing(names.more, limit)} |"
        if names.less:
            yield f"| - {less} | {len(names.less):,} | {listing(names.less, limit)} |"
    if entry.gone:
        yield f"| - gone without a deletion | {len(entry.gone):,} | {listing(entry.gone, limit)} |"
