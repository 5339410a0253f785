"""What is issued and not seen is given up one by one, each five minutes after it was issued (C7)."""

from __future__ import annotations

from datetime import timedelta

from dsplan.model.meta import Identity
from dsplan.model.state import Flight, State
from dsplan.reconciler.live_state import LiveState
from dsplan.testing import NOW

LAPSE = timedelta(minutes=5, microseconds=1)


def test_each_write_is_given_up_at_its_own_time() -> None:
    owner = Identity("DaemonSet", "default", "ds")
    issued = [NOW + timedelta(minutes=minute) for minute in (0, 1, 2)]
    flights = tuple(
        Flight(daemonset=owner, verb="delete", kind="Pod", name=f"p{number}", uid=f"u{number}", since=since)
        for number, since in enumerate(issued)
    )
    live = LiveState(State(flights=flights))
    for left, since in zip((2, 1, 0), issued, strict=True):
        assert live.give_up(since + LAPSE - timedelta(microseconds=1)) == []
        assert len(live.in_flight.get(owner, ())) == left + 1
        assert live.give_up(since + LAPSE) == [owner]
        assert len(live.in_flight.get(owner, ())) == left
