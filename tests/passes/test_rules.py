"""Rules of one pass that no record singles out, each by a world that differs only in what the rule speaks of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

import dsplan
from dsplan.constraints import constraints_of
from dsplan.constraints.tolerations import automatic_tolerations, daemon_tolerations
from dsplan.diff import Action, ActionReason
from dsplan.eligibility import evaluate
from dsplan.manifests.decode import decode
from dsplan.model.daemonset import DaemonSet
from dsplan.model.selectors import LabelSelector
from dsplan.model.state import Expectations, State
from dsplan.model.world import World
from dsplan.passes import DaemonSetStep
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision

FOR_A_SECOND = {"key": "mine", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
NODES = tuple(a_node(f"n{number}") for number in range(4))


def one(world: World) -> DaemonSetStep:
    [found] = dsplan.step(world, now=NOW).daemonsets
    return found


def names(actions: tuple[Action, ...], verb: str, kind: str = "Pod") -> list[str]:
    return [action.node or action.name for action in actions if (action.verb, action.kind) == (verb, kind)]


def with_spec(daemonset: DaemonSet, **changes: Any) -> DaemonSet:
    return msgspec.structs.replace(daemonset, spec=msgspec.structs.replace(daemonset.spec, **changes))


def with_metadata(daemonset: DaemonSet, **changes: Any) -> DaemonSet:
    return msgspec.structs.replace(daemonset, metadata=msgspec.structs.replace(daemonset.metadata, **changes))


def test_pods_of_a_daemonset_that_is_gone_are_left_alone() -> None:  # C2
    gone = a_daemonset("gone")
    assert dsplan.step(World(nodes=NODES, pods=(a_pod(gone, "n0"),)), now=NOW).actions == ()


def test_a_selector_that_selects_everything_ends_the_pass_with_a_warning() -> None:  # C3
    found = one(World(nodes=NODES, daemonsets=(with_spec(a_daemonset(), selector=LabelSelector()),)))
    assert ([event.reason for event in found.events], found.actions, found.status) == (["SelectingAll"], (), None)


def test_a_daemonset_that_is_being_deleted_is_left_alone() -> None:  # C4
    found = one(World(nodes=NODES, daemonsets=(with_metadata(a_daemonset(), deletion_timestamp=NOW),)))
    assert (found.actions, found.status, found.events) == ((), None, ())


def test_on_delete_updates_nothing_and_does_all_the_rest() -> None:  # C10, H9
    owner = a_daemonset(image="app:2", on_delete=True, history_limit=0)
    before = a_daemonset()
    revisions = (a_revision(owner, number=3, hash_label="new"), a_revision(before, number=1, hash_label="old"))
    found = one(
        World(
            nodes=NODES,
            daemonsets=(owner,),
            revisions=revisions,
            pods=(a_pod(owner, "n0", hash_label="other"),),
        )
    )
    assert names(found.actions, "create") == ["n1", "n2", "n3"]
    assert names(found.actions, "delete") == []
    assert names(found.actions, "delete", "ControllerRevision") == ["ds-old"]
    assert found.status is not None


def test_a_pass_that_fails_still_writes_status_and_cleans_nothing_up() -> None:  # C11, R27, X14
    owner = a_daemonset(image="app:2", max_unavailable=0, max_surge=1, history_limit=0, generation=7)
    revisions = (a_revision(owner, number=3, hash_label="new"), a_revision(a_daemonset(), number=1, hash_label="old"))
    pods = [a_pod(owner, node.name, hash_label="new") for node in NODES]
    stray = a_pod(owner, "vanished", hash_label="other")
    world = World(nodes=NODES, daemonsets=(owner,), revisions=revisions, pods=(*pods, stray))
    found = one(world)
    assert found.error is not None
    assert names(found.actions, "delete", "ControllerRevision") == []
    assert found.status is not None
    assert (found.status_written, found.status.observed_generation) == (True, 7)
    fine = one(msgspec.structs.replace(world, pods=tuple(pods)))
    assert (fine.error, names(fine.actions, "delete", "ControllerRevision")) == (None, ["ds-old"])


def test_creations_come_before_deletions() -> None:  # C14
    owner = a_daemonset()
    twins = (a_pod(owner, "n0", hash_label="a"), a_pod(owner, "n0", name="ds-twin", hash_label="a"))
    found = one(World(nodes=NODES, daemonsets=(owner,), pods=twins))
    verbs = [action.verb for action in found.actions if action.kind == "Pod"]
    assert verbs == ["create"] * 3 + ["delete"]


def test_a_created_pod_is_complete() -> None:  # C16, A12, A13, H11
    owner = with_metadata(
        a_daemonset(spec={"nodeSelector": {"disk": "ssd"}}),
        annotations={"deprecated.daemonset.template.generation": "5"},
    )
    node = a_node("n0", labels={"disk": "ssd"})
    world = World(nodes=(node,), daemonsets=(owner,), revisions=(a_revision(owner, hash_label="6d4b"),))
    [created] = [action for action in one(world).actions if action.verb == "create"]
    metadata, spec = created.body["metadata"], created.body["spec"]
    assert metadata["labels"] == {
        "app": "ds",
        "controller-revision-hash": "6d4b",
        "pod-template-generation": "5",
    }
    assert metadata["generateName"] == "ds-"
    [reference] = metadata["ownerReferences"]
    assert (reference["uid"], reference["controller"], reference["blockOwnerDeletion"]) == (
        owner.metadata.uid,
        True,
        True,
    )
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms == [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n0"]}]}]
    assert (spec["nodeSelector"], "nodeName" in spec) == ({"disk": "ssd"}, False)


def test_pods_are_deleted_plainly_whatever_budgets_say() -> None:  # C18, B1
    owner = a_daemonset(image="app:2")
    budget = {
        "kind": "PodDisruptionBudget",
        "apiVersion": "policy/v1",
        "metadata": {"name": "all", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "ds"}}},
        "status": {"disruptionsAllowed": 0},
    }
    [protected] = decode([budget]).disruption_budgets
    pods = tuple(a_pod(owner, node.name, hash_label="old") for node in NODES)
    world = World(
        nodes=NODES,
        daemonsets=(owner,),
        pods=pods,
        revisions=(a_revision(owner, hash_label="new"),),
        disruption_budgets=(protected,),
    )
    [deleted] = [action for action in one(world).actions if (action.verb, action.kind) == ("delete", "Pod")]
    assert deleted.body["kind"] == "DeleteOptions"
    assert "gracePeriodSeconds" not in deleted.body


def test_daemonsets_know_nothing_of_each_other() -> None:  # C20
    two = tuple(a_daemonset(name, image="app:2") for name in ("a", "b"))
    pods = tuple(a_pod(owner, node.name, hash_label="old") for owner in two for node in NODES)
    revisions = tuple(a_revision(owner, hash_label="new") for owner in two)
    both = dsplan.step(World(nodes=NODES, daemonsets=two, pods=pods, revisions=revisions), now=NOW)
    for owner, entry in zip(two, both.daemonsets, strict=True):
        alone = one(World(nodes=NODES, daemonsets=(owner,), pods=pods, revisions=revisions))
        assert entry.actions == alone.actions
        assert len(names(entry.actions, "delete")) == 1


def test_no_condition_of_a_node_decides() -> None:  # E6, E7, E11
    owner = a_daemonset()
    sick = a_node("n0", ready=False, taints=("node.kubernetes.io/unschedulable:NoSchedule",))
    leaving = msgspec.structs.replace(
        sick, metadata=msgspec.structs.replace(sick.metadata, deletion_timestamp=NOW, name="n1")
    )
    assert names(one(World(nodes=(sick, leaving), daemonsets=(owner,))).actions, "create") == ["n0", "n1"]


@pytest.mark.parametrize(
    ("taints", "spec", "expected"),
    [
        (("node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"), {}, (0, 1)),  # E8
        (("node.kubernetes.io/network-unavailable:NoSchedule",), {}, (0, 1)),  # E9
        (("node.kubernetes.io/network-unavailable:NoSchedule",), {"hostNetwork": True}, (1, 0)),  # E9, T10
        (("node.kubernetes.io/out-of-service:NoExecute",), {}, (0, 1)),  # T14
        (
            ("mine:NoExecute",),
            {"tolerations": [{"key": "mine", "operator": "Exists", "tolerationSeconds": 1}]},
            (1, 0),
        ),  # T8
    ],
)
def test_what_a_taint_does_to_desired(taints: tuple[str, ...], spec: dict[str, Any], expected: tuple[int, int]) -> None:
    owner = a_daemonset(spec=spec)
    found = one(World(nodes=(a_node("n0", taints=taints),), daemonsets=(owner,), pods=(a_pod(owner, "n0"),)))
    assert found.status is not None
    assert (found.status.desired_number_scheduled, found.status.number_misscheduled) == expected  # S4, S6


def test_the_first_taint_that_is_not_tolerated_comes_first() -> None:  # T9
    node = a_node("n0", taints=("z:NoSchedule", "a:NoSchedule"))
    [reason] = evaluate(constraints_of(a_daemonset()), node).reasons
    assert [cause.observed for cause in reason.causes] == ["taint z:NoSchedule", "taint a:NoSchedule"]


def test_automatic_tolerations_are_on_pods_only() -> None:  # T13
    owner = a_daemonset()
    assert owner.pod.spec.tolerations == ()
    assert daemon_tolerations(owner.pod.spec) == automatic_tolerations(host_network=False)


def test_the_templates_affinity_decides_and_not_the_pin_of_its_pods() -> None:  # E10
    term = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    owner = a_daemonset(spec={"affinity": affinity})
    pod = a_pod(owner, "n0", bound=False)
    found = one(World(nodes=(a_node("n0"),), daemonsets=(owner,), pods=(pod,)))
    assert names(found.actions, "delete") == ["n0"]


def test_manage_knows_no_budget() -> None:  # M20, M23
    owner = a_daemonset(spec={"nodeSelector": {"disk": "ssd"}}, max_unavailable=1)
    pods = tuple(a_pod(owner, node.name) for node in NODES)
    found = one(World(nodes=NODES, daemonsets=(owner,), pods=pods))
    assert [action.reason for action in found.actions if action.verb == "delete"] == [ActionReason.NOT_ELIGIBLE] * 4


def test_a_pod_that_is_terminal_and_terminating_is_gone() -> None:  # M6, L1
    owner = a_daemonset()
    going = {"deleted": NOW, "ready_since": None}
    for phase, expected in (("Running", []), ("Succeeded", ["n0"])):
        pod = a_pod(owner, "n0", phase=phase, **going)  # type: ignore[arg-type]
        assert names(one(World(nodes=NODES[:1], daemonsets=(owner,), pods=(pod,))).actions, "create") == expected


def test_everything_at_once_is_250_a_pass() -> None:  # R30, C12
    owner = a_daemonset(image="app:2", max_unavailable="100%")
    nodes = tuple(a_node(f"n{number:03}") for number in range(300))
    pods = tuple(a_pod(owner, node.name, hash_label="old") for node in nodes)
    revisions = (a_revision(owner, hash_label="new"),)
    found = one(World(nodes=nodes, daemonsets=(owner,), pods=pods, revisions=revisions))
    assert (len(names(found.actions, "delete")), found.deferred) == (250, (0, 50))


def test_from_surge_to_no_surge_the_older_pod_stays() -> None:  # R31
    owner = a_daemonset(image="app:2", max_unavailable=1)
    old = a_pod(owner, "n0", hash_label="old", created=NOW - timedelta(hours=1))
    new = a_pod(owner, "n0", name="ds-new", hash_label="new")
    revisions = (a_revision(owner, hash_label="new"),)
    found = one(World(nodes=NODES[:1], daemonsets=(owner,), pods=(old, new), revisions=revisions))
    assert [action.name for action in found.actions if action.verb == "delete"] == ["ds-new"]


def test_new_pods_that_stay_down_end_a_roll_out() -> None:  # R32
    owner = a_daemonset(image="app:2", max_unavailable=1)
    pods = (
        a_pod(owner, "n0", hash_label="new", ready_since=None),
        *(a_pod(owner, node.name, hash_label="old") for node in NODES[1:]),
    )
    revisions = (a_revision(owner, hash_label="new"),)
    world = World(nodes=NODES, daemonsets=(owner,), pods=pods, revisions=revisions)
    for days in (0, 365):
        [found] = dsplan.step(world, now=NOW + timedelta(days=days)).daemonsets
        assert names(found.actions, "delete") == []


def test_waves_of_the_controller() -> None:  # R33, R34
    owner = a_daemonset(image="app:2", max_unavailable=3)
    nodes = tuple(a_node(f"n{number}") for number in range(5))
    revisions = (a_revision(owner, hash_label="new"),)
    pods = tuple(a_pod(owner, node.name, hash_label="old") for node in nodes)
    plan = dsplan.solve(World(nodes=nodes, daemonsets=(owner,), pods=pods, revisions=revisions), now=NOW)
    assert "5 to update in 2 waves" in str(plan.summary)


def test_a_ready_pod_is_looked_at_again_when_it_becomes_available() -> None:  # R29
    owner = a_daemonset(min_ready_seconds=30)
    pod = a_pod(owner, "n0", ready_since=NOW - timedelta(seconds=10))
    assert one(World(nodes=NODES[:1], daemonsets=(owner,), pods=(pod,))).available_after == 20


def test_a_superseded_pod_that_is_not_ready_goes_at_once() -> None:  # L6, R12
    owner = a_daemonset(image="app:3", max_unavailable=1)
    pods = (
        *(a_pod(owner, f"n{number}", hash_label="second", ready_since=None) for number in range(3)),
        a_pod(owner, "n3", hash_label="first"),
    )
    revisions = (a_revision(owner, hash_label="third"),)
    found = one(World(nodes=NODES, daemonsets=(owner,), pods=pods, revisions=revisions))
    assert names(found.actions, "delete") == ["n0", "n1", "n2"]


def test_a_terminating_pod_on_a_vanished_node_spends_budget() -> None:  # L3, R13
    owner = a_daemonset(image="app:2", max_unavailable=3)
    pods = tuple(a_pod(owner, node.name, hash_label="old") for node in NODES)
    away = a_pod(owner, "vanished", hash_label="old", deleted=NOW)
    revisions = (a_revision(owner, hash_label="new"),)
    world = World(nodes=NODES, daemonsets=(owner,), pods=pods, revisions=revisions)
    assert len(names(one(world).actions, "delete")) == 3
    assert len(names(one(msgspec.structs.replace(world, pods=(*pods, away))).actions, "delete")) == 2


def test_adopted_orphans_of_the_same_generation_are_up_to_date() -> None:  # L7, M5, H12
    owner = with_metadata(a_daemonset(image="app:2"), annotations={"deprecated.daemonset.template.generation": "1"})
    revisions = (a_revision(owner, hash_label="new"),)
    for labels, updated in (({"pod-template-generation": "1"}, 4), ({}, 0)):
        pods = tuple(a_pod(owner, node.name, hash_label="old", orphan=True, labels=labels) for node in NODES)
        found = one(World(nodes=NODES, daemonsets=(owner,), pods=pods, revisions=revisions))
        assert found.status is not None
        assert found.status.updated_number_scheduled == updated
        assert names(found.actions, "patch") == [node.name for node in NODES]
        assert bool(names(found.actions, "delete")) == (updated == 0)


def test_an_adopted_duplicate_is_patched_before_it_is_deleted() -> None:  # L8
    owner = a_daemonset()
    pods = (a_pod(owner, "n0", created=NOW - timedelta(hours=1)), a_pod(owner, "n0", name="ds-twin", orphan=True))
    actions = [
        action for action in one(World(nodes=NODES[:1], daemonsets=(owner,), pods=pods)).actions if action.kind == "Pod"
    ]
    assert [(action.verb, action.name) for action in actions] == [("patch", "ds-twin"), ("delete", "ds-twin")]


def test_the_data_of_a_revision_can_be_patched_later() -> None:  # L11, H2
    owner = a_daemonset(image="a&b<c>")
    [created] = [
        action
        for action in one(World(nodes=NODES, daemonsets=(owner,))).actions
        if (action.verb, action.kind) == ("create", "ControllerRevision")
    ]
    assert created.body["data"]["spec"]["template"]["$patch"] == "replace"


def test_unseen_writes_do_not_raise_observed_generation() -> None:  # C6
    owner = a_daemonset(generation=7, status={"observedGeneration": 6})
    waits = Expectations(daemonset=owner.identity, creates=1, since=NOW)
    found = one(World(nodes=NODES, daemonsets=(owner,), state=State(expectations=(waits,))))
    assert names(found.actions, "create") == []
    assert found.status is not None
    assert found.status.observed_generation == 6


def test_status_has_no_conditions() -> None:  # S12
    [written] = [
        action for action in one(World(nodes=NODES, daemonsets=(a_daemonset(),))).actions if action.kind == "DaemonSet"
    ]
    assert "conditions" not in written.body["status"]
