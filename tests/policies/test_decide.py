"""Policies on small fleets, day by day: what goes, what waits, and why."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from dsplan.model.daemonset import DaemonSet
from dsplan.model.policy import RolloutPolicy
from dsplan.testing import a_daemonset, a_node
from tests.policies.fleet import OLD, Fleet, a_policy, names_by, zoned

ZONE = "topology.kubernetes.io/zone"


def texts(fleet: Fleet) -> dict[str, tuple[str, ...]]:
    return {held.text: held.nodes for held in fleet.plan().held}


def test_percent_of_a_daemonset() -> None:
    fleet = Fleet(10, [a_policy(budgets=[{"maxUnavailable": "25%"}])])
    plan = fleet.plan()
    assert plan.policies[0].limits[0].arithmetic == "maxUnavailable 25% of 10 = 3 (rounded up)"
    assert (plan.schedule.waves, plan.schedule.bound, plan.schedule.minimal) == (4, 4, True)
    assert [len(wave) for wave in fleet.run()] == [3, 3, 3, 1]


def test_a_percentage_is_resolved_once_for_a_rollout() -> None:
    """10 % of 10 pods is 1. When the fleet doubles, it stays 1; the next roll-out has 2."""
    fleet = Fleet(10, [a_policy(budgets=[{"maxUnavailable": "10%"}])])
    assert len(fleet.act().wave) == 1
    fleet.settle()
    for number in range(11, 21):
        fleet.nodes[f"n{number}"] = a_node(f"n{number}")
        fleet.set_ready("ds", f"n{number}", ready=True, hash_label=OLD)
    plan = fleet.plan()
    assert len(plan.wave) == 1
    assert plan.policies[0].limits[0].arithmetic == "maxUnavailable 10% = 1 (as resolved when the roll-out began)"
    fleet.state = type(fleet.state)()
    assert len(fleet.plan().wave) == 2


def test_each_zone_by_itself_and_all_together() -> None:
    nodes = zoned({"a": 4, "b": 2})
    per_zone = Fleet(nodes, [a_policy(budgets=[{"maxUnavailable": 1, "topologyKey": ZONE}])])
    assert names_by(per_zone.run()) == [["a0", "b0"], ["a1", "b1"], ["a2"], ["a3"]]
    both = [{"maxUnavailable": 1, "topologyKey": ZONE}, {"maxUnavailable": 1}]
    assert [len(wave) for wave in Fleet(nodes, [a_policy(budgets=both)]).run()] == [1] * 6


def test_on_selected_nodes_only() -> None:
    nodes = [a_node(f"n{number}", labels={"pool": "gpu" if number < 3 else "cpu"}) for number in range(6)]
    gpu = {"maxUnavailable": 1, "nodeSelector": {"matchLabels": {"pool": "gpu"}}}
    cpu = {"maxUnavailable": 3, "nodeSelector": {"matchLabels": {"pool": "cpu"}}}
    assert names_by(Fleet(nodes, [a_policy(budgets=[gpu, cpu])]).run()) == [["n0", "n3", "n4", "n5"], ["n1"], ["n2"]]


def test_what_no_budget_counts_has_the_maxunavailable_of_the_daemonset_itself() -> None:
    nodes = [a_node(f"n{number}", labels={"pool": "gpu" if number < 3 else "cpu"}) for number in range(6)]
    gpu = {"maxUnavailable": 2, "nodeSelector": {"matchLabels": {"pool": "gpu"}}}
    fleet = Fleet(nodes, [a_policy(budgets=[gpu])])
    assert [note.text for note in fleet.plan().notes] == [
        "no budget counts 3 pods of default/ds: its own maxUnavailable 1 of 3 holds"
    ]
    assert names_by(fleet.run()) == [["n0", "n1", "n3"], ["n2", "n4"], ["n5"]]
    assert [len(wave) for wave in Fleet(3, [a_policy(budgets=[])]).run()] == [1, 1, 1]


def test_nodes_without_the_label_of_a_budget_are_one_domain() -> None:
    fleet = Fleet(
        [*zoned({"a": 2}), a_node("x"), a_node("y")], [a_policy(budgets=[{"maxUnavailable": 1, "topologyKey": ZONE}])]
    )
    assert [note.text for note in fleet.plan().notes] == [
        f"2 nodes do not have the label {ZONE}; such nodes count as one domain"
    ]
    assert names_by(fleet.run()) == [["x", "a0"], ["y", "a1"]]


def test_the_budgets_of_all_policies_hold_together() -> None:
    """One policy by name for a, one by name for a and b across both: 2 of a at once, 3 in all."""
    policies = [
        a_policy("own", ["a"], budgets=[{"maxUnavailable": 2}]),
        a_policy("shared", ["a", "b"], budgets=[{"maxUnavailable": 3, "scope": "All"}]),
    ]
    fleet = Fleet(4, policies, ["a", "b"])
    plan = fleet.plan()
    assert (plan.schedule.waves, plan.schedule.bound) == (3, 3)
    for wave in fleet.run():
        assert len(wave) <= 3
        assert sum(name == "a" for name, _ in wave) <= 2


def test_one_daemon_of_a_node_at_a_time() -> None:
    fleet = Fleet(
        3, [a_policy(targets=["a", "b", "c"], budgets=[{"maxUnavailable": 1, "scope": "Node"}])], ["a", "b", "c"]
    )
    waves = fleet.run()
    assert [len(wave) for wave in waves] == [3, 3, 3]
    assert all(len({node for _, node in wave}) == 3 for wave in waves)


def test_a_budget_per_hostname_across_daemonsets_is_one_per_node() -> None:
    nodes = [a_node(f"n{number}", labels={"kubernetes.io/hostname": f"n{number}"}) for number in range(3)]
    budget = {"maxUnavailable": 1, "scope": "All", "topologyKey": "kubernetes.io/hostname"}
    plan = Fleet(nodes, [a_policy(targets=["a", "b"], budgets=[budget])], ["a", "b"]).plan()
    assert (plan.schedule.waves, len(plan.assembled.nodes)) == (2, 1)


def test_at_most_one_zone_at_once() -> None:
    fleet = Fleet(zoned({"a": 2, "b": 2, "c": 2}), [a_policy(domains=[{"topologyKey": ZONE}])])
    assert [{node[0] for node in wave} for wave in names_by(fleet.run())] == [{"a"}, {"b"}, {"c"}]
    fleet = Fleet(zoned({"a": 2, "b": 2}), [a_policy(domains=[{"topologyKey": ZONE}])])
    fleet.set_ready("ds", "b0", ready=False)
    assert [unit.node for unit in fleet.plan().wave] == ["b1"]


def test_order_on_the_node_and_as_a_whole() -> None:
    budget = [{"maxUnavailable": 2}]
    by_node = Fleet(4, [a_policy(targets=["a", "b"], budgets=budget, order={"chains": [["a", "b"]]})], ["a", "b"])
    assert [len(wave) for wave in by_node.run()] == [2, 4, 2]
    order = {"per": "DaemonSet", "chains": [["a", "b"]]}
    by_set = Fleet(4, [a_policy(targets=["a", "b"], budgets=budget, order=order)], ["a", "b"])
    assert by_set.plan().teardown == (by_set.daemonsets[1].identity, by_set.daemonsets[0].identity)
    assert names_by(by_set.run(), "b") == [[], [], ["n1", "n2"], ["n3", "n4"]]


def test_order_of_whole_daemonsets_goes_through_the_steps_in_turn() -> None:
    """a goes 1, then the rest, two at a time; when all of it has soaked, b does the same: 1 + 2 + 1 + 2 waves."""
    order = {"per": "DaemonSet", "chains": [["a", "b"]]}
    steps = {"list": [1], "soak": "10m"}
    policy = a_policy(targets=["a", "b"], budgets=[{"maxUnavailable": 2}], order=order, steps=steps)
    fleet = Fleet(4, [policy], ["a", "b"])
    plan = fleet.act()
    assert (plan.schedule.waves, plan.schedule.bound, plan.schedule.minimal) == (6, 6, True)
    assert [(step.name, step.waves) for step in plan.policies[0].steps] == [
        ("default/a 1", 1),
        ("default/a 100%", 3),
        ("default/b 1", 4),
        ("default/b 100%", 6),
    ]
    fleet.settle()
    assert fleet.act().requeue_after == 600.0
    fleet.wait(minutes=10)
    assert [len(wave) for wave in fleet.run(most=2)] == [2, 1]
    assert fleet.act().policies[0].waits.startswith("step 2 of 4 (default/a 100%): soaks 10m, until")
    assert fleet.plan().wave == ()
    fleet.wait(minutes=10)
    assert [[name for name, _ in wave] for wave in fleet.run(minutes=10)] == [["b"], ["b", "b"], ["b"]]
    assert fleet.plan().policies[0].waits == ""


def test_each_cohort_has_its_canary_and_what_shares_a_place_in_the_order_goes_together() -> None:
    """a, then b and c, whatever else is said: b comes after a, d has no order and goes with a."""
    order = {"per": "DaemonSet", "chains": [["a", "b"], ["a", "c"]]}
    policy = a_policy(targets="abcd", order=order, canary={"selector": {"matchLabels": {"canary": "yes"}}})
    nodes = [a_node(f"n{number}", labels={"canary": "yes"} if number == 1 else {}) for number in range(3)]
    fleet = Fleet(nodes, [policy], "abcd")
    waves = fleet.run()
    assert waves == [
        [("a", "n1"), ("d", "n1")],
        [("a", "n0"), ("d", "n0"), ("a", "n2"), ("d", "n2")],
        [("b", "n1"), ("c", "n1")],
        [("b", "n0"), ("c", "n0"), ("b", "n2"), ("c", "n2")],
    ]


def test_without_progress_the_cohort_is_assumed_from_the_pods() -> None:
    order = {"per": "DaemonSet", "chains": [["a", "b"]]}
    fleet = Fleet(3, [a_policy(targets="ab", order=order, steps={"list": [1]})], "ab")
    for node in fleet.nodes:
        fleet.set_ready("a", node, ready=True)
    fleet.set_ready("b", "n1", ready=True)
    plan = fleet.plan()
    assert [note.text for note in plan.notes] == [
        "nothing is remembered of default/b: step 4 of 4 is taken from the pods"
    ]
    assert [unit.node for unit in plan.wave] == ["n2", "n3"]


def test_what_comes_later_waits_until_the_pod_before_it_is_up_again() -> None:
    fleet = Fleet(2, [a_policy(targets=["a", "b"], order={"chains": [["a", "b"]]})], ["a", "b"])
    fleet.act()
    fleet.settle("n2")
    assert [(unit.daemonset.name, unit.node) for unit in fleet.plan().wave] == [("b", "n1")]
    fleet.set_node("n2", ready=False)
    fleet.set_ready("b", "n2", ready=True, hash_label=OLD)
    held = [held for held in fleet.plan().held if held.daemonset.name == "b" and "n2" in held.nodes]
    assert [entry.text for entry in held] == [
        "comes after default/a, which is down on the same node, and it stays down"
    ]


def test_canary_soak_gate_and_steps() -> None:
    steps = {"list": ["50%"], "soak": "5m", "gate": {"manual": True}}
    fleet = Fleet(10, [a_policy(budgets=[{"maxUnavailable": 3}], canary={"count": 1, "soak": "10m"}, steps=steps)])
    assert fleet.act().schedule.waves == 5
    assert "1 of 1 new pods" not in "".join(texts(fleet))
    assert "step 1 of 3 (canary): 0 of 1 new pods are available" in fleet.plan().policies[0].waits
    fleet.settle()
    plan = fleet.act()
    assert (plan.wave, plan.requeue_after) == ((), 600.0)
    fleet.wait(minutes=10)
    assert len(fleet.act().wave) == 3
    fleet.settle()
    assert len(fleet.act().wave) == 1
    fleet.settle()
    assert fleet.act().requeue_after == 300.0
    fleet.wait(minutes=5)
    assert fleet.act().policies[0].waits == "step 2 of 3 (50%): waits for its gate"
    fleet.set_gate(passed=False)
    assert fleet.act().stalls == ("policy default/p: step 2 of 3 (50%): its gate failed",)
    fleet.set_gate(passed=True)
    assert len(fleet.act().wave) == 3


def test_a_soak_begins_again_when_a_pod_is_lost() -> None:
    fleet = Fleet(4, [a_policy(canary={"count": 1, "soak": "10m"})])
    fleet.act()
    fleet.settle()
    fleet.act()
    fleet.wait(minutes=9)
    fleet.set_ready("ds", "n1", ready=False)
    fleet.act()
    fleet.wait(minutes=2)
    fleet.settle()
    assert fleet.act().requeue_after == 600.0


def test_a_gate_may_be_content_with_less() -> None:
    fleet = Fleet(10, [a_policy(steps={"list": [4], "gate": {"minAvailable": "75%"}})])
    assert len(fleet.act().wave) == 4
    fleet.settle("n01", "n02")
    assert not fleet.act().wave
    fleet.settle("n01")
    assert len(fleet.act().wave) == 6


@pytest.mark.parametrize(
    ("steps", "sizes"),
    [
        ({"list": [1, "25%", "100%"]}, [1, 2, 9]),
        ({"linear": {"by": "40%"}}, [5, 5, 2]),
        ({"linear": {"by": 5}}, [5, 5, 2]),
        ({"exponential": {"start": 1, "factor": 3}}, [1, 2, 6, 3]),
        ({"slowStart": {}}, [1, 2, 4, 5]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_way_to_write_steps(steps: dict[str, object], sizes: list[int]) -> None:
    assert [len(wave) for wave in Fleet(12, [a_policy(steps=steps)]).run()] == sizes


def test_a_canary_that_covers_two_labels_is_a_minimum_edge_cover() -> None:
    labels = [("5.10", "amd64"), ("5.15", "amd64"), ("5.15", "arm64"), ("6.1", "amd64")]
    nodes = [a_node(f"n{i}", labels={"kernel": kernel, "arch": arch}) for i, (kernel, arch) in enumerate(labels)]
    fleet = Fleet(nodes, [a_policy(canary={"cover": {"keys": ["kernel", "arch"]}})])
    plan = fleet.plan()
    assert plan.policies[0].canary == ("n0", "n2", "n3")
    assert plan.policies[0].canary_text.endswith("(matching; fewer is impossible)")
    assert names_by(fleet.run())[0] == ["n0", "n2", "n3"]


def test_a_canary_without_a_node_is_a_stall() -> None:
    fleet = Fleet(2, [a_policy(canary={"selector": {"matchLabels": {"canary": "yes"}}})])
    assert fleet.plan().stalls == ("policy default/p: the canary has no node",)
    assert not fleet.plan().wave


def test_the_canary_stays_the_one_that_was_chosen() -> None:
    fleet = Fleet(4, [a_policy(canary={"count": 1, "soak": "1h"}, nodeOrder=[{"by": "Name", "descending": True}])])
    assert [unit.node for unit in fleet.act().wave] == ["n4"]
    fleet.settle()
    fleet.nodes["n9"] = a_node("n9")
    fleet.set_ready("ds", "n9", ready=True, hash_label=OLD)
    assert fleet.act().policies[0].canary == ("n4",)


def test_partition_keeps_the_last_nodes_old() -> None:
    fleet = Fleet(10, [a_policy(partition="25%")])
    fleet.run()
    assert fleet.updated() == [f"n{number:02}" for number in range(1, 8)]
    assert texts(fleet) == {"partition 25% of 10 = 3 (rounded up) of default/ds stay old": ("n08", "n09", "n10")}


def test_paused_still_replaces_sick_pods_and_frozen_touches_nothing() -> None:
    paused, frozen = Fleet(4, [a_policy(paused=True)]), Fleet(4, [a_policy(frozen=True)])
    for fleet in (paused, frozen):
        fleet.set_ready("ds", "n2", ready=False, hash_label=OLD)
    assert [action.node for action in paused.plan().actions] == ["n2"]
    assert frozen.plan().actions == ()
    assert texts(frozen)["frozen by policy default/p"] == ("n1", "n2", "n3", "n4")


def test_sick_pods_are_replaced_beyond_the_budget_and_spend_it() -> None:
    fleet = Fleet(6, [a_policy(budgets=[{"maxUnavailable": 2}])])
    for name in ("n4", "n5", "n6"):
        fleet.set_ready("ds", name, ready=False, hash_label=OLD)
    plan = fleet.plan()
    assert ([unit.node for unit in plan.sick], plan.wave) == (["n4", "n5", "n6"], ())
    assert plan.schedule.waves == 3


def test_strict_counts_broken_nodes_and_says_what_blocks() -> None:
    fleet = Fleet(6, [a_policy(budgets=[{"maxUnavailable": 1}])])
    fleet.set_node("n6", ready=False)
    plan = fleet.plan()
    assert plan.wave == ()
    assert [stall.partition("1 stay down")[::2] for stall in plan.stalls] == [
        (
            "default/ds: 5 pods never go: default/ds: maxUnavailable 1 of 6, ",
            "; needs maxUnavailable >= 2, or brokenNodes.mode Causal",
        )
    ]


def test_causal_leaves_nodes_alone_that_were_broken_before() -> None:
    fleet = Fleet(6, [a_policy(budgets=[{"maxUnavailable": 1}], brokenNodes={"mode": "Causal"})])
    fleet.set_node("n6", ready=False)
    assert [unit.node for unit in fleet.act().wave] == ["n1"]
    assert any("was not ready before the wave began" in text for text in texts(fleet))


def test_a_canary_of_which_another_policy_leaves_a_node_alone() -> None:
    policies = [a_policy("p", canary={"count": 2}), a_policy("q", brokenNodes={"mode": "Causal"})]
    fleet = Fleet(6, policies)
    fleet.act()
    for name in ("n1", "n2"):
        fleet.set_ready("ds", name, ready=True, hash_label=OLD)
    fleet.set_node("n2", ready=False)
    fleet.set_ready("ds", "n2", ready=True, hash_label=OLD)
    plan = fleet.plan()
    assert (plan.stalls, [unit.node for unit in plan.wave], plan.schedule.waves) == ((), ["n1"], 2)


@pytest.mark.parametrize("more", [{}, {"partition": 1}, {"budgets": [{"maxUnavailable": 2}]}], ids=str)
def test_causal_broken_nodes_are_no_part_of_a_step(more: dict[str, object]) -> None:
    """Two of six nodes were broken before: the first step still takes two of the others, and not those for done."""
    fleet = Fleet(6, [a_policy(steps={"list": [2]}, brokenNodes={"mode": "Causal"}, **more)])
    for name in ("n2", "n6"):
        fleet.set_node(name, ready=False)
    assert [unit.node for unit in fleet.act().wave] == ["n1", "n3"]
    fleet.settle("n2", "n6")
    fleet.run(most=4)
    assert fleet.updated() == ["n1", "n3", "n4", "n5"][: 3 if "partition" in more else 4]
    for name in ("n2", "n6"):
        fleet.set_node(name, ready=True)
    fleet.run(most=4)
    assert len(fleet.updated()) == 6 - ("partition" in more)


def test_steps_of_one_policy_and_broken_nodes_of_another() -> None:
    """What one policy leaves alone is no unit of the other's steps, whose sizes still say so."""
    policies = [a_policy("p", steps={"list": [5]}), a_policy("q", brokenNodes={"mode": "Causal"})]
    fleet = Fleet(6, policies)
    for name in ("n2", "n3"):
        fleet.set_node(name, ready=False)
    plan = fleet.plan()
    assert (plan.stalls, plan.schedule.waves, len(plan.wave)) == ((), 1, 4)


