"""Finding what repeats without end, and naming it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from ..model.meta import Identity
from .log import LogEntry, LogEntryKind
from .results import Oscillation

__all__ = ["Repetitions"]

_REPEATING = {
    LogEntryKind.CREATED: "its pod is created again and again",
    LogEntryKind.NOT_READY: "its pod becomes ready and unready again and again",
}
_MANY = 10
"""So often under one template, on one node: more than any roll-out needs."""


class Repetitions:
    """Counts, per DaemonSet and node, what happens again; an edit of the DaemonSet or of a node starts over."""

    def __init__(self) -> None:
        self._times: dict[tuple[Identity, str, LogEntryKind], list[datetime]] = defaultdict(list)
        self._why: dict[tuple[Identity, str], str] = {}
        self._last_other: datetime | None = None
        self._places: set[tuple[Identity | None, str]] = set()
        self._endless: dict[Identity, int] = {}

    def __bool__(self) -> bool:
        """Return whether anything repeats."""
        return bool(self._places)

    def note(self, log: Iterable[LogEntry]) -> None:
        """Take note of what happened."""
        for item in log:
            if item.kind is LogEntryKind.EVALUATED:
                continue
            if item.kind is LogEntryKind.CHANGED:
                self._forget(item)
            elif item.daemonset is not None:
                self._count(item, item.daemonset)
            else:
                continue
            if (item.daemonset, item.node) not in self._places:
                self._last_other = item.at

    def endless(self, identity: Identity, passes: int) -> None:
        """Take note that a controller acted again and again without any time passing."""
        self._endless[identity] = passes

    def found(self) -> tuple[Oscillation, ...]:
        """Return everything that repeats, sorted."""
        named = [self._name(key, times) for key, times in self._times.items() if len(times) >= _MANY]
        named += [
            Oscillation(identity, "", "the controller acts again and again at one moment", passes, 0.0)
            for identity, passes in self._endless.items()
        ]
        return tuple(sorted(named))

    def is_all_there_is(self, pending: set[tuple[Identity | None, str]], now: datetime) -> bool:
        """Return whether nothing but repetitions is due, and nothing else happened for two of their periods.

        Pods that belong to no DaemonSet can change nothing about it.
        """
        theirs = {place for place in pending if place[0] is not None}
        if not self._places or not theirs <= self._places:
            return False
        longest = max((entry.period for entry in self.found()), default=0.0)
        return self._last_other is None or (now - self._last_other).total_seconds() > 2 * longest

    def _count(self, item: LogEntry, identity: Identity) -> None:
        place = (identity, item.node)
        if item.kind is LogEntryKind.DELETED:
            self._why[place] = item.reason
        if item.kind in _REPEATING:
            times = self._times[identity, item.node, item.kind]
            times.append(item.at)
            if len(times) >= _MANY:
                self._places.add(place)

    def _forget(self, item: LogEntry) -> None:
        stale = [
            key
            for key in self._times
            if (item.daemonset is None and key[1] == item.node)
            or (item.daemonset is not None and key[0] == item.daemonset)
        ]
        for identity, node, kind in stale:
            del self._times[identity, node, kind]
            self._places.discard((identity, node))

    def _name(self, key: tuple[Identity, str, LogEntryKind], times: list[datetime]) -> Oscillation:
        identity, node, kind = key
        why = self._why.get((identity, node))
        reason = f" (deleted as {why})" if why and kind is LogEntryKind.CREATED else ""
        period = (times[-1] - times[-2]).total_seconds()
        return Oscillation(identity, node, _REPEATING[kind] + reason, len(times), period)
