"""Policies in time: what the host does, how long it takes, and what never comes to its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from dsplan.model.world import World
from dsplan.passes import step
from dsplan.passes.governed import plan_policies
from dsplan.rollouts.compare import compare
from dsplan.rollouts.duration_sources import Overrides
from dsplan.rollouts.stall_types import StallKind
from dsplan.rollouts.stalls import forecast_stalls
from dsplan.rollouts.timeline import timeline
from dsplan.simulator import Durations, LogEntryKind, Outcome, PolicyController, simulate
from dsplan.testing import a_daemonset, a_node
from tests.policies.fleet import Fleet, a_policy

SECONDS = Durations(react=1, create=1, ready=9, terminate=10, between=1)


def the_world(nodes: int = 6, daemonsets: Iterable[Any] = ("ds",), **spec: Any) -> World:
    names = [item if isinstance(item, str) else item.name for item in daemonsets]
    return Fleet(nodes, [a_policy(targets=names, **spec)], daemonsets).world()


def played(world: World, **more: Any) -> Any:
    return simulate(world, now=Fleet(1, []).now, durations=SECONDS, **more)


def test_the_host_deletes_and_the_controller_creates() -> None:
    story = played(the_world(budgets=[{"maxUnavailable": 2}]))
    run = story.runs[0]
    assert (run.outcome, run.most_down, story.violations) == (Outcome.COMPLETE, 2, ())
    kinds = {item.kind for item in story.log}
    assert LogEntryKind.AVAILABLE in kinds


def test_a_soak_and_a_gate_take_their_time() -> None:
    quick = played(the_world(steps={"list": ["50%"]}))
    soaked = played(the_world(steps={"list": ["50%"], "soak": "1h", "gate": {"manual": True}}))
    assert quick.runs[0].outcome is soaked.runs[0].outcome is Outcome.COMPLETE
    assert soaked.runs[0].seconds - quick.runs[0].seconds == pytest.approx(3600, abs=3)


def test_a_gate_that_nobody_passes_parks_the_rollout() -> None:
    world = the_world(canary={"count": 1, "gate": {"manual": True}})
    story = played(world, controller=PolicyController(world, pass_gates=False))
    assert story.runs[0].outcome is Outcome.PARKED
    assert len(story.runs[0].left_outdated) == 5


def test_windows_make_a_rollout_wait_for_the_night() -> None:
    story = played(the_world(budgets=[{"maxUnavailable": 3}], windows={"allow": [{"start": "22:00", "end": "23:00"}]}))
    deleted = [item.at for item in story.log if item.kind is LogEntryKind.DELETED]
    assert story.runs[0].outcome is Outcome.COMPLETE
    assert {moment.hour for moment in deleted} == {22}


def test_rates_stretch_a_wave() -> None:
    story = played(the_world(rates={"podsPerMinute": 1}))
    assert story.runs[0].outcome is Outcome.COMPLETE
    assert story.runs[0].seconds >= 300


def test_order_holds_in_time() -> None:
    story = played(the_world(2, ("a", "b"), order={"chains": [["a", "b"]]}))
    first: dict[tuple[str, str], Any] = {}
    for item in story.log:
        if item.daemonset is not None and item.kind in (LogEntryKind.AVAILABLE, LogEntryKind.DELETED):
            first.setdefault((f"{item.daemonset.name} {item.kind}", item.node), item.at)
    for node in ("n1", "n2"):
        assert first["a available", node] <= first["b deleted", node]


@pytest.mark.parametrize("surge", [False, True], ids=["delete first", "surge"])
def test_a_host_that_owns_everything(surge: bool) -> None:
    world = the_world(4, [a_daemonset("ds")], owner="Host", surge=surge, budgets=[{"maxUnavailable": 2}])
    story = played(world)
    run = story.runs[0]
    assert (run.outcome, run.left_outdated, story.violations) == (Outcome.COMPLETE, (), ())
    assert run.most_down == (0 if surge else 2)
    assert (run.totals.created, run.totals.by_host) == (4, 4)


def test_a_canary_without_a_node_is_foreseen() -> None:
    world = the_world(canary={"selector": {"matchLabels": {"no": "node"}}})
    [stall] = forecast_stalls(world, now=Fleet(1, []).now)
    assert stall.kind is StallKind.POLICY
    assert stall.text.startswith("6 out-of-date pods stay: policy default/p: the canary has no node")


def test_a_window_too_short_is_foreseen() -> None:
    slow = a_daemonset("ds", on_delete=True, min_ready_seconds=3600)
    world = the_world(3, [slow], windows={"allow": [{"start": "01:00", "end": "01:30"}]})
    [stall] = forecast_stalls(world, now=Fleet(1, []).now)
    assert "no window is long enough for one wave, which takes 3,631 s at least" in stall.text  # 30 to go, 1 to create


def test_a_window_too_short_for_how_long_pods_take_is_foreseen() -> None:
    """Ten minutes every night, and pods that take half an hour; the same where the policy says so itself."""
    windows = {"allow": [{"start": "22:00", "end": "22:10"}]}
    now = Fleet(1, []).now
    [stall] = forecast_stalls(the_world(windows=windows), now=now, durations=Overrides(ready=1800, terminate=0))
    assert "no window is long enough for one wave, which takes 1,801 s at least" in stall.text
    world = the_world(windows=windows, durations={"ready": "20m"})
    assert plan_policies(world, step(world, now=now), now=now).stalls == (
        "policy default/p: no window is long enough for one wave, which takes 1,200 s at least",
    )
    assert forecast_stalls(the_world(windows=windows), now=now, durations=Overrides(ready=60)) == ()


def test_timeline_and_compare_play_the_policies() -> None:
    world = the_world(canary={"count": 1, "soak": "10m"}, budgets=[{"maxUnavailable": 3}])
    [story] = timeline(world, now=Fleet(1, []).now)
    assert [len(wave.nodes) for wave in story.window.updates] == [1, 3, 2]
    assert story.window.updates[1].start - story.window.updates[0].start >= timedelta(minutes=10).total_seconds()
    [comparison] = compare(world, now=Fleet(1, []).now)
    assert [str(item.strategy) for item in comparison.results if item.is_current] == ["its policies"]
    assert comparison.results[0].arithmetic == "3 waves, at least 3"


def test_a_node_that_joins_is_served_and_rolled() -> None:
    fleet = Fleet(3, [a_policy(budgets=[{"maxUnavailable": 1}])])
    late = (fleet.now + timedelta(seconds=15), a_node("n9"))
    story = played(fleet.world(), injections=[late])
    assert (story.runs[0].outcome, story.runs[0].left_outdated) == (Outcome.COMPLETE, ())
