"""All orders of events, from the stories that are begun, to a depth: nothing begins that the specification forbids.

Breadth first, so that the first violation is a shortest one. Places that are equal in the world, State and history are
looked at once. `closes` asks the other way round: from a place on, when everything gets well and somebody answers, the
roll-out ends within a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from time import monotonic
from typing import Any

import msgspec

from .specification import Monitor, forbidden
from .town import PodFacts, Town

__all__ = ["Event", "Found", "Place", "closes", "events", "explore", "start"]

Event = tuple[str, ...]
BOUND = 60
"""Passes within which a roll-out of a small fleet ends once nothing holds it."""
EDITS = {
    "canary 2": {"canary": {"count": 2, "soak": "1h", "gate": {"manual": True}}},
    "no canary": {"canary": None},
    "steps": {"steps": {"list": ["34%"], "soak": "10m", "gate": {"manual": True}}},
    "budget": {"budgets": [{"maxUnavailable": 2}]},
    "partition": {"partition": 2},
    "no partition": {"partition": None},
    "one target": {"targets": [{"name": "agent"}]},
    "two targets": {"targets": [{"name": "agent"}, {"name": "b"}]},
    "pause": {"paused": True},
    "go on": {"paused": None},
}


class Place(msgspec.Struct):
    """A town, what the rules know of its history, and the events that led there."""

    town: Town
    monitor: Monitor
    events: tuple[Event, ...] = ()


class Found(msgspec.Struct):
    """What a walk saw: places, passes, how deep all orders were tried, the first violation with its events."""

    places: int = 0
    passes: int = 0
    depth: int = 0
    seconds: float = 0.0
    wrong: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


def start(town: Town) -> Place:
    """Return a place with nothing known of what was before."""
    return Place(town, Monitor({}, {}))


def events(town: Town) -> Iterator[Event]:
    """Yield what may happen next."""
    yield ("pass",)
    for place, pod in sorted(town.pods.items()):
        yield from ((kind, *place) for kind in _of_pod(town, place, pod))
    for node, facts in sorted(town.nodes.items()):
        yield ("down" if facts.ready else "back"), node
        if len(town.nodes) > 2:
            yield "leaves", node
    if "n0" not in town.nodes:
        yield "joins", "n0"
    for name, target in sorted(town.targets.items()):
        yield from (("template", name, hash_) for hash_ in ("v1", "v2", "v3") if hash_ != target.hash)
    yield from (("edit", what) for what in EDITS)
    yield from (("says", word) for word in ("pass", "fail", "resume"))
    yield from (("state", which) for which in ("lost", "old"))
    yield from (("wait", minutes) for minutes in ("1", "61", "-30"))


def _of_pod(town: Town, place: tuple[str, str], pod: PodFacts) -> Iterator[str]:
    is_new, node_ready = pod.hash == town.targets[place[0]].hash, town.nodes[place[1]].ready
    if pod.crashes:
        yield "recovers"
    elif not pod.ready and node_ready:
        yield from ("ready", "crashes")
    elif pod.ready and is_new:
        yield "restarts"
    if pod.ready:
        yield "not ready"
    if not is_new:
        yield "deleted by hand"


_HAPPENS: Mapping[str, Callable[..., Any]] = {
    "ready": lambda town, name, node: town.set_pod(name, node, ready=True),
    "not ready": lambda town, name, node: town.set_pod(name, node, ready=False),
    "crashes": lambda town, name, node: town.set_pod(name, node, crashes=True),
    "recovers": lambda town, name, node: town.set_pod(name, node, crashes=False, ready=town.nodes[node].ready),
    "restarts": Town.restart,
    "deleted by hand": Town.replace,
    "down": Town.down,
    "back": Town.back,
    "leaves": Town.leave,
    "joins": Town.join,
    "template": Town.release,
    "edit": lambda town, what: town.edit(**EDITS[what]),
    "wait": lambda town, minutes: town.wait(int(minutes)),
}


def happen(place: Place, event: Event) -> tuple[Place, list[str]] | None:
    """Return the place after an event, and what the rules have against it; None where it is refused."""
    town, monitor, wrong = place.town.copy(), place.monitor.copy(), list[str]()
    kind, *rest = event
    if kind == "pass":
        before = town.copy()
        wrong = forbidden(before, monitor, town.begin())
    elif kind == "says":
        if not town.say(rest[0]):
            return None
    elif kind == "state":
        if rest[0] == "old" and town.older is None:
            return None
        town.forget(older=rest[0] == "old")
        monitor.forget(len(town.gone))
    else:
        _HAPPENS[kind](town, *rest)
    return Place(town, monitor, (*place.events, event)), wrong


def explore(
    places: Iterable[Place],
    depth: int,
    seconds: float,
    clock: Callable[[], float] = monotonic,
    choose: Callable[[Town], Iterable[Event]] = events,
) -> Found:
    """Try all orders of at most so many events from each place, for at most so many seconds."""
    begun, found = clock(), Found()
    seen: set[bytes] = set()
    layer = list(places)
    for reached in range(1, depth + 1):
        after: list[Place] = []
        for place in layer:
            for event in choose(place.town):
                found.seconds = clock() - begun
                if found.seconds > seconds:
                    return found
                next_one = happen(place, event)
                if next_one is None:
                    continue
                found.passes += event[0] == "pass"
                if next_one[1]:
                    found.wrong, found.events = tuple(next_one[1]), next_one[0].events
                    return found
                key = next_one[0].town.key()
                if key not in seen:
                    seen.add(key)
                    found.places += 1
                    after.append(next_one[0])
        found.depth, layer = reached, after
    found.seconds = clock() - begun
    return found


def closes(place: Place) -> str:
    """Return why a roll-out does not end from here on, when everything gets well; empty where it does."""
    town = place.town.copy()
    if town.policies["p"]["spec"].get("paused"):
        town.edit(paused=None)
    for node in [node for node, facts in town.nodes.items() if not facts.ready]:
        town.back(node)
    for _ in range(BOUND):
        for (name, node), pod in list(town.pods.items()):
            if not pod.ready or pod.crashes:
                town.set_pod(name, node, ready=True, crashes=False)
        town.wait(61)
        town.begin()
        town.settle()
        if not left(town):
            return ""
        town.say("pass")
    return f"still old after {BOUND} passes: {sorted(left(town))}"


def left(town: Town) -> set[tuple[str, str]]:
    """Return what is still of another revision, beyond what a partition keeps."""
    spec = town.policies["p"]["spec"]
    named = {entry.get("name") for entry in spec["targets"]}
    found: set[tuple[str, str]] = set()
    for name in named & town.targets.keys():
        old = {(name, node) for node in town.nodes if _is_old(town.pods[name, node], town.targets[name].hash)}
        if len(old) > int(spec.get("partition") or 0):
            found |= old
    return found


def _is_old(pod: PodFacts, hash_: str) -> bool:
    return pod.hash != hash_
