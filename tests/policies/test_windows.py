"""Windows on the clock of a time zone: nights over midnight, changes of the clock, blackouts, several policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.model.policy import Window, Windows
from dsplan.policies.windows import Opening, opening


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def state(windows: Windows, text: str, seconds: float = 0.0) -> Opening:
    return opening([windows], at(text), seconds)


NIGHT = Windows(time_zone="Europe/Berlin", allow=(Window(start="22:00", end="04:00"),))


def test_a_night_goes_over_midnight() -> None:
    assert state(NIGHT, "2026-07-01T20:00").is_open
    assert state(NIGHT, "2026-07-02T01:59").is_open
    assert not state(NIGHT, "2026-07-02T02:00").is_open
    assert state(NIGHT, "2026-07-02T02:00").next == at("2026-07-02T20:00")


def test_the_clock_that_changes_moves_the_moment_and_not_the_hour() -> None:
    """22:00 in Berlin is 20:00 UTC in summer, 21:00 in winter. The night of the change back has seven hours."""
    assert state(NIGHT, "2026-10-24T12:00").next == at("2026-10-24T20:00")
    assert state(NIGHT, "2026-10-24T20:00").until == at("2026-10-25T03:00")
    assert state(NIGHT, "2026-10-25T12:00").next == at("2026-10-25T21:00")


def test_a_time_that_the_change_skips_is_the_moment_after_it() -> None:
    """On 29 March 2026 Berlin has no 02:30: it is read as 03:30 summer time, 01:30 UTC."""
    early = Windows(time_zone="Europe/Berlin", allow=(Window(start="02:30", end="05:00"),))
    assert state(early, "2026-03-29T00:00").next == at("2026-03-29T01:30")


def test_days_and_dates() -> None:
    weekend = Windows(allow=(Window(days=("Sat", "Sun")),))
    assert state(weekend, "2026-05-01T12:00").next == at("2026-05-02T00:00")  # a Friday
    assert state(weekend, "2026-05-02T12:00").until == at("2026-05-04T00:00")
    holidays = Windows(block=(Window(first_date="2026-12-20", last_date="2027-01-06"),))
    assert state(holidays, "2026-12-19T23:59").until == at("2026-12-20T00:00")
    assert state(holidays, "2026-12-25T00:00").next == at("2027-01-07T00:00")
    assert state(holidays, "2027-01-07T00:00") == Opening(True)


def test_a_blackout_cuts_a_window() -> None:
    both = Windows(allow=(Window(start="08:00", end="18:00"),), block=(Window(start="12:00", end="13:00"),))
    assert state(both, "2026-05-01T11:00").until == at("2026-05-01T12:00")
    assert state(both, "2026-05-01T12:00").next == at("2026-05-01T13:00")


def test_the_windows_of_all_policies_hold_together() -> None:
    day = Windows(allow=(Window(start="08:00", end="18:00"),))
    late = Windows(allow=(Window(start="16:00", end="20:00"),))
    assert opening([day, late], at("2026-05-01T10:00")).next == at("2026-05-01T16:00")
    assert opening([day, late], at("2026-05-01T17:00")).until == at("2026-05-01T18:00")


def test_a_wave_must_fit_into_what_is_left() -> None:
    day = Windows(allow=(Window(start="08:00", end="09:00"), Window(start="12:00", end="14:00")))
    assert state(day, "2026-05-01T08:30", 1800).is_open
    assert state(day, "2026-05-01T08:31", 1800).next == at("2026-05-01T12:00")
    assert state(day, "2026-05-01T08:00", 7201) == Opening(False)


def test_a_window_in_the_past_never_opens_and_none_is_always_open() -> None:
    past = Windows(allow=(Window(first_date="2020-01-01", last_date="2020-01-02"),))
    assert state(past, "2026-05-01T00:00") == Opening(False)
    assert opening([], at("2026-05-01T00:00")) == Opening(True)


clocks = st.sampled_from(["00:00", "02:30", "06:00", "09:15", "18:00", "22:00", "24:00"])


@st.composite
def windows(draw: st.DrawFn) -> Windows:
    def window() -> Window:
        start = draw(clocks.filter(lambda text: text != "24:00"))
        days = draw(st.lists(st.sampled_from(("Mon", "Wed", "Sat", "Sun")), unique=True, max_size=3))
        return Window(start=start, end=draw(clocks.filter(lambda text: text != start)), days=tuple(days))

    zone = draw(st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")))
    return Windows(
        time_zone=zone,
        allow=tuple(window() for _ in range(draw(st.integers(0, 2)))),
        block=tuple(window() for _ in range(draw(st.integers(0, 2)))),
    )


@settings(max_examples=40, deadline=None)
@given(windows(), st.sampled_from(("2026-03-28T00:00", "2026-10-24T00:00", "2026-07-01T00:00")))
def test_what_is_announced_is_what_happens(one: Windows, day: str) -> None:
    """Hour by hour over four days: `until` and `next` are the next changes of `is_open`. A `next` that is late
    fails."""
    moments = [at(day) + timedelta(minutes=15 * step) for step in range(4 * 96)]
    states = [opening([one], moment) for moment in moments]
    for (moment, now), (later, then) in pairwise(zip(moments, states, strict=True)):
        announced = now.until if now.is_open else now.next
        if then.is_open != now.is_open:
            assert announced is not None
            assert moment < announced <= later
        elif announced is not None:
            assert announced > moment
            assert announced > later or then.is_open == now.is_open