def test_causal_stops_when_a_node_breaks_after_its_update_and_goes_on_when_it_is_back() -> None:
    fleet = Fleet(6, [a_policy(budgets=[{"maxUnavailable": 3}], brokenNodes={"mode": "Causal"})])
    fleet.act()
    fleet.settle()
    fleet.set_node("n2", ready=False)
    plan = fleet.act()
    assert (plan.wave, plan.policies[0].halted) == ((), "stopped: n2 became not ready after the update")
    fleet.act()
    assert fleet.plan().wave == ()
    fleet.set_node("n2", ready=True)
    assert len(fleet.act().wave) == 3


def test_causal_is_not_blocked_by_a_node_that_broke_before_its_own_update() -> None:
    fleet = Fleet(6, [a_policy(budgets=[{"maxUnavailable": 1}], brokenNodes={"mode": "Causal"})])
    fleet.act()
    fleet.set_node("n5", ready=False)
    assert fleet.act().wave == ()
    fleet.settle("n5")
    assert [unit.node for unit in fleet.act().wave] == ["n2"]


def test_pods_without_room_are_forgiven_up_to_a_number() -> None:
    from dsplan.model.meta import Condition
    from dsplan.model.pod import PodStatus

    fleet = Fleet(4, [a_policy(budgets=[{"maxUnavailable": 1}], brokenNodes={"forgiveUnschedulable": 1})])
    pending = PodStatus(
        phase="Pending", conditions=(Condition(type="PodScheduled", status="False", reason="Unschedulable"),)
    )
    from dsplan.testing import a_pod

    for name in ("n3", "n4"):
        pod = a_pod(fleet.daemonsets[0], name, hash_label="new", bound=False, ready_since=None)
        fleet.pods["ds", name] = msgspec.structs.replace(pod, status=pending)
    assert fleet.plan().policies[0].forgiven == ("n3",)
    assert fleet.plan().wave == ()
    fleet.set_ready("ds", "n4", ready=True)
    assert [unit.node for unit in fleet.plan().wave] == ["n1"]


