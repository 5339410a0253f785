"""Preemption in time: who makes way, who waits for whom, and that nobody takes the room that is kept (P2, P3)."""

from __future__ import annotations

from dsplan.simulator import Durations, LogEntryKind, Outcome, Simulation, simulate
from dsplan.simulator.placement_scheduler import PlacementScheduler
from tests.worlds import NOW, Tree, revision_of, world

CREATE_AT_ONCE = Durations(create=0, terminate=30)


def agent(name: str, cpu: str, priority: int) -> list[Tree]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "priority": priority,
            "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}],
        },
    }
    found = {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default", "uid": f"{name}-uid"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }
    priority_class = {"kind": "PriorityClass", "metadata": {"name": f"p{priority}"}, "value": priority}
    template["spec"]["priorityClassName"] = f"p{priority}"  # type: ignore[index]
    return [found, revision_of(found), priority_class]


def node(cpu: str) -> Tree:
    return {
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"allocatable": {"cpu": cpu, "pods": "9"}, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def stranger(name: str, cpu: str, priority: int = 0) -> Tree:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {
            "nodeName": "n1",
            "priority": priority,
            "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}],
        },
        "status": {"phase": "Running"},
    }


def played(*found: Tree) -> Simulation:
    return simulate(world(list(found)), now=NOW, durations=CREATE_AT_ONCE, scheduler=PlacementScheduler)


def told(story: Simulation, *kinds: LogEntryKind) -> list[str]:
    return [
        f"{(item.at - NOW).total_seconds():g} {item.kind} {item.pod} {item.reason}".rstrip()
        for item in story.log
        if item.kind in kinds
    ]


def test_a_less_important_pod_makes_way() -> None:
    story = played(*agent("cni", "500m", 100), node("1"), stranger("web", "800m"))
    assert told(story, LogEntryKind.EVICTS, LogEntryKind.BOUND) == [
        "0 evicts cni-n1-1 default/web",
        "30 bound cni-n1-1",
    ]
    assert story.runs[0].outcome is Outcome.COMPLETE


def test_pods_of_equal_priority_stay_and_so_does_who_must_not_preempt() -> None:
    equal = played(*agent("cni", "500m", 100), node("1"), stranger("web", "800m", 100))
    assert told(equal, LogEntryKind.EVICTS) == []
    owner, revision, priority_class = agent("cni", "500m", 100)
    meek = played(owner, revision, {**priority_class, "preemptionPolicy": "Never"}, node("1"), stranger("web", "800m"))
    assert told(meek, LogEntryKind.EVICTS) == []
    assert [run.left_down for run in (equal.runs[0], meek.runs[0])] == [("n1",), ("n1",)]


def test_room_that_is_kept_goes_to_nobody_less_important_meanwhile() -> None:
    """Two victims leave one after the other; the room of the first is not for the agent that would fit there."""
    first = stranger("a", "500m")
    first["spec"]["terminationGracePeriodSeconds"] = 5
    later = stranger("b", "500m")
    found = simulate(
        world([*agent("cni", "1", 100), *agent("tiny", "100m", 0), node("1"), first, later]),
        now=NOW,
        durations=Durations(create=0),
        scheduler=PlacementScheduler,
    )
    assert told(found, LogEntryKind.EVICTS) == ["0 evicts cni-n1-1 default/a, default/b"]
    assert told(found, LogEntryKind.BOUND) == ["30 bound cni-n1-1"]
    assert found.runs[1].left_down == ("n1",)


def test_a_daemon_that_made_way_is_created_again_and_waits() -> None:
    low = agent("low", "800m", 0)
    mine = stranger("low-1", "800m")
    mine["metadata"] |= {
        "labels": {"app": "low", "controller-revision-hash": "new"},
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "low", "uid": "low-uid", "controller": True}
        ],
    }
    mine["status"]["conditions"] = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-05-01T10:00:00Z"}]
    story = played(*agent("cni", "500m", 100), *low, node("1"), mine)
    assert told(story, LogEntryKind.EVICTS) == ["0 evicts cni-n1-1 default/low-1"]
    assert told(story, LogEntryKind.DELETED) == ["0 deleted low-1 Preempted"]
    assert [(run.outcome, run.left_down) for run in story.runs] == [
        (Outcome.COMPLETE, ()),
        (Outcome.DEGRADED, ("n1",)),
    ]
    assert story.violations == ()
