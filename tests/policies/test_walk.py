"""Nothing begins that the specification forbids, in any order of events; what it allows for ever begins in the end.

A bounded run; `python -m tests.policies.walk` goes on for ten minutes and a million steps. Engines that were broken on
purpose and are caught: see tests/mutants/policies.py.
"""

from __future__ import annotations

import pytest

from tests.policies.walk.chance import play
from tests.policies.walk.seeds import small_town, stories
from tests.policies.walk.walker import closes, explore, happen, start

SECONDS = 20.0


def test_no_order_of_events_lets_anything_begin_that_the_rules_forbid() -> None:
    found = explore(stories(), depth=4, seconds=SECONDS)
    assert found.wrong == (), found.events
    assert found.passes > 50


def test_what_the_rules_allow_for_ever_begins_in_the_end() -> None:
    assert {closes(place) for place in stories()} == {""}


@pytest.mark.parametrize("seed", range(12))
def test_long_stories_at_random_break_no_rule_and_end(seed: int) -> None:
    steps, events, wrong = play(seed, steps=60)
    assert wrong == "", events
    assert steps == 60


def test_the_specification_forbids_what_is_plainly_wrong() -> None:
    """It is no yes-sayer: an engine that begins one more than the canary is found at once."""
    place = start(small_town())
    for event in (("template", "agent", "v2"), ("pass",)):
        after = happen(place, event)
        assert after is not None
        place = after[0]
    from tests.policies.walk.specification import forbidden

    assert forbidden(place.town, place.monitor, [("agent", "n3")]) == [
        "p/agent: ['n3'] beyond a canary of 1",
    ]
