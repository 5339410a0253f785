"""What an account says of one DaemonSet, line by line: problems first, then what changes, then what waits.

Every answer about a whole DaemonSet is made of these lines; their numbers are those of the account's rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from ...document.account import LotEntry, MomentEntry, RowEntry, StallEntry
from ...document.idsets import ids_of, ranges_of
from ...document.types import DaemonSetEntry, PlanDocument
from ..flow import counted

__all__ = ["Line", "changes_of", "lines_of", "moment_words", "names_of", "problems_of", "rest_of"]

_GC = "garbage collector of pods, after about 40 s"


class Line(msgspec.Struct, frozen=True):
    """So many pairs or pods share a fate: a symbol, a verb, why, and where.

    `example` tells what the first lacks, `commands` what to run about it; `brief` is why, short and without names.
    """

    symbol: str
    verb: str
    count: int
    why: str
    where: tuple[str, ...]
    example: str = ""
    commands: tuple[str, ...] = ()
    brief: str = ""


def lines_of(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[Line]:
    """Yield everything there is to say about a DaemonSet, in the order in which a reader wants to know it."""
    yield from problems_of(entry, plan)
    yield from changes_of(entry, plan)
    yield from rest_of(entry, plan)


def names_of(row: RowEntry, plan: PlanDocument) -> list[str]:
    """Return the nodes of a row by name."""
    return [*(plan.nodes[place] for place in ids_of(row.nodes)), *row.vanished]


def moment_words(moment: MomentEntry) -> str:
    """Return when something happens.

    >>> moment_words(MomentEntry(when="wave", first=2, last=9)), moment_words(MomentEntry(when="now"))
    ('in waves 2 to 9', 'in the next pass')
    """
    match moment.when:
        case "now":
            return "in the next pass"
        case "pass":
            return "in a later pass (250 a pass)"
        case "after":
            return f"after {moment.awaited}"
        case "wave" if moment.first == moment.last:
            return f"in wave {moment.first:,}"
        case "wave":
            return f"in waves {moment.first:,} to {moment.last:,}"
        case "under way":
            return "under way"
    return ""


def problems_of(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[Line]:
    """Yield what somebody should look at: stalls, what finds no place or fails, evictions, what is removed for good."""
    if entry.error:
        heals = "; it goes on once pod garbage collection has removed that pod, in about 40 s"
        healing = entry.course is not None and entry.course.collection
        yield Line("!", "pass fails", 0, entry.error + heals * healing, ())
    yield from _stalls(entry, plan)
    for row in _by_reason(_rows(entry, "unplaced")):
        loses = "; an available pod goes for it" if row.loses else ""
        where = tuple(names_of(row, plan))
        yield Line("x", "impossible", len(where), f"{row.reason}: {row.text}{loses}", where, row.example)
    for evicted in entry.evictions:
        nodes = tuple(plan.nodes[place] for place in ids_of(evicted.nodes))
        yield Line("!", "evicts", evicted.pods * len(nodes), f"{evicted.victim}, on", nodes)
    for row in _by_reason(_rows(entry, "failing", "down")):
        where = tuple(names_of(row, plan))
        yield Line("!", row.fate, len(where), row.text, where)
    for row in _rows(entry, "removed"):
        for lot in row.lots:
            if lot.kind in ("deleted", "evicted") and row.nodes:
                yield _removal(row, lot, plan)
    yield from _second_course(entry, plan)


def _stalls(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[Line]:
    if (stalled := _rows(entry, "stalled")) or entry.summary.stalls:
        text = entry.stall.text if entry.stall else entry.course.text if entry.course else ""
        commands = entry.stall.commands if entry.stall else ()
        brief = _in_brief(entry.stall) if entry.stall else ""
        yield Line("!", "stalled", _count(stalled), text, _where(stalled, plan), commands=commands, brief=brief)
    if any(plan.daemonsets[place] is entry for place in plan.unplayed):
        yield Line("!", "may stall", 0, "a long roll-out that was not played; run `dsplan timeline` to check", ())


def _second_course(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[Line]:
    if entry.otherwise is not None:
        starting = counted(_count(_rows_where(entry, "starting", "failing")), "starting pod")
        if_not = f"if {starting} {'does' if starting.startswith('1 ') else 'do'} not become ready"
        names = tuple(plan.nodes[place] for place in ids_of(entry.otherwise.stalled))
        yield Line("!", "may stall", len(names), f"{if_not}: {entry.otherwise.text}", names, brief=if_not)


def _in_brief(stall: StallEntry) -> str:
    """Return a stall in a line, without the names of nodes."""
    if stall.kind != "BudgetSpent":
        return re.sub(r" \([^()]*\)", "", stall.text)
    way = stall.advice or (f"needs maxUnavailable >= {stall.needs:,}" if stall.needs is not None else "")
    down = f"{counted(stall.spent, 'node')} down, {stall.limit:,} allowed"
    return "; ".join(filter(None, (f"wave {stall.wave:,}: {down}", re.sub(r" \([^()]*\)", "", way))))


def _removal(row: RowEntry, lot: LotEntry, plan: PlanDocument) -> Line:
    where = tuple(names_of(row, plan))
    gone = "" if lot.reason == "NotEligible" else "; not created again"
    beyond = f"; {lot.budget}" if lot.budget else ""
    when = f", {moment_words(lot.moment)}" if lot.moment.when != "now" else ""
    return Line("-", "delete", len(where), f"{lot.reason} ({lot.by}{beyond}{when}){gone}", where)


def changes_of(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[Line]:
    """Yield what is created, repaired and collected; what is replaced is told with its waves."""
    for row in _rows(entry, "created"):
        for lot in row.lots:
            if lot.kind == "comes":
                where = tuple(names_of(row, plan))
                waits = f", {moment_words(row.moment)}" if row.moment.when != "now" else ""
                yield Line("+", "create", len(where), f"{lot.reason} ({lot.by}{waits})", where)
    for row in (*_rows(entry, "repaired"), *_rows(entry, "kept"), *_rows(entry, "unplaced", "failing", "down")):
        for lot in row.lots:
            if lot.kind == "deleted":
                where = tuple(names_of(row, plan))
                when = f", {moment_words(lot.moment)}" if lot.moment.when != "now" else ""
                yield Line("-", "delete", len(where), f"{lot.reason} ({lot.by}{when})", where)
    for row in (row for row in entry.rows if row.vanished):
        for lot in row.lots:
            if lot.kind in ("collected", "deleted"):
                by = _GC if lot.kind == "collected" else lot.by
                yield Line("-", "delete", len(row.vanished), f"NodeVanished ({by})", row.vanished)


def rest_of(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[Line]:
    """Yield what waits, starts or is left as it is by somebody's decision."""
    for row in _by_reason(row for row in entry.rows if row.reason == "Relabelled"):
        where = tuple(names_of(row, plan))
        yield Line("!", "relabelled", len(where), row.text, where)
    for fate in ("parked", "starting"):
        for row in _by_reason(_rows(entry, fate)):
            where = tuple(names_of(row, plan))
            if fate == "parked":
                yield Line("!", "blocked", len(where), f"{row.reason}: {row.text}", where)
            else:
                yield Line(".", "starting", len(where), "not available yet", where)


