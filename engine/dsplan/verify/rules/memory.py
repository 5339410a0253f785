"""What a pass adds to the State, and when to look again (M9, M10, C7, R29)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from ...model.state import Backoff, Expectations, Flight, State
from ...observe.shape import PodFact, available_in
from .case import Case

__all__ = ["advanced", "flying", "next_state", "unseen", "waits"]

_LOST, _TICK, _IDLE = timedelta(minutes=5), timedelta(microseconds=1), timedelta(minutes=30)
_READY, _AVAILABLE = int(PodFact.READY), int(PodFact.AVAILABLE)


class _Outcome(Protocol):
    backoffs: list[Backoff]
    expectation: Expectations | None


def _is_open(entry: Expectations, now: datetime) -> bool:
    return max(entry.creates, entry.deletes) > 0 and (entry.since is None or now - entry.since <= _LOST)


def unseen(case: Case) -> list[Expectations]:
    """Return the expectations that keep this pass from acting (C6, C7)."""
    mine = (entry for entry in case.state.expectations if entry.daemonset == case.daemonset.identity)
    return [entry for entry in mine if _is_open(entry, case.now)]


def flying(case: Case) -> list[Flight]:
    """Return the single writes that are issued and not seen."""
    mine = (flight for flight in case.state.flights if flight.daemonset == case.daemonset.identity)
    return [flight for flight in mine if case.now - flight.since <= _LOST]


def advanced(case: Case, retried: Iterable[str]) -> dict[str, Backoff]:
    """Return the back-off by node after failed pods of these nodes were deleted (M10)."""
    found = {entry.node: entry for entry in case.backoffs}
    for node in retried:
        before = found.get(node)
        fresh = before is None or case.now - before.last_deletion > _IDLE
        delay = 1.0 if before is None or fresh else min(before.delay * 2, 900.0)
        uid, generation = case.daemonset.metadata.uid, case.daemonset.status.observed_generation
        found[node] = Backoff(
            daemonset_uid=uid, observed_generation=generation, node=node, delay=delay, last_deletion=case.now
        )
    return found


def waits(case: Case, backoffs: dict[str, Backoff], waiting: Iterable[str]) -> Iterator[float]:
    """Yield in how many seconds a window closes, a pod becomes available, something issued is given up."""
    for node in waiting:
        closes = (
            backoffs[node].last_deletion + timedelta(seconds=backoffs[node].delay) if node in backoffs else case.now
        )
        yield max(0.0, (closes - case.now).total_seconds())
    for pod, facts in (member for group in case.groups.values() for member in group):
        pause = available_in(pod, case.daemonset.spec.min_ready_seconds, case.now)
        if facts & _READY and not facts & _AVAILABLE and pause is not None:
            yield pause
    for moment in (*(entry.since for entry in unseen(case)), *(flight.since for flight in flying(case))):
        if moment is not None:
            yield (moment + _LOST + _TICK - case.now).total_seconds()


def next_state(state: State, outcomes: Sequence[_Outcome], now: datetime) -> State:
    """Return the State after passes with these outcomes; what is satisfied, idle or lost is dropped."""
    expected = [entry for entry in (*state.expectations, *(one.expectation for one in outcomes)) if entry is not None]
    backoffs = [*state.backoffs, *(entry for one in outcomes for entry in one.backoffs)]
    awaited = {entry.daemonset: entry for entry in expected}
    shut = {(one.daemonset_uid, one.observed_generation, one.node): one for one in backoffs}
    return msgspec.structs.replace(
        state,
        expectations=tuple(awaited[key] for key in sorted(awaited) if _is_open(awaited[key], now)),
        backoffs=tuple(sorted(entry for entry in shut.values() if now - entry.last_deletion <= _IDLE)),
        flights=tuple(flight for flight in state.flights if now - flight.since <= _LOST),
    )
