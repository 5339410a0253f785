"""The rules once more, one pod and one node at a time, as plainly as they are written down.

Slow, and of no use to the planner, which works on sets; it imports none of `manage` and `rolling`. Whoever checks a
plan asks this, so that a mistake of the planner cannot hide in its own reflection.
"""

from .case import Case
from .memory import next_state
from .order import written_order, zones_of
from .outcome import BURST, Outcome, outcome
from .writes import WRITE_RANKS, change_text

__all__ = [
    "BURST",
    "Case",
    "WRITE_RANKS",
    "change_text",
    "Outcome",
    "next_state",
    "outcome",
    "written_order",
    "zones_of",
]
