"""Seeded worlds: the same arguments give the same world, in the shape their family promises."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dsplan.bench import FAMILIES, NOW, make_world, with_status
from dsplan.bench.changes import churned, edited, fresh, joined, one_at_a_time, pool_of, pool_tainted, zone_lost
from dsplan.eligibility import NodeIndex
from dsplan.passes import step
from dsplan.planner import solve

NAMES = sorted(FAMILIES)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_one_world_and_another_seed_another(name: str) -> None:
    assert make_world(name, 60, daemonsets=3) == make_world(name, 60, daemonsets=3)
    assert make_world(name, 60, seed=1).nodes != make_world(name, 60, seed=2).nodes


def test_a_seed_gives_the_same_world_in_every_process() -> None:
    """Made in two processes whose hashes of strings differ."""
    script = """
import hashlib, msgspec
from dsplan.bench import FAMILIES, make_world
worlds = [make_world(name, 50, daemonsets=12, seed=7) for name in sorted(FAMILIES)]
lists = [[world.nodes, world.daemonsets, world.revisions, world.pods] for world in worlds]
print(hashlib.sha256(msgspec.json.encode(lists)).hexdigest())
"""
    command = [sys.executable, "-c", script]
    outputs = [
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] != b""


@pytest.mark.parametrize("name", NAMES)
def test_shares_add_up(name: str) -> None:
    assert sum(pool.share for pool in FAMILIES[name].pools) == 1000


@pytest.mark.parametrize("name", NAMES)
def test_steady_means_that_nothing_is_left_to_do(name: str) -> None:
    world = with_status(make_world(name, 200, daemonsets=5, drift=False))
    assert step(world, now=NOW).actions == ()


@pytest.mark.parametrize("name", NAMES)
def test_drift_leaves_something_to_do(name: str) -> None:
    assert step(make_world(name, 1500), now=NOW).actions


def test_nodes_share_what_they_have_in_common() -> None:
    nodes = make_world("eks-like", 500, pods=False).nodes
    assert len({id(node.status) for node in nodes}) <= 5 * 2 * 2
    assert len({id(key) for node in nodes for key in node.labels}) < 30


def test_every_adversarial_node_is_a_class_of_its_own() -> None:
    world = make_world("adversarial", 300)
    index = NodeIndex(world.nodes)
    assert len(index.groups(("taints",))) == 300
    assert len({key for node in world.nodes for key in node.labels}) > 300


def test_a_hundred_nodes_of_eks_are_not_a_class_each() -> None:
    index = NodeIndex(make_world("eks-like", 1000).nodes)
    assert len(index.groups(("taints",))) < 20


def test_changes_change_what_they_say() -> None:
    world = with_status(make_world("eks-like", 600, daemonsets=5, drift=False))
    assert fresh(world) == world
    found = solve(edited(world), now=NOW).summary  # on full nodes the old pod goes and the new one finds no place
    assert found.update + found.impossible == len(world.pods)
    assert solve(one_at_a_time(world), now=NOW).summary.waves == 600
    assert solve(joined(world, 50), now=NOW).summary.create > 50
    assert {node.name for node in pool_of(world)} < {node.name for node in world.nodes}
    assert solve(pool_tainted(world), now=NOW).summary.delete > 0
    assert sum(not node.ready for node in zone_lost(world).nodes) >= 200
    after = churned(world)
    assert len(after.nodes) == len(world.nodes)
    assert after.nodes != world.nodes