def test_pods_per_minute_make_waves() -> None:
    """A wave begins at one moment, so at most 2 of 5 go in it, and the next one begins a minute later."""
    fleet = Fleet(5, [a_policy(rates={"podsPerMinute": 2})])
    plan = fleet.act()
    assert (len(plan.wave), plan.requeue_after) == (2, 60.0)
    assert (plan.schedule.waves, plan.schedule.bound, plan.schedule.minimal) == (3, 3, True)
    assert [(rate.limit, rate.seconds) for rate in plan.assembled.rates] == [(2, 120.0)]
    fleet.settle()
    fleet.wait(seconds=30)
    assert (fleet.act().wave, fleet.plan().requeue_after) == ((), 30.0)
    assert fleet.plan().schedule.waves == 3  # the first of which is empty
    fleet.wait(seconds=30)
    assert len(fleet.act().wave) == 2


def test_sick_pods_go_first_and_spend_the_rate() -> None:
    fleet = Fleet(5, [a_policy(rates={"podsPerMinute": 3})])
    for name in ("n4", "n5"):
        fleet.set_ready("ds", name, ready=False, hash_label=OLD)
    plan = fleet.plan()
    assert [action.node for action in plan.actions] == ["n4", "n5", "n1"]
    assert [run.size for run in plan.schedule.runs()] == [1, 2]


