"""The cluster by itself: time, kubelets, scheduler, other people's changes."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from dsplan.model.meta import Identity
from dsplan.passes import step
from dsplan.planner import solve
from dsplan.rollouts.compare import compare
from dsplan.rollouts.stalls import forecast_stalls
from dsplan.rollouts.timeline import timeline
from dsplan.simulator import (
    BoundPod,
    Cluster,
    Durations,
    LogEntryKind,
    Outcome,
    PodTransition,
    PodTransitionKind,
    Removed,
    SteadyKubelet,
    simulate,
)
from dsplan.simulator.placement_scheduler import PlacementScheduler
from tests.rollouts.rollouts import cluster, daemonset, node, pod
from tests.worlds import NOW, revision_of, world

DS = Identity("DaemonSet", "default", "ds")


def after(seconds: float) -> object:
    return NOW + timedelta(seconds=seconds)


def told(log: object) -> list[str]:
    return [f"{(item.at - NOW).total_seconds():g} {item.kind} {item.node}" for item in log]  # type: ignore[attr-defined]


def test_a_node_that_joins_gets_its_pod_and_one_that_leaves_loses_it() -> None:  # C19
    owner = daemonset()
    injections = [(NOW + timedelta(seconds=60), world([node("n2")]).nodes[0])]
    story = simulate(world([owner, revision_of(owner), node("n1")]), now=NOW, injections=injections)
    assert "60 changed n2" in told(story.log)
    assert "61 created n2" in told(story.log)
    assert story.runs[0].outcome is Outcome.COMPLETE


def test_a_node_that_recovers_starts_its_pods() -> None:
    owner = daemonset()
    sick, well = world([node("n1", ready=False)]).nodes[0], world([node("n1")]).nodes[0]
    given = msgspec.structs.replace(world([owner, revision_of(owner)]), nodes=(sick,))
    story = simulate(given, now=NOW, injections=[(NOW + timedelta(seconds=100), well)])
    assert told(story.log)[-2:] == ["114 ready n1", "114 available n1"]


def test_an_edit_on_the_way_starts_over() -> None:
    """Pods of the first template are replaced by those of the second; what is in flight is not lost."""
    given = world(cluster(3))
    template = {
        "metadata": {"labels": {"app": "ds", "v": "3"}},
        "spec": {"containers": [{"name": "c", "image": "i:3"}]},
    }
    spec = msgspec.structs.replace(given.daemonsets[0].spec, template=template)
    edited = msgspec.structs.replace(given.daemonsets[0], spec=spec)
    story = simulate(given, now=NOW, injections=[(NOW + timedelta(seconds=50), edited)])
    assert story.violations == ()
    assert story.runs[0].outcome is Outcome.COMPLETE
    images = {pod.spec.containers[0].image for pod in story.world.pods}
    assert images == {"i:3"}
    assert story.runs[0].most_down == 1


def test_a_daemonset_that_is_removed_takes_its_pods_along() -> None:
    given = world(cluster(2))
    story = simulate(given, now=NOW, injections=[(NOW, Removed(given.daemonsets[0]))])
    assert story.world.pods == ()
    assert story.runs == ()


def test_expectations_hold_the_controller_back_until_the_pods_exist() -> None:
    """C6, C7: nothing is created twice while a creation is on its way."""
    owner = daemonset()
    it = Cluster(world([owner, revision_of(owner), node("n1")]), now=NOW)
    first = step(it.world, now=it.now)
    it.carry_out(first.actions)
    it.remember(first.daemonsets[0])
    assert it.objects.expectations[DS].creates == 1
    assert [action for action in step(it.world, now=it.now).actions if action.kind == "Pod"] == []
    it.advance(NOW + timedelta(seconds=1))
    assert DS not in it.objects.expectations


def test_actions_meant_for_another_incarnation_do_nothing() -> None:
    it = Cluster(world(cluster(1)), now=NOW)
    [action] = [action for action in step(it.world, now=NOW).actions if action.kind == "Pod"]
    assert action.precondition is not None
    stale = msgspec.structs.replace(action, precondition=msgspec.structs.replace(action.precondition, uid="another"))
    it.carry_out([stale])
    assert it.log == []
    it.carry_out([action])
    assert [item.kind for item in it.log] == [LogEntryKind.DELETED]


def test_a_pod_without_room_waits_until_there_is_some() -> None:
    """K6, K20: the other workload leaves at T+40, and the pod is bound at once."""
    room = {"allocatable": {"cpu": "1", "pods": "9"}, "conditions": [{"type": "Ready", "status": "True"}]}
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "600m"}}}
    owner = daemonset()
    owner["spec"]["template"]["spec"]["containers"] = [container]
    other = {
        "kind": "Pod",
        "metadata": {"name": "other", "namespace": "default"},
        "spec": {"nodeName": "n1", "containers": [container]},
        "status": {"phase": "Running"},
    }
    given = world([owner, revision_of(owner), {**node("n1"), "status": room}, other])
    leaves = (NOW + timedelta(seconds=40), Removed(given.pods[0]))
    story = simulate(
        given, now=NOW, scheduler=PlacementScheduler, injections=[leaves], durations=Durations(terminate=5)
    )
    mine = [item for item in story.log if item.daemonset == DS]
    assert told(mine) == [
        "0 evaluated ",
        "1 created n1",
        "1 pending n1",
        "45 bound n1",
        "59 ready n1",
        "59 available n1",
    ]
    assert mine[2].reason == "cpu: needs 600m, 400m free of 1; taken by default/other"


def test_pods_bound_to_vanished_nodes_wait_for_the_garbage_collector() -> None:  # L2, M22
    """M22, L2: within a minute, whether or not something deleted them before; never without a garbage collector."""
    given = world([*cluster(1), pod("stray", "gone")])
    assert "stray" in {item.name for item in simulate(given, SteadyKubelet(pod_gc=None), now=NOW).world.pods}
    assert "60 gone gone" in told(simulate(given, now=NOW).log)


def test_pods_of_a_node_that_leaves_are_collected_and_stay_if_it_comes_back() -> None:
    """L2: live 60."""
    given = world([*cluster(2), pod("p-n2", "n2", "new")])
    node_two = next(item for item in given.nodes if item.name == "n2")
    leaves = (NOW + timedelta(seconds=5), Removed(node_two))
    gone = simulate(given, now=NOW, injections=[leaves])
    assert [line for line in told(gone.log) if line.endswith(" n2")] == [
        "5 changed n2",
        "65 deleted n2",
        "65 gone n2",
    ]
    back = simulate(given, now=NOW, injections=[leaves, (NOW + timedelta(seconds=30), node_two)])
    assert "65 gone n2" not in told(back.log)


def test_a_pod_that_tolerates_a_taint_for_some_seconds_is_evicted_and_made_again_without_end() -> None:  # L9, T8
    """L9, live 14: the node stays eligible, for the toleration matches; without seconds the pod stays."""
    for seconds, outcome in ((6, Outcome.OSCILLATING), (None, Outcome.COMPLETE)):
        owner = daemonset()
        toleration = {"key": "own/evict", "operator": "Exists", "effect": "NoExecute"}
        toleration |= {} if seconds is None else {"tolerationSeconds": seconds}
        owner["spec"]["template"]["spec"]["tolerations"] = [toleration]
        tainted = {**node("n1"), "spec": {"taints": [{"key": "own/evict", "value": "yes", "effect": "NoExecute"}]}}
        story = simulate(
            world([owner, revision_of(owner), tainted]), now=NOW, durations=Durations(create=0, terminate=1)
        )
        assert story.runs[0].outcome is outcome
        evicted = [(item.at - NOW).total_seconds() for item in story.log if item.reason == "TaintEviction"]
        assert evicted[:3] == ([] if seconds is None else [6, 13, 20])


def test_an_orphan_that_appears_is_adopted_and_judged_at_once() -> None:
    """L8, live 58: a duplicate that nobody owns is adopted, and the younger pod of the node goes."""
    given = world([*cluster(1), pod("p-n1", "n1", "new")])
    stray = next(item for item in given.pods if item.name == "p-n1")
    metadata = msgspec.structs.replace(
        stray.metadata, name="stray", uid="stray-uid", owner_references=(), creation_timestamp=NOW
    )
    orphan = msgspec.structs.replace(stray, metadata=metadata)
    story = simulate(given, now=NOW, injections=[(NOW + timedelta(seconds=5), orphan)])
    assert [(item.pod, item.reason) for item in story.log if str(item.kind) == "deleted"] == [("stray", "Duplicate")]


def test_an_orphan_cascade_leaves_the_pods_to_the_next_daemonset_of_the_name() -> None:
    """L7, live 56: they carry template generation 1, and so does a new DaemonSet: nothing is replaced."""
    given = world([*cluster(1), pod("p-n1", "n1", "new")])
    old = given.daemonsets[0]
    labels = {**given.pods[0].metadata.labels, "pod-template-generation": "1"}
    given = msgspec.structs.replace(
        given,
        pods=(
            msgspec.structs.replace(
                given.pods[0], metadata=msgspec.structs.replace(given.pods[0].metadata, labels=labels)
            ),
        ),
    )
    changed = daemonset()
    changed["metadata"] |= {"uid": "another", "annotations": {"deprecated.daemonset.template.generation": "1"}}
    changed["spec"]["template"]["spec"]["containers"] = [{"name": "c", "image": "example.com/other:9"}]
    again = world([changed]).daemonsets[0]
    later = NOW + timedelta(seconds=2)
    story = simulate(given, now=NOW, injections=[(NOW, Removed(old, orphan=True)), (later, again)])
    assert [item for item in story.log if str(item.kind) in ("created", "deleted")] == []
    [owner] = story.world.pods[0].metadata.owner_references
    assert owner.uid == "another"
    assert story.runs[0].outcome is Outcome.COMPLETE


def test_until_cuts_off() -> None:
    story = simulate(world(cluster(3)), now=NOW, until=NOW + timedelta(seconds=40))
    assert (story.ended, story.runs[0].outcome) == (NOW + timedelta(seconds=40), Outcome.CUT_OFF)


def test_a_node_that_flaps_takes_its_pods_down_and_brings_them_back() -> None:
    sick, well = world([node("n1", ready=False)]).nodes[0], world([node("n1")]).nodes[0]
    found = cluster(1)
    found[-1] = pod("p-n1", "n1", "new")
    changes = [(NOW + timedelta(seconds=10), sick), (NOW + timedelta(seconds=20), well)]
    story = simulate(world(found), now=NOW, injections=changes)
    assert [line for line in told(story.log) if "ready" in line] == ["10 not-ready n1", "34 ready n1"]
    assert story.runs[0].lost_pod_seconds == 24


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"deletionTimestamp": "2026-05-01T11:00:00Z"}},
        {"spec": {"selector": {}}},
        {"spec": {"selector": None}},
        {"spec": {"selector": {"matchExpressions": [{"key": "bad key", "operator": "Nonsense"}]}}},
        {"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "many"}}}},
        {"spec": {"updateStrategy": {"type": "Recreate"}}},
        {"spec": {"template": {}}},
    ],
    ids=str,
)
def test_odd_daemonsets_are_played_without_a_fault(change: dict[str, dict[str, object]]) -> None:
    found = cluster(2)
    for part, fields in change.items():
        found[0][part] = {**found[0][part], **fields}
    given = world(found)
    story = simulate(given, now=NOW, until=NOW + timedelta(minutes=5))
    assert len(story.runs) == 1
    forecast_stalls(given, now=NOW)
    timeline(given, now=NOW, until=NOW + timedelta(minutes=5))
    compare(given, now=NOW)


def test_solve_and_the_played_roll_out_name_the_same_nodes_in_the_same_order() -> None:
    """Zones of unequal size, of which some nodes are done already."""
    owner = daemonset((2, 0))
    zones = {f"n{number:02}": "aaab"[number % 4] + "c" * (number > 12) for number in range(18)}
    nodes = [node(name, zone=zone) for name, zone in zones.items()]
    pods = [pod(f"p-{name}", name, "new" if name < "n05" else "old") for name in zones]
    given = world([owner, revision_of(owner), *nodes, *pods])
    story = simulate(given, now=NOW)
    played = [item.node for item in story.log if item.kind is LogEntryKind.DELETED]
    rollout = solve(given, now=NOW).daemonsets[0].rollout
    assert rollout is not None
    assert len(played) == 13
    assert list(rollout.nodes) == played


def test_a_wave_of_more_pods_than_one_pass_issues_is_still_one_wave() -> None:
    """C12: 250 actions a pass. Each barrier wave takes the whole budget, as in `solve`; `compare` counts them so."""
    given = world(cluster(1200, (600, 0)))
    story = timeline(given, now=NOW)[0]
    assert [len(wave.nodes) for wave in story.barrier.updates] == [600, 600]
    assert len(story.window.updates) > 2
    own = next(entry for entry in compare(given, now=NOW)[0].results if entry.is_current)
    rollout = solve(given, now=NOW).daemonsets[0].rollout
    assert rollout is not None
    assert own.waves == rollout.wave_count == 2


def test_a_surging_wave_takes_several_passes_too() -> None:
    story = timeline(world(cluster(1200, (0, 600))), now=NOW)[0]
    assert [len(wave.nodes) for wave in story.barrier.updates] == [600, 600]


def test_failed_pods_are_looked_at_again_after_a_whole_back_off() -> None:
    """M9, live 46: the delay counts from when the controller saw the failed pod, not from the last deletion."""
    owner = daemonset()
    durations = Durations(create=0, ready=0.5, terminate=0)

    class FailsHalfASecondLater(SteadyKubelet):
        def start(self, bound: BoundPod) -> tuple[PodTransition, ...]:
            return (PodTransition(0.5, PodTransitionKind.FAILED),)

    story = simulate(
        world([owner, revision_of(owner), node("n1")]), FailsHalfASecondLater(durations), now=NOW, durations=durations
    )
    deleted = [(item.at - NOW).total_seconds() for item in story.log if str(item.kind) == "deleted"]
    # Seen failed at 0.5 (deleted at once), 1.0 (+1 s), 2.5 (+2 s), 5.0 (+4 s), 9.5 (+8 s).
    assert deleted[:5] == [0.5, 2.0, 4.5, 9.0, 17.5]
