"""What becomes of every DaemonSet on every node, and of every pod: worked out once, read by every answer.

In: the pass, the scheduler's prediction, policies, and how roll-outs were played. Out: rows of pairs that are alike,
each with one fate and one lot a pod; their sums are the only numbers that are printed.
"""

from .types import Account, DaemonSetAccount, Eviction, Lot, Moment, Row, Sums
from .words import Awaited, By, End, Fate, Kind, LotKind, Spent, When

__all__ = [
    "Account",
    "Awaited",
    "By",
    "DaemonSetAccount",
    "End",
    "Eviction",
    "Fate",
    "Kind",
    "Lot",
    "LotKind",
    "Moment",
    "Row",
    "Spent",
    "Sums",
    "When",
]
