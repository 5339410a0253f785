"""`dsplan overhead` for people: per class of nodes, who lands there, their sum, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..placement.failures import amount_text
from ..placement.overhead import NodeClassOverhead, NoRoom, Overhead
from ..placement.requests import PODS, Amounts
from .style import Style
from .table import listing, table

__all__ = ["overhead_text"]


def overhead_text(found: Overhead, names: Sequence[str], style: Style) -> str:
    """Return the whole report; `names` are the nodes in name order."""
    lines: list[str] = []
    for entry in found.classes:
        lines += [*_class(entry, names, style), ""]
    for gap in found.no_room:
        lines += [*_no_room(gap, names, style), ""]
    lines += [f"note: {note.subject}: {note.text}" for note in found.notes] + [""] * bool(found.notes)
    full = sum(len(gap.nodes) for gap in found.no_room)
    kinds = f"{len(found.classes):,} class{'es' * (len(found.classes) != 1)}"
    lines.append(f"Overhead: {kinds} of {len(names):,} nodes; {full:,} pods would find no room.")
    return "\n".join(lines) + "\n"


def _class(entry: NodeClassOverhead, names: Sequence[str], style: Style) -> Iterator[str]:
    labels = ", ".join(f"{key.rpartition('/')[2]}={value}" for key, value in entry.labels.items()) or "all labels"
    shown = listing([names[position] for position in entry.nodes], style.few)
    yield style.paint(f"{len(entry.nodes):,} nodes", "bold") + f" ({labels}): {shown}"
    columns = [*dict.fromkeys((*entry.allocatable, *entry.total))]
    asked = [name for name in columns if entry.total.get(name)]
    rows: list[tuple[object, ...]] = [
        (str(daemon.identity), *(_amount(daemon.requests, name, 1) for name in asked)) for daemon in entry.daemons
    ]
    rows.append(("sum", *(_amount(entry.total, name) for name in asked)))
    if entry.known:
        rows.append(("allocatable", *(_amount(entry.allocatable, name) for name in asked)))
        rows.append(("left", *(_amount(entry.left, name) for name in asked)))
        rows.append(("free now", *(_span(entry, name) for name in asked)))
    yield from table(("DAEMONSET", *(name.upper() for name in asked)), rows, indent="  ")
    if entry.ports:
        yield f"  ports taken: {', '.join(f'{port} {owner}' for port, owner in entry.ports)}"
    if entry.known:
        yield f"  largest pod on an empty node: {_largest(entry.largest)}"


def _amount(amounts: Amounts, name: str, pods: int = 0) -> str:
    amount = pods if name == PODS and pods else amounts.get(name, 0)
    return amount_text(name, amount) if amount else "-"


def _span(entry: NodeClassOverhead, name: str) -> str:
    least, most = entry.free.get(name, (0, 0))
    return amount_text(name, least) if least == most else f"{amount_text(name, least)}..{amount_text(name, most)}"


def _largest(largest: Amounts | None) -> str:
    if largest is None:
        return "none, the daemons take every pod slot"
    return ", ".join(f"{name} {amount_text(name, amount)}" for name, amount in largest.items())


def _no_room(gap: NoRoom, names: Sequence[str], style: Style) -> Iterator[str]:
    labels = ", ".join(f"{key.rpartition('/')[2]}={value}" for key, value in gap.labels.items()) or "all labels"
    head = style.paint(f"  x no room for {gap.identity} on {len(gap.nodes):,}", "red")
    yield f"{head} ({labels}): {listing([names[position] for position in gap.nodes], style.limit)}"
    for shortage in gap.shortages:
        yield f"      {shortage}"
