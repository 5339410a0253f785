"""The best placement against every placement that any order of arrival can reach."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st

from dsplan import step
from dsplan.placement.filters.outcomes import OutcomeKind
from dsplan.placement.fit import fit
from dsplan.placement.fit_types import Fit
from dsplan.placement.scheduler.prediction import predict

from . import checks
from .brute_force import Pair, by_node, placed, reachable, wanted
from .scenes import HOSTNAME, NOW, ZONE, Tree, clusters, daemonset, knots, node, pod, spec, world


def fitted(*trees: Tree, **options: Any) -> Fit:
    found = world(*trees)
    return fit(found, step(found, now=NOW), **options)


@settings(max_examples=80)
@given(clusters(local=True))
def test_no_order_of_arrival_places_more(trees: list[Tree]) -> None:
    """All assignments on each node, up to 6 nodes x 4 DaemonSets. Tried and caught: a room that forgets who is there;
    two pods of one port; anti-affinity in one direction alone; the greedy answer taken for the best."""
    checks.no_order_of_arrival_places_more(trees)


@settings(max_examples=100)
@given(st.one_of(clusters(near=False), knots()))
def test_nor_across_nodes(trees: list[Tree]) -> None:
    """All assignments of all nodes, up to 6 nodes x 4 DaemonSets. Tried and caught: a domain's rule that forgets other
    nodes; a look-ahead that takes the largest; the greedy answer taken for the best."""
    checks.nor_across_nodes(trees)


@settings(max_examples=60)
@given(clusters(most_nodes=3, most_daemonsets=3))
def test_nor_where_pods_seek_each_other(trees: list[Tree]) -> None:
    """Tried and caught: affinity that its own kind meets from afar; a series that starts in two domains at once."""
    assume(checks.nor_where_pods_seek_each_other(trees))


@settings(max_examples=80)
@given(clusters(most_nodes=3))
def test_the_best_is_never_below_the_prediction(trees: list[Tree]) -> None:
    """Whoever finds a place while nobody is evicted is placed at best, too; headline and rows add up to the same."""
    found = world(*trees)
    whole = step(found, now=NOW)
    kinds = [(fate.outcome.kind, len(fate.nodes)) for entry in predict(found, whole).daemonsets for fate in entry.fates]
    assume(OutcomeKind.EVICTS not in dict(kinds))
    for search in (True, False):
        best = fit(found, whole, search=search)
        assert best.placed >= sum(count for kind, count in kinds if kind is OutcomeKind.PLACED)
        assert sum(len(entry.placed) for entry in best.daemonsets) == best.placed
        assert best.gap >= sum(row.gap * row.nodes for row in best.components)


def test_pods_that_need_each_other_do_not_hide_one_that_fits() -> None:
    """a and b want to be near each other and neither is there; c takes the room of one of them."""
    near = [daemonset(n, spec(memory="400Mi", labels_near={"app": o}, key=ZONE)) for n, o in (("a", "b"), ("b", "a"))]
    alone = daemonset("c", spec(memory="700Mi"))
    best = fitted(node("n1", labels={ZONE: "z"}, memory="1000Mi"), *near, alone)
    assert (best.placed, best.wanted, best.gap) == (1, 3, 0)
    assert [len(entry.placed) for entry in best.daemonsets] == [0, 0, 1]


def test_the_generated_clusters_are_hard_enough() -> None:
    """Among a hundred of them the search is asked and joins pods of several nodes; some need it."""
    searched = joined = 0

    @settings(max_examples=100, database=None)
    @given(knots())
    def look(trees: list[Tree]) -> None:
        nonlocal searched, joined
        best = fitted(*trees)
        searched += best.steps > 0
        joined += any(part.size > 4 for part in best.components)

    look()
    assert min(searched, joined) >= 10
    matters = settings(max_examples=2_000, database=None, phases=[Phase.generate])
    assert find(knots(), lambda trees: fitted(*trees).placed > fitted(*trees, search=False).placed, settings=matters)


@settings(max_examples=40)
@given(clusters(most_nodes=4, local=True))
def test_priority_first(trees: list[Tree]) -> None:
    """Tried and caught: levels from the lowest up."""
    found = world(*trees)
    pods = wanted(found)
    best = placed(fitted(*trees, maximise="priority"))
    levels = sorted({demand.priority for demand in pods.values()}, reverse=True)

    def score(chosen: Iterable[Pair]) -> list[int]:
        return [sum(pods[pair].priority == level for pair in chosen) for level in levels]

    for group in by_node(pods):
        assert score(best & group.keys()) == max(score(chosen) for chosen in reachable(found, group))


Removal = tuple[int, str]
"""(which DaemonSet, what of it)."""

_REMOVALS = st.tuples(st.integers(0, 3), st.sampled_from(("ports", "resources", "podAntiAffinity", "podAffinity")))


def without(trees: list[Tree], removal: Removal) -> list[Tree]:
    """The same cluster, one constraint of one template less; pods that are there stay as they are."""
    found = copy.deepcopy(trees)
    templates = [tree["spec"]["template"]["spec"] for tree in found if tree["kind"] == "DaemonSet"]
    body, what = templates[removal[0] % len(templates)], removal[1]
    body.get("affinity", {}).pop(what, None)
    body["containers"][0].pop(what, None)
    return found


@settings(max_examples=100)
@given(st.one_of(clusters(local=True), knots()), _REMOVALS)
def test_removing_a_constraint_never_creates_a_conflict(trees: list[Tree], removal: Removal) -> None:
    """As many find a place, or more, and no fewer of the highest priorities. Tried and caught: a bar that outlives its
    cause; the greedy answer taken for the best."""
    looser = without(trees, removal)
    for goal in ("coverage", "priority"):
        before, after = fitted(*trees, maximise=goal), fitted(*looser, maximise=goal)
        assert (before.gap, after.gap) == (0, 0)
        assert by_priority(looser, after, goal) >= by_priority(trees, before, goal)


def by_priority(trees: list[Tree], best: Fit, goal: str) -> list[int]:
    """How many are placed in all, or of each priority, the highest first."""
    if goal == "coverage":
        return [best.placed]
    pods = wanted(world(*trees))
    return [sum(pods[pair].priority == level for pair in placed(best)) for level in (100, 50, 10, 5, 0)]


@settings(max_examples=30)
@given(clusters(), st.randoms(use_true_random=False))
def test_shuffled_input_gives_the_same_bytes(trees: list[Tree], random: Any) -> None:
    shuffled = trees.copy()
    random.shuffle(shuffled)
    assert encoded(fitted(*trees)) == encoded(fitted(*shuffled))


def encoded(best: Fit) -> bytes:
    return msgspec.json.encode(best, enc_hook=list)


@settings(max_examples=50)
@given(clusters(most_nodes=4, local=True), st.sampled_from(("a0", "n9")))
def test_another_node_changes_nothing_elsewhere(trees: list[Tree], name: str) -> None:
    """Tried and caught: nodes told apart by their position."""
    before, after = fitted(*trees), fitted(*trees, node(name, cpu="1"))
    shift = int(name == "a0")
    new = 0 if shift else sum(tree["kind"] == "Node" for tree in trees)
    elsewhere = {(n, position - shift) for n, position in placed(after) if position != new}
    assert placed(before) == elsewhere


def test_another_node_matters_where_a_rule_reads_the_cluster() -> None:
    """The one who is sought is on the new node, in the same zone."""
    seeking = daemonset("a", spec(labels_near={"app": "db"}, key=ZONE))
    trees = [node("n1", labels={ZONE: "a"}), seeking]
    more = [node("n2", labels={ZONE: "a"}), pod("db", "n2", labels={"app": "db"})]
    more[1]["metadata"]["namespace"] = "default"
    assert placed(fitted(*trees)) == frozenset()
    assert placed(fitted(*trees, *more)) == {(0, 0), (0, 1)}


@settings(max_examples=80)
@given(st.one_of(clusters(most_nodes=3), knots(most_nodes=4)))
def test_who_is_left_out_has_causes_each_of_them_necessary(trees: list[Tree]) -> None:
    """Nobody else has causes. In a little world of what is named, the wanted cannot all be; without any one of the
    causes they can. Tried and caught: the smallest first; everybody who takes anything; a rival who was not chosen."""
    best = fitted(*trees)
    caused = {(conflict.subject, position) for conflict in best.conflicts for position in conflict.nodes}
    left = {(entry.identity, position) for entry in best.daemonsets for position in entry.left_out}
    assert caused == left
    assert all(len(set(conflict.causes)) == len(conflict.causes) > 1 for conflict in best.conflicts)
    checks.every_cause_is_necessary(trees)


def texts(best: Fit) -> list[list[str]]:
    return [[str(cause) for cause in conflict.causes] for conflict in best.conflicts]


def test_causes_of_a_shortage_are_the_largest_that_suffice() -> None:
    pods = [pod(name, "n1", spec(memory=size)) for name, size in (("s", "256Mi"), ("m", "1Gi"), ("l", "2Gi"))]
    assert texts(fitted(node("n1"), *pods, daemonset("a", spec(memory="1Gi")))) == [
        [
            "Wanted: default/a (memory 1Gi)",
            "Allocatable: the node (memory 4Gi)",
            "Taken: shop/l (memory 2Gi)",
            "Taken: shop/m (memory 1Gi)",
            "Taken: shop/s (memory 256Mi)",
        ]
    ]
    assert texts(fitted(node("n1"), *pods, daemonset("a", spec(memory="3Gi")))) == [
        ["Wanted: default/a (memory 3Gi)", "Allocatable: the node (memory 4Gi)", "Taken: shop/l (memory 2Gi)"]
    ]


def test_causes_of_a_port_and_of_anti_affinity_name_both() -> None:
    both = fitted(node("n1"), daemonset("a", spec(port=80)), daemonset("b", spec(port=80)))
    assert texts(both) == [["Wanted: default/b", "Wanted: default/a", "Taken: the node (one pod at port 80/TCP)"]]
    away = fitted(node("n1"), daemonset("a"), daemonset("b", spec(labels_away={"app": "a"})))
    assert texts(away) == [
        ["Wanted: default/b", "Wanted: default/a", f"PodAffinity: default/b (away from default/a in its {HOSTNAME})"]
    ]


def test_a_taken_port_and_a_taint_need_one_cause_each() -> None:
    there = fitted(node("n1"), pod("p", "n1", spec(port=80)), daemonset("a", spec(port=80)))
    assert texts(there) == [["Wanted: default/a", "Taken: shop/p (has port 80/TCP)"]]
    cordoned = node("n1")
    cordoned["spec"]["unschedulable"] = True
    assert texts(fitted(cordoned, daemonset("a"))) == []


def test_the_search_changes_the_answer() -> None:
    """One pod in everybody's way: in the order of the queue it comes first, and two others stay away."""
    trees = [
        node("n1", cpu="10"),
        daemonset("a", spec(labels_away={"hates": "a"})),
        *(daemonset(name, spec(port=port)) for name, port in (("b", 80), ("c", 81), ("d", 82))),
    ]
    trees[1]["spec"]["template"]["spec"]["containers"][0]["ports"] = [
        {"containerPort": port, "hostPort": port} for port in (80, 81, 82)
    ]
    off, on = fitted(*trees, search=False), fitted(*trees)
    assert (off.placed, on.placed) == (1, 3)
    assert on.steps > 0
    assert [(part.size, part.nodes, part.best, part.gap) for part in on.components] == [(4, 1, 3, 0)]


