"""What a schedule is: waves, run-length coded, with the bound they are measured against."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from .problem import Cell

__all__ = ["Method", "Move", "Part", "Schedule", "Stalled", "WaveRun"]


class Method(StrEnum):
    """How the waves of a part were found."""

    FLOW = "flow"
    """A feasible flow per wave: reaches the bound for two nested families of limits."""
    SHIFTS = "shifts"
    """A flow per wave for two families, its units shifted until the other sets fit; no promise but the printed gap."""
    SEARCH = "search"
    """python-constraint, with every smaller number of waves refuted."""
    GREEDY = "greedy"
    """The most urgent units first; no promise but the printed gap."""


class Move(msgspec.Struct, frozen=True):
    """`count` nodes of a class on which the DaemonSets `done` (bits) are new get `chosen` (bits) replaced."""

    node_class: int
    done: int
    chosen: int
    count: int


class WaveRun(msgspec.Struct, frozen=True):
    """`repeat` equal waves; each replaces `takes`: (cell, units).

    `moves` say on which nodes, where order or a choice of nodes matters; else any assignment that lets a node lose
    at most its number of daemons a wave will do, and `waves.naming` finds one.
    """

    repeat: int
    takes: tuple[tuple[Cell, int], ...]
    moves: tuple[Move, ...] = ()

    @property
    def size(self) -> int:
        """Units per wave."""
        return sum(count for _, count in self.takes)


class Part(msgspec.Struct, frozen=True):
    """The waves of units that no rule couples to any other; all parts begin at wave 1.

    `bound` is proved: no schedule has fewer waves. `searched` counts the assignments that the search looked at.
    `step_ends` has, per `Steps` rule in the part, its position and after how many waves each of its steps is done.
    """

    cells: frozenset[Cell]
    runs: tuple[WaveRun, ...]
    bound: int
    method: Method
    searched: int = 0
    step_ends: tuple[tuple[int, tuple[int, ...]], ...] = ()

    @property
    def waves(self) -> int:
        """Number of waves."""
        return sum(run.repeat for run in self.runs)

    @property
    def gap(self) -> int:
        """Waves beyond the bound; 0 proves that there are as few as possible."""
        return self.waves - self.bound


class Stalled(msgspec.Struct, frozen=True, order=True):
    """Units that go in no wave, and the rule that leaves no room for them."""

    cell: Cell
    count: int
    rule: str


class Schedule(msgspec.Struct, frozen=True):
    """Everything that goes down, wave by wave.

    `waves - bound` is the gap; the number of waves is called minimal only where it is 0.
    """

    parts: tuple[Part, ...]
    stalled: tuple[Stalled, ...] = ()

    @property
    def waves(self) -> int:
        """Number of waves: those of the longest part."""
        return max((part.waves for part in self.parts), default=0)

    @property
    def bound(self) -> int:
        """The number that no schedule stays below."""
        return max((part.bound for part in self.parts), default=0)

    @property
    def gap(self) -> int:
        """Waves beyond the bound."""
        return self.waves - self.bound

    @property
    def minimal(self) -> bool:
        """Whether it is proved that there are as few waves as possible."""
        return self.gap == 0

    @property
    def methods(self) -> tuple[Method, ...]:
        """How the parts were scheduled, each method once."""
        return tuple(sorted({part.method for part in self.parts}))

    def runs(self) -> Iterator[WaveRun]:
        """Yield the waves of all parts side by side, as runs in which no part changes; `moves` stay with the parts."""
        queues = [[(run.repeat, run.takes) for run in reversed(part.runs)] for part in self.parts]
        while queues := [queue for queue in queues if queue]:
            repeat = min(queue[-1][0] for queue in queues)
            takes = sorted(take for queue in queues for take in queue[-1][1])
            for queue in queues:
                left, same = queue.pop()
                if left > repeat:
                    queue.append((left - repeat, same))
            yield WaveRun(repeat, tuple(takes))
