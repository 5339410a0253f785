"""The best placement as an entry of the plan document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...document.idsets import ranges_of
from ...document.types import ComponentEntry, PlacementConflict, PlacementEntry

if TYPE_CHECKING:
    from ...placement.fit_types import Fit
    from ...placement.search.conflicts import Conflict

__all__ = ["placement_entry"]


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
