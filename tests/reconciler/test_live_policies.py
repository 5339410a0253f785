"""Policies are observed like anything else, and decide what `plan_policies` decides on the world as it is.

Caught: a policy that does not wake its targets; progress that moves on before anything was issued; deletions in flight
that do not spend the policy's budget.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.diff import Action, Actor
from dsplan.model.meta import Condition
from dsplan.reconciler import EventOutcome, Reconciler, tree_of
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
from dsplan.testing.journal import Journal
from dsplan.testing.strategies import ObjectChange, object_changes
from tests.reconciler.agreement import assert_agrees
from tests.reconciler.test_agreement import Run


def policy(name: str = "agents", version: int | str = "", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "RolloutPolicy",
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": str(version)},
        "spec": {"targets": [{"name": "alpha"}, {"name": "beta"}], **spec},
        "status": {"observed": "is not read"},
    }


def on_delete(journal: Journal, name: str) -> None:
    """Put a DaemonSet whose pods are out of date, and whose updates are the host's matter."""
    journal.put(a_daemonset(name, on_delete=True))
    stored = journal.get("DaemonSet", "default", name)
    for number, image in enumerate(("app:0", "app:1"), start=1):
        revision = a_revision(a_daemonset(name, image=image), number=number, hash_label=f"{number}d")
        owner = msgspec.structs.replace(revision.metadata.owner_references[0], uid=stored.metadata.uid)
        metadata = msgspec.structs.replace(revision.metadata, owner_references=(owner,))
        journal.put(msgspec.structs.replace(revision, metadata=metadata))
    for number in range(4):
        journal.put(a_pod(stored, f"n{number}", name=f"{name}-n{number}-0", hash_label="1d"))


def parked() -> Journal:
    journal = Journal()
    for number in range(4):
        journal.put(a_node(f"n{number}", zone="ab"[number % 2]))
    on_delete(journal, "alpha")
    on_delete(journal, "beta")
    return journal


def by_host(actions: tuple[Action, ...]) -> list[str]:
    return [action.name for action in actions if action.actor is Actor.HOST]


def test_a_policy_decides_from_the_moment_it_is_seen() -> None:
    reconciler = Reconciler(parked().world())
    assert by_host(reconciler.plan(NOW).actions) == []
    assert reconciler.observe(("ADDED", policy(version=7, budgets=[{"maxUnavailable": 1}]))) is EventOutcome.APPLIED
    assert len(by_host(reconciler.plan(NOW).actions)) == 2
    assert_agrees(reconciler, NOW)
    assert reconciler.observe(("DELETED", policy(version=8))) is EventOutcome.APPLIED
    assert by_host(reconciler.plan(NOW).actions) == []
    assert reconciler.observe(("MODIFIED", policy(version=7, budgets=[{"maxUnavailable": 1}]))) is EventOutcome.STALE


def test_what_is_in_flight_spends_the_budget_of_the_policy() -> None:
    journal = parked()
    reconciler = Reconciler(journal.world())
    reconciler.observe(("ADDED", policy(budgets=[{"maxUnavailable": 1, "scope": "All"}])))
    [first] = [action for action in reconciler.delta(NOW).started if action.actor is Actor.HOST]
    reconciler.issued(first)
    assert by_host(reconciler.delta(NOW).started) == []
    reconciler.observe(journal.put(a_node("n3", zone="b", ready=False)))  # now it would come first
    assert by_host(reconciler.delta(NOW).started) == []
    reconciler.observe(journal.carry_out(first, NOW))
    assert by_host(reconciler.plan(NOW).actions) == []


def test_asking_does_not_begin_a_wave() -> None:
    reconciler = Reconciler(parked().world())
    reconciler.observe(("ADDED", policy(budgets=[{"maxUnavailable": 1}])))
    first, again = reconciler.plan(NOW), reconciler.plan(NOW + timedelta(seconds=5))
    assert by_host(first.actions) == by_host(again.actions)
    assert all(entry.started == () for entry in again.state.rollouts)
    reconciler.issued(*(action for action in again.actions if action.actor is Actor.HOST))
    assert [sum(began.pods for began in entry.started) for entry in reconciler.state.rollouts] == [2]


def test_policies_that_contradict_each_other_stop_their_targets_and_say_so() -> None:
    """What is missing is created all the same, also of their targets; gamma, which none governs, is not concerned."""
    journal = parked()
    reconciler = Reconciler(journal.world())
    chain = {"per": "Node", "chains": [["alpha", "beta"]]}
    back = {"per": "Node", "chains": [["beta", "alpha"]]}
    reconciler.observe(("ADDED", policy("one", budgets=[{"maxUnavailable": 1}], order=chain)))
    reconciler.observe(("ADDED", policy("two", budgets=[{"maxUnavailable": 1}], order=back)))
    reconciler.observe(journal.put(a_daemonset("gamma")))
    reconciler.observe(journal.delete("Pod", "default", "beta-n0-0"))
    plan = reconciler.plan(NOW)
    assert by_host(plan.actions) == []
    made = {(action.daemonset.name, action.node) for action in plan.actions if action.verb == "create" and action.node}
    assert made == {("beta", "n0"), *(("gamma", f"n{number}") for number in range(4))}
    told = {d.identity.name: c for d in plan.decisions for c in d.conditions if c.status == "True"}
    assert {name: told[name].reason for name in ("alpha", "beta")} == dict.fromkeys(
        ("alpha", "beta"), "PolicyContradiction"
    )
    assert "is a cycle" in told["alpha"].message