def test_image_bytes_per_second() -> None:
    """10 Mi a second are 600 Mi a minute: two pulls of 300 Mi."""
    rates = {"imageBytesPerSecond": "10Mi", "imageBytes": {"app:1": "300Mi"}}
    fleet = Fleet(5, [a_policy(rates=rates)])
    plan = fleet.act()
    assert (len(plan.wave), plan.requeue_after) == (2, 60.0)
    assert (plan.schedule.waves, plan.schedule.minimal, plan.schedule.methods) == (3, True, ("flow",))
    fleet.settle()
    fleet.wait(seconds=59)
    assert fleet.act().wave == ()
    fleet.wait(seconds=1)
    assert len(fleet.act().wave) == 2
    unknown = Fleet(5, [a_policy(rates={"imageBytesPerSecond": "10Mi"})]).plan()
    assert [note.text for note in unknown.notes] == ["the size of app:1 is not known and counts as nothing"]
    assert unknown.schedule.waves == 1


def test_an_image_larger_than_a_minute_goes_alone_and_takes_its_time() -> None:
    fleet = Fleet(3, [a_policy(rates={"imageBytesPerSecond": "1Mi", "imageBytes": {"app:1": "90Mi"}})])
    plan = fleet.act()
    assert ([unit.node for unit in plan.wave], plan.requeue_after, plan.schedule.waves) == (["n1"], 90.0, 3)


