"""What becomes of wanted pods (P1-P3, K20), against hand-made cases and against a plain queue."""

from __future__ import annotations

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dsplan import decode, step
from dsplan.model.world import World
from dsplan.placement.filters.outcomes import Outcome, OutcomeKind
from dsplan.placement.filters.scheduler_view import SchedulerView
from dsplan.placement.scheduler.prediction import Prediction, predict

from ..worlds import revision_of
from .oracle import Oracle
from .scenes import NOW, ZONE, Tree, clusters, daemon_pod, daemonset, node, pod, required, spec, world


def predicted(*trees: Tree, rollout: bool = False) -> Prediction:
    found = world(*trees)
    return predict(found, step(found, now=NOW), rollout=rollout)


def fate(prediction: Prediction, number: int = 0, position: int = 0) -> Outcome:
    outcome = prediction.daemonsets[number].at(position)
    assert outcome is not None
    return outcome


def test_what_fits_is_placed_and_settled_by_one_sum() -> None:
    found = predicted(node("n1"), node("n2"), daemonset("a", spec(cpu="1")), daemonset("b", spec(cpu="3")))
    assert [list(entry.placed) for entry in found.daemonsets] == [[0, 1], [0, 1]]
    assert found.settled == {"sum": 2, "class": 0, "queue": 0}


def test_equal_nodes_are_settled_once() -> None:
    found = predicted(*(node(f"n{n}") for n in range(5)), daemonset("a", spec(cpu="3")), daemonset("b", spec(cpu="3")))
    assert found.settled == {"sum": 0, "class": 4, "queue": 1}
    assert [len(entry.placed) for entry in found.daemonsets] == [5, 0]
    (stuck,) = found.daemonsets[1].fates
    assert len(stuck.nodes) == 5
    assert str(stuck.outcome.failures[0].shortages[0]) == "cpu: needs 3, 1 free of 4; taken by default/a"


def test_nodes_where_one_owner_holds_more_are_not_equal() -> None:
    there = [daemon_pod("a", "n1", spec(cpu="1")), daemon_pod("a", "n2", spec(cpu="3"))]
    big, small = daemonset("b", spec(cpu="2")), daemonset("c", spec(cpu="9"))
    found = predicted(node("n1"), node("n2"), daemonset("a"), big, small, *there)
    assert list(found.daemonsets[1].placed) == [0]


def test_the_queue_is_in_order_of_priority_then_age_then_name() -> None:
    a, b = daemonset("a", spec(cpu="3")), daemonset("b", spec(cpu="3"))
    urgent = daemonset("b", spec(cpu="3"), priority=5)
    assert [len(entry.placed) for entry in predicted(node("n1"), b, a).daemonsets] == [1, 0]
    assert [len(entry.placed) for entry in predicted(node("n1"), a, urgent).daemonsets] == [0, 1]
    waits_longer = daemon_pod("b", "n1", spec(cpu="3"), bound=False)
    both = predicted(node("n1"), a, b, waits_longer)
    assert [len(entry.placed) for entry in both.daemonsets] == [0, 1]


def test_lower_priorities_are_evicted_summed_by_owner_and_as_few_as_possible() -> None:
    owner = [{"kind": "ReplicaSet", "name": "web", "uid": "u", "controller": True}]
    pods = [pod(f"w{n}", "n1", spec(cpu="1") | {"priority": -1}, ownerReferences=owner) for n in range(4)]
    found = predicted(node("n1"), *pods, daemonset("a", spec(cpu="2")))
    outcome = fate(found)
    assert (outcome.kind, [(str(h.owner), h.pods) for h in outcome.holders]) == ("evicts", [("shop/web", 2)])
    assert [(str(h.owner), h.pods) for h in found.evicted] == [("shop/web", 2)]


def test_the_most_important_come_back_first_and_budgets_protect() -> None:
    pods = [
        pod("old", "n1", spec(cpu="2"), labels={"app": "db"}),
        pod("young", "n1", spec(cpu="2")),
    ]
    pods[0]["status"]["startTime"], pods[1]["status"]["startTime"] = "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"
    wanting = daemonset("a", spec(cpu="2"), priority=9)
    assert [str(h.owner) for h in fate(predicted(node("n1"), *pods, wanting)).holders] == ["shop/old"]
    budget = {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "db"}}},
        "status": {"disruptionsAllowed": 0},
    }
    assert [str(h.owner) for h in fate(predicted(node("n1"), *pods, wanting, budget)).holders] == ["shop/young"]
    budget["status"] = {"disruptionsAllowed": 1}
    assert [str(h.owner) for h in fate(predicted(node("n1"), *pods, wanting, budget)).holders] == ["shop/old"]


