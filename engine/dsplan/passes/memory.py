"""Reading and advancing State during a pass (M10, C6, C7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.state import Backoff, Expectations, Flight, State

__all__ = [
    "EXPECTATIONS_TIMEOUT",
    "BackoffLedger",
    "ActionKey",
    "InFlight",
    "expectations_satisfied",
    "in_flight",
    "is_lost",
    "lapses_after",
    "next_state",
]

FIRST_DELAY, LONGEST_DELAY = 1.0, 900.0
EXPECTATIONS_TIMEOUT = timedelta(minutes=5)
_JUST_AFTER = timedelta(microseconds=1)

ActionKey = tuple[str, str, str, str]
"""What `Action.key` returns."""

InFlight = Mapping[ActionKey, datetime]
"""Actions that were issued and not seen yet, and since when."""


class BackoffLedger:
    """The back-off of one DaemonSet's failed pods, node by node, during one pass."""

    def __init__(self, daemonset: DaemonSet, entries: dict[tuple[str, int, str], Backoff], now: datetime) -> None:
        self._owner = (daemonset.metadata.uid, daemonset.status.observed_generation)
        self._entries = entries
        self._now = now
        self.advanced: dict[tuple[str, int, str], Backoff] = {}

    def may_retry(self, node: str) -> bool:
        """Return whether the window of a node is closed, and open the next one if so (M9, M10)."""
        entry = self._entry(node)
        if entry is not None and (self._now - entry.last_deletion).total_seconds() < entry.delay:
            return False
        delay = FIRST_DELAY if entry is None else min(entry.delay * 2, LONGEST_DELAY)
        uid, generation = self._owner
        self.advanced[uid, generation, node] = Backoff(
            daemonset_uid=uid, observed_generation=generation, node=node, delay=delay, last_deletion=self._now
        )
        return True

    def remaining(self, node: str) -> float:
        """Return the seconds until a failed pod on the node may be deleted."""
        entry = self.advanced.get((*self._owner, node)) or self._entry(node)
        if entry is None:
            return 0.0
        closes = shifted(entry.last_deletion, entry.delay)
        return max(0.0, (closes - self._now).total_seconds())

    def delay(self, node: str) -> float:
        """Return the whole back-off of a node, however much of it is over."""
        entry = self.advanced.get((*self._owner, node)) or self._entry(node)
        return 0.0 if entry is None else entry.delay

    def _entry(self, node: str) -> Backoff | None:
        """Return the entry of a node, none where it lay idle for more than twice the longest delay."""
        entry = self._entries.get((*self._owner, node))
        if entry is None or (self._now - entry.last_deletion).total_seconds() > 2 * LONGEST_DELAY:
            return None
        return entry


def expectations_satisfied(entry: Expectations | None, now: datetime) -> bool:
    """Return whether what was issued has been seen, or was given up after five minutes (C7)."""
    if entry is None or (entry.creates <= 0 and entry.deletes <= 0):
        return True
    return entry.since is not None and is_lost(entry.since, now)


def lapses_after(entry: Expectations | None, flying: InFlight, now: datetime) -> float | None:
    """Return the seconds until something issued and not seen is given up, None where nothing is awaited (C7)."""
    since = list(flying.values())
    if entry is not None and entry.since is not None and not expectations_satisfied(entry, now):
        since.append(entry.since)
    return (min(since) - now + EXPECTATIONS_TIMEOUT + _JUST_AFTER).total_seconds() if since else None


def in_flight(flights: Iterable[Flight], now: datetime) -> dict[Identity, InFlight]:
    """Return, per DaemonSet, the actions that were issued, not seen, and not given up yet (C7)."""
    found: dict[Identity, dict[ActionKey, datetime]] = defaultdict(dict)
    for flight in flights:
        if not is_lost(flight.since, now):
            found[flight.daemonset][flight.verb, flight.kind, flight.name, flight.uid] = flight.since
    return dict(found)


def is_lost(since: datetime, now: datetime) -> bool:
    """Return whether what was issued at `since` is no longer waited for (C7)."""
    return now - since > EXPECTATIONS_TIMEOUT


def next_state(
    state: State,
    backoffs: dict[tuple[str, int, str], Backoff],
    expectations: dict[Identity, Expectations],
    now: datetime,
) -> State:
    """Return the State after a pass; satisfied expectations, idle back-offs and lost flights are dropped."""
    live = [entry for entry in backoffs.values() if (now - entry.last_deletion).total_seconds() <= 2 * LONGEST_DELAY]
    open_ones = [entry for entry in expectations.values() if not expectations_satisfied(entry, now)]
    return msgspec.structs.replace(
        state,
        backoffs=tuple(sorted(live)),
        expectations=tuple(sorted(open_ones, key=lambda entry: entry.daemonset)),
        flights=tuple(flight for flight in state.flights if not is_lost(flight.since, now)),
    )
