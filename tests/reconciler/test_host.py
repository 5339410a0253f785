"""What a host is told, and what it says back: plans, deltas, flights, conditions, events, metrics."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

import dsplan
from dsplan.diff import Action
from dsplan.errors import DsplanError, InputError
from dsplan.model.daemonset import DaemonSet
from dsplan.model.meta import Identity
from dsplan.model.world import World
from dsplan.passes import Event
from dsplan.reconciler import Condition, EventOutcome, Reconciler
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
from dsplan.testing.journal import Journal

DS = Identity("DaemonSet", "default", "ds")


def started(daemonset: DaemonSet | None = None, *, pods: bool = True, nodes: int = 3) -> tuple[Journal, Reconciler]:
    """Return a cluster whose pods are out of date, and a reconciler of it."""
    journal = Journal()
    for number in range(nodes):
        journal.put(a_node(f"n{number}"))
    journal.put(daemonset or a_daemonset())
    stored = journal.get("DaemonSet", "default", "ds")
    journal.put(a_revision(a_daemonset(image="app:0"), number=1, hash_label="4f"))
    journal.put(a_revision(stored, number=2, hash_label="5d"))
    for revision in list(journal.of_kind("ControllerRevision")):
        owner = msgspec.structs.replace(revision.metadata.owner_references[0], uid=stored.metadata.uid)
        metadata = msgspec.structs.replace(revision.metadata, owner_references=(owner,))
        journal.put(msgspec.structs.replace(revision, metadata=metadata))
    for number in range(nodes if pods else 0):
        journal.put(a_pod(stored, f"n{number}", hash_label="4f"))
    return journal, Reconciler(journal.world())


def pod_actions(actions: tuple[Action, ...]) -> list[tuple[str, str]]:
    return [(action.verb, action.node) for action in actions if action.kind == "Pod"]


def true_condition(reconciler: Reconciler, now: datetime = NOW) -> Condition:
    [decision] = reconciler.plan(now).decisions
    [found] = [condition for condition in decision.conditions if condition.status == "True"]
    return found


def test_a_plan_may_be_asked_for_again() -> None:
    _, reconciler = started()
    assert reconciler.plan(NOW) == reconciler.plan(NOW)
    assert pod_actions(reconciler.plan(NOW).actions) == [("delete", "n0")]


def test_now_must_be_aware() -> None:
    with pytest.raises(ValueError, match="aware"):
        Reconciler().plan(datetime(2026, 1, 1))


def test_a_delta_hands_every_action_out_once() -> None:
    _, reconciler = started()
    first = reconciler.delta(NOW)
    assert pod_actions(first.started) == [("delete", "n0")]
    assert [decision.identity for decision in first.decisions] == [DS]
    assert not reconciler.delta(NOW)
    assert reconciler.delta(NOW + timedelta(hours=1)).started == ()


def test_what_was_handed_out_is_not_started_again_when_more_is_wanted() -> None:
    journal, reconciler = started(pods=False)
    assert pod_actions(reconciler.delta(NOW).started) == [("create", "n0"), ("create", "n1"), ("create", "n2")]
    reconciler.observe(journal.put(a_node("n3")))
    assert pod_actions(reconciler.delta(NOW).started) == [("create", "n3")]
    assert len(pod_actions(reconciler.plan(NOW).actions)) == 4


def test_what_is_no_longer_wanted_is_withdrawn() -> None:
    journal, reconciler = started()
    reconciler.delta(NOW)
    stored = journal.get("DaemonSet", "default", "ds")
    back = a_daemonset(image="app:0", generation=2)
    journal.put(msgspec.structs.replace(back, metadata=stored.metadata))
    reconciler.observe(journal.events[-1])
    delta = reconciler.delta(NOW)
    assert pod_actions(delta.withdrawn) == [("delete", "n0")]
    assert pod_actions(delta.started) == []


def test_a_daemonset_that_goes_is_told() -> None:
    journal, reconciler = started()
    reconciler.delta(NOW)
    journal.delete("DaemonSet", "default", "ds")
    reconciler.observe(journal.events[-1])
    delta = reconciler.delta(NOW)
    assert delta.removed == (DS,)
    assert pod_actions(delta.withdrawn) == [("delete", "n0")]
    assert reconciler.plan(NOW).decisions == ()


def test_what_is_in_flight_is_spent() -> None:
    journal, reconciler = started()
    action = next(action for action in reconciler.delta(NOW).started if action.kind == "Pod")
    assert reconciler.issued(action) == 1
    assert reconciler.issued(action) == 0
    assert pod_actions(reconciler.plan(NOW).actions) == []
    assert reconciler.state.expectations[0].deletes == 1
    journal.carry_out(action, NOW)
    reconciler.observe(journal.events[-1])
    assert reconciler.state.expectations == ()
    assert pod_actions(reconciler.plan(NOW).actions) == []  # n0 is down, and the budget is 1
    journal.delete("Pod", "default", action.name)
    reconciler.observe(journal.events[-1])
    assert pod_actions(reconciler.delta(NOW).started) == [("create", "n0")]


def test_a_pod_first_seen_terminating_is_no_creation() -> None:
    journal, reconciler = started(pods=False)
    actions = [action for action in reconciler.delta(NOW).started if action.kind == "Pod"]
    reconciler.issued(*actions)
    journal.carry_out(actions[0], NOW)
    [pod] = journal.of_kind("Pod")
    metadata = msgspec.structs.replace(pod.metadata, deletion_timestamp=NOW)
    reconciler.observe(journal.put(msgspec.structs.replace(pod, metadata=metadata)))
    assert reconciler.in_flight(actions[0])
    reconciler.observe(journal.carry_out(actions[1], NOW))
    assert not reconciler.in_flight(actions[1])


def test_an_event_that_is_faster_than_the_host_counts_as_seen() -> None:
    journal, reconciler = started()
    for action in reconciler.delta(NOW).started:
        journal.carry_out(action, NOW)
        reconciler.observe(journal.events[-1])
        assert reconciler.issued(action) == 0
    assert reconciler.state.flights == ()


def test_lost_writes_are_given_up_after_five_minutes() -> None:
    _, reconciler = started()
    action = next(action for action in reconciler.delta(NOW).started if action.kind == "Pod")
    reconciler.issued(action)
    plan = reconciler.plan(NOW + timedelta(minutes=4))
    assert pod_actions(plan.actions) == []
    assert plan.requeue_after == 60.000001
    later = NOW + timedelta(minutes=5, seconds=1)
    assert pod_actions(reconciler.delta(later).started) == [("delete", "n0")]


def test_a_refused_write_is_handed_out_again_with_an_event() -> None:
    _, reconciler = started(pods=False)
    actions = [action for action in reconciler.delta(NOW).started if action.kind == "Pod"]
    reconciler.issued(*actions)
    event = reconciler.failed(actions[0], "quota exceeded")
    assert event == Event("Warning", "FailedCreate", "Error creating: quota exceeded")
    for action in actions[1:]:
        reconciler.failed(action, "quota exceeded")
    assert pod_actions(reconciler.delta(NOW).started) == [("create", "n0"), ("create", "n1"), ("create", "n2")]


class ApiException(Exception):
    """As the official client raises it."""

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body


@pytest.mark.parametrize(
    ("pods", "error", "moot"),
    [
        (True, ApiException(404), True),
        (True, ApiException(409), False),
        (False, ApiException(403, '{"cause": "NamespaceTerminating"}'), True),
        (False, ApiException(404), False),
    ],
)
def test_errors_that_are_none(pods: bool, error: Exception, moot: bool) -> None:  # C14, C15
    _, reconciler = started(pods=pods)
    actions = [action for action in reconciler.delta(NOW).started if action.kind == "Pod"]
    reconciler.issued(*actions)
    assert (reconciler.failed(actions[0], error) is None) is moot
    assert len([flight for flight in reconciler.state.flights if flight.kind == "Pod"]) == len(actions) - (not moot)


def test_failed_pods_wait_for_their_window() -> None:
    journal, reconciler = started(nodes=1, pods=False)
    stored = journal.get("DaemonSet", "default", "ds")
    journal.put(a_pod(stored, "n0", hash_label="5d", phase="Failed", ready_since=None))
    reconciler.observe(journal.events[-1])
    delta = reconciler.delta(NOW)
    assert [event.reason for event in delta.decisions[0].events] == ["FailedDaemonPod"]
    [action] = [action for action in delta.started if action.kind == "Pod"]
    reconciler.issued(action)
    journal.delete("Pod", "default", action.name)
    journal.put(a_pod(stored, "n0", name="again", hash_label="5d", phase="Failed", ready_since=None))
    for event in journal.events[-2:]:
        reconciler.observe(event)
    waiting = reconciler.plan(NOW)
    assert pod_actions(waiting.actions) == []
    assert waiting.requeue_after == 1.0
    assert waiting.decisions[0].held == ("n0",)
    assert pod_actions(reconciler.plan(NOW + timedelta(seconds=1)).actions) == [("delete", "n0")]


def test_issued_needs_a_plan() -> None:
    journal, _ = started()
    [action] = [action for action in dsplan.step(journal.world(), now=NOW).actions if action.kind == "Pod"]
    with pytest.raises(DsplanError, match="first plan"):
        Reconciler(journal.world()).issued(action)


def test_conditions_of_a_roll_out() -> None:  # S13
    journal, reconciler = started()
    assert true_condition(reconciler).type == "Progressing"
    for pod in list(journal.of_kind("Pod")):
        labels = {**pod.metadata.labels, "controller-revision-hash": "5d"}
        metadata = msgspec.structs.replace(pod.metadata, labels=labels)
        reconciler.observe(journal.put(msgspec.structs.replace(pod, metadata=metadata)))
    assert true_condition(reconciler).type == "Complete"


def test_a_node_that_falls_sick_comes_first() -> None:
    journal, reconciler = started(a_daemonset(max_unavailable=3))
    assert pod_actions(reconciler.plan(NOW).actions) == [("delete", "n0"), ("delete", "n1"), ("delete", "n2")]
    reconciler.observe(journal.put(a_node("n2", ready=False)))
    assert pod_actions(reconciler.plan(NOW).actions) == [("delete", "n2"), ("delete", "n0"), ("delete", "n1")]


def test_sick_nodes_that_hold_the_budget_stall_a_roll_out() -> None:
    journal, reconciler = started()
    [pod, *_] = journal.of_kind("Pod")
    metadata = msgspec.structs.replace(pod.metadata, deletion_timestamp=NOW)
    reconciler.observe(journal.put(msgspec.structs.replace(pod, metadata=metadata)))
    assert true_condition(reconciler).type == "Progressing"
    reconciler.observe(journal.put(a_node("n0", ready=False)))
    stalled = true_condition(reconciler)
    assert (stalled.type, stalled.reason) == ("Stalled", "BudgetHeldBySickNodes")
    reconciler.observe(journal.put(a_node("n0", ready=True)))
    assert true_condition(reconciler).type == "Progressing"


def test_a_pass_that_fails_stalls() -> None:
    _, reconciler = started(a_daemonset(max_unavailable="many"))
    assert true_condition(reconciler).reason == "Error"
    assert reconciler.plan(NOW).errored


def test_metrics() -> None:
    journal, reconciler = started()
    reconciler.plan(NOW)
    reconciler.observe(journal.put(a_node("n0")))
    reconciler.observe(journal.events[-1])
    text = [str(metric) for metric in reconciler.metrics()]
    assert 'dsplan_events_total{kind="Node",news="applied"} 1' in text
    assert 'dsplan_events_total{kind="Node",news="duplicate"} 1' in text
    assert 'dsplan_objects{kind="Pod"} 3' in text
    assert 'dsplan_daemonset_desired_number_scheduled{daemonset="ds",namespace="default"} 3' in text
    assert text == sorted(text, key=lambda line: line.split("{")[0]) or len(set(text)) == len(text)


def test_other_kinds_are_kept_for_the_whole_plan() -> None:
    reconciler = Reconciler()
    tree: dict[str, Any] = {"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 7}
    assert reconciler.observe(("ADDED", tree)) is EventOutcome.APPLIED
    assert reconciler.world.priority_classes[0].value == 7
    assert reconciler.observe(("ADDED", {"kind": "Secret", "metadata": {"name": "s"}})) is EventOutcome.UNREAD
    with pytest.raises(InputError):
        reconciler.replace("Secret", [])


def test_the_whole_plan_is_that_of_solve() -> None:
    _, reconciler = started()
    assert str(reconciler.solve(NOW).summary) == str(dsplan.solve(reconciler.world, now=NOW).summary)
    assert reconciler.solve(NOW).summary.update == 3


def test_an_object_that_is_not_understood_changes_nothing() -> None:
    _, reconciler = started()
    before = reconciler.dump(NOW)
    with pytest.raises(InputError):
        reconciler.observe(("MODIFIED", {"kind": "Node", "metadata": {"name": "n0"}, "spec": {"taints": 1}}))
    with pytest.raises(InputError):
        reconciler.replace("Pod", [{"metadata": {"name": 7}}])
    assert reconciler.dump(NOW) == before


def test_one_bad_object_of_a_list_does_not_spoil_the_rest() -> None:
    _, reconciler = started()
    bad = {"metadata": {"name": "n0", "resourceVersion": "900"}, "spec": {"taints": 1}}
    new = {"metadata": {"name": "n9", "resourceVersion": "901"}}
    with pytest.raises(InputError) as refused:
        reconciler.replace("Node", [bad, new], resource_version="902")
    assert [problem.object for problem in refused.value.problems] == ["Node n0"]
    # The bad one is as it was, n1 and n2 are gone, and the list counts.
    assert [node.name for node in reconciler.world.nodes] == ["n0", "n9"]
    assert reconciler.replace("Node", [], resource_version="901") is EventOutcome.STALE


def test_a_nameless_object_of_a_list_may_be_any_that_seems_missing() -> None:
    _, reconciler = started()
    with pytest.raises(InputError):
        reconciler.replace("Node", [{"metadata": {"name": "n9"}}, {"metadata": {"name": 7}}, 5])
    assert [node.name for node in reconciler.world.nodes] == ["n0", "n1", "n2", "n9"]


def test_another_uid_of_a_daemonset_forgets_what_was_expected() -> None:
    journal, reconciler = started(pods=False)
    reconciler.issued(*reconciler.delta(NOW).started)
    assert reconciler.state.flights
    journal.delete("DaemonSet", "default", "ds")
    journal.put(a_daemonset())
    reconciler.observe(journal.events[-1])
    assert reconciler.state.flights == ()
    assert pod_actions(reconciler.plan(NOW).actions) == [("create", "n0"), ("create", "n1"), ("create", "n2")]


def test_an_empty_world_decides_nothing() -> None:
    reconciler = Reconciler(World())
    plan = reconciler.plan(NOW)
    assert (plan.actions, plan.requeue_after, plan.errored) == ((), None, False)


def test_a_delta_says_everything_that_changed() -> None:
    journal, reconciler = started()
    first = reconciler.delta(NOW)
    assert {condition.type: condition.status for _, condition in first.conditions} == {
        "Complete": "False",
        "Progressing": "True",
        "Stalled": "False",
    }
    [pod, *_] = journal.of_kind("Pod")
    metadata = msgspec.structs.replace(pod.metadata, deletion_timestamp=NOW)
    reconciler.observe(journal.put(msgspec.structs.replace(pod, metadata=metadata)))
    second = reconciler.delta(NOW)
    assert [decision.identity for decision in second.decisions] == [DS]
    assert second.conditions == ()
    assert pod_actions(second.withdrawn) == [("delete", "n0")]
    reconciler.observe(journal.put(a_node("n0", ready=False)))
    third = reconciler.delta(NOW)
    assert {condition.type: condition.status for _, condition in third.conditions} == {
        "Complete": "False",
        "Progressing": "False",
        "Stalled": "True",
    }
    assert not reconciler.delta(NOW)


def test_an_event_is_told_once_for_as_long_as_it_stands() -> None:
    journal, reconciler = started(nodes=2, pods=False)
    stored = journal.get("DaemonSet", "default", "ds")
    reconciler.observe(journal.put(a_pod(stored, "n0", hash_label="5d", phase="Failed", ready_since=None)))
    assert [(name, event.reason) for name, event in reconciler.delta(NOW).events] == [(DS, "FailedDaemonPod")]
    reconciler.observe(journal.put(a_pod(stored, "n1", hash_label="5d")))
    again = reconciler.delta(NOW)
    assert again.decisions
    assert again.events == ()


def test_what_is_given_up_is_started_again_though_the_decision_is_that_of_before() -> None:
    _, reconciler = started()
    first = reconciler.delta(NOW)
    reconciler.issued(*first.started)
    later = reconciler.delta(NOW + timedelta(minutes=5, seconds=1))
    assert pod_actions(later.started) == [("delete", "n0")]
    assert later


def test_on_delete_without_a_policy_stalls_and_says_who_has_to_act() -> None:
    _, reconciler = started(a_daemonset(on_delete=True))
    assert true_condition(reconciler).reason == "OnDelete"
