"""The best placement in a plan as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...document.idsets import ids_of
from ...document.types import ComponentEntry, PlanDocument
from ..style import Style
from ..table import listing, table

__all__ = ["component_table", "placement_lines"]


def component_table(components: Sequence[ComponentEntry], style: Style) -> Iterator[str]:
    """Yield the components by size, with what the search did for each kind."""
    rows = [[part.size, *_counts(part)] for part in (components if style.limit is None else components[: style.limit])]
    if rows:
        yield from table(
            ("COMPONENT SIZE", "NODES", "PLACED", "BOUND", "SEARCH NODES", "GAP"), rows, style, indent="  "
        )
    if len(rows) < len(components):
        yield f"  ... and {len(components) - len(rows):,} more; -o wide shows all"


def _counts(part: ComponentEntry) -> tuple[int, ...]:
    return part.nodes, part.placed, part.bound, part.search_nodes, part.gap


def placement_lines(plan: PlanDocument, style: Style) -> Iterator[str]:
    """Yield the lines about the best placement, none where everything wanted has a place."""
    entry = plan.placement
    if entry is None:
        return
    yield ""
    proof = "proven optimal" if entry.gap == 0 else f"at most {entry.bound:,} possible, gap {entry.gap:,}"
    head = style.paint("Best placement without eviction", "bold")
    yield f"{head}: {entry.placed:,} of {entry.wanted:,} new pods; {proof}; search nodes {entry.search_nodes:,}"
    yield from component_table(entry.components, style)
    for conflict in entry.conflicts if style.limit is None else entry.conflicts[: style.limit]:
        names = [plan.nodes[position] for position in ids_of(conflict.nodes)]
        what = "violated" if conflict.violated else "no place"
        front = style.paint(f"  x {what} {len(names):,}", "red")
        yield f"{front}  {conflict.subject}: {listing(names, style.limit)}"
        yield f"      {'; '.join(conflict.causes)}"
    more = len(entry.conflicts) - (len(entry.conflicts) if style.limit is None else style.limit)
    if more > 0:
        yield f"  ... and {more:,} more conflicts; -o wide shows all"
