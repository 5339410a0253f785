"""The waves of a simulated roll-out, read off its log.

A wave is what one moment begins: the update deletions (or surging creations) that go out together. It ends when each
of its nodes is served again by the new pod alone. Under the controller's sliding window waves overlap: a slot frees as
each pod becomes available.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from ..diff import ActionReason
from ..model.meta import Identity
from ..simulator.log import LogEntry, LogEntryKind
from ..simulator.results import Simulation

__all__ = ["Wave", "WaveKind", "overlap", "waves_of"]

_UPDATES = frozenset({ActionReason.OUTDATED, ActionReason.OUTDATED_UNAVAILABLE, ActionReason.OUTDATED_NOT_ELIGIBLE})


class WaveKind(StrEnum):
    """What a wave does."""

    UPDATE = "update"
    CREATE = "create"  # pods that are missing: manage, no budget
    REMOVE = "remove"  # pods that manage deletes: no budget (M20, M23)


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """One wave. `start` and `end` are seconds from the beginning; `end` is None where it never ends.

    `number` counts the waves of its kind from 1. `sick` of its nodes had a pod that was not available (R9, R12).
    `most_down` are the nodes of the DaemonSet down at once between start and end, whoever took them down.
    """

    kind: WaveKind
    number: int
    start: float
    end: float | None
    nodes: tuple[str, ...]
    sick: int
    most_down: int


class _Open:
    """A wave on its way."""

    def __init__(self, kind: WaveKind, start: datetime) -> None:
        self.kind = kind
        self.start = start
        self.nodes: list[str] = []
        self.left: set[str] = set()
        self.sick = 0
        self.end: datetime | None = None


def waves_of(simulation: Simulation, identity: Identity, *, barrier: bool = False) -> tuple[Wave, ...]:
    """Return the waves of one DaemonSet, in the order of their beginning.

    With `barrier`, whatever begins before an update wave has ended belongs to it: a pass issues 250 actions (C12).
    """
    log = [item for item in simulation.log if item.daemonset == identity]
    reader = _Reader(log, barrier=barrier)
    for item in log:
        reader.read(item)
    run = simulation.of(identity)
    moments = [moment for moment, _ in run.down]
    downs = [down for _, down in run.down]
    numbers = dict.fromkeys(WaveKind, 0)
    waves: list[Wave] = []
    for wave in reader.waves:
        numbers[wave.kind] += 1
        waves.append(
            Wave(
                kind=wave.kind,
                number=numbers[wave.kind],
                start=(wave.start - simulation.started).total_seconds(),
                end=None if wave.end is None else (wave.end - simulation.started).total_seconds(),
                nodes=tuple(wave.nodes),
                sick=wave.sick,
                most_down=_most(moments, downs, wave.start, wave.end or simulation.ended),
            )
        )
    return tuple(waves)


def overlap(waves: Iterable[Wave]) -> bool:
    """Return whether any update wave begins before the one before has ended."""
    ended = 0.0
    for wave in waves:
        if wave.kind is not WaveKind.UPDATE:
            continue
        if wave.start < ended:
            return True
        ended = float("inf") if wave.end is None else wave.end
    return False


def _most(moments: Sequence[datetime], downs: Sequence[int], start: datetime, end: datetime) -> int:
    """Return the most nodes down at once from `start` to just before `end`."""
    first = max(0, bisect_right(moments, start) - 1)
    last = max(first + 1, bisect_left(moments, end))
    return max(downs[first:last], default=0)


class _Reader:
    """Sorts what happened to nodes into waves."""

    def __init__(self, log: Iterable[LogEntry], *, barrier: bool) -> None:
        self.waves: list[_Open] = []
        self._barrier = barrier
        self._of_node: dict[str, _Open] = {}
        self._pods: dict[str, set[str]] = {}
        self._creations = {item.node for item in log if item.kind is LogEntryKind.CREATED}

    def read(self, item: LogEntry) -> None:
        if item.kind is LogEntryKind.DELETED:
            if item.reason in _UPDATES:
                self._join(WaveKind.UPDATE, item)
            elif item.reason and item.node not in self._of_node:
                self._join(WaveKind.REMOVE, item)
        elif item.kind is LogEntryKind.CREATED:
            if item.reason in _UPDATES:
                self._join(WaveKind.UPDATE, item)
                self._pods.setdefault(item.node, set()).add("old")
            elif item.node not in self._of_node:
                self._join(WaveKind.CREATE, item)
        elif item.kind is LogEntryKind.AVAILABLE:
            if "old" not in self._pods.get(item.node, ()):
                self._leave(item)
        elif item.kind is LogEntryKind.GONE:
            self._gone(item)

    def _gone(self, item: LogEntry) -> None:
        """A pod is gone: under surge that ends its node's turn, and so it does where nothing is created afterwards."""
        doubled = self._pods.pop(item.node, None)
        wave = self._of_node.get(item.node)
        if wave is not None and (doubled or item.node not in self._creations or wave.kind is WaveKind.REMOVE):
            self._leave(item)

    def _join(self, kind: WaveKind, item: LogEntry) -> None:
        current = self.waves[-1] if self.waves else None
        for wave in reversed(self.waves[-3:]):
            lasts = self._barrier and kind is WaveKind.UPDATE and wave.left
            if wave.kind is kind and (wave.start == item.at or lasts):
                current = wave
                break
        else:
            current = _Open(kind, item.at)
            self.waves.append(current)
        before = self._of_node.get(item.node)
        if before is not None and before is not current:
            self._drop(before, item)
        current.nodes.append(item.node)
        current.left.add(item.node)
        current.sick += item.reason == ActionReason.OUTDATED_UNAVAILABLE
        self._of_node[item.node] = current

    def _leave(self, item: LogEntry) -> None:
        wave = self._of_node.pop(item.node, None)
        if wave is not None:
            self._drop(wave, item)

    def _drop(self, wave: _Open, item: LogEntry) -> None:
        wave.left.discard(item.node)
        if not wave.left:
            wave.end = item.at
