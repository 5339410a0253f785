"""What rolls out is what was said: the plan's waves, the steps of the timeline and what a Reconciler hands out."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import dsplan
from dsplan.manifests.rollout_policies import decode_policy
from dsplan.model.meta import Identity
from dsplan.model.world import World
from dsplan.rollouts.duration_sources import Overrides
from dsplan.rollouts.timeline import timeline
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision

DURATIONS = Overrides(react=0, create=1, ready=9, terminate=10, between=1)
AGENT = Identity("DaemonSet", "default", "agent")


@st.composite
def fleets(draw: st.DrawFn, *, governed: bool) -> World:
    """2 to 14 healthy nodes in up to 3 zones, an outdated pod on each, some up to date already."""
    size = draw(st.integers(2, 14))
    budget: Any = draw(st.sampled_from((1, 2, 3, "20%", "50%", "100%")))
    owner = a_daemonset("agent", on_delete=governed, **({} if governed else {"max_unavailable": budget}))
    nodes = tuple(a_node(f"n{number:02}", zone=draw(st.sampled_from("abc"))) for number in range(size))
    done = draw(st.integers(0, size - 1))
    pods = tuple(
        a_pod(owner, node.name, hash_label="old" if place >= done else "new") for place, node in enumerate(nodes)
    )
    spec = {"targets": [{"name": "agent"}], "budgets": [{"maxUnavailable": budget}]}
    policy = decode_policy(
        {"apiVersion": "dsplan.dev/v1alpha1", "kind": "RolloutPolicy", "metadata": {"name": "p"}, "spec": spec}
    )
    return World(
        nodes=nodes,
        daemonsets=(owner,),
        pods=pods,
        revisions=(a_revision(owner, number=2, hash_label="new"),),
        rollout_policies=(policy,) if governed else (),
    )


def first_of_plan(world: World) -> list[str]:
    plan = dsplan.solve(world, now=NOW)
    return [
        action.node
        for entry in plan.daemonsets
        for action in entry.step.actions
        if (action.kind, action.verb) == ("Pod", "delete")
    ]


def handed_out(world: World) -> list[str]:
    reconciler = dsplan.Reconciler(world)
    return [action.node for action in reconciler.delta(NOW).started if (action.kind, action.verb) == ("Pod", "delete")]


def waves_of_plan(world: World) -> list[list[str]]:
    (entry,) = dsplan.solve(world, now=NOW).account.daemonsets
    names, found, at = list(entry.course.nodes), [], 0
    for run in entry.course.waves:
        for _ in range(run.repeat):
            found.append(names[at : at + run.size])
            at += run.size
    return found


def waves_of_timeline(world: World) -> list[list[str]]:
    (story,) = timeline(world, now=NOW, durations=DURATIONS)
    return [list(wave.nodes) for wave in story.barrier.updates]


@settings(max_examples=40, deadline=None)
@given(fleets(governed=False))
def test_a_rolling_update(world: World) -> None:
    said = waves_of_plan(world)
    assert first_of_plan(world) == handed_out(world) == said[0]
    assert [sorted(wave) for wave in waves_of_timeline(world)] == [sorted(wave) for wave in said]


@settings(max_examples=30, deadline=None)
@given(fleets(governed=True))
def test_a_policy(world: World) -> None:
    said = waves_of_plan(world)
    assert sorted(first_of_plan(world)) == sorted(handed_out(world)) == sorted(said[0])
    assert [sorted(wave) for wave in waves_of_timeline(world)] == [sorted(wave) for wave in said]
