"""The stories from which all orders of events are tried: along one roll-out, from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .town import NodeFacts, Target, Town, policy_named
from .walker import Place, happen, start

__all__ = ["small_town", "stories"]

SPEC: dict[str, Any] = {
    "budgets": [{"maxUnavailable": 1, "topologyKey": "topology.kubernetes.io/zone"}],
    "canary": {"count": 1, "soak": "1h", "gate": {"manual": True}},
    "steps": {"list": ["50%"], "soak": "10m", "gate": {"manual": True}},
    "brokenNodes": {"mode": "Causal"},
}
_STORY = (
    ("template", "agent", "v2"),
    ("pass",),
    ("ready", "agent", "n1"),
    ("pass",),
    ("wait", "61"),
    ("pass",),
    ("says", "pass"),
    ("pass",),
    ("ready", "agent", "n3"),
    ("pass",),
    ("wait", "61"),
    ("pass",),
    ("says", "pass"),
    ("pass",),
    ("ready", "agent", "n2"),
    ("pass",),
)
"""The roll-out of agent, to its end."""


def small_town(**more: Any) -> Town:
    """Return three nodes in two zones, two DaemonSets that are up to date, and one policy over both."""
    nodes = {"n1": NodeFacts(zone="a"), "n2": NodeFacts(zone="a"), "n3": NodeFacts(zone="b")}
    targets = {"agent": Target("u-agent", "v1"), "b": Target("u-b", "v1")}
    policy = policy_named("p", ("agent", "b"), **{**SPEC, **more})
    return Town(nodes, targets, policy).populate(agent="v1", b="v1")


def stories(**more: Any) -> Iterator[Place]:
    """Yield the places along the story of one roll-out; raises AssertionError where it breaks a rule by itself."""
    place = start(small_town(**more))
    for event in _STORY:
        after = happen(place, event)
        assert after is not None, event
        assert not after[1], (event, after[1])
        place = after[0]
        yield Place(place.town, place.monitor, (("story", str(_STORY.index(event))), *place.events))
