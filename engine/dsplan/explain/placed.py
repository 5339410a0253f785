"""Whether the pod that is wanted also fits, as the plan predicts it."""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..placement.filters.failures import Failure
from ..placement.filters.outcomes import Outcome, OutcomeKind
from ..placement.impossible import room_unknown
from ..planner.plan import DaemonSetPlan

__all__ = ["Placed", "holders_text"]


class Placed:
    """What the scheduler makes of one DaemonSet's pods; nodes of unknown room have the benefit of the doubt."""

    def __init__(self, entry: DaemonSetPlan, index: NodeIndex, unknown: BitMap | None = None) -> None:
        self._prediction = entry.prediction
        self._index = index
        self._unknown = room_unknown(index) if unknown is None else unknown

    def of(self, node: str) -> Outcome | None:
        """Return what becomes of the pod on a node, None where it is there already or the room is not known."""
        position = self._index.ids[node]
        outcome = self._prediction.at(position) if self._prediction is not None else None
        if outcome is None or (position in self._unknown and outcome.kind is not OutcomeKind.REFUSED):
            return None
        return outcome


def holders_text(failures: Sequence[Failure]) -> tuple[str, ...]:
    """Return who takes up what is missing, each once."""
    holders = (holder for failure in failures for shortage in failure.shortages for holder in shortage.holders)
    return tuple(dict.fromkeys(map(str, holders)))
