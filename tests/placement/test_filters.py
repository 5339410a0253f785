"""Every filter, one rule a test (K1-K18)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from dsplan.errors import InputError
from dsplan.placement.filters.failures import Failure
from dsplan.placement.filters.fits import failures, fits
from dsplan.placement.filters.scheduler_view import SchedulerView

from .scenes import HOSTNAME, ZONE, Tree, clusters, daemonset, node, pod, required, spec, world


def asked(*trees: Tree, at: str = "n1") -> tuple[Failure, ...]:
    """What the filters say about the DaemonSet's pod on a node."""
    found = world(*trees)
    return SchedulerView(found).failures(found.daemonsets[0], at)


def plugins(found: tuple[Failure, ...]) -> list[str]:
    return [str(failure.plugin) for failure in found]


def test_the_pin_replaces_required_affinity_and_leaves_the_selector() -> None:  # K2
    term = {"matchExpressions": [{"key": "gone", "operator": "Exists"}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    assert asked(node("n1"), daemonset("d", affinity=affinity)) == ()
    assert plugins(asked(node("n1"), daemonset("d", nodeSelector={"a": "b"}))) == ["NodeAffinity"]


def test_a_cordon_is_tolerated_and_other_taints_are_not() -> None:  # K3
    cordoned = node("n1")
    cordoned["spec"]["unschedulable"] = True
    assert asked(cordoned, daemonset("d")) == ()
    tainted = node("n1", taints=[{"key": "k", "effect": "NoSchedule"}, {"key": "p", "effect": "PreferNoSchedule"}])
    (found,) = asked(tainted, daemonset("d"))
    assert (found.plugin, found.resolvable, str(found.shortages[0])) == (
        "TaintToleration",
        False,
        "taints: not tolerated: k:NoSchedule",
    )


def test_terminating_pods_hold_room_and_ended_ones_do_not() -> None:  # K4
    going = pod("a", "n1", spec(cpu="4"), deletionTimestamp="2026-05-01T11:00:00Z")
    ended = pod("b", "n1", spec(cpu="4"))
    ended["status"]["phase"] = "Succeeded"
    assert plugins(asked(node("n1"), daemonset("d", spec(cpu="1")), going)) == ["NodeResourcesFit"]
    assert asked(node("n1"), daemonset("d", spec(cpu="1")), ended) == ()


@pytest.mark.parametrize("allocatable", [{}, {"pods": "1"}, {"pods": "0"}])
def test_too_many_pods_even_without_requests(allocatable: Tree) -> None:  # K5
    full = node("n1")
    full["status"]["allocatable"] = allocatable
    (found,) = asked(full, daemonset("d"), pod("a", "n1"))
    assert found.reasons == ("Too many pods",)
    assert found.resolvable


def test_every_shortage_is_named_with_who_takes_the_room() -> None:  # K6
    trees = (
        node("n1", **{"example.com/gpu": "1"}),
        daemonset("d", spec(cpu="2", memory="1Gi", **{"example.com/gpu": "1"})),
        pod("a", "n1", spec(cpu="3", memory="1Gi")),
        pod("b", "n1", spec(memory="3Gi", **{"example.com/gpu": "1"})),
    )
    (found,) = asked(*trees)
    assert found.reasons == ("Insufficient cpu", "Insufficient memory", "Insufficient example.com/gpu")
    assert [str(shortage) for shortage in found.shortages] == [
        "cpu: needs 2, 1 free of 4; taken by shop/a",
        "memory: needs 1Gi, 0 free of 4Gi; taken by shop/b, shop/a",
        "example.com/gpu: needs 1, 0 free of 1; taken by shop/b",
    ]


@pytest.mark.parametrize(("wanted", "fits_there"), [("1", True), ("1001m", False)])
def test_the_room_that_is_left_can_be_used_up(wanted: str, fits_there: bool) -> None:  # K6
    found = world(node("n1", cpu="4"), daemonset("d", spec(cpu=wanted)), pod("a", "n1", spec(cpu="3")))
    scene = SchedulerView(found)
    demand = scene.created(found.daemonsets[0])
    assert fits(demand, scene.loads[0], scene.cluster) is fits_there
    assert (failures(demand, scene.loads[0], scene.cluster) == ()) is fits_there


def test_a_zero_request_fits_an_over_committed_node() -> None:  # K6
    assert asked(node("n1"), daemonset("d", spec(cpu="0", memory="1Gi")), pod("a", "n1", spec(cpu="9"))) == ()


def test_unknown_names_are_ignored_and_absent_scalars_are_nought() -> None:  # K7
    assert asked(node("n1"), daemonset("d", spec(storage="1Gi"))) == ()
    (found,) = asked(node("n1"), daemonset("d", spec(**{"hugepages-2Mi": "2Mi"})))
    assert (found.reasons, found.resolvable) == (("Insufficient hugepages-2Mi",), False)


def test_more_than_the_whole_node_is_unresolvable_and_a_shortage_is_not() -> None:  # K11
    assert not asked(node("n1"), daemonset("d", spec(cpu="5")))[0].resolvable
    assert asked(node("n1"), daemonset("d", spec(cpu="4")), pod("a", "n1", spec(cpu="1")))[0].resolvable


def port(number: int, *, protocol: str = "", ip: str = "", **more: Any) -> Tree:
    entry = {"containerPort": number, "hostPort": number, "protocol": protocol or "TCP", "hostIP": ip}
    return {"containers": [{"name": "c", "ports": [entry], **more}]}


@pytest.mark.parametrize(
    ("wanted", "used", "taken"),
    [
        (port(80), port(80), True),
        (port(80), port(81), False),
        (port(80, protocol="UDP"), port(80), False),
        (port(80, ip="10.0.0.1"), port(80, ip="10.0.0.2"), False),
        (port(80, ip="10.0.0.1"), port(80, ip="0.0.0.0"), True),
        (port(80), port(80, ip="127.0.0.1"), True),
        (port(80, ip="::"), port(80, ip="10.0.0.1"), False),
        ({"initContainers": port(80)["containers"]}, port(80), False),
        ({"initContainers": port(80, restartPolicy="Always")["containers"]}, port(80), True),
    ],
)
def test_host_ports(wanted: Tree, used: Tree, taken: bool) -> None:  # K12
    found = asked(node("n1"), daemonset("d", {"containers": [], **wanted}), pod("a", "n1", used))
    assert plugins(found) == ["NodePorts"] * taken
    assert all(failure.resolvable for failure in found)


def near(labels: Tree, key: str = HOSTNAME, **term: Any) -> Tree:
    affinity = required(labels, key)
    affinity["requiredDuringSchedulingIgnoredDuringExecution"][0].update(term)
    return {"podAffinity": affinity}


def away(labels: Tree, key: str = HOSTNAME, **term: Any) -> Tree:
    return {"podAntiAffinity": near(labels, key, **term)["podAffinity"]}


WEB = pod("a", "n2", labels={"app": "web"})
A_ZONE = [node("n1", labels={ZONE: "a"}), node("n2", labels={ZONE: "a"}), node("n3", labels={ZONE: "b"})]


@pytest.mark.parametrize(
    ("affinity", "fits_there"),
    [
        (near({"app": "web"}, ZONE, namespaces=["shop"]), True),
        (near({"app": "web"}, ZONE), False),  # its own namespace alone
        (near({"app": "web"}, ZONE, namespaceSelector={}), True),
        (near({"app": "web"}, ZONE, namespaceSelector={"matchLabels": {"team": "x"}}), True),
        (near({"app": "web"}, ZONE, namespaceSelector={"matchLabels": {"team": "y"}}), False),
        (near({"app": "web"}, ZONE, namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "shop"}}), True),
        (near({"app": "web"}, ZONE, namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "x"}}), False),
        (near({"app": "web"}, HOSTNAME, namespaces=["shop"]), False),
        (near({"app": "web"}, "absent", namespaces=["shop"]), False),
        (near({}, ZONE, namespaces=["shop"]), True),  # {} selects every pod
        (near({"app": "d"}, ZONE), True),  # the first of a series attracts itself (K15)
        (near({"app": "other"}, ZONE), False),
        (away({"app": "web"}, ZONE, namespaces=["shop"]), False),
        (away({"app": "web"}, HOSTNAME, namespaces=["shop"]), True),
        (away({"app": "web"}, "absent", namespaces=["shop"]), True),
    ],
)
def test_required_pod_affinity(affinity: Tree, fits_there: bool) -> None:  # K14, K15, K16
    shop = {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "x"}}}
    found = asked(*A_ZONE, shop, WEB, daemonset("d", affinity=affinity))
    assert plugins(found) == ["InterPodAffinity"] * (not fits_there)
    assert all(failure.resolvable == ("podAntiAffinity" in affinity) for failure in found)


