"""Waves for limits that form no two nested families: zone x kernel x one a node, Latin squares.

As in `exact`, taking one in T of every cell keeps every limit for the T waves that are left; only whole units may not
exist. So two families are planned as a flow, and what the sets besides them have too much or too little is shifted
along cycles of that flow, which change no other set. A wave that stays short of what it had to take makes the roll-out
one wave longer, never invalid.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from .ceilings import Ceiling, repeats_of, waves_needed
from .families import crossing_pairs, two_families
from .flow import WaveNetwork
from .problem import Cell
from .schedule_types import WaveRun
from .shifts import settle

__all__ = ["CrossingPlanner"]

Counts = Mapping[Cell, int]


class CrossingPlanner:
    """Plans the units `counts` under any `ceilings`; always valid, as few waves as the shifts manage."""

    def __init__(self, counts: Counts, ceilings: Sequence[Ceiling]) -> None:
        self._turn = 0
        self._counts = dict(counts)
        kept, self._beside = _split(ceilings)
        self._kept = kept
        families = two_families([ceiling.cells for ceiling in kept])
        assert families is not None
        self._all = [*kept, *self._beside]
        around: dict[Cell, list[int]] = {cell: [] for cell in counts}
        for place, ceiling in enumerate(self._all):
            for cell in ceiling.cells:
                if cell in around:
                    around[cell].append(place)
        self._around = around
        signature = {cell: tuple(place for place in places if place >= len(kept)) for cell, places in around.items()}
        self._network = WaveNetwork(counts, families, signature)

    def plan(self, *, all_waves: bool = True, turn: int = 0) -> list[WaveRun]:
        """Return the waves; unless `all_waves`, only the first. Each `turn` shifts differently."""
        self._turn = turn
        remaining, runs = dict(self._counts), list[WaveRun]()
        while any(remaining.values()):
            first = not runs
            takes = self._wave(remaining, first=first)
            if not all_waves:
                return [WaveRun(1, tuple(takes.items()))]
            repeat = 1 if first and self._is_cut else self._repeats(takes, remaining)
            for cell, units in takes.items():
                remaining[cell] -= repeat * units
            runs.append(WaveRun(repeat, tuple(takes.items())))
        return _merged(runs)

    @property
    def _is_cut(self) -> bool:
        return any(ceiling.first < ceiling.limit for ceiling in self._all)

    def _wave(self, remaining: Counts, *, first: bool) -> dict[Cell, int]:
        units = self._sums(remaining)
        left = self._left(units, first=first)
        bounds = [
            (max(0, has - c.limit * (left - 1)), c.first if first else c.limit)
            for c, has in zip(self._all, units, strict=True)
        ]
        share = 0 if first and self._is_cut else left
        flow = self._network.even(remaining, bounds[: len(self._kept)], share=share)
        if flow is None:
            takes: dict[Cell, int] = {}
        else:
            settle(flow, bounds, turn=self._turn)
            takes = self._network.takes(flow, remaining)
        return self._topped_up(self._cut_back(takes, bounds), remaining, bounds)

    def _sums(self, counts: Counts) -> list[int]:
        """Return how many of the units are in every set."""
        found = [0] * len(self._all)
        for cell, units in counts.items():
            for place in self._around[cell]:
                found[place] += units
        return found

    def _left(self, units: Sequence[int], *, first: bool) -> int:
        pairs = zip(self._all, units, strict=True)
        return max((waves_needed(n, c.limit, c.first if first else c.limit) for c, n in pairs), default=1)

    def _cut_back(self, takes: dict[Cell, int], bounds: Sequence[tuple[int, int]]) -> dict[Cell, int]:
        """Return what a wave takes without what is above the limits; the cells with most go first."""
        used = self._sums(takes)
        for place in [place for place, (_, most) in enumerate(bounds) if used[place] > most]:
            inside = self._all[place].cells & takes.keys()
            for cell in sorted(inside, key=lambda cell: (-takes[cell], cell)):
                over = used[place] - bounds[place][1]
                if over <= 0:
                    break
                less = min(over, takes[cell])
                takes[cell] -= less
                for other in self._around[cell]:
                    used[other] -= less
        return {cell: units for cell, units in takes.items() if units}

    def _topped_up(
        self, takes: dict[Cell, int], remaining: Counts, bounds: Sequence[tuple[int, int]]
    ) -> dict[Cell, int]:
        """Return what a wave takes with everything that still finds room; sets that are short come first."""
        used = self._sums(takes)
        short = {place for place, (least, _) in enumerate(bounds) if used[place] < least}

        def key(cell: Cell) -> tuple[int, int, Cell]:
            return -sum(place in short for place in self._around[cell]), -remaining[cell], cell

        for cell in sorted((cell for cell, units in remaining.items() if units > takes.get(cell, 0)), key=key):
            more = remaining[cell] - takes.get(cell, 0)
            more = min([more, *(bounds[place][1] - used[place] for place in self._around[cell])])
            if more > 0:
                takes[cell] = takes.get(cell, 0) + more
                for place in self._around[cell]:
                    used[place] += more
        return dict(sorted(takes.items()))

    def _repeats(self, takes: Counts, remaining: Counts) -> int:
        """Return how often a wave can be repeated."""
        has, taken = self._sums(remaining), self._sums(takes)
        limits = (ceiling.limit for ceiling in self._all)
        return repeats_of(takes, remaining, self._left(has, first=False), zip(limits, has, taken, strict=True))


def _split(ceilings: Sequence[Ceiling]) -> tuple[list[Ceiling], list[Ceiling]]:
    """Return ceilings of which the sets form two nested families, and the others; large sets are kept first."""
    side: dict[int, int] = {}
    crossing = crossing_pairs([ceiling.cells for ceiling in ceilings])
    against: dict[int, list[int]] = {place: [] for place in range(len(ceilings))}
    for one, other in crossing:
        against[one].append(other)
        against[other].append(one)
    order = sorted(range(len(ceilings)), key=lambda place: (len(against[place]), -len(ceilings[place].cells), place))
    for start in order:
        reached = deque([start] if start not in side else [])
        while reached:
            place = reached.popleft()
            if place in side:
                continue
            taken = {side[other] for other in against[place] if side.get(other, -1) >= 0}
            side[place] = min({0, 1} - taken, default=-1)
            reached.extend(other for other in sorted(against[place]) if other not in side)
    kept = [ceiling for place, ceiling in enumerate(ceilings) if side[place] >= 0]
    return kept, [ceiling for place, ceiling in enumerate(ceilings) if side[place] < 0]


def _merged(runs: Sequence[WaveRun]) -> list[WaveRun]:
    merged: list[WaveRun] = []
    for run in runs:
        if merged and merged[-1].takes == run.takes:
            run = WaveRun(merged.pop().repeat + run.repeat, run.takes)
        merged.append(run)
    return merged
