"""Stories that the walk at random found, each as short as it breaks a rule; and what the specification says of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.walk.seeds import SPEC
from tests.policies.walk.specification import forbidden
from tests.policies.walk.town import NodeFacts, Target, Town, policy_named
from tests.policies.walk.walker import Event, Place, happen, start

NO_CAUSAL = {key: value for key, value in SPEC.items() if key != "brokenNodes"}
RECOVERED = (
    ("template", "agent", "v3"), ("edit", "no canary"), ("down", "n4"), ("pass",), ("pass",),
    ("template", "agent", "v1"), ("back", "n4"), ("pass",), ("wait", "61"), ("down", "n4"),
)  # fmt: skip
"""A node that v3 broke recovers, and falls again while v1 is rolled out: no fix has to reach it first."""
FELL_UNDER_ANOTHER = (
    ("template", "agent", "v2"), ("template", "b", "v2"), ("down", "n6"), ("template", "b", "v1"), ("pass",),
    ("template", "b", "v3"),
)  # fmt: skip
"""A node with a pod of v1 falls while v2 is rolled out, and nobody looks before v1 is back."""
OLD_STATE_FAILS = (
    ("template", "b", "v2"), ("joins", "n0"), ("pass",), ("template", "b", "v1"), ("pass",), ("state", "old"),
    ("says", "fail"), ("not ready", "b", "n1"),
)  # fmt: skip
"""Somebody says fail of a State that is older than v1: it is v2 that fails."""
CLOCK_BACK = (("template", "b", "v3"), ("edit", "no canary"), ("pass",), ("wait", "-30"), ("down", "n2"))
"""A node falls after its update, at a moment before it by a clock that was set back."""
COMES_BACK = (
    ("edit", "no canary"), ("template", "b", "v3"), ("pass",), ("joins", "n0"), ("template", "b", "v1"),
    ("edit", "canary 2"), ("pass",), ("template", "b", "v3"),
)  # fmt: skip
"""A revision comes back after another one was rolled out: it begins anew, at a canary of its own."""


def town(zones: str, spec: dict[str, Any]) -> Town:
    nodes = {f"n{number}": NodeFacts(zone=zone) for number, zone in enumerate(zones, 1)}
    targets = {"agent": Target("u-agent", "v1"), "b": Target("u-b", "v1")}
    return Town(nodes, targets, policy_named("p", ("agent", "b"), **spec)).populate(agent="v1", b="v1")


def told(zones: str, spec: dict[str, Any], events: tuple[Event, ...]) -> Place:
    place = start(town(zones, spec))
    for event in events:
        after = happen(place, event)
        assert after is not None, event
        assert after[1] == [], event
        place = after[0]
    return place


TWO_CANARIES = {
    "budgets": [{"maxUnavailable": 2}],
    "canary": {"count": 2, "soak": "1h"},
    "brokenNodes": {"mode": "Causal"},
}


@pytest.mark.parametrize(
    ("zones", "spec", "events"),
    [
        pytest.param("aaba", SPEC, RECOVERED, id="recovered"),
        pytest.param("cbbcabb", SPEC, FELL_UNDER_ANOTHER, id="fell under another"),
        pytest.param("aaab", SPEC, OLD_STATE_FAILS, id="old state fails"),
        pytest.param("abbcc", TWO_CANARIES, CLOCK_BACK, id="clock back"),
        pytest.param("cbbbcbbc", NO_CAUSAL, COMES_BACK, id="comes back"),
    ],
)
def test_a_story_that_was_found_breaks_no_rule(zones: str, spec: dict[str, Any], events: tuple[Event, ...]) -> None:
    told(zones, spec, (*events, ("pass",)))


def test_a_node_that_recovered_is_no_longer_broken_by_an_earlier_revision() -> None:
    place = told("aaba", SPEC, RECOVERED)
    remembered = place.town.state.rollouts[0].targets
    assert [entry.hash for entry in remembered if entry.retired] == []
    assert ("agent", "n4") not in place.town.begin()


def test_a_node_that_falls_after_its_update_stops_it_though_the_clock_was_set_back() -> None:
    place = told("abbcc", TWO_CANARIES, CLOCK_BACK)
    assert place.town.begin() == []
    [entry] = [entry for entry in place.town.state.rollouts[0].targets if entry.daemonset.name == "b"]
    assert entry.stop is not None
    assert (entry.stop.kind, entry.stop.nodes) == ("broken", ("n2",))


def test_a_node_that_fell_under_another_revision_is_rescued_and_no_other_goes_beyond_the_canary() -> None:
    place = told("cbbcabb", SPEC, FELL_UNDER_ANOTHER)
    assert forbidden(place.town, place.monitor.copy(), [("b", "n5"), ("b", "n6")]) == []
    assert forbidden(place.town, place.monitor.copy(), [("b", "n5"), ("b", "n4")]) == [
        "p/b: ['n4', 'n5'] beyond a canary of 1",
    ]


def test_of_an_older_state_what_it_knows_fails() -> None:
    assert told("aaab", SPEC, OLD_STATE_FAILS).town.failed == {("p", "u-b", "v2"): True}


def test_a_revision_that_comes_back_has_one_canary_again_and_no_more() -> None:
    place = told("cbbbcbbc", NO_CAUSAL, COMES_BACK)
    assert forbidden(place.town, place.monitor.copy(), [("b", "n0"), ("b", "n2")]) == []
    found = forbidden(place.town, place.monitor.copy(), [("b", "n0"), ("b", "n2"), ("b", "n5")])
    assert "p/b: ['n0', 'n2', 'n5'] beyond a canary of 2" in found
