"""`dsplan overhead` for people: per class of nodes who lands there, their sum, what is left; who finds no room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...placement.filters.failures import amount_text, room_text
from ...placement.filters.requests import PODS, Amounts
from ...placement.overhead import NODE_POOL, NodeClassOverhead, NoRoom, Overhead, Standing
from ..flow import counted, wrapped
from ..inert import joined
from ..style import Style
from ..table import listing, table

__all__ = ["overhead_text"]

_VERDICTS = {
    Standing.RUNNING: "would no longer fit",
    Standing.NEW: "would not fit",
    Standing.PENDING: "is Pending already",
}
_COUNTED = {Standing.RUNNING: "where one runs now", Standing.NEW: "new", Standing.PENDING: "Pending already"}


def overhead_text(found: Overhead, names: Sequence[str], style: Style) -> str:
    """Return the whole report; `names` are the nodes in name order."""
    lines: list[str] = []
    shown = found.classes[: style.limit]
    for number, entry in enumerate(shown, start=1):
        lines += [*_class(number, entry, names, style), ""]
    if len(shown) < len(found.classes):
        lines += [f"... and {len(found.classes) - len(shown):,} more classes; -o wide shows all", ""]
    if found.no_room or found.evicted:
        lines += [*_rolled_out(found, names, style), ""]
    lines += [line for note in found.notes for line in wrapped(f"note: {note.subject}: {note.text}", style.width, 6)]
    lines += [""] * bool(found.notes)
    return joined([*lines, _summary(found, len(names))], colour=style.colour) + "\n"


def _summary(found: Overhead, total: int) -> str:
    kinds = f"{len(found.classes):,} class{'es' * (len(found.classes) != 1)}"
    counts: Counter[Standing] = Counter()
    for gap in found.no_room:
        counts[gap.standing] += len(gap.nodes)
    each = ", ".join(f"{counts[standing]:,} {words}" for standing, words in _COUNTED.items() if counts[standing])
    return (
        f"Overhead: {kinds} of {total:,} nodes; {counts.total():,} pods would find no room{f': {each}' * bool(each)}."
    )


def _class(number: int, entry: NodeClassOverhead, names: Sequence[str], style: Style) -> Iterator[str]:
    shown = listing([names[position] for position in entry.nodes], style.few)
    head = f"[{number}] {counted(len(entry.nodes), 'node')}"
    first, *others = wrapped(f"{head} {_described(entry)}: {shown}", style.width, 4)
    yield style.paint(head, "bold") + first.removeprefix(head)
    yield from others
    columns = [*dict.fromkeys((*entry.allocatable, *entry.total))]
    asked = [name for name in columns if entry.total.get(name)]
    rows: list[tuple[object, ...]] = [
        (str(daemon.identity), *(_amount(daemon.requests, name, 1) for name in asked)) for daemon in entry.daemons
    ]
    rows.append(("sum", *(_amount(entry.total, name) for name in asked)))
    if entry.known:
        rows.append(("allocatable", *(room_text(name, entry.allocatable.get(name, 0)) for name in asked)))
        rows.append(("left", *(room_text(name, entry.left.get(name, 0)) for name in asked)))
        rows.append(("free now", *(_span(entry, name) for name in asked)))
    yield from table(("DAEMONSET", *(name.upper() for name in asked)), rows, style, indent="  ")
    if entry.ports:
        ports = ", ".join(f"{port} {owner}" for port, owner in entry.ports)
        yield from wrapped(f"  ports taken: {ports}", style.width, 4)
    if entry.known:
        yield from wrapped(f"  largest pod on an empty node: {_largest(entry)}", style.width, 4)


def _described(entry: NodeClassOverhead) -> str:
    """Return what the nodes have in common: their labels, and how large the smallest of them is."""
    parts = [f"{'pool' if key == NODE_POOL else key.rpartition('/')[2]}={value}" for key, value in entry.labels.items()]
    if entry.known:
        parts += [f"{name} {room_text(name, amount)}" for name, amount in entry.allocatable.items() if name in _SIZES]
    return f"({', '.join(parts) or 'all labels'})"


_SIZES = ("cpu", "memory")


def _amount(amounts: Amounts, name: str, pods: int = 0) -> str:
    amount = pods if name == PODS and pods else amounts.get(name, 0)
    return amount_text(name, amount) if amount else "-"


def _span(entry: NodeClassOverhead, name: str) -> str:
    least, most = (room_text(name, amount) for amount in entry.free.get(name, (0, 0)))
    return least if least == most else f"{least}..{most}"


def _largest(entry: NodeClassOverhead) -> str:
    short = [name for name, amount in entry.left.items() if amount < 0]
    if short:
        return f"none, the daemons alone ask for more {' and '.join(short)} than there is"
    if entry.largest is None:
        return "none, the daemons take every pod slot"
    return ", ".join(f"{name} {room_text(name, amount)}" for name, amount in entry.largest.items() if amount)


def _rolled_out(found: Overhead, names: Sequence[str], style: Style) -> Iterator[str]:
    yield style.paint("Once every template is rolled out", "bold")
    shown = found.no_room[: style.limit]
    for gap in shown:
        yield from _no_room(gap, found, names, style)
    if len(shown) < len(found.no_room):
        yield f"  ... and {len(found.no_room) - len(shown):,} more of these; -o wide shows all"
    for holder in found.evicted:
        yield from wrapped(f"  ! evicted: {holder}", style.width, 6)


def _no_room(gap: NoRoom, found: Overhead, names: Sequence[str], style: Style) -> Iterator[str]:
    front = f"  {'!' if gap.standing is Standing.PENDING else 'x'} {gap.identity} {_VERDICTS[gap.standing]}"
    total = len(found.classes[gap.number].nodes)
    count = f"{len(gap.nodes):,} of the " if len(gap.nodes) < total else "all " if total > 1 else ""
    where = f"on {count}{counted(total, 'node')} of [{gap.number + 1}]"
    listed = listing([names[position] for position in gap.nodes], style.few)
    first, *others = wrapped(f"{front} {where}: {listed}", style.width, 6)
    yield style.paint(front, "yellow" if gap.standing is Standing.PENDING else "red") + first.removeprefix(front)
    yield from others
    for shortage in gap.shortages:
        yield from wrapped(f"      {shortage}", style.width, 8)
