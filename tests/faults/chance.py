"""Faults at random: a seed says everything."""

from __future__ import annotations

from random import Random

import msgspec

from dsplan.diff import Action
from dsplan.manifests.rollout_policies import decode_policy
from dsplan.model.policy import RolloutPolicy
from dsplan.model.world import World
from dsplan.testing import NOW, a_daemonset, a_node
from dsplan.testing.faults import FAULTS, Fault
from dsplan.testing.scene import Recovery, Scene

STEPS = 60


def world(nodes: int, daemonsets: int, *, governed: bool = False) -> World:
    """Return a cluster without pods; the DaemonSets differ in strategy, and a policy may govern one more."""
    kinds = ({"max_unavailable": 1}, {"max_unavailable": 0, "max_surge": 1}, {"max_unavailable": 2})
    sets = [a_daemonset(f"ds{number}", **kinds[number % 3]) for number in range(daemonsets)]
    if governed:
        sets.append(a_daemonset("governed", on_delete=True))
    return World(
        nodes=tuple(a_node(f"n{number}", zone="ab"[number % 2], labels={"disk": "ssd"}) for number in range(nodes)),
        daemonsets=tuple(sets),
        rollout_policies=(a_policy(),) if governed else (),
    )


def a_policy(target: str = "governed", *, steps: bool = True) -> RolloutPolicy:
    """Return a policy that replaces the pods of one DaemonSet; with `steps` one of them first, and two at a time."""
    paced = {"budgets": [{"maxUnavailable": 2}], "steps": {"list": [1, "100%"], "soak": "10s"}}
    return decode_policy(
        {
            "apiVersion": "dsplan.dev/v1alpha1",
            "kind": "RolloutPolicy",
            "metadata": {"name": "careful", "namespace": "default"},
            "spec": {"targets": [{"name": target}], **(paced if steps else {"budgets": [{"maxUnavailable": 1}]})},
        }
    )


class Story(msgspec.Struct):
    """What happened, for the report of a failure."""

    seed: int
    lines: list[str] = []


def play(
    seed: int, *, steps: int = STEPS, faults: tuple[Fault, ...] = FAULTS, largest: int = 6
) -> tuple[Recovery, Story]:
    """Let faults strike for so many steps, then let the cluster recover."""
    dice = Random(seed)
    size, sets, governed = dice.randint(2, largest), dice.randint(1, 3), dice.random() < 0.5
    scene, story = Scene(world(size, sets, governed=governed), now=NOW), Story(seed)
    chosen = dice.sample(faults, k=dice.randint(1, len(faults)))
    for _ in range(steps):
        move(scene, dice, story, chosen)
    return scene.recover(), story


def move(scene: Scene, dice: Random, story: Story, faults: list[Fault]) -> None:
    """Make one step: time, a host, or a fault."""
    what = dice.random()
    host = dice.choice(scene.hosts)
    if what < 0.25:
        scene.cluster.pass_time(dice.choice((0.5, 2, 6, 20)))
        story.lines.append("time")
    elif what < 0.5:
        host.hear(dice.choice((None, None, 1, 3)))
        story.lines.append("hear")
    elif what < 0.75:
        scene.look(host)
        sent: list[Action] = host.to_send
        story.lines.append(f"look: {[(action.verb, action.kind, action.name or action.node) for action in sent]}")
        host.send(dice.choice((None, None, 1, 2)))
    else:
        fault = dice.choice(faults)
        story.lines.append(fault.name)
        fault.strike(scene, dice)
