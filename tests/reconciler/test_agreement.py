"""After any sequence of events: what a Reconciler of the final world knows, and what `dsplan.step` decides.

Tried and caught here: forgetting to read facts again when minReadySeconds are over; a class memory that survives new
constraints; not moving a vanished node's pods back when the node returns; not telling trackers of ids that moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import dsplan
from dsplan.reconciler import Reconciler
from dsplan.testing.strategies import Happening, Play, happenings

_Host = st.sampled_from(["nothing", "plan", "delta", "issue", "issue and do", "issue and fail", "do and issue"])
_Script = st.lists(st.tuples(happenings(), _Host), min_size=15, max_size=60)


class Run:
    """A play, a reconciler that is told of everything, and a host that acts on what it says."""

    def __init__(self, *, settled: bool) -> None:
        self.play = Play()
        if settled:
            self.play.settle()
        self.reconciler = Reconciler()
        self.told = 0

    def tell(self) -> None:
        events = self.play.journal.events
        for event in events[self.told :]:
            self.reconciler.observe(event)
        self.told = len(events)

    def host(self, what: str) -> None:
        if what == "nothing":
            return
        actions = self.reconciler.plan(self.play.now).actions if what != "delta" else ()
        if what == "delta":
            self.reconciler.delta(self.play.now)
        for action in actions[:3] if what not in ("plan", "delta") else ():
            if not what.startswith("do"):
                self.reconciler.issued(action)
            if what.endswith("fail"):
                self.reconciler.failed(action, "refused")
            if "do" in what:
                try:
                    self.play.journal.carry_out(action, self.play.now)
                except Exception as error:
                    self.reconciler.failed(action, error)
            if what.startswith("do"):
                self.tell()
                self.reconciler.issued(action)


def _outcome(entry: Any) -> Any:
    return entry.identity, entry.actions, entry.status, entry.deferred, entry.error, entry.events, entry.notes


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if children is None:
        yield path, tree
    for key, child in children or ():
        yield from _leaves(child, f"{path}/{key}")


def assert_same(got: bytes, expected: bytes) -> None:
    """Byte for byte; where it is not, the comparison of what was parsed says where."""
    if got != expected:
        assert list(_leaves(json.loads(got))) == list(_leaves(json.loads(expected)))
    assert got == expected


def check(run: Run) -> None:
    now = run.play.now
    plan = run.reconciler.plan(now)
    world = run.reconciler.world
    assert world == run.play.journal.world(world.state)
    step = dsplan.step(world, now=now)
    assert [_outcome(entry) for entry in plan.decisions] == [_outcome(entry) for entry in step.daemonsets]
    assert plan.requeue_after == step.requeue_after
    assert_same(run.reconciler.dump(now), Reconciler(world).dump(now))


@settings(max_examples=100, deadline=None)
@given(_Script, st.booleans())
def test_any_sequence_of_events(script: list[tuple[Happening, str]], settled: bool) -> None:
    run = Run(settled=settled)
    run.tell()
    run.host("plan")
    for happening, what in script:
        run.play.act(happening)
        run.tell()
        run.host(what)
        run.tell()
        if what == "plan":
            check(run)
    check(run)


@settings(max_examples=50, deadline=None)
@given(st.lists(happenings(), min_size=10, max_size=40), st.randoms(use_true_random=False), st.booleans())
def test_events_late_twice_and_in_any_order(script: list[Happening], shuffle: Any, asked: bool) -> None:
    play, reconciler = Play(), Reconciler()
    play.settle()
    for happening in script:
        play.act(happening)
    events = [*play.journal.events, *shuffle.choices(play.journal.events or [None], k=5)]
    shuffle.shuffle(events)
    for event in filter(None, events):
        reconciler.observe(event)
        if asked:
            reconciler.plan(play.now)
    world = reconciler.world
    assert world == play.journal.world(world.state)
    assert_same(reconciler.dump(play.now), Reconciler(world).dump(play.now))


@settings(max_examples=50, deadline=None)
@given(st.lists(happenings(), min_size=10, max_size=30))
def test_a_relist_brings_everything_up_to_date(missed: list[Happening]) -> None:
    play = Play()
    play.settle()
    reconciler = Reconciler(play.journal.world())
    reconciler.plan(play.now)
    for happening in missed:
        play.act(happening)
    for kind in ("Pod", "DaemonSet", "Node", "ControllerRevision"):
        reconciler.replace(kind, play.journal.of_kind(kind), resource_version=str(play.journal.version))
    world = reconciler.world
    assert world == play.journal.world(world.state)
    assert_same(reconciler.dump(play.now), Reconciler(world).dump(play.now))
