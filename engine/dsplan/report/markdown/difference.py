"""The difference between two accounts as markdown for a pull request: problems first, at most 60 lines at any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...explain.difference import Difference
from ...planner.account.difference import AccountDifference, DaemonSetDifference
from ..inert import joined
from ..table import listing
from ..text.difference import DifferenceLine, difference_lines
from ..text.edits import edit_words
from .cells import code, text_cell

__all__ = ["account_markdown", "difference_markdown"]

_MOST_PROBLEMS, _MOST_CHANGES, _MOST_EDITS = 20, 20, 5


def difference_markdown(found: Difference, limit: int = 3) -> str:
    """Return what some edits change as markdown."""
    edits = [f"- {text_cell(edit_words(edit))}" for edit in found.edits[:_MOST_EDITS]]
    if len(found.edits) > _MOST_EDITS:
        edits.append(f"- ... and {len(found.edits) - _MOST_EDITS:,} more")
    notes = [f"> {text_cell(note.subject)}: {text_cell(note.text)}" for note in found.notes[:3]]
    return account_markdown(found.account, "### What if", edits, notes=notes, limit=limit)


def account_markdown(
    account: AccountDifference,
    title: str,
    edits: Sequence[str] = (),
    *,
    notes: Sequence[str] = (),
    zones: Mapping[str, Sequence[tuple[str, int]]] | None = None,
    limit: int = 3,
) -> str:
    """Return the difference as markdown: edits, problems, changes with counts by zone, both summaries."""
    rows = [(entry, line) for entry in account.daemonsets for line in difference_lines(entry)]
    problems = [_row(entry, line, limit) for entry, line in rows if line.problem]
    changes = [*_nodes(account, limit), *(_row(entry, line, limit) for entry, line in rows if not line.problem)]
    changes += [row for entry in account.daemonsets for row in _whole(entry, (zones or {}).get(str(entry.daemonset)))]
    lines = [title]
    lines += ["", *edits] if edits else []
    lines += _table("Problems", problems, _MOST_PROBLEMS)
    lines += _table("Changes", changes, _MOST_CHANGES)
    if not account.daemonsets:
        lines += ["", "No DaemonSet is planned differently."]
    lines += [
        "",
        "| | plan |",
        "|---|---|",
        f"| before | {text_cell(str(account.before))} |",
        f"| after | {text_cell(str(account.after))} |",
    ]
    return joined([*lines, *(["", *notes] if notes else [])]).rstrip() + "\n"


def _table(title: str, rows: Sequence[str], most: int) -> list[str]:
    if not rows:
        return []
    shown = list(rows) if len(rows) <= most else [*rows[: most - 1], f"| ... and {len(rows) - most + 1:,} more | | | |"]
    return ["", f"**{title}**", "", "| DaemonSet | change | count | where |", "|---|---|---:|---|", *shown]


def _row(entry: DaemonSetDifference, line: DifferenceLine, limit: int) -> str:
    count = f"{line.count:,}" if line.count else ""
    symbol = line.symbol.replace(">", "&gt;")
    words = f"{symbol} {text_cell(line.words.replace('->', '→'))}"
    where = text_cell(listing(line.where, limit if len(line.where) > 10 else None))
    return f"| {code(str(entry.daemonset))} | {words} | {count} | {where} |"


def _nodes(account: AccountDifference, limit: int) -> Iterable[str]:
    for names, word in ((account.nodes.more, "+ nodes join"), (account.nodes.less, "- nodes leave")):
        if names:
            yield f"| | {word} | {len(names):,} | {text_cell(listing(names, limit))} |"


def _whole(entry: DaemonSetDifference, tally: Sequence[tuple[str, int]] | None) -> Iterator[str]:
    """Yield what changed for the DaemonSet as a whole: desired, waves, zones touched."""
    name = code(str(entry.daemonset))
    for word, (before, after) in (("desired", entry.desired), ("waves", entry.waves)):
        if before != after:
            yield f"| {name} | {word} {before:,} → {after:,} | | |"
    if tally:
        counts = ", ".join(f"{zone} {number:,}" for zone, number in tally[:8])
        yield f"| {name} | by zone | | {text_cell(counts)} |"
