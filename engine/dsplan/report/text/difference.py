"""What lies between two accounts, as text: problems first, then what changes; nothing about what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ...explain.difference import Difference
from ...explain.edits import Edit
from ...planner.account.difference import AccountDifference, DaemonSetDifference, FateChange, NameChange
from ..flow import flow
from ..inert import joined
from ..style import PLAIN, Style
from ..table import listing
from .edits import edit_words

__all__ = [
    "DifferenceLine",
    "account_lines",
    "before_and_after",
    "difference_lines",
    "difference_text",
    "problem_count",
]

_PROBLEMS = ("stalled", "unplaced", "failing", "down", "untouched")
_NOT_TOLD = ("replaced",)


class DifferenceLine(msgspec.Struct, frozen=True):
    """One thing that changed: a symbol, in words, on how many nodes or pods, and where; `problem` ones come first."""

    symbol: str
    words: str
    count: int
    where: tuple[str, ...] = ()
    problem: bool = False


def difference_lines(entry: DaemonSetDifference) -> Iterator[DifferenceLine]:
    """Yield what changed for one DaemonSet, problems first: stalls, no place, evictions, removed for good."""
    found = list(_lines(entry))
    yield from (line for line in found if line.problem)
    yield from (line for line in found if not line.problem)


def _lines(entry: DaemonSetDifference) -> Iterator[DifferenceLine]:
    yield from _whole(entry)
    yield from (_fate(change, "!", problem=True) for change in entry.fates if change.after in _PROBLEMS)
    yield from _evictions(entry)
    for symbol, words, names in _names(entry):
        if names.more:
            said = words
            if words == "delete" and set(names.more) <= set(entry.at_once.more):
                said = "delete at once, outside any budget,"
            yield DifferenceLine(symbol, said, len(names.more), names.more, words == "delete")
        if names.less:
            yield DifferenceLine(".", f"no longer {words}", len(names.less), names.less)
    yield from (_fate(change, ">") for change in entry.fates if change.after not in (*_PROBLEMS, *_NOT_TOLD))


def _whole(entry: DaemonSetDifference) -> Iterator[DifferenceLine]:
    """Yield what stops or fails, or no longer does."""
    for before, after, word in ((*entry.stall, "stalls"), (*entry.error, "the pass fails")):
        if before != after:
            text = after if word == "stalls" else f"{word}: {after}"
            yield DifferenceLine("!", text if after else f"no longer: {before}", 0, (), bool(after))


def _evictions(entry: DaemonSetDifference) -> Iterator[DifferenceLine]:
    for eviction in entry.evictions:
        before, after = eviction.pods
        if eviction.nodes.more or after > before:
            pods = max(len(eviction.nodes.more), after - before)
            yield DifferenceLine("!", f"evicts {eviction.victim} on", pods, eviction.nodes.more, True)
        if eviction.nodes.less or after < before:
            pods = max(len(eviction.nodes.less), before - after)
            yield DifferenceLine(".", f"no longer evicts {eviction.victim} on", pods, eviction.nodes.less)


def _names(entry: DaemonSetDifference) -> tuple[tuple[str, str, NameChange], ...]:
    return ("-", "delete", entry.delete), ("+", "create", entry.create), ("~", "update", entry.update)


def _fate(change: FateChange, symbol: str, *, problem: bool = False) -> DifferenceLine:
    words = f"{change.before or 'not there'} -> {change.after or 'not there'}"
    if change.after_text and change.after_text != change.before_text:
        words += f" ({change.after_text})"
    elif change.before_text and change.before == change.after:
        words += f" (no longer: {change.before_text})"
    if change.loses:
        words += "; an available pod goes for it"
    return DifferenceLine(symbol, words, len(change.nodes), change.nodes, problem)


def difference_text(found: Difference, style: Style = PLAIN) -> str:
    """Return what some edits change as text, with the last line of both plans."""
    lines = ["What if", *_edits(found.edits, style), *account_lines(found.account, style)]
    if not found.account.daemonsets:
        lines += ["", "No DaemonSet is planned differently."]
    lines += [line for note in found.notes for line in flow(f"Note: {note.subject}: {note.text}", style.width)]
    lines += ["", *before_and_after(found.account, style)]
    return joined(lines, colour=style.colour) + "\n"


def before_and_after(account: AccountDifference, style: Style) -> list[str]:
    """Return the last lines of both plans."""
    return [
        *flow(str(account.before), style.width, "before  "),
        *flow(str(account.after), style.width, "after   "),
    ]


def account_lines(
    account: AccountDifference, style: Style, zones: Mapping[str, Sequence[tuple[str, int]]] | None = None
) -> Iterator[str]:
    """Yield what differs, DaemonSet by DaemonSet, those with problems first; `zones` counts the nodes by zone."""
    for symbol, word, names in (("+", "added", account.nodes.more), ("-", "removed", account.nodes.less)):
        if names:
            text = f"{symbol} {len(names):,} node{'s' * (len(names) != 1)} {word}: {listing(names, style.limit)}"
            yield from flow(text, style.width, "", " " * 4)
    for entry in sorted(account.daemonsets, key=lambda entry: not problem_count(entry)):
        yield ""
        yield style.paint(str(entry.daemonset), "bold")
        yield from _daemonset(entry, style)
        if tally := (zones or {}).get(str(entry.daemonset)):
            parts = [f"{name} {number:,}" for name, number in tally]
            yield from flow(f"by zone: {listing(parts, style.limit)}", style.width, "  ", " " * 6)


def problem_count(entry: DaemonSetDifference) -> int:
    """Return how many lines about a DaemonSet are problems."""
    return sum(line.problem for line in difference_lines(entry))


def _daemonset(entry: DaemonSetDifference, style: Style) -> Iterator[str]:
    if entry.presence:
        yield f"  {'+' if entry.presence == 'added' else '-'} {entry.presence}"
    before, after = entry.desired
    yield f"  desired {before:,} -> {after:,}" if before != after else f"  desired {before:,} as before"
    for line in difference_lines(entry):
        count = f" {line.count:,}" if line.count else ""
        where = f"  {listing(line.where, style.limit)}" if line.where else ""
        head, *rest = flow(f"{line.symbol} {line.words}{count}{where}", style.width, "  ", " " * 6)
        yield style.paint(head, "red") if line.problem else head
        yield from rest
    if entry.waves[0] != entry.waves[1]:
        yield f"  update waves {entry.waves[0]:,} -> {entry.waves[1]:,}"


def _edits(edits: tuple[Edit, ...], style: Style) -> Iterator[str]:
    limit = style.limit or len(edits)
    for edit in edits[:limit]:
        yield from flow(edit_words(edit), style.width, "  * ")
    if len(edits) > limit:
        yield f"  ... and {len(edits) - limit:,} more"
