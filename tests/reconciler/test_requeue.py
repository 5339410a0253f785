"""What falls due without an event: `requeue_after` says when, and asking then is enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dsplan.diff import Action, Actor
from dsplan.reconciler import Delta, Reconciler
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
from dsplan.testing.journal import Journal
from tests.reconciler.agreement import assert_agrees
from tests.reconciler.test_host import started
from tests.reconciler.test_live_policies import by_host, on_delete, policy


def in_a_moment(delta: Delta, now: datetime) -> datetime:
    assert delta.requeue_after is not None
    return now + timedelta(seconds=delta.requeue_after)


def parked(nodes: int = 4) -> Journal:
    """Return a cluster whose pods are out of date; updates are the host's matter."""
    journal = Journal()
    for number in range(nodes):
        journal.put(a_node(f"n{number}"))
    on_delete(journal, "alpha")
    return journal


def governed(**spec: Any) -> tuple[Journal, Reconciler]:
    spec.setdefault("budgets", [{"maxUnavailable": "100%"}])
    journal = parked()
    reconciler = Reconciler(journal.world())
    reconciler.observe(("ADDED", policy(targets=[{"name": "alpha"}], **spec)))
    return journal, reconciler


def carry_out(journal: Journal, reconciler: Reconciler, actions: tuple[Action, ...], now: datetime) -> None:
    """Do what the host is to do; the successors of deleted pods are ready at once."""
    reconciler.issued(*actions)
    for action in actions:
        reconciler.observe(journal.carry_out(action, now))
        if action.actor is Actor.HOST:
            reconciler.observe(journal.delete("Pod", "default", action.name))
            owner = journal.get("DaemonSet", "default", "alpha")
            fresh = a_pod(owner, action.node, name=f"new-{action.node}", hash_label="2d", ready_since=now)
            reconciler.observe(journal.put(fresh))


def test_min_ready_seconds() -> None:
    """A pod that is ready becomes available by waiting alone (S2)."""
    journal = Journal()
    journal.put(a_node("n0"))
    journal.put(a_daemonset(min_ready_seconds=30))
    stored = journal.get("DaemonSet", "default", "ds")
    journal.put(a_revision(stored, hash_label="5d"))
    journal.put(a_pod(stored, "n0", hash_label="5d", ready_since=NOW - timedelta(seconds=10)))
    reconciler = Reconciler(journal.world())
    delta = reconciler.delta(NOW)
    assert delta.requeue_after == 20.0
    assert not reconciler.delta(NOW + timedelta(seconds=19))
    later = reconciler.delta(in_a_moment(delta, NOW))
    assert [decision.status and decision.status.number_available for decision in later.decisions] == [1]
    assert later.requeue_after is None


def test_back_off() -> None:
    """A failed pod is deleted again when its window is over (M10)."""
    journal, reconciler = started(nodes=1, pods=False)
    stored = journal.get("DaemonSet", "default", "ds")
    for name in ("first", "second"):
        reconciler.observe(journal.put(a_pod(stored, "n0", name=name, hash_label="5d", phase="Failed")))
        delta = reconciler.delta(NOW)
        deletions = [action for action in delta.started if action.verb == "delete"]
        reconciler.issued(*deletions)
        for action in deletions:
            reconciler.observe(journal.delete("Pod", "default", action.name))
    assert deletions == []
    assert delta.requeue_after == 1.0
    later = reconciler.delta(in_a_moment(delta, NOW))
    assert [(action.verb, action.name) for action in later.started if action.kind == "Pod"] == [("delete", "second")]


def test_writes_that_are_never_seen() -> None:
    """After five minutes they are given up (C7)."""
    _, reconciler = started()
    reconciler.issued(*reconciler.delta(NOW).started)
    delta = reconciler.delta(NOW)
    assert reconciler.delta(in_a_moment(delta, NOW) + timedelta(microseconds=1)).started


def test_soak() -> None:
    journal, reconciler = governed(steps={"list": [1, "100%"], "soak": "10m"})
    first = reconciler.delta(NOW)
    assert len(by_host(first.started)) == 1
    carry_out(journal, reconciler, first.started, NOW)
    soaking = reconciler.delta(NOW)
    assert by_host(soaking.started) == []
    assert soaking.requeue_after == 600.0
    [condition] = [condition for _, condition in soaking.conditions if condition.status == "True"]
    assert condition.reason == "WaitingForPolicy"
    assert by_host(reconciler.delta(NOW + timedelta(minutes=9)).started) == []
    assert len(by_host(reconciler.delta(in_a_moment(soaking, NOW)).started)) == 3


def test_windows_that_open() -> None:
    """Nothing happens until the window opens, and nothing is forgotten."""
    opens = NOW + timedelta(hours=2)
    window = {"start": f"{opens:%H:%M}", "end": f"{opens + timedelta(hours=1):%H:%M}"}
    _, reconciler = governed(windows={"allow": [window]})
    delta = reconciler.delta(NOW)
    assert by_host(delta.started) == []
    assert delta.requeue_after == 7200.0
    assert len(by_host(reconciler.delta(in_a_moment(delta, NOW)).started)) == 4


def test_windows_that_close() -> None:
    """What was not sent in time is withdrawn."""
    window = {"start": f"{NOW:%H:%M}", "end": f"{NOW + timedelta(minutes=10):%H:%M}"}
    _, reconciler = governed(windows={"allow": [window]})
    delta = reconciler.delta(NOW + timedelta(minutes=5))
    assert len(by_host(delta.started)) == 4
    assert delta.requeue_after is not None
    closed = reconciler.delta(NOW + timedelta(minutes=10))
    assert len(by_host(closed.withdrawn)) == 4
    assert_agrees(reconciler, NOW + timedelta(minutes=10), whole=True)


def test_rates() -> None:
    _, reconciler = governed(rates={"podsPerMinute": 2})
    first = reconciler.delta(NOW)
    assert len(by_host(first.started)) < 4
    assert first.requeue_after is not None


@pytest.mark.parametrize("passed", [True, False])
def test_gates(passed: bool) -> None:
    """A manual gate waits for a word of the host, and for no time."""
    journal, reconciler = governed(canary={"count": 1, "gate": {"manual": True}})
    first = reconciler.delta(NOW)
    carry_out(journal, reconciler, first.started, NOW)
    waiting = reconciler.delta(NOW)
    assert by_host(waiting.started) == []
    assert waiting.requeue_after is None
    reconciler.gate("default/agents", passed=passed)
    later = reconciler.delta(NOW)
    assert len(by_host(later.started)) == (3 if passed else 0)
    [condition] = [c for _, c in (later.conditions or waiting.conditions) if c.status == "True"]
    assert condition.type == ("Progressing" if passed else "Stalled")
