"""What daemons take of each class of nodes."""

from __future__ import annotations

from dsplan import step
from dsplan.placement.overhead import Overhead, overhead

from ..worlds import revision_of
from .scenes import NOW, Tree, daemon_pod, daemonset, node, pod, spec, world

TYPE = "node.kubernetes.io/instance-type"


def found(*trees: Tree, **options: tuple[str, ...]) -> Overhead:
    cluster = world(*trees)
    return overhead(cluster, step(cluster, now=NOW), **options)


def test_who_lands_their_sum_what_is_left_and_the_ports() -> None:
    small, large = node("n1", labels={TYPE: "s"}, cpu="2", memory="2Gi"), node("n2", labels={TYPE: "l"}, pods="1")
    daemons = [
        daemonset("a", spec(cpu="100m", memory="64Mi", port=80)),
        daemonset("b", spec(cpu="200m"), nodeSelector={TYPE: "s"}),
    ]
    first, second = found(small, large, *daemons).classes
    assert first.labels == {TYPE: "s"}
    assert [daemon.identity.name for daemon in first.daemons] == ["a", "b"]
    assert first.total == {"cpu": 300, "memory": 64 << 20, "pods": 2}
    assert first.left == {"cpu": 1700, "memory": (2 << 30) - (64 << 20), "pods": 18}
    assert first.largest == {"cpu": 1700, "memory": (2 << 30) - (64 << 20)}
    assert [(port, owner.name) for port, owner in first.ports] == [("80/TCP", "a")]
    assert second.largest is None


def test_a_class_is_as_small_as_its_smallest_node_and_free_is_a_span() -> None:
    nodes = [node("n1", labels={TYPE: "x"}, cpu="2"), node("n2", labels={TYPE: "x"}, cpu="4")]
    there = [pod("p", "n2", spec(cpu="1")), daemon_pod("a", "n2", spec(cpu="1"))]
    (entry,) = found(*nodes, *there, daemonset("a", spec(cpu="1"))).classes
    assert entry.allocatable["cpu"] == 2000
    assert entry.free["cpu"] == (1000, 2000)
    assert entry.free["pods"] == (18, 19)


def test_without_a_label_the_size_makes_the_class() -> None:
    sizes = found(node("n1"), node("n2", cpu="2"), node("n3"), daemonset("a", spec(cpu="1"))).classes
    assert [(list(entry.nodes), entry.left["cpu"]) for entry in sizes] == [([0, 2], 3000), ([1], 1000)]


def test_labels_of_ones_own_make_the_classes() -> None:
    nodes = [node(f"n{n}", labels={"pool": pool}) for n, pool in enumerate("aab")]
    assert [(entry.labels, len(entry.nodes)) for entry in found(*nodes, by=("pool",)).classes] == [
        ({"pool": "a"}, 2),
        ({"pool": "b"}, 1),
    ]


def test_who_would_no_longer_fit_once_rolled_out_by_class() -> None:
    nodes = [node("n1", labels={TYPE: "s"}, cpu="2"), node("n2", labels={TYPE: "s"}, cpu="2"), node("n3")]
    bigger = daemonset("a", spec(cpu="3"))
    old = {"labels": {"app": "a", "controller-revision-hash": "old"}}
    there = [daemon_pod("a", entry["metadata"]["name"], spec(cpu="1"), **old) for entry in nodes]
    (gap,) = found(*nodes, *there, bigger, revision_of(bigger)).no_room
    assert (str(gap.identity), gap.labels, list(gap.nodes)) == ("default/a", {TYPE: "s"}, [0, 1])
    assert (gap.number, gap.standing) == (0, "running")
    assert str(gap.shortages[0]) == "cpu: needs 3, 2 free of 2"


def test_what_no_longer_fits_what_never_did_and_what_is_pending_already() -> None:
    nodes = [node(f"n{n}", cpu="2") for n in range(3)]
    bigger = daemonset("a", spec(cpu="3"))
    running = daemon_pod("a", "n0", spec(cpu="1"), labels={"app": "a", "controller-revision-hash": "old"})
    waiting = daemon_pod("a", "n1", spec(cpu="3"), bound=False)
    gaps = found(*nodes, running, waiting, bigger, revision_of(bigger)).no_room
    assert [(gap.standing, list(gap.nodes)) for gap in gaps] == [("running", [0]), ("new", [2]), ("pending", [1])]


def test_who_is_evicted_once_rolled_out() -> None:
    trees = [node("n1", cpu="2"), pod("p", "n1", spec(cpu="2")), daemonset("a", spec(cpu="1"), priority=9)]
    result = found(*trees)
    assert [str(holder) for holder in result.evicted] == ["shop/p"]
    assert result.no_room == ()


def test_pools_make_classes_whoever_made_them() -> None:
    labels = [{"karpenter.sh/nodepool": "p"}, {"eks.amazonaws.com/nodegroup": "q"}, {"dsplan.dev/node-pool": "r"}]
    nodes = [node(f"n{n}", labels={**entry, TYPE: "x"}) for n, entry in enumerate(labels)]
    assert [entry.labels for entry in found(*nodes, by=("NodePool",)).classes] == [
        {"NodePool": "p"},
        {"NodePool": "q"},
        {"NodePool": "r"},
    ]
    assert len(found(*nodes).classes) == 3


def test_nodes_that_tell_nothing_are_a_class_of_their_own() -> None:
    bare = node("n1")
    bare["status"] = {}
    result = found(bare, node("n2"), daemonset("a", spec(cpu="1")))
    assert [(entry.known, entry.total["cpu"]) for entry in result.classes] == [(False, 1000), (True, 1000)]
    assert "reports no allocatable resources; fit was not checked there" in result.notes[-1].text


def test_a_pod_that_is_refused_costs_nothing_and_is_noted() -> None:
    spoiled = daemonset("a", overhead={"cpu": "1"})
    result = found(node("n1"), spoiled)
    assert result.classes[0].daemons == ()
    assert "no pod is created" in result.notes[0].text
