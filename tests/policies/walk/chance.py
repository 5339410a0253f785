"""Long stories at random in larger towns: more nodes, more policies, events one after the other without end."""

from __future__ import annotations

from random import Random
from typing import Any

from .seeds import SPEC
from .town import NodeFacts, Target, Town, policy_named
from .walker import Event, closes, events, happen, start

__all__ = ["STEPS", "play", "random_town"]

STEPS = 200
"""Events in a story."""
_RARE = {
    "leaves": 0.15,
    "state": 0.2,
    "edit": 0.3,
    "template": 0.2,
    "crashes": 0.3,
    "down": 0.5,
    "deleted by hand": 0.3,
}
_SPECS: tuple[dict[str, Any], ...] = (
    SPEC,
    {**SPEC, "brokenNodes": None},
    {"budgets": [{"maxUnavailable": "40%"}], "steps": {"list": [1, "50%"], "soak": "1m"}, "partition": 1},
    {"budgets": [{"maxUnavailable": 2}], "canary": {"count": 2, "soak": "1h"}, "brokenNodes": {"mode": "Causal"}},
    {"canary": {"count": 1}, "steps": {"list": ["25%", "50%"], "gate": {"manual": True}}},
)


def random_town(dice: Random) -> Town:
    """Return a town of four to eight nodes in up to three zones, under one policy over two DaemonSets."""
    nodes = {f"n{number}": NodeFacts(zone=dice.choice("abc")) for number in range(1, dice.randint(4, 8) + 1)}
    spec = {key: value for key, value in dice.choice(_SPECS).items() if value is not None}
    targets = {"agent": Target("u-agent", "v1"), "b": Target("u-b", "v1")}
    return Town(nodes, targets, policy_named("p", ("agent", "b"), **spec)).populate(agent="v1", b="v1")


def play(seed: int, steps: int = STEPS) -> tuple[int, tuple[Event, ...], str]:
    """Tell one story; return how many events happened, which they were, and what is wrong (empty: nothing)."""
    dice = Random(seed)
    place = start(random_town(dice))
    for number in range(steps):
        event = _choose(place.town, dice)
        after = happen(place, event)
        if after is None:
            continue
        place, wrong = after
        if wrong:
            return number + 1, place.events, "; ".join(wrong)
    return steps, place.events, closes(place)


def _choose(town: Town, dice: Random) -> Event:
    """Return the next event: a pass every third time, pods that get ready often, what changes everything rarely."""
    if dice.random() < 0.33:
        return ("pass",)
    found = list(events(town))
    while True:
        event = dice.choice(found)
        if dice.random() < _RARE.get(event[0], 1.0):
            return event
