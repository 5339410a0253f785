"""Writes whose answer was lost, writes that a dead host left behind, and writes that were never sent."""

from __future__ import annotations

from datetime import timedelta

from dsplan.reconciler import EventOutcome, Reconciler
from dsplan.testing import NOW
from dsplan.testing.journal import Journal

from .test_host import DS, pod_actions, started

KINDS = ("Node", "DaemonSet", "ControllerRevision", "Pod")


def listed(journal: Journal, reconciler: Reconciler, *, settles: bool) -> None:
    for kind in KINDS:
        news = reconciler.replace(
            kind, list(journal.of_kind(kind)), resource_version=str(journal.version), settles=settles
        )
        assert news is not EventOutcome.STALE


def test_what_became_of_an_unknown_write_is_asked_of_a_list_and_of_nothing_else() -> None:
    journal, reconciler = started(pods=False, nodes=1)
    [create, *_] = reconciler.delta(NOW).started
    reconciler.issued(create)
    reconciler.unknown(create)
    assert reconciler.unsettled == {"Pod"}
    listed(journal, reconciler, settles=False)
    assert pod_actions(reconciler.delta(NOW + timedelta(minutes=1)).started) == []
    listed(journal, reconciler, settles=True)
    assert reconciler.unsettled == frozenset()
    assert pod_actions(reconciler.delta(NOW + timedelta(minutes=1)).started) == [("create", "n0")]


def test_an_unknown_write_that_landed_is_not_done_again() -> None:
    journal, reconciler = started(pods=False, nodes=1)
    create = next(action for action in reconciler.delta(NOW).started if action.kind == "Pod")
    reconciler.issued(create)
    journal.carry_out(create, NOW)
    reconciler.unknown(create)
    listed(journal, reconciler, settles=True)
    assert reconciler.unsettled == frozenset()
    assert pod_actions(reconciler.delta(NOW + timedelta(minutes=1)).started) == []


def test_after_a_crash_between_saving_and_sending_a_fresh_list_settles_what_is_in_flight() -> None:
    journal, reconciler = started()
    listed(journal, reconciler, settles=False)
    [delete] = [action for action in reconciler.delta(NOW).started if action.kind == "Pod"]
    reconciler.issued(delete)
    for settles, expected in ((False, []), (True, [("delete", "n0")])):
        next_one = Reconciler.resume(reconciler.state)
        listed(journal, next_one, settles=settles)
        soon = NOW + timedelta(seconds=1)
        assert pod_actions(next_one.delta(soon).started) == expected


def test_time_in_flight_counts_from_sending() -> None:
    _, reconciler = started()
    [delete] = [action for action in reconciler.delta(NOW).started if action.kind == "Pod"]
    reconciler.issued(delete)
    reconciler.sent(delete, now=NOW + timedelta(minutes=4))
    reconciler.delta(NOW + timedelta(minutes=8))
    assert reconciler.in_flight(delete)
    reconciler.delta(NOW + timedelta(minutes=10))
    assert not reconciler.in_flight(delete)


def test_what_is_recalled_is_handed_out_again_and_no_failure() -> None:
    _, reconciler = started()
    [delete] = [action for action in reconciler.delta(NOW).started if action.kind == "Pod"]
    reconciler.issued(delete)
    reconciler.recall(delete)
    assert pod_actions(reconciler.delta(NOW).started) == [("delete", "n0")]
    assert not any("failed" in str(metric.labels) for metric in reconciler.metrics())


def test_pods_on_a_node() -> None:
    _, reconciler = started()
    reconciler.plan(NOW)
    [pod] = reconciler.pods_on(DS, "n1")
    assert pod.spec.node_name == "n1"
    assert reconciler.pods_on(DS, "elsewhere") == ()
