"""After any sequence of events of every kind: what a twin of the final world knows, and what `dsplan.solve` decides.

Tried and caught here: forgetting to read facts again when minReadySeconds are over; a class memory that survives new
constraints; not moving a vanished node's pods back when the node returns; not telling trackers of ids that moved.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.model.world import FIELDS
from dsplan.reconciler import Reconciler
from dsplan.testing import a_node
from dsplan.testing.journal import Journal
from dsplan.testing.strategies import ChangeApplier, ObjectChange, object_changes
from tests.reconciler.agreement import assert_agrees, assert_same

_Host = st.sampled_from(["nothing", "plan", "delta", "issue", "issue and do", "issue and fail", "do and issue"])
_Script = st.lists(st.tuples(object_changes(), _Host), min_size=15, max_size=60)


class Run:
    """A play, a reconciler that is told of everything, and a host that acts on what it says."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.applier = ChangeApplier(journal)
        self.reconciler = Reconciler()
        self.told = 0

    def tell(self) -> None:
        events = self.applier.journal.events
        for event in events[self.told :]:
            self.reconciler.observe(event)
        self.told = len(events)

    def host(self, what: str) -> None:
        if what == "nothing":
            return
        actions = self.reconciler.plan(self.applier.now).actions if what != "delta" else ()
        if what == "delta":
            self.reconciler.delta(self.applier.now)
        for action in actions[:3] if what not in ("plan", "delta") else ():
            if not what.startswith("do"):
                self.reconciler.issued(action)
            if what.endswith("fail"):
                self.reconciler.failed(action, "refused")
            if "do" in what:
                try:
                    self.applier.journal.carry_out(action, self.applier.now)
                except Exception as error:
                    self.reconciler.failed(action, error)
            if what.startswith("do"):
                self.tell()
                self.reconciler.issued(action)


def check(run: Run, *, whole: bool = False) -> None:
    assert_agrees(run.reconciler, run.applier.now, whole=whole)
    world = run.reconciler.world
    assert world == run.applier.journal.world(world.state)


@settings(max_examples=100, deadline=None)
@given(_Script, st.booleans())
def test_any_sequence_of_events(script: list[tuple[ObjectChange, str]], settled: bool) -> None:
    run = Run()
    if settled:
        run.applier.settle()
    run.tell()
    run.host("plan")
    for change, what in script:
        run.applier.apply(change)
        run.tell()
        run.host(what)
        run.tell()
        if what == "plan":
            check(run)
    check(run, whole=True)


@settings(max_examples=50, deadline=None)
@given(st.lists(object_changes(), min_size=10, max_size=40), st.randoms(use_true_random=False), st.booleans())
def test_events_late_twice_and_in_any_order(script: list[ObjectChange], shuffle: Any, asked: bool) -> None:
    applier, reconciler = ChangeApplier(), Reconciler()
    applier.settle()
    for change in script:
        applier.apply(change)
    events = [*applier.journal.events, *shuffle.choices(applier.journal.events or [None], k=5)]
    shuffle.shuffle(events)
    for event in filter(None, events):
        reconciler.observe(event)
        if asked:
            reconciler.plan(applier.now)
    world = reconciler.world
    assert world == applier.journal.world(world.state)
    assert_same(reconciler.dump(applier.now), Reconciler(world).dump(applier.now))


@settings(max_examples=50, deadline=None)
@given(st.lists(object_changes(), min_size=10, max_size=30))
def test_a_relist_brings_everything_up_to_date(missed: list[ObjectChange]) -> None:
    applier = ChangeApplier()
    applier.settle()
    reconciler = Reconciler(applier.journal.world())
    reconciler.plan(applier.now)
    for change in missed:
        applier.apply(change)
    for kind in reversed(FIELDS):
        reconciler.replace(kind, applier.journal.of_kind(kind), resource_version=str(applier.journal.version))
    world = reconciler.world
    assert world == applier.journal.world(world.state)
    assert_same(reconciler.dump(applier.now), Reconciler(world).dump(applier.now))


def test_a_clock_set_back_makes_ripe_pods_unripe() -> None:
    applier = ChangeApplier()
    applier.settle()
    reconciler = Reconciler(applier.journal.world())
    assert_agrees(reconciler, applier.now)
    assert_agrees(reconciler, applier.now - timedelta(seconds=50))


def test_pods_of_a_node_that_returns_are_on_it() -> None:
    applier = ChangeApplier()
    applier.settle()
    reconciler = Reconciler(applier.journal.world())
    for event in (applier.journal.delete("Node", "", "n1"), applier.journal.put(a_node("n1", labels={"disk": "ssd"}))):
        reconciler.observe(event)
        assert_agrees(reconciler, applier.now)
