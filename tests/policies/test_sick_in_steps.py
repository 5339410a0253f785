"""Sick pods, and pods that are new already, do not carry a roll-out past its steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dsplan.testing import NOW, a_node
from tests.policies.fleet import OLD, Fleet, a_policy


def test_a_step_that_a_sick_pod_fills_waits_for_its_successor() -> None:
    """Step 1 is the sick pod of n2: nothing goes beyond it before its successor is available."""
    fleet = Fleet(4, [a_policy(steps={"list": [1], "gate": {"manual": True}})])
    fleet.set_ready("ds", "n2", ready=False, hash_label=OLD)
    plan = fleet.act()
    assert ([action.node for action in plan.actions], plan.policies[0].step) == (["n2"], 0)
    assert fleet.plan().actions == ()
    fleet.settle()
    assert "waits for its gate" in fleet.act().held[0].text
    fleet.set_gate(passed=True)
    assert [action.node for action in fleet.plan().actions] == ["n1", "n3", "n4"]


def test_a_sick_pod_that_recovers_outside_the_window_passes_no_step() -> None:
    night = {"timeZone": "UTC", "allow": [{"start": "13:00", "end": "14:00"}]}
    fleet = Fleet(4, [a_policy(steps={"list": [1]}, windows=night)], now=NOW + timedelta(hours=12))
    fleet.set_ready("ds", "n2", ready=False, hash_label=OLD)
    assert fleet.act().actions == ()
    fleet.settle()
    fleet.wait(hours=1)
    assert [action.node for action in fleet.plan().actions] == ["n1"]


def test_without_progress_a_new_pod_of_a_later_daemonset_does_not_pass_the_steps_of_the_first() -> None:
    """`csi` is new on n2, as on a node that joined; `cni` has done nothing, so its first step comes first."""
    order = {"chains": [["cni", "csi"]], "per": "DaemonSet"}
    fleet = Fleet(5, [a_policy("p", ("cni", "csi"), steps={"list": [1]}, order=order)], ["cni", "csi"])
    fleet.set_ready("csi", "n2", ready=True)
    plan = fleet.plan()
    assert plan.policies[0].step == 0
    assert [(action.daemonset.name, action.node) for action in plan.actions] == [("cni", "n1")]


def test_a_step_takes_nodes_where_what_follows_can_follow() -> None:
    """`csi` is new on n3 alone, so in a step of 1 `agent` can go nowhere else: `cni` begins there."""
    order: dict[str, Any] = {"chains": [["cni", "csi", "agent"]], "per": "Node"}
    names = ("cni", "csi", "agent")
    fleet = Fleet(
        [a_node(f"n{n}") for n in range(1, 6)], [a_policy("p", names, steps={"list": [1]}, order=order)], names
    )
    fleet.set_ready("csi", "n3", ready=True)
    plan = fleet.plan()
    assert plan.stalls == ()
    assert [(action.daemonset.name, action.node) for action in plan.actions] == [("cni", "n3")]
    assert len(fleet.run(seconds=61)) == plan.schedule.waves
