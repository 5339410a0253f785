"""What was issued and not seen is neither wanted again nor forgotten for ever (C6, C7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dsplan.manifests.decode import decode
from dsplan.model.meta import Identity
from dsplan.model.state import Expectations, Flight, State
from dsplan.model.world import World
from dsplan.passes import step

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DS = Identity("DaemonSet", "default", "ds")


@pytest.fixture
def world() -> World:
    return decode(
        [
            {"kind": "Node", "metadata": {"name": "n1"}},
            {
                "kind": "DaemonSet",
                "metadata": {"name": "ds", "namespace": "default", "uid": "u"},
                "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}}},
            },
        ]
    )


def test_expectations_lapse_just_after_five_minutes(world: World) -> None:
    expected = Expectations(daemonset=_DS, creates=1, since=_NOW)
    waiting = msgspec.structs.replace(world, state=State(expectations=(expected,)))
    entry = step(waiting, now=_NOW).daemonsets[0]
    assert entry.manage is None
    assert entry.requeue_after == 300.000001
    later = _NOW + timedelta(seconds=entry.requeue_after)
    assert step(waiting, now=later - timedelta(microseconds=1)).daemonsets[0].manage is None
    assert step(waiting, now=later).daemonsets[0].manage is not None


def test_a_write_in_flight_is_not_wanted_again_until_it_is_given_up(world: World) -> None:
    actions = step(world, now=_NOW).actions
    flights = tuple(
        Flight(daemonset=_DS, verb=verb, kind=kind, name=name, uid=uid, since=_NOW)
        for verb, kind, name, uid in (action.key for action in actions)
    )
    flying = msgspec.structs.replace(world, state=State(flights=flights))
    assert [action.kind for action in actions] == ["ControllerRevision", "Pod", "DaemonSet"]
    assert step(flying, now=_NOW + timedelta(minutes=5)).actions == ()
    given_up = step(flying, now=_NOW + timedelta(minutes=5, microseconds=1))
    assert given_up.actions == actions
    assert given_up.state.flights == ()
