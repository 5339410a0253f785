"""The best placement in a plan: its entry, and its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..document.idsets import ids_of, ranges_of
from ..document.types import ComponentEntry, PlacementConflict, PlacementEntry, PlanDocument
from .style import Style
from .table import listing, table

if TYPE_CHECKING:
    from ..placement.fit_types import Fit
    from ..placement.search.conflicts import Conflict

__all__ = ["component_table", "placement_entry", "placement_lines"]


def placement_entry(best: Fit) -> PlacementEntry:
    """Return the best placement as an entry of a plan."""
    return PlacementEntry(
        wanted=best.wanted,
        placed=best.placed,
        bound=best.bound,
        gap=best.gap,
        search_nodes=best.steps,
        deletions=best.deletions,
        components=tuple(
            ComponentEntry(
                size=part.size,
                nodes=part.nodes,
                placed=part.best,
                bound=part.bound,
                search_nodes=part.steps,
                gap=part.gap,
            )
            for part in best.components
        ),
        conflicts=(
            *(_conflict(entry, violated=True) for entry in best.violations),
            *(_conflict(entry, violated=False) for entry in best.conflicts),
        ),
    )


def _conflict(entry: Conflict, *, violated: bool) -> PlacementConflict:
    return PlacementConflict(
        subject=str(entry.subject),
        nodes=ranges_of(entry.nodes),
        causes=tuple(map(str, entry.causes)),
        violated=violated,
    )


def component_table(components: Sequence[ComponentEntry], style: Style) -> Iterator[str]:
    """Yield the components by size, with what the search did for each kind."""
    rows = [
        [f"  {part.size:,}", *(f"{count:,}" for count in _counts(part))]
        for part in (components if style.limit is None else components[: style.limit])
    ]
    if rows:
        yield from table(("  COMPONENT SIZE", "NODES", "PLACED", "BOUND", "SEARCH NODES", "GAP"), rows)
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
    proof = "the most possible" if entry.gap == 0 else f"at most {entry.bound:,} possible, gap {entry.gap:,}"
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
