"""What does playing a roll-out cost, and does a wave cost the same in a large cluster?

maxUnavailable 1 is one wave per node, the worst case. The plain way is a whole pass over everything whenever something
happened. Ratios are printed and asserted; run with `-s` to see.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from dsplan.manifests.decode import decode
from dsplan.model.world import World
from dsplan.simulator import Controller, Outcome, WholeStepController, simulate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OWNER = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "ds", "uid": "u", "controller": True}


def cluster(nodes: int) -> World:
    """Return `nodes` healthy nodes in three zones, each with a healthy pod of an older template."""
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "i:2"}]}}
    daemonset = {
        "kind": "DaemonSet",
        "metadata": {"name": "ds", "namespace": "default", "uid": "u"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": template,
        },
    }
    revision = {
        "kind": "ControllerRevision",
        "metadata": {
            "name": "ds-old",
            "namespace": "default",
            "labels": {"app": "d", "controller-revision-hash": "old"},
            "ownerReferences": [OWNER],
        },
        "revision": 1,
        "data": {"spec": {"template": {**template, "metadata": {"labels": {"app": "d", "old": "yes"}}}}},
    }
    trees = [daemonset, revision]
    for number in range(nodes):
        name = f"n{number:06}"
        labels = {"topology.kubernetes.io/zone": "abc"[number % 3]}
        trees.append({"kind": "Node", "metadata": {"name": name, "labels": labels}})
        trees.append(_pod(name))
    return decode(trees)


def _pod(node: str) -> dict[str, object]:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2025-12-01T00:00:14Z"}
    return {
        "kind": "Pod",
        "metadata": {
            "name": f"p-{node}",
            "namespace": "default",
            "labels": {"app": "d", "controller-revision-hash": "old"},
            "creationTimestamp": "2025-12-01T00:00:00Z",
            "ownerReferences": [OWNER],
        },
        "spec": {"nodeName": node},
        "status": {"phase": "Running", "conditions": [ready]},
    }


def seconds(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return process_time() - begin


def play(world: World, controller: Controller | None = None) -> None:
    story = simulate(world, now=NOW, controller=controller)
    assert story.runs[0].outcome is Outcome.COMPLETE
    assert story.violations == ()


@pytest.mark.benchmark(group="simulate: 100 waves on 100 nodes")
def test_following_single_pods(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(play, (cluster(100),), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="simulate: 100 waves on 100 nodes")
def test_whole_steps(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(play, (cluster(100), WholeStepController()), rounds=1)


def test_a_wave_costs_the_same_in_a_large_cluster() -> None:
    small, large = cluster(500), cluster(4000)
    play(cluster(50))
    one, other = (seconds(lambda world=world: play(world)) for world in (small, large))  # type: ignore[misc]
    print(f"\n500 waves {one:.2f} s, 4,000 waves {other:.2f} s CPU: a wave costs {other / one / 8:.2f} times as much")
    assert other / one <= 8 * 2


def test_following_single_pods_beats_whole_steps() -> None:
    world = cluster(150)
    play(world)
    followed, whole = seconds(lambda: play(world)), seconds(lambda: play(world, WholeStepController()))
    print(f"\n150 waves: {followed:.2f} s CPU following single pods, {whole:.2f} s by whole steps")
    assert whole / followed >= 3