def test_a_domain_of_several_nodes_is_one_choice() -> None:
    """a keeps b out of its whole zone and has room on one node only: b twice is more."""
    nodes = [node("n1", labels={ZONE: "a"}), node("n2", labels={ZONE: "a"}, cpu="1"), node("n3", labels={ZONE: "b"})]
    away = daemonset("a", spec(labels_away={"app": "b"}, key=ZONE, cpu="2"))
    best = fitted(*nodes, away, daemonset("b"))
    assert (best.placed, best.wanted, best.gap) == (3, 6, 0)
    assert placed(best) >= {(1, 0), (1, 1)}


def test_a_domain_too_large_to_search_keeps_the_one_in_nobodys_way() -> None:
    """Of 80 nodes of a zone one may run it; the others are tight, so the roomy one is proved to be the best."""
    nodes = [node(f"n{n:02}", labels={ZONE: "a"}, cpu="9" if n == 70 else "1") for n in range(80)]
    alone = daemonset("a", spec(labels_away={"app": "a"}, key=ZONE, cpu="1"))
    best = fitted(*nodes, alone, daemonset("b", spec(cpu="1")))
    assert placed(best) == {(0, 70), *((1, n) for n in range(80))}
    assert best.gap == 0
    assert [len(part.causes) for part in best.conflicts] == [3]


def test_the_limit_ends_with_a_safe_answer_and_says_what_is_missed() -> None:
    trees = [node("n1", cpu="10")]
    for number in range(20):
        ring, place = divmod(number, 5)
        body = spec()
        ports = {1000 + 10 * ring + place, 1000 + 10 * ring + (place + 1) % 5}
        body["containers"][0]["ports"] = [{"containerPort": port, "hostPort": port} for port in sorted(ports)]
        if number:
            body["containers"][0]["ports"].append({"containerPort": 9, "hostPort": 9, "hostIP": f"10.0.0.{number}"})
        trees.append(daemonset(f"d{number:02}", body))
    best = fitted(*trees, steps=3)
    assert best.placed >= 4
    assert best.gap >= 0
    assert best.bound >= 8
    assert fitted(*trees).placed == 8