def test_images_of_different_size_are_packed() -> None:
    """60 Mi a minute; a pulls 40, b pulls 20: one of each is full. c pulls nothing and waits for nobody."""
    sizes = {"a:1": "40Mi", "b:1": "20Mi", "c:1": 0}
    rates = {"imageBytesPerSecond": "1Mi", "imageBytes": sizes}
    sets: list[DaemonSet | str] = [a_daemonset(name, on_delete=True, image=f"{name}:1") for name in "abc"]
    fleet = Fleet(4, [a_policy(targets="abc", rates=rates)], sets)
    plan = fleet.plan()
    assert (plan.schedule.waves, plan.schedule.bound) == (4, 4)
    waves = fleet.run(seconds=60)
    assert [sorted(name for name, _ in wave) for wave in waves] == [[*"abcccc"], [*"ab"], [*"ab"], [*"ab"]]


def test_sizes_that_nodes_report_count_by_any_name() -> None:
    fleet = Fleet(4, [a_policy(rates={"imageBytesPerSecond": 10})])
    plan = fleet.plan({"docker.io/library/app:1": 300})
    assert (plan.notes, plan.schedule.waves) == ((), 2)


def test_outside_the_window_nothing_begins_not_even_repair() -> None:
    windows = {"timeZone": "Europe/Berlin", "allow": [{"start": "22:00", "end": "04:00"}]}
    fleet = Fleet(3, [a_policy(windows=windows)])
    fleet.set_ready("ds", "n2", ready=False, hash_label=OLD)
    plan = fleet.plan()
    assert (plan.actions, plan.requeue_after) == ((), 9 * 3600.0)
    fleet.wait(hours=9)
    assert len(fleet.plan().actions) == 3


