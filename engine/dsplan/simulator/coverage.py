"""Which wanted nodes are without service, over time.

A wanted node (RUN) is down while it has no pod that is available and not terminating. This is counted apart from the
rules of the rolling update, so that it can judge them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cache

from pyroaring import BitMap

from ..diff.order import ZONE_LABEL
from ..diff.rolling import Place, classify
from ..eligibility import NodeIndex, Verdict
from ..observe import Observed, PodFact, Shape, Situation

__all__ = ["Coverage", "is_down", "is_settled_alone"]

_TERMINATING, _AVAILABLE = int(PodFact.TERMINATING), int(PodFact.AVAILABLE)


@cache
def is_down(shape: Shape) -> bool:
    """Return whether a wanted node with these pods is without service.

    >>> is_down(()), is_down((int(PodFact.READY | PodFact.AVAILABLE),))
    (True, False)
    """
    return not any(facts & _AVAILABLE and not facts & _TERMINATING for facts in shape)


@cache
def is_settled_alone(shape: Shape) -> bool:
    """Return whether exactly one pod lives here and it is available: any other node spends budget (R6-R9)."""
    live = [facts for facts in shape if not facts & _TERMINATING]
    return len(live) == 1 and bool(live[0] & _AVAILABLE)


def outdated(observed: Observed) -> BitMap:
    """Return the wanted nodes whose only live pod is out of date."""
    found = BitMap()
    for situation in observed.situations:
        place = classify(situation.verdict, situation.shape, surge=False)
        if situation.verdict is Verdict.RUN and place in (Place.CANDIDATE, Place.MUST_REPLACE):
            found |= situation.nodes
    return found


class Coverage:
    """Nodes down now, the most at once in all and in one zone, the pod-seconds lost, and all changes as a series."""

    def __init__(self) -> None:
        self.wanted = 0
        self.down = BitMap()
        self.most_down = 0
        self.most_down_in_zone: tuple[str, int] = ("", 0)
        self.lost_pod_seconds = 0.0
        self._zone_of: list[str] = []
        self._zones: Counter[str] = Counter()
        self._sampled: tuple[datetime, int] | None = None
        self.series: list[tuple[datetime, int]] = []

    def rebuild(self, index: NodeIndex, situations: Iterable[Situation]) -> None:
        """Count anew."""
        wanted = [situation for situation in situations if situation.verdict is Verdict.RUN]
        self.wanted = sum(len(situation.nodes) for situation in wanted)
        self.down = BitMap.union(BitMap(), *(situation.nodes for situation in wanted if is_down(situation.shape)))
        self._zone_of = [node.metadata.labels.get(ZONE_LABEL, "") for node in index.nodes]
        self._zones = Counter(self._zone_of[position] for position in self.down)

    def moved(self, position: int, before: Shape, after: Shape) -> None:
        """Take note that a wanted node has other pods."""
        was, now = is_down(before), is_down(after)
        if was == now:
            return
        zone = self._zone_of[position]
        if now:
            self.down.add(position)
            self._zones[zone] += 1
        else:
            self.down.discard(position)
            self._zones[zone] -= 1

    def sample(self, now: datetime) -> None:
        """Note what is down at a moment, after everything of that moment happened.

        Until now it was what the sample before says. Call it whenever something may have changed, and at the end.
        """
        if self._sampled is not None:
            since, before = self._sampled
            self.lost_pod_seconds += before * (now - since).total_seconds()
        down = len(self.down)
        self._sampled = (now, down)
        if not self.series or self.series[-1][1] != down:
            self.series.append((now, down))
        self.most_down = max(self.most_down, down)
        for zone, count in self._zones.items():
            if zone and count > self.most_down_in_zone[1]:
                self.most_down_in_zone = (zone, count)
