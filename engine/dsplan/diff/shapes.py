"""Reading shapes (R5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..observe import PodFact, Shape

__all__ = ["EXCESS", "first_where", "new_and_old"]

_TERMINATING, _UPDATED = int(PodFact.TERMINATING), int(PodFact.UPDATED)

EXCESS = -1
"""Stands for the position of a pod where a node has more than one of the kind."""


def first_where(places: Iterable[int], holds: Callable[[int], bool]) -> int | None:
    """Return the first of `places` for which it holds."""
    return next(filter(holds, places), None)


def new_and_old(shape: Shape) -> tuple[int | None, int | None]:
    """Return the positions of the live new and the live old pod; EXCESS for both where one kind is there twice (R5)."""
    new: int | None = None
    old: int | None = None
    for place, facts in enumerate(shape):
        if facts & _TERMINATING:
            continue
        if facts & _UPDATED:
            if new is not None:
                return EXCESS, EXCESS
            new = place
        else:
            if old is not None:
                return EXCESS, EXCESS
            old = place
    return new, old