def _rows(entry: DaemonSetEntry, *fates: str) -> list[RowEntry]:
    return [row for row in entry.rows if row.fate in fates]


def _rows_where(entry: DaemonSetEntry, fate: str, otherwise: str) -> list[RowEntry]:
    return [row for row in entry.rows if (row.fate, row.otherwise) == (fate, otherwise)]


def _count(rows: Iterable[RowEntry]) -> int:
    return sum(len(ids_of(row.nodes)) + len(row.vanished) for row in rows)


def _where(rows: Iterable[RowEntry], plan: PlanDocument) -> tuple[str, ...]:
    return tuple(sorted(name for row in rows for name in names_of(row, plan)))


def _by_reason(rows: Iterable[RowEntry]) -> Iterator[RowEntry]:
    """Yield one row for all of a reason, the nodes of all of them in it."""
    merged: dict[tuple[str, str, str, bool], RowEntry] = {}
    for row in rows:
        key = row.fate, row.reason, row.text, row.loses
        if (known := merged.get(key)) is not None:
            nodes = ranges_of(sorted([*ids_of(known.nodes), *ids_of(row.nodes)]))
            row = msgspec.structs.replace(known, nodes=nodes, vanished=(*known.vanished, *row.vanished))
        merged[key] = row
    yield from merged.values()