def test_preemption_policy_never_waits_and_protects_nobody() -> None:
    never = daemonset("a", spec(cpu="3"), priority=5, preemptionPolicy="Never")
    assert fate(predicted(node("n1"), never, pod("p", "n1", spec(cpu="2")))).kind == "pending"
    there = daemon_pod("a", "n1", spec(cpu="3") | {"priority": 5, "preemptionPolicy": "Never"})
    found = predicted(node("n1"), never, there, daemonset("b", spec(cpu="3"), priority=6))
    assert fate(found, 1).kind == "evicts"
    assert (fate(found, 0).kind, str(fate(found, 0).evicted_by)) == ("pending", "default/b")


def test_more_than_the_whole_node_evicts_nobody() -> None:  # K11
    found = predicted(node("n1"), daemonset("a", spec(cpu="5"), priority=5), pod("p", "n1", spec(cpu="2")))
    assert fate(found).kind == "pending"
    assert found.evicted == ()


def test_what_terminates_is_waited_for() -> None:
    going = pod("p", "n1", spec(cpu="3"), deletionTimestamp="2026-05-01T11:00:00Z")
    outcome = fate(predicted(node("n1"), daemonset("a", spec(cpu="3")), going))
    assert (outcome.kind, str(outcome.holders[0])) == ("waits", "shop/p")


def test_what_terminates_already_is_not_evicted_by_the_more_important() -> None:
    going = pod("p", "n1", spec(cpu="3"), deletionTimestamp="2026-05-01T11:00:00Z")
    found = predicted(node("n1"), daemonset("a", spec(cpu="3"), priority=9), going)
    assert (fate(found).kind, str(fate(found).holders[0]), found.evicted) == ("waits", "shop/p", ())
    found = predicted(node("n1"), daemonset("a", spec(cpu="4"), priority=9), going, pod("q", "n1", spec(cpu="1")))
    assert (fate(found).kind, [str(h) for h in fate(found).holders]) == ("evicts", ["shop/q"])