def test_a_window_too_short_for_one_wave_is_a_stall() -> None:
    windows = {"allow": [{"start": "11:00", "end": "11:30"}, {"start": "12:00", "end": "12:20"}]}
    fleet = Fleet(3, [a_policy(windows=windows)], [a_daemonset("ds", on_delete=True, min_ready_seconds=2400)])
    assert fleet.plan().stalls == (
        "policy default/p: no window is long enough for one wave, which takes 2,400 s at least",
    )
    shorter = Fleet(3, [a_policy(windows=windows)], [a_daemonset("ds", on_delete=True, min_ready_seconds=1500)])
    assert shorter.plan().stalls == ()
    assert shorter.plan().requeue_after == timedelta(hours=23).total_seconds()


def test_a_rolling_update_is_not_enforced_and_the_switch_is_named() -> None:
    plan = Fleet(3, [a_policy(budgets=[{"maxUnavailable": 1}])], [a_daemonset("ds")]).plan()
    assert plan.actions == ()
    assert plan.schedule.waves == 3
    assert [entry.switch[:43] for entry in plan.policies[0].unenforced] == [
        "set spec.updateStrategy.type to OnDelete fi"
    ]


def test_a_host_that_owns_the_daemonset_needs_no_switch_and_may_surge() -> None:
    plan = Fleet(3, [a_policy(owner="Host", budgets=[{"maxUnavailable": 1}])], [a_daemonset("ds")]).plan()
    assert [(action.verb, action.actor) for action in plan.actions] == [("delete", "host")]
    surging = Fleet(
        3, [a_policy(owner="Host", surge=True, budgets=[{"maxUnavailable": 2}])], [a_daemonset("ds")]
    ).plan()
    assert [(action.verb, action.node, action.blueprint is not None) for action in surging.actions] == [
        ("create", "n1", True),
        ("create", "n2", True),
    ]