def test_one_pod_must_match_all_terms_in_each_domain() -> None:  # K15
    both = near({"app": "web"}, ZONE, namespaces=["shop"])
    terms = both["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    terms.append({**terms[0], "labelSelector": {"matchLabels": {"tier": "db"}}})
    apart = pod("b", "n2", labels={"tier": "db"})
    together = pod("c", "n2", labels={"app": "web", "tier": "db"})
    assert plugins(asked(*A_ZONE, WEB, apart, daemonset("d", affinity=both))) == ["InterPodAffinity"]
    assert asked(*A_ZONE, WEB, together, daemonset("d", affinity=both)) == ()


def test_pods_that_are_there_may_refuse_a_new_one() -> None:  # K16
    hermit = pod("a", "n2", spec(labels_away={"app": "d"}, key=ZONE))
    term = hermit["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    term["namespaces"] = ["default"]
    for at, refused in (("n1", True), ("n2", True), ("n3", False)):
        found = asked(*A_ZONE, hermit, daemonset("d"), at=at)
        assert [failure.reasons[0] for failure in found] == [
            "node(s) didn't satisfy existing pods anti-affinity rules"
        ] * refused


def test_a_selector_that_cannot_be_read_is_unresolvable() -> None:
    broken = away({}, HOSTNAME, labelSelector={"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]})
    (found,) = asked(node("n1"), daemonset("d", affinity=broken))
    assert (found.plugin, found.resolvable) == ("InterPodAffinity", False)


def spread(**more: Any) -> list[Tree]:
    selector = {"matchLabels": {"app": "d"}}
    base = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}
    return [{**base, **more}]


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        (spread(), []),  # only the pinned node is counted
        (spread(nodeAffinityPolicy="Ignore"), ["node(s) didn't match pod topology spread constraints"]),
        (spread(nodeAffinityPolicy="Ignore", maxSkew=4), []),
        (spread(nodeAffinityPolicy="Ignore", whenUnsatisfiable="ScheduleAnyway"), []),
        (spread(minDomains=2), ["node(s) didn't match pod topology spread constraints"]),
        (spread(topologyKey="x"), ["node(s) didn't match pod topology spread constraints (missing required label)"]),
        (spread(nodeAffinityPolicy="Ignore", labelSelector=None), []),
    ],
)
def test_topology_spread(constraints: list[Tree], words: list[str]) -> None:  # K18
    there = [pod(f"p{number}", "n2", labels={"app": "d"}, namespace="default") for number in range(2)]
    there.append(pod("p2", "n1", labels={"app": "d"}, namespace="default"))
    found = asked(*A_ZONE, *there, daemonset("d", topologySpreadConstraints=constraints))
    assert [failure.reasons[0] for failure in found] == words


def test_a_domain_of_tainted_nodes_counts_unless_taints_are_honoured() -> None:  # K18
    nodes = [
        node("n1", labels={ZONE: "a"}),
        node("n2", labels={ZONE: "b"}, taints=[{"key": "k", "effect": "NoExecute"}]),
    ]
    there = pod("p", "n1", labels={"app": "d"}, namespace="default")
    constraints = spread(nodeAffinityPolicy="Ignore")
    assert plugins(asked(*nodes, there, daemonset("d", topologySpreadConstraints=constraints))) == ["PodTopologySpread"]
    constraints = spread(nodeAffinityPolicy="Ignore", nodeTaintsPolicy="Honor")
    assert asked(*nodes, there, daemonset("d", topologySpreadConstraints=constraints)) == ()


def test_gates_hold_a_pod_back() -> None:
    assert plugins(asked(node("n1"), daemonset("d", schedulingGates=[{"name": "x/y"}]))) == ["SchedulingGates"]


def test_an_amount_that_is_no_quantity_is_bad_input() -> None:
    with pytest.raises(InputError, match="1 problem"):
        asked(node("n1"), daemonset("d", spec(cpu="one")))
    with pytest.raises(InputError, match="1 problem"):
        asked(node("n1", cpu="one"), daemonset("d"))


@settings(max_examples=60)
@given(clusters())
def test_the_fast_answer_is_the_full_one(trees: list[Tree]) -> None:
    """Tried and caught: `fits` without the pod count; without ports; with >= for > in the room that is left."""
    found = world(*trees)
    scene = SchedulerView(found)
    for daemon in found.daemonsets:
        demand = scene.created(daemon)
        for load in scene.loads:
            assert fits(demand, load, scene.cluster) == (not failures(demand, load, scene.cluster))