def test_surge_with_a_host_port_never_finishes() -> None:  # R28, K17
    surge = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    old = daemon_pod("a", "n1", spec(port=80), labels={"app": "a", "controller-revision-hash": "old"})
    old["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    new = daemonset("a", spec(port=80), strategy=surge)
    outcome = fate(predicted(node("n1"), new, revision_of(new), old))
    assert (outcome.kind, outcome.failures[0].plugin) == ("pending", "NodePorts")


def test_a_replaced_pod_is_asked_again_at_its_new_size() -> None:
    old = [
        daemon_pod("a", f"n{n}", spec(cpu="1"), labels={"app": "a", "controller-revision-hash": "old"})
        for n in range(3)
    ]
    new = daemonset("a", spec(cpu="5"))
    trees = [*(node(f"n{n}") for n in range(3)), *old, new, revision_of(new)]
    for entry in old:
        entry["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    assert len(predicted(*trees).daemonsets[0].impossible) == 1
    assert len(predicted(*trees, rollout=True).daemonsets[0].impossible) == 3


def test_an_affinity_to_a_pod_that_comes_later_is_met_in_the_end() -> None:
    affinity = {"podAffinity": required({"app": "b"}, ZONE)}
    nodes = [node("n1", labels={ZONE: "a"}), node("n2", labels={ZONE: "a"})]
    first = daemonset("a", affinity=affinity, priority=9)
    found = predicted(*nodes, first, daemonset("b"))
    assert [list(entry.placed) for entry in found.daemonsets] == [[0, 1], [0, 1]]


def test_a_template_with_a_node_name_is_judged_by_the_kubelet() -> None:  # K1, K21
    bound = daemonset("a", spec(cpu="3"), nodeName="n1")
    assert fate(predicted(node("n1"), bound)).kind == "placed"
    outcome = fate(predicted(node("n1"), bound, pod("p", "n1", spec(cpu="2"))))
    assert (outcome.kind, outcome.failures[0].plugin) == ("rejected", "NodeResourcesFit")


def test_the_kubelet_makes_way_for_a_critical_pod() -> None:  # P4
    critical = daemonset("a", spec(cpu="3"), nodeName="n1")
    critical["spec"]["template"]["spec"]["priority"] = 2_000_001_000
    outcome = fate(predicted(node("n1"), critical, pod("p", "n1", spec(cpu="2"))))
    assert (outcome.kind, str(outcome.holders[0])) == ("evicts", "shop/p")
    blocked = daemonset("a", spec(port=80), nodeName="n1", priority=2_000_001_000)
    assert fate(predicted(node("n1"), blocked, pod("p", "n1", spec(port=80)))).kind == "rejected"


def test_room_is_kept_for_nominated_pods() -> None:  # K4
    coming = pod("p", "", spec(cpu="3") | {"priority": 9})
    coming["status"] = {"phase": "Pending", "nominatedNodeName": "n1"}
    assert fate(predicted(node("n1"), daemonset("a", spec(cpu="3")), coming)).kind == "pending"
    assert fate(predicted(node("n1"), daemonset("a", spec(cpu="3"), priority=10), coming)).kind == "placed"
    found = world(node("n1"), daemonset("a", spec(cpu="3")), coming)
    assert SchedulerView(found).failures(found.daemonsets[0], "n1")


def test_pending_pods_of_others_are_noted_and_pinned_ones_take_room() -> None:
    pinned = daemon_pod("x", "n1", spec(cpu="3"), bound=False, ownerReferences=[])
    pinned["metadata"] |= {"namespace": "shop"}
    adrift = pod("p", "", spec(cpu="3"))
    found = predicted(node("n1"), pinned, adrift, daemonset("a", spec(cpu="3")))
    assert fate(found).kind == "pending"
    assert [note.text for note in found.notes] == [
        "1 Pending pods of other workloads may go to any node; none of them is placed"
    ]


def named(prediction: Prediction, found: World) -> dict[tuple[str, str], tuple[str, tuple[str, ...], tuple[str, ...]]]:
    names = [entry.name for entry in found.nodes]
    result = {}
    for entry in prediction.daemonsets:
        for position in entry.placed:
            result[str(entry.identity), names[position]] = ("placed", (), ())
        for one in entry.fates:
            evicted = one.outcome.holders if one.outcome.kind is OutcomeKind.EVICTS else ()
            owners = tuple(sorted(str(holder.owner) for holder in evicted for _ in range(holder.pods)))
            plugins = tuple(str(failure.plugin) for failure in one.outcome.failures)
            for position in one.nodes:
                result[str(entry.identity), names[position]] = (str(one.outcome.kind), owners, plugins)
    return result


@settings(max_examples=40)
@given(clusters())
def test_the_prediction_is_that_of_a_plain_queue(trees: list[Tree]) -> None:
    """Tried and caught: a sum that forgets ports; a class that forgets who holds the room; a queue in name order alone;
    victims put back in the wrong order; evicted daemon pods that are not created again."""
    found = world(*trees)
    whole = step(found, now=NOW)
    prediction = predict(found, whole)
    got = named(prediction, found)
    for kind, _, _ in got.values():
        event(kind)
    assert got == Oracle(found, whole).run()


@settings(max_examples=40)
@given(clusters(), st.randoms(use_true_random=False))
def test_shuffled_input_gives_the_same_bytes(trees: list[Tree], random) -> None:  # type: ignore[no-untyped-def]
    """Tried and caught: fates left in the order of the queue."""
    shuffled = trees.copy()
    random.shuffle(shuffled)
    assert encoded(predicted(*trees)) == encoded(predicted(*shuffled))


def encoded(prediction: Prediction) -> bytes:
    return msgspec.json.encode(prediction, enc_hook=list)


@settings(max_examples=40)
@given(clusters(most_nodes=4, local=True))
def test_another_node_changes_nothing_elsewhere(trees: list[Tree]) -> None:
    """Unless a rule reads the cluster; tried and caught: classes keyed by free room alone."""
    before, after = world(*trees), world(*trees, node("n9", cpu="1"))
    wider = named(predict(after, step(after, now=NOW)), after)
    assert named(predict(before, step(before, now=NOW)), before) == {
        pair: outcome for pair, outcome in wider.items() if pair[1] != "n9"
    }


def test_what_admission_refuses_is_never_created() -> None:  # P1, X13
    spoiled = daemonset("a")
    spoiled["spec"]["template"]["spec"]["overhead"] = {"cpu": "1"}
    outcome = fate(predicted(node("n1"), spoiled))
    assert (outcome.kind, outcome.failures[0].plugin) == ("refused", "Admission")
    assert "Pod Overhead" in str(outcome.failures[0].shortages[0])


def test_limits_are_requests_and_host_network_takes_ports() -> None:  # D9
    limited = {"containers": [{"name": "c", "image": "i:1", "resources": {"limits": {"cpu": "5"}}}]}
    assert fate(predicted(node("n1"), daemonset("a", limited))).failures[0].reasons == ("Insufficient cpu",)
    ports = {"containers": [{"name": "c", "image": "i:1", "ports": [{"containerPort": 80}]}], "hostNetwork": True}
    found = predicted(node("n1"), daemonset("a", ports), daemonset("b", ports))
    assert [len(entry.placed) for entry in found.daemonsets] == [1, 0]


def test_without_any_class_the_value_that_pods_show_is_assumed() -> None:
    named = daemonset("a", spec(cpu="3"))
    named["spec"]["template"]["spec"]["priorityClassName"] = "gold"
    there = pod("p", "n2", spec(priority="1") | {"priorityClassName": "gold", "priority": 7})
    low = pod("q", "n1", spec(cpu="3") | {"priority": 6})
    found = decode([node("n1"), named, there, low])
    prediction = predict(found, step(found, now=NOW))
    assert fate(prediction).kind == "evicts"
    assert [note.text for note in prediction.notes] == ["gold is not given: 7 is assumed"]
