"""Duplicate, stale and out-of-order events change nothing; another uid is another object."""

from __future__ import annotations

import pytest

from dsplan.model.node import Node
from dsplan.reconciler import EventOutcome, Reconciler
from dsplan.reconciler.freshness import is_older
from dsplan.testing import NOW, a_node


def node(version: int | str, uid: str = "u1", zone: str = "") -> Node:
    return a_node("n1", uid=uid, version=version, zone=zone)


def told(*events: tuple[str, Node]) -> tuple[Reconciler, list[EventOutcome]]:
    reconciler = Reconciler()
    return reconciler, [reconciler.observe(event) for event in events]


def zones(reconciler: Reconciler) -> list[str]:
    return [item.labels.get("topology.kubernetes.io/zone", "") for item in reconciler.world.nodes]


def test_a_duplicate_changes_nothing() -> None:
    _, news = told(("ADDED", node(5)), ("MODIFIED", node(5)))
    assert news == [EventOutcome.APPLIED, EventOutcome.DUPLICATE]


def test_an_older_version_changes_nothing() -> None:
    reconciler, news = told(("ADDED", node(10, zone="b")), ("MODIFIED", node(9, zone="a")))
    assert news[1] is EventOutcome.STALE
    assert zones(reconciler) == ["b"]


def test_versions_are_numbers_and_not_text() -> None:
    reconciler, news = told(("ADDED", node(9, zone="a")), ("MODIFIED", node(10, zone="b")))
    assert news[1] is EventOutcome.APPLIED
    assert zones(reconciler) == ["b"]


def test_what_was_deleted_stays_deleted() -> None:
    reconciler, news = told(("ADDED", node(1)), ("DELETED", node(3)), ("MODIFIED", node(2)), ("MODIFIED", node(4)))
    assert news[2:] == [EventOutcome.STALE, EventOutcome.STALE]
    assert reconciler.world.nodes == ()


def test_a_deletion_that_overtakes_the_addition() -> None:
    reconciler, news = told(("DELETED", node(3)), ("ADDED", node(1)))
    assert news == [EventOutcome.EARLY, EventOutcome.STALE]
    assert reconciler.world.nodes == ()


def test_a_deletion_with_the_last_known_version_counts() -> None:
    reconciler, news = told(("ADDED", node(5)), ("DELETED", node(4)))
    assert news[1] is EventOutcome.APPLIED
    assert reconciler.world.nodes == ()


def test_another_uid_replaces() -> None:
    reconciler, news = told(("ADDED", node(5)), ("ADDED", node(8, "u2", "b")), ("DELETED", node(7)))
    assert news == [EventOutcome.APPLIED, EventOutcome.APPLIED, EventOutcome.DUPLICATE]
    assert zones(reconciler) == ["b"]


def test_the_deletion_of_an_incarnation_never_seen_ends_the_one_before() -> None:
    reconciler, news = told(("ADDED", node(5)), ("DELETED", node(9, "u2")), ("ADDED", node(8, "u2")))
    assert news == [EventOutcome.APPLIED, EventOutcome.APPLIED, EventOutcome.STALE]
    assert reconciler.world.nodes == ()


def test_an_earlier_incarnation_is_stale() -> None:
    reconciler, news = told(("ADDED", node(8, "u2", "b")), ("ADDED", node(5, "u1", "a")), ("DELETED", node(7, "u1")))
    assert news[1] is EventOutcome.STALE
    assert news[2] in (EventOutcome.STALE, EventOutcome.DUPLICATE)
    assert zones(reconciler) == ["b"]


@pytest.mark.parametrize("version", ["", "abc"])
def test_versions_that_are_no_numbers_are_taken_as_they_come(version: str) -> None:
    reconciler, news = told(("ADDED", node(version, zone="a")), ("MODIFIED", node(version and "abd", zone="b")))
    assert news[1] is EventOutcome.APPLIED
    assert zones(reconciler) == ["b"]
    assert not is_older(version, "5")


def test_a_stale_list_changes_nothing() -> None:
    reconciler, _ = told(("ADDED", node(5)), ("DELETED", node(9)))
    assert reconciler.replace("Node", [node(5)], resource_version="8") is EventOutcome.STALE
    assert reconciler.world.nodes == ()
    assert reconciler.replace("Node", [], resource_version="9") is EventOutcome.DUPLICATE


def test_a_list_deletes_what_is_missing() -> None:
    reconciler, _ = told(("ADDED", node(5)), ("ADDED", a_node("n2", version=6)))
    assert reconciler.replace("Node", [a_node("n2", version=6)], resource_version="9") is EventOutcome.APPLIED
    assert [item.name for item in reconciler.world.nodes] == ["n2"]
    assert reconciler.observe(("MODIFIED", node(7))) is EventOutcome.STALE


def test_what_came_and_went_before_a_list_stays_gone() -> None:
    reconciler, _ = told(("ADDED", node(5)))
    reconciler.replace("Node", [node(5)], resource_version="9")
    assert reconciler.observe(("ADDED", a_node("n2", version=7))) is EventOutcome.STALE
    assert reconciler.observe(("ADDED", a_node("n2", version=10))) is EventOutcome.APPLIED


def test_after_a_fail_over_old_lists_are_refused_and_nothing_is_decided() -> None:
    before, _ = told(("ADDED", node(5)), ("DELETED", node(9)))
    before.plan(NOW)
    resumed = Reconciler.resume(before.state)
    assert resumed.replace("Node", [node(5)], resource_version="8") is EventOutcome.STALE
    assert resumed.replace("Node", [], resource_version="12") is EventOutcome.DUPLICATE
    assert resumed.state.seen == (("Node", "12"),)
