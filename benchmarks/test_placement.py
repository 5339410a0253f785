"""Does placement stay interactive on tight memory, and how does it grow? 10,000 nodes x 50 DaemonSets.

Four clusters: few sizes of nodes (most nodes are settled by one sum or as an equal node), every node a class of its own
(the adversarial case), and two whose components are hard: one that the limit ends, and racks of nodes tied together by
anti-affinity, which are searched block by block. Times are printed, growth exponents and counts are asserted; run with
`-s` to see them.
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


def racks(nodes: int) -> World:
    """Nine nodes a rack, tight in three resources; each of twelve DaemonSets keeps another out of its whole rack."""
    trees: list[Tree] = []
    for number in range(nodes):
        entry = node(number, 3000 + 977 * number % 3000)
        entry["metadata"]["labels"]["rack"] = f"r{number // 9}"
        entry["status"]["allocatable"] |= {
            "cpu": f"{3000 + 613 * number % 3000}m",
            "example.com/x": f"{5 + number % 25}",
        }
        trees.append(entry)
    for number in range(12):
        entry = daemonset(number)
        spec = entry["spec"]["template"]["spec"]
        amounts = {"cpu": f"{200 + 353 * number % 1300}m", "memory": f"{200 + 571 * number % 1300}Mi"}
        spec["containers"][0]["resources"]["requests"] = {**amounts, "example.com/x": f"{1 + 5 * number % 9}"}
        term = {"labelSelector": {"matchLabels": {"app": f"d{(number + 5) % 12:02}"}}, "topologyKey": "rack"}
        spec["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
        trees.append(entry)
    return dsplan.decode([*trees, *classes()])


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
        print(f"{make.__name__} {work.__name__}: {size:,} nodes x {len(world.daemonsets)}: {spent:.2f} s CPU")
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
        assert best.steps <= 11 * steps
        assert best.placed >= 200 * 17
        assert best.bound >= best.placed


def test_components_too_large_for_one_search() -> None:
    """108 pods each: none is searched as a whole, all are improved, and the bound says how much may be missed."""
    exponent, best = grown(racks, dsplan.fit, (180, 720))
    greedy = dsplan.fit(racks(720), dsplan.step(racks(720), now=NOW), search=False)
    print(f"racks: {best.placed:,} placed, at most {best.bound:,}; greedy {greedy.placed:,}, at most {greedy.bound:,}")
    assert exponent < 1.4
    assert best.steps > 0
    assert best.placed > greedy.placed
    assert best.gap * 10 < best.placed
    assert greedy.gap > 3 * best.gap
