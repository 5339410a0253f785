"""What the waves of policies come to, counted per class and DaemonSet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...document.idsets import ids_of
from ...document.policies import PoliciesEntry, PolicyLimit, PolicyRate

__all__ = ["Cell", "Tally"]

Cell = tuple[int, int]
"""(place of the class, place of the DaemonSet)."""


class Tally:
    """Classes and runs of a document; `size` has the pods of every cell."""

    def __init__(self, entry: PoliciesEntry) -> None:
        self.nodes = [frozenset(ids_of(part.nodes)) for part in entry.classes]
        self.size = {
            (place, daemonset): len(self.nodes[place])
            for place, part in enumerate(entry.classes)
            for daemonset in part.daemonsets
        }
        self.sets = [frozenset(ids_of(text)) for text in entry.node_sets]
        self.runs: list[tuple[int, int, Counter[Cell]]] = []
        start = 0
        for run in entry.runs:
            takes: Counter[Cell] = Counter()
            for place, daemonset, count in run.takes:
                takes[place, daemonset] += count
            self.runs.append((start, run.repeat, takes))
            start += run.repeat
        self.count = start

    def waves(self) -> Iterator[tuple[int, Counter[Cell]]]:
        """Yield (number, takes) of every wave that differs from the one before it; the second one always."""
        for start, repeat, takes in self.runs:
            yield start, takes
            if start == 0 and repeat > 1:
                yield 1, takes

    def done_before(self, wave: int) -> Counter[Cell]:
        """Return what all waves before one have replaced."""
        done: Counter[Cell] = Counter()
        for start, repeat, takes in self.runs:
            times = min(repeat, wave - start)
            if times > 0:
                done.update({cell: count * times for cell, count in takes.items()})
        return done

    def weight(self, rate: PolicyRate, takes: Counter[Cell]) -> int:
        """Return what a wave takes of a rate: pods, or bytes of which one pod never has more than the limit."""
        if rate.weights is None:
            return sum(count for cell, count in takes.items() if cell[1] in rate.daemonsets)
        weights = {(place, daemonset): min(rate.limit, weight) for place, daemonset, weight in rate.weights}
        return sum(count * weights.get(cell, 0) for cell, count in takes.items())

    def cells(self, limit: PolicyLimit) -> set[Cell]:
        """Return the cells that a limit counts."""
        inside = self.sets[limit.nodes]
        return {cell for cell in self.size if cell[1] in limit.daemonsets and self.nodes[cell[0]] <= inside}
