"""`expect:` documents: each demand held and broken, and what is said of documents that cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.check import Scene, decode_expectations, results_of
from dsplan.errors import InputError
from dsplan.planner import solve
from dsplan.testing import NOW

from .scenes import Tree, daemonset, node, pod, world
from .test_cluster_rules import BIG, HIGH

RACK = "topology.example.com/rack"
OLD = {"containers": [{"name": "main", "image": "example.com/app:0"}]}


def judged(trees: list[Tree], **demands: Any) -> list[tuple[str, bool, str]]:
    found = world(*trees)
    scene = Scene.of(found, solve(found, now=NOW, forecast=True))
    wanted = decode_expectations({"expect": [{"name": "it", **demands}]}, "e.yaml", [2])
    return [(each.demand, each.holds, each.text) for each in results_of(scene, wanted, "e.yaml")]


def fleet(budget: int = 1, racks: int = 2) -> list[Tree]:
    """Return four nodes in racks, each with an outdated pod."""
    names = ["a", "b", "c", "d"]
    nodes = [node(name, labels={RACK: f"r{n % racks}"}) for n, name in enumerate(names)]
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": budget}}
    return [*nodes, daemonset(strategy=rolling), *(pod(f"p-{name}", name, owner="ds", spec=OLD) for name in names)]


def test_desired_is_a_share_of_chosen_nodes() -> None:
    nodes = [node(f"n{n}", labels={"disk": "ssd"} if n else {}) for n in range(20)]
    trees = [*nodes, node("w", labels={"kubernetes.io/os": "windows"}), daemonset(nodeSelector={"disk": "ssd"})]
    (held,) = judged(trees, desired={"atLeast": "95%", "of": "kubernetes.io/os=linux"})
    text = "default/ds wants 19 of 20 nodes with kubernetes.io/os=linux; at least {} expected"
    assert held == ("desired", True, text.format(19))
    (broken,) = judged(trees, desired={"atLeast": "96%", "of": "kubernetes.io/os=linux"})
    assert broken == ("desired", False, text.format(20))


def test_no_eviction() -> None:
    web = pod("web", "n1", spec={"containers": [{"name": "c", "image": "w", **BIG}]})
    trees = [node("n1"), HIGH, web, daemonset(container=BIG, priorityClassName="high")]
    assert judged(trees, evictions=0) == [("evictions", False, "1 evicted, at most 0 expected: default/ds (1)")]
    assert judged(trees, evictions=1)[0][1]


def test_no_stall() -> None:
    down = fleet()
    down[0]["status"]["conditions"][0]["status"] = "False"
    down[5]["status"]["conditions"][0]["status"] = "False"
    assert judged(down, stalls=0) == [("stalls", False, "1 stalled, at most 0 expected: default/ds (1)")]
    assert judged(fleet(), stalls=0) == [("stalls", True, "0 stalled, at most 0 expected")]
    (endless,) = judged(down, duration="1h")
    assert endless == ("duration", False, "default/ds never gets to its end; at most 1h expected")


def test_duration() -> None:
    assert judged(fleet(), duration="1h")[0][1]
    (broken,) = judged(fleet(), duration="1s")
    assert not broken[1]
    assert broken[2].startswith("default/ds takes ")


@pytest.mark.parametrize(("budget", "racks", "down"), [(1, 2, 1), (2, 2, 1), (2, 1, 2), (3, 2, 2), (4, 1, 4)])
def test_never_more_than_so_many_nodes_of_a_rack_are_down(budget: int, racks: int, down: int) -> None:
    (held,) = judged(fleet(budget, racks), down={"atMost": 4, "per": RACK})
    assert held[1]
    found = int(held[2].split(": ")[1].split(" ")[0])
    assert found >= down if racks > 1 else found == down
    assert found <= budget
    assert not judged(fleet(budget, racks), down={"atMost": found - 1, "per": RACK})[0][1]


def test_nodes_that_are_down_now_count() -> None:
    trees = fleet()
    trees[0]["status"]["conditions"][0]["status"] = "False"
    trees[2]["status"]["conditions"][0]["status"] = "False"
    (found,) = judged(trees, down={"atMost": 1, "per": RACK})
    assert not found[1]
    assert f"in {RACK}=r0" in found[2]


def test_daemonsets_are_chosen_by_name() -> None:
    trees = [node("n1"), daemonset("one"), daemonset("two", nodeSelector={"no": "where"})]
    assert judged(trees, desired={"atLeast": 1}, daemonsets="default/o*")[0][1]
    assert not judged(trees, desired={"atLeast": 1})[0][1]
    assert judged(trees, desired={"atLeast": 1}, daemonsets="three") == [
        ("daemonsets", False, "no DaemonSet matches three")
    ]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    entries = [
        {"name": "empty"},
        {"name": "typo", "evictons": 0},
        {"name": "bad", "duration": "soon", "evictions": -1, "desired": {"atLeast": "many", "of": "a in"}},
        {"stalls": 0},
    ]
    with pytest.raises(InputError) as caught:
        decode_expectations({"expect": entries}, "e.yaml", [2, 3, 4, 5])
    fields = [(each.field, each.line) for each in caught.value.problems]
    assert ("expect[0].name", 2) in fields
    assert ("expect[1]", 3) in fields
    assert ("expect[3]", 5) in fields
    assert {"expect[2].duration", "expect[2].evictions", "expect[2].desired.atLeast"} <= {field for field, _ in fields}


@pytest.mark.parametrize("tree", [None, [], {}, {"expect": []}, {"expect": 3}, "text"])
def test_a_document_without_expectations(tree: object) -> None:
    with pytest.raises(InputError, match="1 problem"):
        decode_expectations(tree, "e.yaml")
