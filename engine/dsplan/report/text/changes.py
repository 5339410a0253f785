"""Changes and drift as text, and as markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...changes import Changes, DaemonSetChange, Drift
from ..plan_text import summary_line
from ..style import PLAIN, Style
from ..table import listing

__all__ = ["MARKDOWN_LIMIT", "changes_markdown", "changes_text", "drift_text"]

MARKDOWN_LIMIT = 65_536
"""Characters that a comment on a pull request may have."""


def changes_text(changes: Changes, style: Style = PLAIN) -> str:
    """Return what changed, nothing about what did not."""
    if not changes:
        return "No changes.\n"
    lines = [*_node_lines(changes, style)]
    for change in changes.daemonsets:
        lines += ["", style.paint(f"{change.namespace}/{change.name}", "bold"), *_daemonset_lines(change, style)]
    lines += ["", f"before  {summary_line(changes.before)}", f"after   {summary_line(changes.after)}"]
    return "\n".join(lines).lstrip("\n") + "\n"


def _node_lines(changes: Changes, style: Style) -> Iterator[str]:
    for symbol, word, names in (("+", "added", changes.nodes_added), ("-", "removed", changes.nodes_removed)):
        if names:
            yield f"{symbol} {_count(len(names), 'node')} {word}: {listing(names, style.limit)}"
    if changes.nodes_changed:
        yield f"~ {_count(len(changes.nodes_changed), 'node')} changed"
        shown = changes.nodes_changed if style.limit is None else changes.nodes_changed[: style.limit]
        for change in shown:
            fields = ", ".join(f"{name}: {was or '(none)'} -> {now or '(none)'}" for name, was, now in change.fields)
            yield f"    {change.node}  {fields or 'its pods'}"
        if len(shown) < len(changes.nodes_changed):
            yield f"    ... and {len(changes.nodes_changed) - len(shown):,} more"


def _daemonset_lines(change: DaemonSetChange, style: Style) -> Iterator[str]:
    if change.presence:
        yield f"  {'+' if change.presence == 'added' else '-'} {change.presence}"
    was, becomes = change.desired
    yield f"  desired {was:,}" + (f" -> {becomes:,}" if was != becomes else "")
    for symbol, word, names in (
        ("+", "gain", change.gained),
        ("-", "lose", change.lost),
        ("+", "create", change.created),
        ("-", "delete", change.deleted),
        ("~", "update", change.updated),
    ):
        if names:
            yield f"  {symbol} {word} {len(names):,}: {listing(names, style.limit)}"
    if change.dropped:
        yield f"  . {change.dropped:,} that were planned before are not any more"
    if change.waves[0] != change.waves[1]:
        yield f"  waves {change.waves[0]:,} -> {change.waves[1]:,}"
    if change.error[0] != change.error[1]:
        yield f"  ! {change.error[1] or 'no longer fails: ' + change.error[0]}"
    for title, tally in (("by zone", change.zones), ("by node class", change.classes)):
        if tally and (len(tally) > 1 or tally[0][0] != "(none)"):
            parts = [f"{name} {number:,}" for name, number in tally]
            shown = parts if style.limit is None else parts[: style.limit]
            more = f", ... and {len(parts) - len(shown):,} more" if len(shown) < len(parts) else ""
            yield f"  {title}: {', '.join(shown)}{more}"


def drift_text(drift: Drift, style: Style = PLAIN) -> str:
    """Return what changed since a plan was made, and which of its actions still hold."""
    if drift.same_inputs:
        return "Nothing that was read has changed since the plan was made.\n"
    lines = [*_node_lines(drift.changes, style)]
    for change in drift.changes.daemonsets:
        lines += [f"{change.namespace}/{change.name}", *_daemonset_lines(change, style)]
    if not drift.changes:
        lines.append("Nothing that decides has changed since the plan was made.")
    for broken in drift.broken:
        target = f"{broken.name}@{broken.node}" if broken.name else broken.node
        lines.append(f"! {broken.daemonset}: {broken.verb} {target} no longer holds: {broken.why}")
    lines.append(
        f"{_count(drift.holding, 'action')} still hold{'s' * (drift.holding == 1)}, {len(drift.broken):,} do not."
    )
    return "\n".join(lines) + "\n"


def changes_markdown(changes: Changes, limit: int = MARKDOWN_LIMIT) -> str:
    """Return what changed as markdown of at most `limit` characters, long lists folded.

    Only what changed is spoken of. Where even folded lists are too long, they are cut and the cut is said.
    """
    for shown in (None, 1000, 200, 50, 10, 3, 0):
        text = "\n".join(_markdown(changes, shown)) + "\n"
        if len(text) <= limit:
            return text
    head = "\n".join(_markdown_head(changes))
    told = f"\n\n{len(changes.daemonsets):,} DaemonSets change; too many to list here."
    return head[: limit - len(told) - 1] + told + "\n"


def _markdown_head(changes: Changes) -> Iterator[str]:
    yield "### dsplan: " + ("what this changes" if changes else "no changes")
    if changes:
        yield ""
        yield f"**{summary_line(changes.after)}**"


def _markdown(changes: Changes, shown: int | None) -> Iterator[str]:
    yield from _markdown_head(changes)
    if not changes:
        return
    if nodes := list(_node_lines(changes, Style(limit=shown))):
        yield from _folded(nodes[0] if len(nodes) == 1 else "Nodes", nodes)
    if changes.daemonsets:
        yield ""
        yield "| DaemonSet | desired | + create | - delete | ~ update | waves |"
        yield "|---|---|---|---|---|---|"
    for change in changes.daemonsets:
        desired = " → ".join(f"{number:,}" for number in dict.fromkeys(change.desired))
        waves = " → ".join(f"{number:,}" for number in dict.fromkeys(change.waves))
        counts = " | ".join(f"{len(names):,}" for names in (change.created, change.deleted, change.updated))
        yield f"| `{change.namespace}/{change.name}` | {desired} | {counts} | {waves} |"
    if shown != 0:
        for change in changes.daemonsets:
            details = list(_daemonset_lines(change, Style(limit=shown)))
            yield from _folded(f"<code>{change.namespace}/{change.name}</code>", details)


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield from ("", "<details>", f"<summary>{title}</summary>", "", "```text", *lines, "```", "", "</details>")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
