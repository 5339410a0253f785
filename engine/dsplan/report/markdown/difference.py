"""The difference between two plans as markdown; it speaks only of what changed."""

from __future__ import annotations

from collections.abc import Iterator

from ...explain.difference import DaemonSetDifference, Difference
from ..table import listing
from ..text.difference import changed_lists
from ..text.edits import edit_words

__all__ = ["difference_markdown"]


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
    for more, less, names in changed_lists(entry):
        if names.more:
            yield f"| + {more} | {len(names.more):,} | {listing(names.more, limit)} |"
        if names.less:
            yield f"| - {less} | {len(names.less):,} | {listing(names.less, limit)} |"
    if entry.gone:
        yield f"| - gone without a deletion | {len(entry.gone):,} | {listing(entry.gone, limit)} |"
