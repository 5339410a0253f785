"""Changes and drift as text, and as markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from ...changes import Changes, Drift, StandingState
from ..inert import joined
from ..markdown.cells import text_cell
from ..markdown.difference import account_markdown
from ..style import PLAIN, Style
from ..table import listing
from .difference import account_lines, before_and_after
from .edit import edit_lines, edit_markdown

__all__ = ["MARKDOWN_LIMIT", "changes_markdown", "changes_text", "drift_text"]

MARKDOWN_LIMIT = 65_536
"""Characters that a comment on a pull request may have."""
_NODES_SHOWN = 5


def changes_text(changes: Changes, style: Style = PLAIN) -> str:
    """Return what changed, nothing about what did not."""
    if not changes:
        return "No changes.\n"
    edit = edit_lines(changes.edit, style)
    nodes = list(_node_lines(changes, style))
    lines = [*edit, *([""] if edit and nodes else []), *nodes, *account_lines(changes.account, style, changes.zones)]
    lines += ["", "No DaemonSet is planned differently."] if edit and not changes.account else []
    lines += ["", *before_and_after(changes.account, style)]
    return joined(lines, colour=style.colour).lstrip("\n") + "\n"


def _node_lines(changes: Changes, style: Style) -> Iterator[str]:
    if not changes.nodes_changed:
        return
    yield f"~ {_count(len(changes.nodes_changed), 'node')} changed"
    shown = changes.nodes_changed if style.limit is None else changes.nodes_changed[: style.limit]
    for change in shown:
        fields = ", ".join(f"{name}: {was or '(none)'} -> {now or '(none)'}" for name, was, now in change.fields)
        yield f"    {change.node}  {fields}"
    if len(shown) < len(changes.nodes_changed):
        yield f"    ... and {len(changes.nodes_changed) - len(shown):,} more"


def drift_text(drift: Drift, style: Style = PLAIN) -> str:
    """Return how far a plan has been carried out, change by change, what else is different, and the one line."""
    lines: list[str] = []
    for one in drift.standings:
        sign = _SIGNS.get(one.state, " ")
        why = f": {one.why}" if one.why else ""
        shown = listing(list(one.nodes), style.limit)
        lines.append(f"{sign} {one.daemonset}: {one.what} {len(one.nodes):,}, {one.state}{why}  {shown}")
        if style.limit is None:
            lines += [f"    {seen.node}: {seen.pod}, uid {seen.uid}, hash {seen.hash}" for seen in one.evidence]
    if not drift.same_inputs:
        lines += _node_lines(drift.changes, style)
    return joined([*lines, f"{drift.status[0].upper()}{drift.status[1:]}."], colour=style.colour) + "\n"


_SIGNS = {
    StandingState.DONE: "=",
    StandingState.OTHERS: "=",
    StandingState.UNDER_WAY: "~",
    StandingState.TO_DO: " ",
    StandingState.VOID: "!",
    StandingState.NEW: "+",
}


def changes_markdown(changes: Changes, limit: int = MARKDOWN_LIMIT) -> str:
    """Return what changed as markdown of at most 60 lines and `limit` characters; a cut is said."""
    if not changes:
        return "### dsplan: no changes\n"
    edit = edit_markdown(changes.edit)
    nodes = list(map(text_cell, _node_lines(changes, Style(limit=_NODES_SHOWN))))
    title = "### dsplan: what this changes"
    for examples in (3, 1, 0):
        text = account_markdown(changes.account, title, edit, notes=nodes, zones=changes.zones, limit=examples)
        if len(text) <= limit:
            return text
    head = f"{title}\n\n**{changes.account.after}**"
    told = f"\n\n{len(changes.account.daemonsets):,} DaemonSets change; too many to list here."
    return head[: limit - len(told) - 1] + told + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
