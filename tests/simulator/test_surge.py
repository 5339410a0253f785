"""Surge in time: which deletions may cost service, and who wakes the controller."""

from __future__ import annotations

from datetime import timedelta

from dsplan.passes import step
from dsplan.passes.observation import observe_daemonset, surroundings_of
from dsplan.simulator import LogEntryKind, Removed, simulate
from dsplan.simulator.invariants import Invariant, judge
from tests.rollouts.rollouts import Tree, ago, daemonset, node, pod
from tests.worlds import NOW, revision_of, world


def surge(*rest: Tree) -> list[Tree]:
    owner = daemonset((0, 1))
    return [owner, revision_of(owner), *rest]


def test_a_duplicate_goes_though_the_pod_that_stays_is_not_ready() -> None:
    """M17, M19: the oldest of each kind stays, whatever its readiness. The real controller costs service here."""
    found = surge(node("n1"), pod("a", "n1", ready=False, age=900), pod("b", "n1", age=600))
    story = simulate(world(found), now=NOW)
    deleted = [item.pod for item in story.log if item.kind is LogEntryKind.DELETED]
    assert deleted[0] == "b"
    assert story.violations == ()


def test_an_available_pod_without_twin_must_not_go_before_its_successor_is_available() -> None:
    """The judge of the case above stays sharp: the same deletion where the pod is alone loses service."""
    given = world(surge(node("n1"), pod("a", "n1", ready=False, age=900), pod("b", "n1", age=600)))
    entry = step(given, now=NOW).daemonsets[0]
    (deletion,) = [action for action in entry.actions if action.verb == "delete" and action.kind == "Pod"]
    alone = world(surge(node("n1"), pod("b", "n1", age=600)))
    owner = alone.daemonsets[0]
    around = surroundings_of(alone, now=NOW)
    observed = observe_daemonset(owner, around).observed
    found = judge(owner, [deletion], observed, around.index, now=NOW)
    assert Invariant.SERVICE_LOST in [violation.invariant for violation in found]


def test_a_pod_deleted_by_somebody_else_is_replaced_at_once_though_its_node_never_confirms() -> None:
    """M15: an update that brings a deletionTimestamp wakes the controller like a deletion does."""
    terminating = pod("a", "n1", ready=False)
    terminating["metadata"]["deletionTimestamp"] = ago(-5)
    given = world(surge(node("n1", ready=False), terminating, pod("b", "n1", "new", ready=False)))
    gone = Removed(next(item for item in given.pods if item.name == "b"))
    story = simulate(given, now=NOW, injections=[(NOW + timedelta(seconds=5), gone)])
    assert story.violations == ()
    assert [item.node for item in story.log if item.kind is LogEntryKind.CREATED] == ["n1"]
