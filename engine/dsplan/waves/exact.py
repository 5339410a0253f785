"""Waves by flow, for limits that form two nested families.

Fixed limits: with T = max ceil(units / limit) waves left, taking 1/T of every cell keeps every limit, so an integral
flow does, too; after it the same holds for T - 1. A wave is repeated as long as nothing it relies on changes, so the
number of runs depends on the number of sets and cells and not on the number of nodes.
Pods already down: only the first wave differs, so one flow test per number of waves is exact.
Steps: what makes up a step is chosen by a flow over all its waves at once. Each step is then exact; all of them
together need not be, since a limit that changes from wave to wave makes two families NP-hard. The gap tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .ceilings import Ceiling, repeats_of, units_in, waves_needed
from .families import two_families
from .flow import WaveNetwork
from .problem import Cell, Steps
from .schedule_types import WaveRun

__all__ = ["FlowPlanner"]

Counts = Mapping[Cell, int]
_FEW_STEPS = 8
"""Steps up to which the first one is chosen with an eye on all others, even if only the first wave is asked for."""


class FlowPlanner:
    """Plans the units `counts` under `ceilings`; `applies` is false where they are no two nested families."""

    def __init__(self, counts: Counts, ceilings: Sequence[Ceiling], steps: Steps | None = None) -> None:
        self.counts = dict(counts)
        self.steps = steps
        self._ceilings = list(ceilings)
        self._stepped = self._add_stepped_sets()
        families = two_families([ceiling.cells for ceiling in self._ceilings])
        self.applies = families is not None
        if families is not None:
            self._network = WaveNetwork(self.counts, families)

    def _add_stepped_sets(self) -> list[int]:
        """Make every stepped DaemonSet a set, so that a flow can be told how many of its units to take."""
        places = []
        everything = sum(self.counts.values())
        known = {ceiling.cells: place for place, ceiling in enumerate(self._ceilings)}
        for daemonset in self.steps.daemonsets if self.steps else ():
            cells = frozenset(cell for cell in self.counts if cell[1] == daemonset)
            if cells not in known:
                known[cells] = len(self._ceilings)
                self._ceilings.append(Ceiling(cells, everything, everything))
            places.append(known[cells])
        return places

    def plan(self, *, all_waves: bool = True) -> tuple[list[WaveRun], int, tuple[int, ...]]:
        """Return the waves, the bound, and after how many waves each step is done.

        Unless `all_waves`, of the waves only the first; it is the same unless there are many steps.
        """
        simple = self._simple_bound(self.counts)
        if self.steps is not None:
            return self._plan_steps(simple, all_waves=all_waves)
        total = simple
        while (runs := self._runs(self.counts, total, fresh=True, all_waves=all_waves)) is None:
            total += 1
        return runs, total, ()

    def _simple_bound(self, counts: Counts) -> int:
        bounds = (waves_needed(units_in(ceiling, counts), ceiling.limit, ceiling.first) for ceiling in self._ceilings)
        return max(bounds, default=0) or int(any(counts.values()))

    def _runs(self, counts: Counts, total: int, *, fresh: bool, all_waves: bool) -> list[WaveRun] | None:
        """Return exactly `total` waves or fewer, None where the first wave leaves too much for the others."""
        remaining, left, runs = dict(counts), total, list[WaveRun]()
        while any(remaining.values()):
            if left <= 0:
                return None
            first = fresh and not runs
            bounds = [
                (max(0, units_in(c, remaining) - c.limit * (left - 1)), c.first if first else c.limit)
                for c in self._ceilings
            ]
            takes = self._network.largest(remaining, bounds, share=0 if first and self._is_cut else left)
            if takes is None:
                return None
            if not all_waves:
                return [WaveRun(1, tuple(takes.items()))]
            repeat = 1 if first and self._is_cut else self._repeats(takes, remaining, left)
            for cell, units in takes.items():
                remaining[cell] -= repeat * units
            left -= repeat
            runs.append(WaveRun(repeat, tuple(takes.items())))
        return runs

    @property
    def _is_cut(self) -> bool:
        return any(ceiling.first < ceiling.limit for ceiling in self._ceilings)

    def _repeats(self, takes: Counts, remaining: Counts, left: int) -> int:
        """Return how often a wave can be repeated, of `left` waves."""
        taken = ((c, units_in(c, takes)) for c in self._ceilings)
        sets = ((c.limit, units_in(c, remaining), units) for c, units in taken if units < c.limit)
        return repeats_of(takes, remaining, left, sets)

    def _plan_steps(self, simple: int, *, all_waves: bool) -> tuple[list[WaveRun], int, tuple[int, ...]]:
        assert self.steps is not None
        steps = len(self.steps.sizes)
        near = steps if all_waves or steps <= _FEW_STEPS else 1
        lengths = [self._shortest(step) if step < near else sum(self.counts.values()) for step in range(steps)]
        bound = max(simple, sum(lengths))
        lengths[-1] += bound - sum(lengths)
        remaining, runs, ends = dict(self.counts), list[WaveRun](), list[int]()
        for step in range(len(lengths)):
            content, waves = self._content(step, lengths, remaining)
            while (found := self._runs(content, waves, fresh=not runs, all_waves=all_waves)) is None:
                waves += 1
            if found and not all_waves:
                return found, bound, ()
            for cell, units in content.items():
                remaining[cell] -= units
            runs += found
            ends.append(sum(run.repeat for run in runs))
        return runs, bound, tuple(ends)

    def _shortest(self, step: int) -> int:
        """Return the fewest waves of a step, had it all units to choose from: a bound."""
        return _least(lambda waves: self._compose(step, waves, None, self.counts, alone=True) is not None)

    def _content(self, step: int, lengths: Sequence[int], remaining: Counts) -> tuple[dict[Cell, int], int]:
        """Return what makes up a step and its waves; it leaves what later steps can do in their waves, if possible."""
        later, waves = sum(lengths[step + 1 :]), lengths[step]
        content = self._compose(step, waves, later, remaining)
        if content is None and step + 1 == len(lengths):
            return dict(remaining), max(waves, self._simple_bound(remaining))
        while content is None:
            content = self._compose(step, waves, None, remaining)
            waves += content is None
        return content, waves

    def _compose(
        self, step: int, waves: int, later: int | None, remaining: Counts, *, alone: bool = False
    ) -> dict[Cell, int] | None:
        """Return the units of one step as a flow over `waves` waves; None where they do not fit.

        At most what `later` waves can do is left over, if given; `alone`, DaemonSets without steps take no part.
        """
        assert self.steps is not None
        bounds = []
        for ceiling in self._ceilings:
            most = ceiling.limit * waves - (ceiling.limit - ceiling.first if step == 0 and waves else 0)
            least = 0 if later is None else max(0, units_in(ceiling, remaining) - ceiling.limit * later)
            bounds.append((least, most))
        for place, units in zip(self._stepped, self.steps.sizes[step], strict=True):
            bounds[place] = (max(units, bounds[place][0]), min(units, bounds[place][1]))
        return self._network.largest(self._available(step, remaining, alone=alone), bounds)

    def _available(self, step: int, remaining: Counts, *, alone: bool) -> Counts:
        assert self.steps is not None
        stepped, canary = set(self.steps.daemonsets), self.steps.canary
        return {
            cell: units
            for cell, units in remaining.items()
            if (not alone if cell[1] not in stepped else step != 0 or not canary or cell in canary)
        }


def _least(holds: Callable[[int], bool]) -> int:
    """Return the smallest number >= 0 for which a monotone condition holds.

    >>> _least(lambda number: number * number >= 50)
    8
    """
    low, high = -1, 0
    while not holds(high):
        low, high = high, max(1, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
