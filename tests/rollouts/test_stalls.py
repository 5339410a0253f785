"""Stalls foreseen: what is said holds, and what is not played could not have stalled."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsplan.model.daemonset import RollingUpdate, UpdateStrategy
from dsplan.model.meta import Identity
from dsplan.rollouts.duration_sources import Overrides
from dsplan.rollouts.edits import replaced, with_strategy
from dsplan.rollouts.forecast import expected_stalls
from dsplan.rollouts.stall_types import StallKind
from dsplan.rollouts.stalls import forecast_stalls, looks_broken
from dsplan.rollouts.timeline import timeline
from dsplan.simulator.results import Outcome
from tests.rollouts.rollouts import cluster, node, pod, rollouts
from tests.worlds import NOW, Tree, world

DS = Identity("DaemonSet", "default", "ds")
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
FAST = Overrides(ready=5, terminate=5)


def sick(found: list[Tree], *names: str) -> list[Tree]:
    """The cluster with some nodes NotReady and their pods not ready."""
    changed = []
    for tree in found:
        name = tree["metadata"]["name"]
        if tree["kind"] == "Node" and name in names:
            changed.append(node(name, ready=False))
        elif tree["kind"] == "Pod" and tree["spec"]["nodeName"] in names:
            changed.append(pod(name, tree["spec"]["nodeName"], ready=False))
        else:
            changed.append(tree)
    return changed


def test_a_healthy_roll_out_does_not_stall() -> None:
    assert forecast_stalls(world(cluster(5)), now=NOW) == ()


def test_the_budget_named_is_the_smallest() -> None:
    [stall] = forecast_stalls(world(sick(cluster(6), "n2", "n5")), now=NOW)
    assert (stall.kind, stall.spent, stall.limit, stall.needs) == (StallKind.BUDGET_SPENT, 2, 1, 3)
    assert stall.exclude == ("n2", "n5")
    assert stall.left == ("n1", "n3", "n4", "n6")


@settings(max_examples=40, deadline=None, phases=PHASES)
@given(rollouts())
def test_a_sufficient_budget_goes_through_and_one_less_does_not(found: list[Tree]) -> None:
    """Caught: naming one more than the nodes that are down at the beginning, without playing it."""
    given_world = world(found)
    for stall in forecast_stalls(given_world, now=NOW, durations=FAST):
        if stall.kind is StallKind.BUDGET_SPENT and stall.needs is not None:
            assert not stalls_with(found, stall.needs)
            assert stall.needs == 1 or stalls_with(found, stall.needs - 1)


def stalls_with(found: list[Tree], number: int) -> bool:
    given_world = world(found)
    block = RollingUpdate(max_unavailable=number, max_surge=0)
    strategy = UpdateStrategy(type="RollingUpdate", rolling_update=block)
    anew = replaced(given_world, {DS: with_strategy(given_world.daemonsets[0], strategy)})
    stories = timeline(anew, now=NOW, durations=FAST)
    return any(story.window.outcome is Outcome.STALLED for story in stories)


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(rollouts(), st.booleans())
def test_what_is_not_played_could_not_have_stalled(found: list[Tree], rename: bool) -> None:
    """Caught: not looking at sick nodes, and not looking at nodes with two pods."""
    given_world = world(found)
    ahead, left = expected_stalls(given_world, now=NOW)
    assert left == ()
    updates = {StallKind.BUDGET_SPENT, StallKind.SURGE_BLOCKED, StallKind.VANISHED_NODE, StallKind.BAD_BUDGET}
    played = {stall for stall in forecast_stalls(given_world, now=NOW) if stall.kind in updates}
    assert played <= set(ahead)


def test_long_roll_outs_are_left_to_the_timeline() -> None:
    found = sick(cluster(12, (2, 0)), "n01")
    assert expected_stalls(world(found), now=NOW, most_waves=3) == ((), (DS,))
    assert expected_stalls(world(found), now=NOW, most_pods=3) == ((), (DS,))


def test_a_long_roll_out_that_stalls_early_is_foreseen() -> None:
    found = sick(cluster(12), "n01")
    [stall], left = expected_stalls(world(found), now=NOW, most_waves=3)
    assert (stall.needs, left) == (2, ())


def test_new_pods_that_never_got_ready_look_broken() -> None:
    found = cluster(4)
    found[-1] = pod("new", "n4", "new", ready=False, age=600)
    assert looks_broken(world(found), NOW) == {DS}
    [stall] = forecast_stalls(world(found), now=NOW)
    assert stall.kind is StallKind.BROKEN_REVISION
    assert stall.left == ("n1", "n2", "n3")


def test_young_pods_do_not_look_broken() -> None:
    found = cluster(4)
    found[-1] = pod("new", "n4", "new", ready=False, age=20)
    assert looks_broken(world(found), NOW) == set()


def test_one_ready_pod_clears_the_revision() -> None:
    found = cluster(4)
    found[-1] = pod("new", "n4", "new", ready=False, age=600)
    found[-2] = pod("good", "n3", "new")
    assert looks_broken(world(found), NOW) == set()
