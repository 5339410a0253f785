"""Does placement stay interactive on tight memory, and how does it grow? 10,000 nodes x 50 DaemonSets.

Three clusters: few sizes of nodes (most nodes are settled by one sum or as an equal node), every node a class of its
own (the adversarial case), and one whose components are hard, where the limit ends the search. Times are printed,
growth exponents and counts are asserted; run with `-s` to see them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from math import log
from time import process_time
from typing import Any

import pytest

import dsplan
from dsplan.model.world import World
from dsplan.testing import NOW

DAEMONSETS = 50
Tree = dict[str, Any]


def node(number: int, memory: int) -> Tree:
    labels = {"kubernetes.io/hostname": f"n{number:05}", "topology.kubernetes.io/zone": "abc"[number % 3]}
    allocatable = {"cpu": "8", "memory": f"{memory}Mi", "pods": "110"}
    return {
        "kind": "Node",
        "metadata": {"name": f"n{number:05}", "labels": labels},
        "status": {"allocatable": allocatable},
    }


def workload(number: int, memory: int) -> Tree:
    owner = [{"kind": "ReplicaSet", "name": "web-5d8", "uid": "u", "controller": True}]
    requests = {"cpu": "500m", "memory": f"{memory}Mi"}
    return {
        "kind": "Pod",
        "metadata": {"name": f"web-{number}", "namespace": "shop", "labels": {"app": "web"}, "ownerReferences": owner},
        "spec": {"nodeName": f"n{number:05}", "containers": [{"name": "c", "resources": {"requests": requests}}]},
        "status": {"phase": "Running"},
    }


def daemonset(number: int, ports: tuple[int, ...] = ()) -> Tree:
    requests = {"cpu": f"{50 + number}m", "memory": f"{64 + 2 * number}Mi"} if not ports else {}
    container = {
        "name": "c",
        "image": "i:1",
        "resources": {"requests": requests},
        "ports": [{"containerPort": port, "hostPort": port} for port in ports],
    }
    name = f"d{number:02}"
    spec = {"priorityClassName": f"p{number % 5}", "containers": [container]}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


def classes() -> list[Tree]:
    return [{"kind": "PriorityClass", "metadata": {"name": f"p{n}"}, "value": 10 * n} for n in range(5)]


def few_sizes(nodes: int) -> World:
    """Four sizes of nodes; the daemons need 5,650Mi, three of the sizes have less."""
    trees = [node(n, 4096 + 1024 * (n % 4)) for n in range(nodes)] + [workload(n, 512) for n in range(nodes)]
    return dsplan.decode([*trees, *classes(), *(daemonset(n) for n in range(DAEMONSETS))])


def every_node_its_own(nodes: int) -> World:
    """No two nodes have the same room, and none has enough."""
    trees = [node(n, 3500 + n % 2000) for n in range(nodes)] + [workload(n, 100 + n // 2000) for n in range(nodes)]
    return dsplan.decode([*trees, *classes(), *(daemonset(n) for n in range(DAEMONSETS))])


def rings(nodes: int) -> World:
    """Nine rings of five, two of each of which go together: pairs alone leave room for three."""
    ports = [(1000 + 10 * ring + n, 1000 + 10 * ring + (n + 1) % 5) for ring in range(9) for n in range(5)]
    chained = [daemonset(n, (*pair, 9)) if n % 5 == 0 else daemonset(n, pair) for n, pair in enumerate(ports)]
    return dsplan.decode([*(node(n, 64000) for n in range(nodes)), *classes(), *chained])


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    started = process_time()
    result = work()
    return process_time() - started, result


def grown(make: Callable[[int], World], work: Callable[[World, Any], Any], sizes: tuple[int, int]) -> tuple[float, Any]:
    """Print the times of both sizes; return the growth exponent and the larger result."""
    taken = []
    for size in sizes:
        world = make(size)
        whole = dsplan.step(world, now=NOW)
        spent, result = seconds(lambda world=world, whole=whole: work(world, whole))
        taken.append(spent)
        print(f"{make.__name__} {work.__name__}: {size:,} nodes x {DAEMONSETS}: {spent:.2f} s CPU")
    exponent = log(taken[1] / taken[0]) / log(sizes[1] / sizes[0])
    print(f"    growth exponent {exponent:.2f}")
    return exponent, result


@pytest.mark.parametrize("work", [dsplan.predict, dsplan.fit])
def test_ten_thousand_nodes_of_few_sizes(work: Callable[[World, Any], Any]) -> None:
    exponent, result = grown(few_sizes, work, (2_500, 10_000))
    assert exponent < 1.4
    asked = result.settled.get("queue", 0) + result.settled.get("search", 0)
    assert asked == 3
    assert sum(result.settled.values()) == 10_000


@pytest.mark.parametrize("work", [dsplan.predict, dsplan.fit])
def test_every_node_a_class_of_its_own(work: Callable[[World, Any], Any]) -> None:
    exponent, result = grown(every_node_its_own, work, (2_500, 10_000))
    assert exponent < 1.4
    assert result.settled["class"] == 0


def test_a_hard_component_costs_its_limit_and_no_more() -> None:
    world = rings(200)
    whole = dsplan.step(world, now=NOW)
    for steps in (100, 400):
        spent, best = seconds(lambda steps=steps: dsplan.fit(world, whole, steps=steps))
        print(f"rings, limit {steps}: {spent:.2f} s CPU, {best.steps} search nodes, gap {best.gap}")
        assert best.steps <= 41 * steps
        assert best.placed >= 200 * 17
        assert best.bound >= best.placed
