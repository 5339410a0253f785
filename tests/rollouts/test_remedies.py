"""No remedy does harm: while pods fail or find no place, a bigger budget is never offered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dsplan.manifests.decode import decode
from dsplan.model.world import World
from dsplan.rollouts.blockers import Blocker
from dsplan.rollouts.remedies import is_of_new_pods, remove_nodes_command
from dsplan.rollouts.stalls import forecast_stalls
from dsplan.testing import NOW

Tree = dict[str, Any]
LABELS = {"app": "agent"}


def node(name: str, *, ready: bool = True, cpu: str = "2") -> Tree:
    conditions = [{"type": "Ready", "status": "True" if ready else "Unknown"}]
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"allocatable": {"cpu": cpu, "pods": "20"}, "conditions": conditions},
    }


def daemonset(cpu: str, budget: int) -> Tree:
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "ops", "uid": "u", "generation": 2},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": budget}},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [{"name": "c", "image": "agent:2", "resources": {"requests": {"cpu": cpu}}}],
                },
            },
        },
    }


def pod(at: str, *, image: str = "agent:1", ready: bool = True, waiting: str = "") -> Tree:
    state = {"state": {"waiting": {"reason": waiting}}} if waiting else {}
    return {
        "kind": "Pod",
        "metadata": {
            "name": f"agent-{at}",
            "namespace": "ops",
            "labels": LABELS,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "u", "controller": True}],
        },
        "spec": {"nodeName": at, "containers": [{"name": "c", "image": image}]},
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-01-01T00:01:00Z"},
            ],
            "containerStatuses": [{"name": "c", "restartCount": 0, **state}],
        },
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """3 to 7 nodes, some dead, some with little room, an outdated pod on each, perhaps one that fails."""
    names = [f"n{number}" for number in range(draw(st.integers(3, 7)))]
    nodes = [node(name, ready=draw(st.integers(0, 3)) > 0, cpu=draw(st.sampled_from(("1", "2")))) for name in names]
    there = [pod(name, ready=draw(st.integers(0, 5)) > 0) for name in names]
    if draw(st.booleans()):
        there[0] = pod("n0", image="agent:2", ready=False, waiting=draw(st.sampled_from(("CrashLoopBackOff", ""))))
    return decode([*nodes, daemonset(draw(st.sampled_from(("500m", "1500m"))), draw(st.integers(1, 3))), *there])


@settings(max_examples=80)
@given(worlds())
def test_no_bigger_budget_while_pods_fail_or_find_no_place(world: World) -> None:
    stalls = list(forecast_stalls(world, now=NOW))
    assume(stalls)
    for stall in stalls:
        if any(map(is_of_new_pods, stall.blockers)) or stall.kind == "BrokenRevision":
            assert stall.needs is None
            assert not any("maxUnavailable" in command for command in stall.commands)
            assert "needs maxUnavailable" not in stall.text
        elif stall.needs is not None:
            assert any(f'"maxUnavailable":{stall.needs}' in command for command in stall.commands)


def test_dead_nodes_alone_are_helped_by_a_budget_with_its_command() -> None:
    dead = [node(name, ready=False) for name in ("n1", "n2")]
    there = [pod(f"n{number}", ready=number > 2) for number in range(1, 5)]
    world = decode([*dead, node("n3"), node("n4"), daemonset("500m", 1), *there])
    (stall,) = forecast_stalls(world, now=NOW)
    assert stall.needs == 3
    patch, remove = stall.commands
    assert patch.startswith("kubectl patch daemonset/agent -n ops --type merge -p '")
    assert json.loads(patch.partition(" -p ")[2].strip("'"))["spec"]["updateStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 3},
    }
    assert remove == "kubectl delete node n1 n2  # if they are gone for good"


@pytest.mark.parametrize("name", ["n1; rm -rf /", "$(reboot)", "a b"])
def test_names_are_quoted_for_a_shell(name: str) -> None:
    assert f"'{name}'" in remove_nodes_command([name])
    assert is_of_new_pods(Blocker("Failed", name))
