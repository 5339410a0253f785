"""PlacementPolicies: relations, claims, suspension, variants; against every assignment on one node."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan import step
from dsplan.placement.fit import fit
from dsplan.placement.fit_types import Fit
from dsplan.placement.search.choice import Apart, Choice, Exactly, Needs
from dsplan.placement.search.components import Solver

from .scenes import NOW, ZONE, Tree, daemon_pod, daemonset, node, required, spec, world
from .test_deployments import deployment

GPU = {"matchLabels": {"gpu": "true"}}


def policy(**rules: Any) -> Tree:
    return {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "PlacementPolicy",
        "metadata": {"name": "p"},
        "spec": rules,
    }


def fitted(*trees: Tree, **options: Any) -> Fit:
    found = world(*trees)
    return fit(found, step(found, now=NOW), **options)


def placed(best: Fit) -> dict[str, list[int]]:
    return {entry.identity.name: list(entry.placed | entry.kept) for entry in best.daemonsets}


def test_a_requires_b_on_the_same_node() -> None:
    rules = policy(requires=[{"daemonSet": "a", "needs": ["b"]}])
    b = daemonset("b", nodeSelector={"gpu": "true"})
    best = fitted(node("n1"), node("n2", labels={"gpu": "true"}), daemonset("a"), b, rules)
    assert placed(best) == {"a": [1], "b": [1]}
    (conflict,) = best.conflicts
    assert [str(cause) for cause in conflict.causes] == [
        "Wanted: default/a",
        "Requires: default/p (default/a only beside default/b)",
    ]


def test_room_goes_to_the_one_that_is_required_or_to_neither() -> None:
    rules = policy(requires=[{"daemonSet": "a", "needs": ["b"]}])
    small = node("n1", cpu="2")
    best = fitted(small, daemonset("a", spec(cpu="2"), priority=9), daemonset("b", spec(cpu="1")), rules)
    assert placed(best) == {"a": [], "b": [0]}


def test_at_most_one_per_node_and_exactly_one() -> None:
    trees = [node("n1"), node("n2", labels={"gpu": "true"}), daemonset("a"), daemonset("b")]
    most = fitted(*trees, policy(perNode=[{"daemonSets": ["a", "b"], "nodes": GPU}]))
    assert placed(most) == {"a": [0, 1], "b": [0]}
    assert [list(entry.held_back) for entry in most.daemonsets] == [[], [1]]
    exact = policy(perNode=[{"daemonSets": ["a", "b"], "count": "ExactlyOne"}])
    full = fitted(node("n1", cpu="1"), daemonset("a", spec(cpu="2")), daemonset("b", spec(cpu="2")), exact)
    assert placed(full) == {"a": [], "b": []}
    (violation,) = full.violations
    assert str(violation.subject) == "default/p"
    assert violation.causes[0].code == "PerNode"
    nobody = daemonset("a", nodeSelector={"x": "y"})
    assert "is not for" in str(fitted(node("n1"), nobody, exact).violations[0].causes[1])


def test_never_a_with_b_drops_the_fewest() -> None:
    trees = [node("n1"), daemonset("a"), daemonset("b"), daemonset("c")]
    there = [daemon_pod("a", "n1"), daemon_pod("b", "n1"), daemon_pod("c", "n1")]
    best = fitted(*trees, *there, policy(apart=[{"daemonSets": ["a", "b"]}, {"daemonSets": ["a", "c"]}]))
    assert [list(entry.dropped) for entry in best.daemonsets] == [[0], [], []]
    assert best.deletions == 1


def test_variants_have_one_status() -> None:
    nodes = [node("n1", labels={"size": "small"}), node("n2", labels={"size": "large"}), node("n3")]
    of = [{"daemonSet": f"agent-{size}", "nodes": {"matchLabels": {"size": size}}} for size in ("small", "large")]
    trees = [daemonset("agent-large", spec(cpu="9")), daemonset("agent-small", spec(cpu="1"))]
    best = fitted(*nodes, *trees, policy(variants=[{"name": "agent", "of": of}]))
    assert placed(best) == {"agent-large": [], "agent-small": [0]}
    (status,) = best.variants
    assert (status.name, status.desired, status.covered) == ("agent", 2, 1)


def test_the_one_status_of_variants_adds_up_and_strays_are_astray() -> None:
    """The small one runs on its own node, and where the large one belongs, which does not count."""
    nodes = [node(f"n{n}", labels={"size": size}) for n, size in enumerate(("small", "small", "large"))]
    of = [{"daemonSet": f"agent-{size}", "nodes": {"matchLabels": {"size": size}}} for size in ("small", "large")]
    pods = [daemon_pod("agent-small", "n0"), daemon_pod("agent-small", "n2"), daemon_pod("agent-large", "n2")]
    pods[0]["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    trees = [*nodes, daemonset("agent-small"), daemonset("agent-large"), *pods]
    best = fitted(*trees, policy(variants=[{"name": "agent", "of": of}]))
    (entry,) = best.variants
    status = entry.status
    assert (status.desired_number_scheduled, status.current_number_scheduled, status.number_misscheduled) == (3, 2, 1)
    assert (status.number_ready, status.number_available, status.number_unavailable) == (1, 1, 2)
    assert entry.covered == 3
    assert {found.identity.name: list(found.dropped) for found in best.daemonsets} == {
        "agent-large": [],
        "agent-small": [2],
    }


def test_suspended_pods_go_and_none_come() -> None:
    trees = [node("n1"), node("n2"), daemonset("a"), daemon_pod("a", "n1")]
    best = fitted(*trees, policy(suspend=[{"daemonSet": "a"}]))
    (entry,) = best.daemonsets
    assert [list(nodes) for nodes in (entry.dropped, entry.held_back, entry.kept, entry.placed)] == [[0], [1], [], []]
    limited = fitted(*trees, policy(suspend=[{"daemonSet": "a"}], claims=[{"maxDeletions": 0}]))
    assert [str(cause) for cause in limited.violations[0].causes] == [
        "Claim: default/p (at most 0 deletions, 1 needed)"
    ]


def test_a_claim_makes_others_give_way() -> None:
    trees = [
        node("n1", cpu="4"),
        daemonset("a", spec(cpu="2")),
        daemonset("b", spec(cpu="2")),
        daemonset("x", spec(cpu="4")),
    ]
    assert placed(fitted(*trees))["x"] == []
    claimed = fitted(*trees, policy(claims=[{"run": ["x"]}]))
    assert placed(claimed) == {"a": [], "b": [], "x": [0]}
    assert claimed.violations == ()


def test_claims_that_cannot_hold_together_name_the_fewest_causes() -> None:
    trees = [node("n1", cpu="4", labels={"gpu": "true"}), *(daemonset(name, spec(cpu="2")) for name in "abc")]
    best = fitted(*trees, policy(claims=[{"nodes": GPU, "run": ["a", "b", "c"]}]))
    (violation,) = best.violations
    assert [str(cause) for cause in violation.causes] == [
        "Claim: default/p (default/a on every of the nodes)",
        "Claim: default/p (default/b on every of the nodes)",
        "Claim: default/p (default/c on every of the nodes)",
        "Allocatable: the node (cpu 4)",
    ]
    assert best.placed == 2
    both = policy(claims=[{"nodes": GPU, "run": ["a"]}, {"nodes": GPU, "neverRun": ["a"]}])
    assert len(fitted(*trees, both).violations[0].causes) == 2


def test_a_claim_on_nodes_that_do_not_want_it() -> None:
    best = fitted(
        node("n1", labels={"gpu": "true"}),
        node("n2"),
        daemonset("a", nodeSelector={"x": "y"}),
        policy(claims=[{"nodes": GPU, "run": ["a"]}]),
    )
    assert [list(violation.nodes) for violation in best.violations] == [[0]]


def test_a_name_that_no_daemonset_has_is_noted() -> None:
    best = fitted(node("n1"), daemonset("a"), policy(apart=[{"daemonSets": ["a", "typo"]}]))
    assert [note.text for note in best.notes] == ["default/typo is named, but no DaemonSet has that name"]


_NAMES = ("a", "b", "c", "d")
_pairs = st.lists(st.sampled_from(_NAMES), min_size=2, max_size=3, unique=True)


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(("0", "1", "2")), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES)).filter(lambda p: p[0] != p[1]), max_size=2),
    st.lists(_pairs, max_size=2),
    st.lists(st.tuples(_pairs, st.sampled_from(("AtMostOne", "ExactlyOne"))), max_size=1),
    st.lists(st.sampled_from(_NAMES), max_size=1),
    st.lists(st.sampled_from(_NAMES), max_size=1),
    st.sampled_from(("2", "4")),
)
def test_every_assignment_of_one_node(
    cpus: list[str],
    there: list[bool],
    requires: list[tuple[str, str]],
    apart: list[list[str]],
    per_node: list[tuple[list[str], str]],
    suspend: list[str],
    claims: list[str],
    room: str,
) -> None:
    """Fewest deletions, then most pods, among all sets that keep every relation; or a violation where there are none.

    Tried and caught: a relation read the other way round; deletions weighed against coverage; a claim that is dropped
    although it can be met."""
    rules = policy(
        requires=[{"daemonSet": one, "needs": [other]} for one, other in requires],
        apart=[{"daemonSets": group} for group in apart],
        perNode=[{"daemonSets": group, "count": count} for group, count in per_node],
        suspend=[{"daemonSet": name} for name in suspend],
        claims=[{"run": [name]} for name in claims],
    )
    there = [state and sum(map(int, cpus)) <= int(room) for state in there]
    pods = [
        daemon_pod(name, "n1", spec(cpu=cpu)) for name, cpu, state in zip(_NAMES, cpus, there, strict=True) if state
    ]
    daemons = [daemonset(name, spec(cpu=cpu)) for name, cpu in zip(_NAMES, cpus, strict=True)]
    best = fitted(node("n1", cpu=room), *daemons, *pods, rules)
    allowed = []
    for values in product((False, True), repeat=4):
        chosen = {name for name, value in zip(_NAMES, values, strict=True) if value}
        fits_in = sum(int(cpu) for cpu, value in zip(cpus, values, strict=True) if value) <= int(room)
        kept = all(one not in chosen or other in chosen for one, other in requires)
        kept = kept and all(len(chosen.intersection(group)) <= 1 for group in apart)
        for group, count in per_node:
            size = len(chosen.intersection(group))
            kept = kept and (size == 1 if count == "ExactlyOne" else size <= 1)
        if fits_in and kept and chosen.isdisjoint(suspend) and chosen.issuperset(claims):
            deletions = sum(state and not value for state, value in zip(there, values, strict=True))
            allowed.append((-deletions, len(chosen), chosen))
    assert bool(best.violations) == (not allowed)
    if allowed:
        got = {name for name, nodes in placed(best).items() if nodes}
        assert (-best.deletions, len(got)) == max(entry[:2] for entry in allowed)
        assert got in [entry[2] for entry in allowed]


@pytest.mark.parametrize("steps", [0, 1, 5000])
def test_whatever_the_limit_no_relation_is_broken(steps: int) -> None:
    trees = [node("n1"), *(daemonset(name) for name in _NAMES)]
    rules = policy(apart=[{"daemonSets": list(_NAMES)}])
    assert sum(map(len, placed(fitted(*trees, rules, steps=steps)).values())) == 1


def test_one_claim_that_fails_takes_no_other_with_it() -> None:
    """b cannot be there; a still is, although without the claim c and d would be there in its place."""
    trees = [node("n1", cpu="4"), *(daemonset(name, spec(cpu="2")) for name in "cd"), daemonset("a", spec(cpu="4"))]
    trees.append(daemonset("b", spec(cpu="9")))
    best = fitted(*trees, policy(claims=[{"run": ["a"]}, {"run": ["b"]}]))
    assert placed(best) == {"a": [0], "b": [], "c": [], "d": []}
    assert [str(cause) for cause in best.violations[0].causes] == [
        "Claim: default/p (default/b on every of the nodes)",
        "Allocatable: the node (cpu 4)",
    ]
    assert len(best.violations) == 1


def test_claims_that_nodes_cannot_meet_together() -> None:
    """Each node could run its own; not both in one zone."""
    nodes = [node(name, labels={ZONE: "z", "for": name}) for name in ("n1", "n2")]
    away = {"podAntiAffinity": required({"app": "b"}, ZONE)}
    trees = [*nodes, daemonset("a", affinity=away), daemonset("b")]
    claims = [
        {"nodes": {"matchLabels": {"for": "n1"}}, "run": ["a"]},
        {"nodes": {"matchLabels": {"for": "n2"}}, "run": ["b"]},
    ]
    (violation,) = fitted(*trees, policy(claims=claims)).violations
    assert [str(cause) for cause in violation.causes] == [
        "Claim: default/p (default/a on every of the nodes)",
        "Claim: default/p (default/b on every of the nodes)",
        f"PodAffinity: default/a (away from default/b in its {ZONE})",
    ]
    assert list(violation.nodes) == [0, 1]


def test_a_claim_that_the_search_has_not_decided_says_so() -> None:
    """An odd ring of pods of whom neighbours exclude each other, and the claim of one beside every pair."""
    found = Choice(
        9,
        needs=tuple(Needs(n, ((n + 2) % 9, (n + 4) % 9)) for n in range(9)),
        aparts=tuple(Apart(n, (n + 1) % 9) for n in range(9)),
        exactly=(Exactly((0, 3, 6)),),
    )
    solver = Solver(steps=1)
    assert solver.feasible(found, unknown=True)
    assert not solver.feasible(found, unknown=False)


def test_policies_in_any_order_give_the_same_bytes() -> None:
    """Two policies, a Deployment and nodes, shuffled: the same document."""
    one = policy(apart=[{"daemonSets": ["a", "b"]}], claims=[{"run": ["c"]}])
    other = policy(requires=[{"daemonSet": "d", "needs": ["a"]}], perNode=[{"daemonSets": ["b", "c"]}])
    other["metadata"] = {"name": "q"}
    nodes = [node(f"n{n}", cpu=str(2 + n), labels={ZONE: "xy"[n % 2]}) for n in range(4)]
    trees = [*nodes, *(daemonset(name, spec(cpu="1")) for name in _NAMES), deployment(3, spec(cpu="1")), one, other]
    documents = set()
    for seed in range(6):
        shuffled = trees.copy()
        Random(seed).shuffle(shuffled)
        documents.add(msgspec.json.encode(fitted(*shuffled), enc_hook=list))
    assert len(documents) == 1


def test_hard_claims_are_given_up_in_bounded_time_and_said_to_be() -> None:
    """No steps: nothing is proved, nothing is broken."""
    trees = [node("n1", cpu="4"), *(daemonset(name, spec(cpu="1")) for name in _NAMES)]
    rules = policy(
        claims=[{"run": ["a"]}],
        requires=[{"daemonSet": "a", "needs": ["b"]}, {"daemonSet": "b", "needs": ["c"]}],
        apart=[{"daemonSets": ["a", "d"]}, {"daemonSets": ["c", "d"]}],
        perNode=[{"daemonSets": ["c", "d"], "count": "ExactlyOne"}],
    )
    sure = fitted(*trees, rules)
    assert placed(sure) == {"a": [0], "b": [0], "c": [0], "d": []}
    for steps in (0, 1):
        best = fitted(*trees, rules, steps=steps)
        got = {name for name, nodes in placed(best).items() if nodes}
        assert not got >= {"a", "d"}
        assert "a" not in got or {"b", "c"} <= got
        assert best.placed <= sure.placed
