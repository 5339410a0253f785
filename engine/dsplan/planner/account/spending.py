"""Which nodes hold a place in the budget of a roll-out, and which pods wait for one (R6-R13, R17-R24)."""

from __future__ import annotations

from collections.abc import Iterable

from pyroaring import BitMap

from ...diff.rolling import Place, classify
from ...eligibility import Verdict
from ...observe import Shape, Situation

__all__ = ["has_candidates", "spending_nodes", "spends_place"]


def spends_place(verdict: Verdict, shape: Shape, *, surge: bool, rolls: bool) -> bool:
    """Return whether a node in a situation holds a place in the budget (R6-R9, R13, R17, R24)."""
    if not rolls:
        return False
    place = classify(verdict, shape, surge=surge)
    return place is Place.DOWN or (place is Place.MUST_REPLACE and not surge)


def spending_nodes(situations: Iterable[Situation], *, surge: bool) -> BitMap:
    """Return the nodes that hold a place in the budget now."""
    held = (part.nodes for part in situations if spends_place(part.verdict, part.shape, surge=surge, rolls=True))
    return BitMap.union(BitMap(), *held)


def has_candidates(situations: Iterable[Situation], *, surge: bool) -> bool:
    """Return whether an outdated, available pod waits for a place in the budget (R10, R23)."""
    return any(classify(part.verdict, part.shape, surge=surge) is Place.CANDIDATE for part in situations)