def test_nodes_go_in_the_order_of_the_keys_and_the_order_is_printed() -> None:
    nodes = [a_node(f"n{number}", labels={"weight": str(weight)}) for number, weight in enumerate((2, 10, 1))]
    keys = [{"by": "Label", "key": "weight", "descending": True}]
    fleet = Fleet(nodes, [a_policy(budgets=[{"maxUnavailable": 1}], nodeOrder=keys)])
    assert fleet.plan().policies[0].node_order == "by label weight (descending), then by name"
    assert names_by(fleet.run()) == [["n1"], ["n0"], ["n2"]]


def test_of_two_policies_with_steps_the_stricter_holds() -> None:
    """One lets 3 go, the other 1; then the other's canary waits for its gate, whatever the first says."""
    one = a_policy("one", steps={"list": [3]})
    two = a_policy("two", canary={"count": 1, "gate": {"manual": True}})
    fleet = Fleet(6, [one, two])
    assert [action.node for action in fleet.act().actions] == ["n1"]
    fleet.settle()
    assert fleet.act().actions == ()
    fleet.set_gate(passed=True, policy="default/two")
    assert [action.node for action in fleet.act().actions] == ["n2", "n3"]


def test_two_policies_that_pause_are_no_contradiction() -> None:
    fleet = Fleet(4, [a_policy("one", paused=True), a_policy("two", frozen=True)])
    fleet.set_ready("ds", "n2", ready=False, hash_label=OLD)
    plan = fleet.plan()
    assert (plan.actions, plan.contradictions) == ((), ())
    assert texts(fleet)["frozen by policy default/two"] == ("n1", "n2", "n3", "n4")


def test_two_orders_of_one_daemonset_both_hold() -> None:
    first, then = {"chains": [["a", "b"]]}, {"chains": [["b", "c"]]}
    policies = [a_policy("one", "ab", order=first), a_policy("two", "bc", order=then)]
    assert [[name for name, _ in wave] for wave in Fleet(1, policies, "abc").run()] == [["a"], ["b"], ["c"]]


def test_who_owns_a_daemonset_is_a_contradiction_that_concerns_it_alone() -> None:
    policies = [a_policy("one", "ab", owner="Host"), a_policy("two", "a", owner="Host", surge=True)]
    fleet = Fleet(2, policies, "ab")
    plan = fleet.plan()
    assert [(entry.problem.field, sorted(map(str, entry.daemonsets))) for entry in plan.contradictions] == [
        ("spec.owner", ["default/a"])
    ]
    assert {action.daemonset.name for action in plan.actions} == {"b"}
    assert plan.is_violated
    assert "say different things of DaemonSet default/a" in "".join(plan.stalls)


def test_two_policies_may_say_the_same_about_owner_and_order_of_nodes() -> None:
    same = {"owner": "Host", "nodeOrder": [{"by": "Name", "descending": True}]}
    plan = Fleet(2, [a_policy("one", **same), a_policy("two", budgets=[{"maxUnavailable": 1}], **same)]).plan()
    assert [action.node for action in plan.actions] == ["n2"]