def test_two_policies_that_pause_are_no_contradiction() -> None:
    journal = parked()
    reconciler = Reconciler(journal.world())
    for name in ("one", "two"):
        reconciler.observe(("ADDED", policy(name, paused=True)))
    reconciler.observe(journal.delete("Pod", "default", "alpha-n0-0"))
    plan = reconciler.plan(NOW)
    assert [(action.verb, action.node) for action in plan.actions if action.kind == "Pod"] == [("create", "n0")]
    told = {d.identity.name: c for d in plan.decisions for c in d.conditions if c.status == "True"}
    assert (told["beta"].type, told["beta"].reason) == ("Stalled", "StoppedByPolicy")
    assert "paused by policy default/one" in told["beta"].message


def test_a_policy_is_listed_like_anything_else() -> None:
    reconciler = Reconciler(parked().world())
    listed = [policy(version=5, budgets=[{"maxUnavailable": 1}])]
    assert reconciler.replace("RolloutPolicy", listed, resource_version="9") is EventOutcome.APPLIED
    assert reconciler.replace("RolloutPolicy", [], resource_version="8") is EventOutcome.STALE
    assert len(reconciler.world.rollout_policies) == 1
    reconciler.plan(NOW)
    assert reconciler.replace("RolloutPolicy", [], resource_version="10") is EventOutcome.APPLIED
    [kept] = reconciler.plan(NOW).state.rollouts  # a policy that is away for a pass is not forgotten
    assert [target.daemonset.name for target in kept.targets] == ["alpha", "beta"]


def test_a_pod_that_the_pass_deletes_is_not_deleted_by_the_policy_as_well() -> None:
    journal = parked()
    stored = journal.get("DaemonSet", "default", "alpha")
    failed = a_pod(stored, "n0", name="alpha-n0-0", hash_label="1d", phase="Failed", ready_since=None)
    journal.put(failed)
    reconciler = Reconciler(journal.world())
    reconciler.observe(("ADDED", policy(budgets=[{"maxUnavailable": 4}])))
    deleted = [action.name for action in reconciler.delta(NOW).started if action.verb == "delete"]
    assert "alpha-n0-0" in deleted
    assert len(deleted) == len(set(deleted))
    assert_agrees(reconciler, NOW, whole=True)


def test_a_pod_that_finds_no_room_is_news_to_a_policy_that_forgives_it() -> None:
    journal = parked()
    stored = journal.get("DaemonSet", "default", "alpha")
    new = a_pod(stored, "n0", name="alpha-n0-0", hash_label="2d", bound=False, phase="Pending", ready_since=None)
    journal.put(new)
    journal.put(a_pod(stored, "n1", name="alpha-n1-0", hash_label="2d"))  # so that others wear the new hash, too
    reconciler = Reconciler(journal.world())
    forgiving = {"brokenNodes": {"forgiveUnschedulable": 1}, "budgets": [{"maxUnavailable": 1}]}
    reconciler.observe(("ADDED", policy(targets=[{"name": "alpha"}], **forgiving)))
    assert by_host(reconciler.delta(NOW).started) == []
    roomless = Condition(type="PodScheduled", status="False", reason="Unschedulable")
    status = msgspec.structs.replace(new.status, conditions=(*new.status.conditions, roomless))
    reconciler.observe(journal.put(msgspec.structs.replace(new, status=status)))
    assert len(by_host(reconciler.delta(NOW).started)) == 1


def test_daemonsets_that_no_policy_governs_are_not_passed_over_for_it() -> None:
    journal = parked()
    reconciler = Reconciler(journal.world())
    reconciler.observe(("ADDED", policy(targets=[{"name": "alpha"}], budgets=[{"maxUnavailable": 1}])))
    reconciler.delta(NOW)
    stored = journal.get("DaemonSet", "default", "alpha")
    reconciler.observe(journal.put(a_pod(stored, "n3", name="alpha-n3-0", hash_label="2d")))
    assert [decision.identity.name for decision in reconciler.delta(NOW).decisions] == ["alpha"]


def test_sizes_of_images_are_learned_from_nodes() -> None:
    """Two of the four pods pull more than a minute's bytes, so they do not go in one minute."""
    journal = parked()
    reconciler = Reconciler(journal.world())
    rates = {"imageBytesPerSecond": 1}
    budgets = [{"maxUnavailable": "100%"}]
    reconciler.observe(("ADDED", policy(targets=[{"name": "alpha"}], rates=rates, budgets=budgets)))
    assert len(by_host(reconciler.plan(NOW).actions)) == 4
    node = journal.get("Node", "", "n0")
    images = [{"names": ["app:1"], "sizeBytes": 50}, {"names": 7}, "junk"]
    tree = {**tree_of(node), "kind": "Node"}
    tree["status"] = {**tree["status"], "images": images}
    tree["metadata"] = {**tree["metadata"], "resourceVersion": "99"}
    assert reconciler.observe(("MODIFIED", tree)) is EventOutcome.APPLIED
    assert reconciler.world.image_sizes == {"docker.io/library/app:1": 50}
    assert len(by_host(reconciler.plan(NOW).actions)) < 4
    assert_agrees(reconciler, NOW, whole=True)


_Host = st.sampled_from(["nothing", "plan", "delta", "issue", "issue and do"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(object_changes(), _Host), min_size=5, max_size=30), st.integers(0, 9))
def test_any_sequence_of_events_over_pods_that_are_out_of_date(
    script: list[tuple[ObjectChange, str]], first: int
) -> None:
    run = Run(parked())
    run.applier.on_policy(first)
    for change, what in script:
        run.applier.apply(change)
        run.tell()
        run.host(what)
        run.tell()
        if what == "plan":
            assert_agrees(run.reconciler, run.applier.now)
    assert_agrees(run.reconciler, run.applier.now, whole=True)