def test_an_order_of_what_no_policy_governs_is_a_contradiction() -> None:
    """It would be kept by nobody: the other DaemonSet goes when its controller likes."""
    plan = Fleet(1, [a_policy(targets=["b"], order={"chains": [["a", "b"]]})], ["a", "b"]).plan()
    assert [entry.text for entry in plan.contradictions] == [
        "RolloutPolicy default/p: spec.order.chains: must name targets of this or another policy, seen: 'default/a'"
    ]
    assert plan.actions == ()


def test_a_cycle_over_two_policies_is_named_and_concerns_no_other() -> None:
    policies = [
        a_policy("one", ["a", "b"], order={"chains": [["a", "b"]]}),
        a_policy("two", ["c", "d"], order={"chains": [["c", "d"]]}),
        a_policy("other", ["e"]),
    ]
    assert Fleet(1, policies, "abcde").plan().contradictions == ()
    third = a_policy("three", ["b", "c", "d", "a"], order={"chains": [["b", "c"], ["d", "a"]]})
    plan = Fleet(1, [*policies, third], "abcde").plan()
    assert [entry.problem.value for entry in plan.contradictions] == [
        "default/a -> default/b -> default/c -> default/d -> default/a"
    ]
    assert plan.contradictions[0].problem.object == "RolloutPolicy default/one and default/three and default/two"
    assert [action.daemonset.name for action in plan.actions] == ["e"]


def test_a_target_that_does_not_exist_is_told() -> None:
    plan = Fleet(1, [a_policy(targets=["dss"])]).plan()
    assert [note.text for note in plan.notes] == ["there is no DaemonSet default/dss; did you mean default/ds?"]


def test_a_new_revision_begins_a_new_rollout_at_its_canary() -> None:
    fleet = Fleet(4, [a_policy(canary={"count": 1, "soak": "1h"})])
    fleet.run(most=3)
    fleet.wait(hours=2)
    fleet.run(most=3)
    assert len(fleet.updated()) == 4
    [target] = fleet.state.rollouts[0].targets
    assert (target.hash, target.through, [record.name for record in target.steps]) == ("new", True, ["canary"])
    fleet.release("newer")
    assert [unit.node for unit in fleet.act().wave] == ["n1"]
    fleet.settle()
    assert fleet.act().wave == ()


def test_without_progress_pods_tell_and_soak_is_measured_from_their_ready() -> None:
    fleet = Fleet(10, [a_policy(steps={"list": [1, 5], "soak": "1h"})])
    for number in (1, 2, 3):
        fleet.set_ready("ds", f"n{number:02}", ready=True)
    plan = fleet.plan()
    assert [note.text for note in plan.notes] == [
        "nothing is remembered of default/ds: step 1 of 3 is taken from the pods"
    ]
    assert (plan.wave, plan.requeue_after) == ((), 3600.0)
    fleet.wait(hours=1)
    assert len(fleet.plan().wave) == 2


def daemonsets(*names: str) -> list[DaemonSet | str]:
    return list(names)


def test_the_same_input_in_another_order_gives_the_same_plan() -> None:
    def build(turn: int) -> list[RolloutPolicy]:
        found = [a_policy(f"p{number}", ["a", "b"], budgets=[{"maxUnavailable": 2 + number}]) for number in range(3)]
        return found[::turn]

    one, two = Fleet(5, build(1), daemonsets("a", "b")), Fleet(5, build(-1), daemonsets("b", "a"))
    assert one.plan().actions == two.plan().actions


def test_what_was_issued_and_is_not_seen_yet_is_spent() -> None:
    """A host that asks twice before its cache has caught up must not take down twice as much."""
    from dsplan.model.state import Flight, State

    fleet = Fleet(4, [a_policy(budgets=[{"maxUnavailable": 2}])])
    flights = tuple(
        Flight(daemonset=action.daemonset, verb="delete", kind="Pod", name=action.name, uid="", since=fleet.now)
        for action in fleet.plan().actions
    )
    fleet.state = State(flights=flights)
    assert fleet.plan().actions == ()
    fleet.state = State(flights=flights[:1])
    assert [action.node for action in fleet.plan().actions] == ["n2"]


def test_a_step_of_which_some_nodes_are_left_alone_ends() -> None:
    """The step counts two pods, and no wave may ever take the one on the broken node."""
    fleet = Fleet(3, [a_policy(steps={"list": [1, "100%"]}, brokenNodes={"mode": "Causal"})])
    fleet.act()
    fleet.settle()
    fleet.nodes["n2"] = a_node("n2", ready=False)
    plan = fleet.plan()
    assert [action.node for action in plan.actions] == ["n3"]
    assert [held.nodes for held in plan.held if "was not ready before" in held.text] == [("n2",)]
